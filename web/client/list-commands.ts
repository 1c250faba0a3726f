/** Typed methods of lists; how a line reads: command-spec.ts. */
import type { Argument } from '../resp/encode.ts';
import { integer, type Key, key, type Value } from './arguments.ts';
import { bulk, plain, timeoutArgument, type WaitOptions, waits } from './command-spec.ts';

type Whole = number | bigint;
type Bytes = Uint8Array;
type Elements = [key: Key, ...elements: Value[]];

/** The head of a list is its left end, the tail its right end. */
export type ListEnd = 'LEFT' | 'RIGHT';

export interface LposOptions {
  /** The first match that counts: 2 passes over one; negative: from the tail. */
  rank?: Whole | undefined;
  /** Answer an array of up to so many indexes; 0: of all. */
  count?: Whole | undefined;
  /** Look at so many elements; 0: at all. */
  maxlen?: Whole | undefined;
}

/** Keys in order of preference. */
type Keys = Key | readonly Key[];

export interface LmpopOptions {
  keys: Keys;
  /** The end from which elements are taken. */
  from: ListEnd;
  /** Up to so many; else 1. */
  count?: Whole | undefined;
}

/** Which list it was, and what was taken from it. */
type Popped<T> = [key: T, element: T] | null;
type PoppedMany<T> = [key: T, elements: T[]] | null;

const listOf = (given: Keys): Argument[] =>
  (Array.isArray(given) ? (given as readonly Key[]) : [given as Key]).map(key);

function popArguments({ keys, from, count }: LmpopOptions): Argument[] {
  const words = listOf(keys);
  return [words.length, ...words, from, ...(count === undefined ? [] : ['COUNT', integer(count)])];
}

const popWaiting = waits<[keys: Keys, options?: WaitOptions], Popped<string>, Popped<Bytes>>(
  -3,
  (keys, options) => [...listOf(keys), timeoutArgument(options)],
);

const optionalCount = {
  tail: (count?: Whole): Argument[] => (count === undefined ? [] : [integer(count)]),
};

const search = {
  tail: (options: LposOptions = {}): Argument[] =>
    (['rank', 'count', 'maxlen'] as const).flatMap((name) => {
      const given = options[name];
      return given === undefined ? [] : [name.toUpperCase(), integer(given)];
    }),
};

export const lists = {
  /** lmove that waits for an element; null when the time is over. */
  blmove: waits<
    [source: Key, destination: Key, from: ListEnd, to: ListEnd, options?: WaitOptions],
    string | null,
    Bytes | null
  >(6, (source, destination, from, to, options) => [
    key(source),
    key(destination),
    from,
    to,
    timeoutArgument(options),
  ]),
  /** lmpop that waits for an element; null when the time is over. */
  blmpop: waits<[options: LmpopOptions & WaitOptions], PoppedMany<string>, PoppedMany<Bytes>>(
    -5,
    (options) => [timeoutArgument(options), ...popArguments(options)],
  ),
  /**
   * The head of the first list that has one, waiting for it: `blpop('jobs', { timeout: 5 })`
   * resolves with `['jobs', element]`, or null when the time is over.
   */
  blpop: popWaiting,
  /** As blpop, at the tail. */
  brpop: popWaiting,
  brpoplpush: waits<
    [source: Key, destination: Key, options?: WaitOptions],
    string | null,
    Bytes | null
  >(4, (source, destination, options) => [key(source), key(destination), timeoutArgument(options)]),
  /** The element at an index; -1 is the last. */
  lindex: bulk<[key: Key, index: Whole], string | null, Bytes | null>('ki', 3),
  /** The new length; -1: no such pivot; 0: no such list. */
  linsert: plain<[key: Key, where: 'BEFORE' | 'AFTER', pivot: Value, element: Value], number>(
    'kvvv',
    5,
  ),
  llen: plain<[key: Key], number>('k', 2),
  /** The element that moved, null when the source is missing: `lmove('a', 'b', 'LEFT', 'RIGHT')`. */
  lmove: bulk<
    [source: Key, destination: Key, from: ListEnd, to: ListEnd],
    string | null,
    Bytes | null
  >('kkvv', 5),
  /** Elements of the first list that has any: `lmpop({ keys: ['urgent', 'jobs'], from: 'LEFT' })`. */
  lmpop: bulk<[options: LmpopOptions], PoppedMany<string>, PoppedMany<Bytes>>('', -4, {
    tail: popArguments,
  }),
  /** The element at the head, or null; with a count an array of up to so many, or null. */
  lpop: bulk<[key: Key, count?: Whole], string | string[] | null, Bytes | Bytes[] | null>(
    'k',
    -2,
    optionalCount,
  ),
  /** The index of an element, or null; with `count` an array of indexes. */
  lpos: plain<[key: Key, element: Value, options?: LposOptions], number | number[] | null>(
    'kv',
    -3,
    search,
  ),
  /** The new length: `lpush('recent', 'a', 'b')` makes b the head. */
  lpush: plain<Elements, number>('kT', -3),
  /** As lpush if there is a list, else 0. */
  lpushx: plain<Elements, number>('kT', -3),
  /** Both indexes are included: `lrange('recent', 0, -1)` is all. */
  lrange: bulk<[key: Key, start: Whole, stop: Whole], string[], Bytes[]>('kii', 4),
  /** How many were removed: the first `count`, the last for a negative one, all for 0. */
  lrem: plain<[key: Key, count: Whole, element: Value], number>('kiv', 4),
  lset: plain<[key: Key, index: Whole, element: Value], 'OK'>('kiv', 4),
  /** Keeps what lies between two indexes, both included. */
  ltrim: plain<[key: Key, start: Whole, stop: Whole], 'OK'>('kii', 4),
  /** As lpop, at the tail. */
  rpop: bulk<[key: Key, count?: Whole], string | string[] | null, Bytes | Bytes[] | null>(
    'k',
    -2,
    optionalCount,
  ),
  rpoplpush: bulk<[source: Key, destination: Key], string | null, Bytes | null>('kk', 3),
  /** The new length: `rpush('queue', 'a', 'b')` makes b the tail. */
  rpush: plain<Elements, number>('kT', -3),
  /** As rpush if there is a list, else 0. */
  rpushx: plain<Elements, number>('kT', -3),
};
