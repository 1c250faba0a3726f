/**
 * What clients asked and were told, and whether a store could have told them that.
 *
 * Keys `log…` are only appended to, by pieces that occur once: the final value is the order in
 * which everything took effect, and every reply has its place in it. Keys `count…` are only
 * incremented.
 */

export interface Operation {
  readonly kind: 'append' | 'read' | 'count';
  readonly key: string;
  /** What is appended. */
  readonly piece: string;
  readonly begunAt: number;
  /** Who asked; nobody answers the dead. */
  readonly tab: { readonly isAlive: boolean };
  endedAt: number;
  /** 'open' as long as there is no answer. */
  result: { reply: unknown } | { code: string } | 'open';
}

/** Codes that say: it did not happen. */
const kNotDone = new Set(['QUOTA_EXCEEDED', 'TIMEOUT']);

export class History {
  readonly operations: Operation[] = [];

  begin(asked: Pick<Operation, 'kind' | 'key' | 'piece' | 'begunAt' | 'tab'>): Operation {
    const operation: Operation = { ...asked, endedAt: Infinity, result: 'open' };
    this.operations.push(operation);
    return operation;
  }

  /** Cost: a look at every operation. */
  get isAnswered(): boolean {
    return this.operations.every(({ result, tab }) => result !== 'open' || !tab.isAlive);
  }

  get acknowledged(): number {
    return this.operations.filter(({ result }) => isReply(result)).length;
  }

  /** Sentences about what is wrong; none: nothing is. `finals`: value of each key at the end. */
  check(finals: ReadonlyMap<string, string>): string[] {
    const wrong: string[] = [];
    for (const [key, final] of finals) {
      const about = this.operations.filter((operation) => operation.key === key);
      if (key.startsWith('count')) wrong.push(...checkCounter(key, Number(final), about));
      else wrong.push(...checkLog(key, final, about));
    }
    return wrong;
  }
}

function isReply(result: Operation['result']): result is { reply: unknown } {
  return result !== 'open' && 'reply' in result;
}

function checkCounter(key: string, final: number, operations: readonly Operation[]): string[] {
  const wrong: string[] = [];
  const seen = new Set<unknown>();
  let possible = 0;
  for (const { result } of operations) {
    if (isReply(result)) {
      const { reply } = result;
      if (seen.has(reply)) wrong.push(`${key}: two increments gave ${String(reply)}`);
      if (typeof reply !== 'number' || reply < 1 || reply > final)
        wrong.push(`${key}: an increment gave ${String(reply)}, the end is ${final}`);
      seen.add(reply);
    }
    if (isReply(result) || result === 'open' || !kNotDone.has(result.code)) possible++;
  }
  if (final < seen.size) wrong.push(`${key}: ${seen.size} increments acknowledged, ${final} there`);
  if (final > possible) wrong.push(`${key}: at most ${possible} increments, ${final} there`);
  return wrong;
}

function checkLog(key: string, final: string, operations: readonly Operation[]): string[] {
  const wrong: string[] = [];
  const pieces = final === '' ? [] : final.split(/(?<=;)/);
  const endOf = new Map<string, number>();
  let at = 0;
  for (const piece of pieces) {
    at += piece.length;
    if (endOf.has(piece)) wrong.push(`${key}: ${piece} took effect twice`);
    endOf.set(piece, at);
  }
  /** [when it was certain, how much there was]: what began later saw at least that. */
  const certain: [number, number][] = [];
  for (const { kind, piece, result, endedAt } of operations) {
    const end = endOf.get(piece);
    if (kind === 'append' && !isReply(result) && result !== 'open') {
      if (kNotDone.has(result.code) && end !== undefined)
        wrong.push(`${key}: ${piece} was refused (${result.code}) and took effect`);
    }
    if (!isReply(result)) continue;
    const { reply } = result;
    if (kind === 'append') {
      if (end === undefined) wrong.push(`${key}: ${piece} was acknowledged and is lost`);
      else if (reply !== end)
        wrong.push(`${key}: ${piece} ends at ${end}, its reply said ${String(reply)}`);
      if (end !== undefined) certain.push([endedAt, end]);
    } else {
      const value = reply === null ? '' : String(reply);
      if (!final.startsWith(value)) wrong.push(`${key}: a read saw what is not there: ${value}`);
      certain.push([endedAt, value.length]);
    }
  }
  wrong.push(...checkOrder(key, operations, endOf, certain));
  return wrong;
}

/** Real time: what ended before something else began took effect before it. */
function checkOrder(
  key: string,
  operations: readonly Operation[],
  endOf: ReadonlyMap<string, number>,
  certain: [number, number][],
): string[] {
  const wrong: string[] = [];
  certain.sort((a, b) => a[0] - b[0]);
  let most = 0;
  const upTo = certain.map(([when, size]) => [when, (most = Math.max(most, size))] as const);
  const knownBefore = (when: number): number => {
    let low = 0;
    let high = upTo.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((upTo[middle]?.[0] ?? 0) < when) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? 0 : (upTo[low - 1]?.[1] ?? 0);
  };
  for (const { kind, piece, result, begunAt } of operations) {
    const atLeast = knownBefore(begunAt);
    if (kind === 'read' && isReply(result)) {
      const size = result.reply === null ? 0 : String(result.reply).length;
      if (size < atLeast)
        wrong.push(`${key}: a read begun at ${begunAt} saw ${size}, ${atLeast} was certain before`);
    }
    const end = kind === 'append' ? endOf.get(piece) : undefined;
    if (end !== undefined && end <= atLeast)
      wrong.push(`${key}: ${piece} begun at ${begunAt} lies before what was certain then`);
  }
  return wrong;
}
