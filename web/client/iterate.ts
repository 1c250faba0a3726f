/**
 * Walking a store of any size in constant memory: SCAN's cursor as an async iterator, and every key
 * with its value in the form in which RESTORE takes it back. SCAN's guarantee holds: what is there
 * all the time comes at least once, also if there was a rehash in between, or another tab leads.
 */
import type { Key, Value } from './arguments.ts';
import type { ScanOptions } from './command-options.ts';
import type { PublicReply } from './reply-error.ts';

interface Scanned {
  callBuffer(command: string, ...args: Value[]): Promise<PublicReply>;
}

/** One key of an export. `expiresAt`: Unix ms, null: never. */
export interface ExportedEntry {
  readonly key: Uint8Array;
  readonly dump: Uint8Array;
  readonly expiresAt: number | null;
}

const kBatch = 500;

/** Batches of keys as bytes; a batch may be empty, and a key may come twice. */
export async function* scanBatches(
  store: Scanned,
  { match, count = kBatch, type }: ScanOptions,
): AsyncGenerator<Uint8Array[], void, undefined> {
  const rest: Value[] = ['COUNT', count];
  if (match !== undefined) rest.push('MATCH', match);
  if (type !== undefined) rest.push('TYPE', type);
  let cursor: Value = '0';
  do {
    const [next, keys] = (await store.callBuffer('SCAN', cursor, ...rest)) as [Value, Uint8Array[]];
    cursor = typeof next === 'string' ? next : new TextDecoder().decode(next as Uint8Array);
    if (keys.length > 0) yield keys;
  } while (cursor !== '0');
}

/** Batches of what ZSCAN gives of one key: member, score, member, score … */
export async function* memberBatches(
  store: { call(command: string, ...args: Value[]): Promise<PublicReply> },
  key: Key,
  { match, count = kBatch }: Omit<ScanOptions, 'type'>,
): AsyncGenerator<[member: string, score: number][], void, undefined> {
  const rest: Value[] = match === undefined ? [] : ['MATCH', match];
  let cursor = '0';
  do {
    const reply = await store.call('ZSCAN', key, cursor, 'COUNT', count, ...rest);
    const [next, items] = reply as [string, string[]];
    cursor = next;
    const pairs: [string, number][] = [];
    for (let at = 0; at < items.length; at += 2)
      pairs.push([items[at]!, Number(items[at + 1]!.replace('inf', 'Infinity'))]);
    if (pairs.length > 0) yield pairs;
  } while (cursor !== '0');
}

/** Every key with its value, pulled batch by batch: the next SCAN waits for the reader. */
export function exportEntries(store: Scanned, options: ScanOptions): ReadableStream<ExportedEntry> {
  const batches = scanBatches(store, options);
  return new ReadableStream<ExportedEntry>(
    {
      async pull(controller) {
        // A batch whose keys are gone meanwhile gives nothing: pull must enqueue or close.
        for (let given = 0; given === 0;) {
          const { value: keys, done } = await batches.next();
          if (done) return controller.close();
          for (const entry of await readEntries(store, keys)) {
            controller.enqueue(entry);
            given++;
          }
        }
      },
      async cancel() {
        await batches.return();
      },
    },
    { highWaterMark: 0 },
  );
}

/** Writes what `exportEntries` gave, here or elsewhere. Resolves with the number of keys. */
export async function importEntries(
  store: Scanned,
  entries: ReadableStream<ExportedEntry> | AsyncIterable<ExportedEntry>,
  replace: boolean,
): Promise<number> {
  let restored = 0;
  let waiting: Promise<unknown>[] = [];
  for await (const { key, dump, expiresAt } of entries as AsyncIterable<ExportedEntry>) {
    const options = replace ? ['ABSTTL', 'REPLACE'] : ['ABSTTL'];
    waiting.push(store.callBuffer('RESTORE', key, expiresAt ?? 0, dump, ...options));
    restored++;
    if (waiting.length < kBatch) continue;
    await Promise.all(waiting);
    waiting = [];
  }
  await Promise.all(waiting);
  return restored;
}

async function readEntries(store: Scanned, keys: readonly Key[]): Promise<ExportedEntry[]> {
  const read = keys.map(async (key) => {
    const [dump, deadline] = await Promise.all([
      store.callBuffer('DUMP', key),
      store.callBuffer('PEXPIRETIME', key),
    ]);
    const isGone = dump === null || deadline === -2;
    const expiresAt = deadline === -1 ? null : Number(deadline);
    return isGone ? null : { key: key as Uint8Array, dump: dump as Uint8Array, expiresAt };
  });
  return (await Promise.all(read)).filter((entry) => entry !== null);
}
