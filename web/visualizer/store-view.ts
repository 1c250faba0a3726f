/** What INSPECT tells of the parts of a store besides its tables, typed. Pure. */
import type { PublicReply } from '../client/reply-error.ts';
import { arrayOf, bytesOf, fieldsOf, numberOf, textOf, viewOf } from './inspect-reply.ts';

/** INSPECT KVSTORE. */
export interface KvstoreReport {
  readonly dictCount: number;
  readonly keys: number;
  readonly buckets: number;
  readonly nonEmptyDicts: number;
  readonly rehashingDicts: number;
  /** Keys of each dict that has some: index, keys. */
  readonly dicts: readonly (readonly [index: number, keys: number])[];
  /** Dicts that are rehashing, the one that is worked on first. */
  readonly queue: readonly number[];
  /** Keys by type and size: bin i counts sizes in [2^(i-1), 2^i). */
  readonly sizes: ReadonlyMap<string, readonly (readonly [bin: number, keys: number])[]>;
}

function pairsOf(numbers: readonly number[]): (readonly [number, number])[] {
  return Array.from(
    { length: numbers.length >> 1 },
    (_, i) => [numbers[2 * i] ?? 0, numbers[2 * i + 1] ?? 0] as const,
  );
}

export function decodeKvstore(reply: PublicReply): KvstoreReport {
  const fields = fieldsOf(reply);
  const number = (name: string): number => numberOf(fields.get(name));
  const records = viewOf(bytesOf(fields.get('dicts')));
  const words = Array.from({ length: records.byteLength >> 2 }, (_, i) =>
    records.getUint32(4 * i, true),
  );
  const sizes = [...fieldsOf(fields.get('sizes'))].map(
    ([type, bins]) => [type, pairsOf(arrayOf(bins).map(numberOf))] as const,
  );
  return {
    dictCount: number('dict_count'),
    keys: number('keys'),
    buckets: number('buckets'),
    nonEmptyDicts: number('non_empty_dicts'),
    rehashingDicts: number('rehashing_dicts'),
    dicts: pairsOf(words),
    queue: arrayOf(fields.get('queue')).map(numberOf),
    sizes: new Map(sizes),
  };
}

/** INSPECT FENWICK: the nodes whose sums make a prefix sum. */
export function decodeFenwick(reply: PublicReply): (readonly [node: number, sum: number])[] {
  return arrayOf(reply).map((row) => {
    const [node, sum] = arrayOf(row);
    return [numberOf(node), numberOf(sum)] as const;
  });
}

export interface ArenaPage {
  readonly page: number;
  readonly sizeClass: number;
  /** 0..1 of its bytes hold live blobs. */
  readonly liveShare: number;
}

/** INSPECT ARENA. */
export function decodePages(reply: PublicReply): ArenaPage[] {
  const view = viewOf(bytesOf(reply));
  return Array.from({ length: view.byteLength >> 2 }, (_, i) => ({
    page: view.getUint16(4 * i, true),
    sizeClass: view.getUint8(4 * i + 2),
    liveShare: view.getUint8(4 * i + 3) / 255,
  }));
}

/** INSPECT DEADLINES: Unix ms and key, the nearest first. */
export function decodeDeadlines(reply: PublicReply): (readonly [deadline: number, key: string])[] {
  return arrayOf(reply).map((row) => {
    const [deadline, key] = arrayOf(row);
    return [numberOf(deadline), textOf(key)] as const;
  });
}

function reversed(value: number, bits: number): number {
  let result = 0;
  for (let i = 0; i < bits; i++) result = result * 2 + (Math.floor(value / 2 ** i) % 2);
  return result;
}

/**
 * Whether a walk by scan cursor (reverse binary: the highest bit counts up first) has been at a
 * bucket. `size`: buckets, a power of two. `cursor` -1: the walk is over.
 */
export function isWalked(index: number, cursor: number, size: number): boolean {
  if (cursor < 0) return true;
  const bits = Math.log2(Math.max(1, size));
  return reversed(index, bits) < reversed(cursor % size, bits);
}
