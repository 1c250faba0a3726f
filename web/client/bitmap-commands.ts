/** Typed methods of bitmaps and HyperLogLogs; how a line reads: command-spec.ts. */
import type { Argument } from '../resp/encode.ts';
import { integer, type Key, type KeyList, type Value } from './arguments.ts';
import { plain } from './command-spec.ts';

type Whole = number | bigint;

/** Part of a string, both ends included; negative counts from the end. */
export interface BitRange {
  start: Whole;
  end?: Whole | undefined;
  /** What `start` and `end` count; needs `end`. Default: BYTE. */
  unit?: 'BIT' | 'BYTE' | undefined;
}

const range = {
  tail: (given?: BitRange): Argument[] =>
    given === undefined
      ? []
      : [
          integer(given.start),
          ...(given.end === undefined ? [] : [integer(given.end)]),
          ...(given.unit === undefined ? [] : [given.unit]),
        ],
};

export const bitmaps = {
  /** Bits that are 1, in all or from `start` to `end`. */
  bitcount: plain<[key: Key, range?: BitRange & { end: Whole }], number>('k', -2, range),
  /**
   * Several operations at once: `bitfield('b', 'INCRBY', 'u8', 0, 1, 'GET', 'i5', 100)`. What GET
   * read, SET replaced, INCRBY made; null where OVERFLOW FAIL forbade it.
   */
  bitfield: plain<[key: Key, ...operations: Value[]], (number | null)[]>('kT', -2),
  bitfield_ro: plain<[key: Key, ...operations: Value[]], number[]>('kT', -2),
  /** Bytes of the result. */
  bitop: plain<[operation: 'AND' | 'OR' | 'XOR' | 'NOT', to: Key, ...from: Key[]], number>(
    'vkK',
    -4,
  ),
  /** The first bit that is `bit`, or -1. */
  bitpos: plain<[key: Key, bit: 0 | 1, range?: BitRange], number>('ki', -3, range),
  getbit: plain<[key: Key, offset: Whole], number>('ki', 3),
  /** 1 if the estimate may be another now. */
  pfadd: plain<[key: Key, ...elements: Value[]], number>('kT', -2),
  /** About how many different elements were added, to all of the keys together. */
  pfcount: plain<KeyList, number>('K', -2),
  pfmerge: plain<[to: Key, ...from: Key[]], 'OK'>('K', -2),
  /** The bit that was there. */
  setbit: plain<[key: Key, offset: Whole, bit: 0 | 1], number>('kii', 4),
};
