/**
 * The listpack of a stream's node, cut into its master entry and its entries, whose ids are written
 * as the distance from the node's own and whose field names are left out where they are the
 * master's. Pure; what cannot be read is one last part.
 */
import { listpackParts, type ValuePart } from './value-bytes.ts';

const kDeleted = 1;
const kSameNames = 2;

/** "5-1" plus a distance of 2 and 3: "7-4". */
function idBehind(id: string, ms: string, seq: string): string {
  const [firstMs = '0', firstSeq = '0'] = id.split('-');
  return `${BigInt(firstMs) + BigInt(ms)}-${BigInt(firstSeq) + BigInt(seq)}`;
}

/** Elements of a listpack, taken from the left; several of them are one part. */
class Elements {
  readonly #bytes: Uint8Array;
  readonly #elements: readonly ValuePart[];
  #at = 0;

  constructor(bytes: Uint8Array, elements: readonly ValuePart[]) {
    this.#bytes = bytes;
    this.#elements = elements;
  }

  get isOver(): boolean {
    return this.#at >= this.#elements.length;
  }

  /** @throws RangeError behind the last one */
  take(): string {
    const text = this.#elements[this.#at++]?.text;
    if (text === undefined) throw new RangeError('the node ends early');
    return text;
  }

  number(): number {
    return Number(this.take());
  }

  many(count: number): string[] {
    return Array.from({ length: count }, () => this.take());
  }

  /** What `read` takes, as a part with the meaning that it returns. */
  part(kind: ValuePart['kind'], read: () => string): ValuePart {
    const from = this.#elements[this.#at]?.from ?? 0;
    const meaning = read();
    const to = this.#elements[this.#at]?.from ?? this.#end();
    return { kind, from, bytes: this.#bytes.subarray(from, to), meaning };
  }

  #end(): number {
    const last = this.#elements.at(-1);
    return last === undefined ? 0 : last.from + last.bytes.length;
  }
}

/** At most `most` entries of the node `id`, behind its header and its master entry. */
export function streamNodeParts(id: string, bytes: Uint8Array, most: number): ValuePart[] {
  const all = listpackParts(bytes, Infinity);
  const header = all.filter(({ kind }) => kind === 'header');
  const elements = new Elements(
    bytes,
    all.filter(({ kind }) => kind === 'element'),
  );
  const parts: ValuePart[] = [...header];
  try {
    let names: string[] = [];
    parts.push(
      elements.part('master', () => {
        const [entries, deleted, count] = [elements.number(), elements.number(), elements.number()];
        names = elements.many(count);
        elements.take();
        return `${entries} entries, ${deleted} deleted; the fields ${names.join(', ')}`;
      }),
    );
    while (!elements.isOver && parts.length < most + 2) {
      parts.push(elements.part('entry', () => entryMeaning(id, names, elements)));
    }
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof SyntaxError)) throw error;
    const last = parts.at(-1);
    const from = last === undefined ? 0 : last.from + last.bytes.length;
    parts.push({ kind: 'end', from, bytes: bytes.subarray(from), meaning: 'not readable' });
  }
  return parts;
}

function entryMeaning(id: string, names: readonly string[], elements: Elements): string {
  const flags = elements.number();
  const [ms, seq] = [elements.take(), elements.take()];
  const isSame = (flags & kSameNames) !== 0;
  const fields = isSame
    ? `the same fields: ${elements.many(names.length).join(', ')}`
    : pairsOf(elements.many(2 * elements.number()));
  elements.take(); // how many came before it
  const deleted = (flags & kDeleted) === 0 ? '' : 'deleted, ';
  return `+${ms}-${seq} is ${idBehind(id, ms, seq)}: ${deleted}${fields}`;
}

function pairsOf(words: readonly string[]): string {
  const pairs: string[] = [];
  for (let i = 0; i < words.length; i += 2) pairs.push(`${words[i]} ${words[i + 1]}`);
  return pairs.join(', ');
}
