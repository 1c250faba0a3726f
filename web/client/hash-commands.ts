/** Typed methods of hashes; how a line reads: command-spec.ts. */
import type { Argument } from '../resp/encode.ts';
import { type Entries, entries, integer, type Key, type Value, value } from './arguments.ts';
import {
  conditionArguments,
  type ExpireCondition,
  expiryArguments,
  type ExpiryOptions,
  type HscanOptions,
  hscanArguments,
} from './command-options.ts';
import { bulk, plain, toFields, toScan } from './command-spec.ts';

type Whole = number | bigint;
type Bytes = Uint8Array;
type Fields = [key: Key, ...fields: Value[]];

export interface HrandfieldOptions {
  /** So many different fields; negative: so many, with repetitions. */
  count?: Whole;
  withvalues?: boolean;
}

/** Which fields: one, several, or several under a condition. */
type FieldList = Value | readonly Value[];
type FieldsIf = FieldList | { fields: FieldList; condition?: ExpireCondition | undefined };

/** One of the times of SET, or `persist`. */
export interface HgetexOptions extends ExpiryOptions {
  fields: FieldList;
  /** Remove the time to live. */
  persist?: boolean | undefined;
}

export interface HsetexOptions extends ExpiryOptions {
  pairs: Entries;
  /** Keep the fields' present times to live. */
  keepTtl?: boolean | undefined;
  /** Only if none of the fields exists. */
  fnx?: boolean | undefined;
  /** Only if all of them exist. */
  fxx?: boolean | undefined;
}

function fieldArguments(fields: FieldList): Argument[] {
  const words = (Array.isArray(fields) ? fields : [fields]).map(value);
  return ['FIELDS', words.length, ...words];
}

const isConditional = (given: FieldsIf): given is Exclude<FieldsIf, FieldList> =>
  typeof given === 'object' && 'fields' in given;

const fields = { tail: fieldArguments };
const fieldsIf = {
  tail: (given: FieldsIf): Argument[] =>
    isConditional(given)
      ? [...conditionArguments(given.condition), ...fieldArguments(given.fields)]
      : fieldArguments(given),
};

const readFields = {
  tail: ({ fields: names, persist, ...times }: HgetexOptions): Argument[] => [
    ...expiryArguments(times, persist ? ['persist'] : []),
    ...(persist ? ['PERSIST'] : []),
    ...fieldArguments(names),
  ],
};

const writeFields = {
  tail: ({ pairs, keepTtl, fnx, fxx, ...times }: HsetexOptions): Argument[] => {
    const words = entries(pairs);
    return [
      ...(fnx ? ['FNX'] : []),
      ...(fxx ? ['FXX'] : []),
      ...expiryArguments(times, keepTtl ? ['keepTtl'] : []),
      ...(keepTtl ? ['KEEPTTL'] : []),
      'FIELDS',
      words.length / 2,
      ...words,
    ];
  },
};

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
  /** The values; the fields are removed. */
  hgetdel: bulk<[key: Key, fields: FieldList], (string | null)[], (Bytes | null)[]>(
    'k',
    -5,
    fields,
  ),
  /** Reads and sets the times to live: `hgetex('s', { fields: ['a'], ex: 60 })`. */
  hgetex: bulk<[key: Key, options: HgetexOptions], (string | null)[], (Bytes | null)[]>(
    'k',
    -5,
    readFields,
  ),
  /**
   * For each field 1, 2 (time in the past: removed), 0 (condition not met), -2 (no such field):
   * `hexpire('h', 60, ['a', 'b'])`, `hexpire('h', 60, { fields: 'a', condition: 'NX' })`.
   */
  hexpire: plain<[key: Key, seconds: number, fields: FieldsIf], number[]>('ks', -6, fieldsIf),
  hexpireat: plain<[key: Key, at: number | Date, fields: FieldsIf], number[]>('kS', -6, fieldsIf),
  hexpiretime: plain<[key: Key, fields: FieldList], number[]>('k', -5, fields),
  hpersist: plain<[key: Key, fields: FieldList], number[]>('k', -5, fields),
  hpexpire: plain<[key: Key, ms: number, fields: FieldsIf], number[]>('km', -6, fieldsIf),
  hpexpireat: plain<[key: Key, at: number | Date, fields: FieldsIf], number[]>('kM', -6, fieldsIf),
  hpexpiretime: plain<[key: Key, fields: FieldList], number[]>('k', -5, fields),
  hpttl: plain<[key: Key, fields: FieldList], number[]>('k', -5, fields),
  /** 1, or 0 when `fnx` or `fxx` forbade it: `hsetex('s', { pairs: { a: 1 }, ex: 60 })`. */
  hsetex: plain<[key: Key, options: HsetexOptions], number>('k', -6, writeFields),
  /** Seconds left for each field; -1: no time to live; -2: no such field. */
  httl: plain<[key: Key, fields: FieldList], number[]>('k', -5, fields),
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
