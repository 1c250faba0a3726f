/** Typed methods of hashes; how a line reads: command-spec.ts. */
import type { Argument } from '../resp/encode.ts';
import { type Entries, integer, type Key, type Value } from './arguments.ts';
import { type HscanOptions, hscanArguments } from './command-options.ts';
import { bulk, plain, toFields, toScan } from './command-spec.ts';

type Whole = number | bigint;
type Bytes = Uint8Array;
type Fields = [key: Key, ...fields: Value[]];

export interface HrandfieldOptions {
  /** So many different fields; negative: so many, with repetitions. */
  count?: Whole;
  withvalues?: boolean;
}

const drawn = {
  tail: ({ count, withvalues }: HrandfieldOptions = {}): Argument[] =>
    count === undefined ? [] : [integer(count), ...(withvalues ? ['WITHVALUES'] : [])],
};

export const hashes = {
  hdel: plain<Fields, number>('kT', -3),
  hexists: plain<[key: Key, field: Value], number>('kv', 3),
  hget: bulk<[key: Key, field: Value], string | null, Bytes | null>('kv', 3),
  /** All fields as an object without prototype surprises; `{}` for a missing key. */
  hgetall: bulk<[key: Key], Record<string, string>, Record<string, Bytes>>('k', 2, {
    decode: toFields<never>,
  }),
  hincrby: plain<[key: Key, field: Value, by: Whole], number>('kvi', 4),
  /** The new value as exact decimal text. */
  hincrbyfloat: plain<[key: Key, field: Value, by: number | string], string>('kvv', 4),
  hkeys: bulk<[key: Key], string[], Bytes[]>('k', 2),
  hlen: plain<[key: Key], number>('k', 2),
  hmget: bulk<Fields, (string | null)[], (Bytes | null)[]>('kT', -3),
  hmset: plain<[key: Key, pairs: Entries], 'OK'>('kE', -4),
  /** A field; with `count` an array of fields, with `withvalues` of fields and values in turn. */
  hrandfield: bulk<
    [key: Key, options?: HrandfieldOptions],
    string | string[] | string[][] | null,
    Bytes | Bytes[] | Bytes[][] | null
  >('k', -2, drawn),
  /** One step: `[cursor, field, value, …]`. Begin with 0; done when the cursor is '0' again. */
  hscan: bulk<
    [key: Key, cursor: string | Whole, options?: HscanOptions],
    [cursor: string, items: string[]],
    [cursor: string, items: Bytes[]]
  >('kv', -3, { tail: hscanArguments, decode: toScan<never> }),
  /** How many fields are new: `hset('user:1', { name: 'Noor', age: 31 })`. */
  hset: plain<[key: Key, pairs: Entries], number>('kE', -4),
  hsetnx: plain<[key: Key, field: Value, value: Value], number>('kvv', 4),
  hstrlen: plain<[key: Key, field: Value], number>('kv', 3),
  hvals: bulk<[key: Key], string[], Bytes[]>('k', 2),
};
