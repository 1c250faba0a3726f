/** Typed methods of sets; how a line reads: command-spec.ts. */
import type { Argument } from '../resp/encode.ts';
import { integer, type Key, key, type KeyList, type Value } from './arguments.ts';
import { scanArguments } from './command-options.ts';
import { bulk, plain, toScan } from './command-spec.ts';

type Whole = number | bigint;
type Bytes = Uint8Array;
type Members = [key: Key, ...members: Value[]];
type Into = [destination: Key, ...keys: Key[]];

export interface SintercardOptions {
  keys: readonly Key[];
  /** Stop counting there; 0: never. */
  limit?: Whole | undefined;
}

export interface SscanOptions {
  match?: Value;
  count?: number;
}

const howMany = {
  tail: (count?: Whole): Argument[] => (count === undefined ? [] : [integer(count)]),
};

const counted = {
  tail: ({ keys, limit }: SintercardOptions): Argument[] => [
    keys.length,
    ...keys.map(key),
    ...(limit === undefined ? [] : ['LIMIT', integer(limit)]),
  ],
};

export const sets = {
  /** How many members are new. */
  sadd: plain<Members, number>('kT', -3),
  scard: plain<[key: Key], number>('k', 2),
  /** Members of the first set that no other has. */
  sdiff: bulk<KeyList, string[], Bytes[]>('K', -2),
  sdiffstore: plain<Into, number>('kK', -3),
  sinter: bulk<KeyList, string[], Bytes[]>('K', -2),
  /** How many members all have: `sintercard({ keys: ['a', 'b'], limit: 10 })`. */
  sintercard: plain<[options: SintercardOptions], number>('', -3, counted),
  sinterstore: plain<Into, number>('kK', -3),
  sismember: plain<[key: Key, member: Value], number>('kv', 3),
  smembers: bulk<[key: Key], string[], Bytes[]>('k', 2),
  /** For each text 1 or 0. */
  smismember: plain<Members, number[]>('kT', -3),
  smove: plain<[source: Key, destination: Key, member: Value], number>('kkv', 4),
  /** A member that is taken out; with a count an array of them. */
  spop: bulk<[key: Key, count?: Whole], string | string[] | null, Bytes | Bytes[] | null>(
    'k',
    -2,
    howMany,
  ),
  /** A member; with a count so many different ones, negative: so many, with repetitions. */
  srandmember: bulk<[key: Key, count?: Whole], string | string[] | null, Bytes | Bytes[] | null>(
    'k',
    -2,
    howMany,
  ),
  srem: plain<Members, number>('kT', -3),
  /** One step: `[cursor, members]`. Begin with 0; done when the cursor is '0' again. */
  sscan: bulk<
    [key: Key, cursor: string | Whole, options?: SscanOptions],
    [cursor: string, members: string[]],
    [cursor: string, members: Bytes[]]
  >('kv', -3, { tail: scanArguments, decode: toScan<never> }),
  sunion: bulk<KeyList, string[], Bytes[]>('K', -2),
  sunionstore: plain<Into, number>('kK', -3),
};
