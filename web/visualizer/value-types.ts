/**
 * What the value card knows of a type: its encodings in the order in which a value grows through
 * them, the settings that say when, and how its first elements are asked for. A new type is an
 * entry here.
 */
import type { Value } from '../client/arguments.ts';
import { intsetParts, listpackParts, type ValuePart } from './value-bytes.ts';

/** A setting that says up to where a value stays packed. */
export interface Threshold {
  readonly setting: string;
  readonly label: string;
  readonly least: number;
  readonly most: number;
  /** Its value in words, where a number alone says too little. */
  readonly words?: (value: number) => string;
}

export interface ValueType {
  /** What an element is called, in the singular and the plural. */
  readonly element: readonly [one: string, many: string];
  readonly encodings: readonly string[];
  readonly thresholds: readonly Threshold[];
  readonly size: (key: Uint8Array) => [command: string, ...args: Value[]];
  /** The first elements, as an array of texts, or as a scan's reply. */
  readonly first: (key: Uint8Array, count: number) => [command: string, ...args: Value[]];
  /** Texts of an element in that array. */
  readonly width: number;
}

const entries = (setting: string, many: string): Threshold => ({
  setting,
  label: `${many} at most`,
  least: 0,
  most: 600,
});
const bytes = (setting: string): Threshold => ({
  setting,
  label: 'bytes of each at most',
  least: 0,
  most: 128,
});
/** Negative: a power of two of bytes. */
const nodeSize: Threshold = {
  setting: 'list-max-listpack-size',
  label: 'elements of a node at most',
  least: -5,
  most: 200,
  words: (value) => (value < 0 ? `${2 ** (1 - value)} KiB` : String(value)),
};

export const kValueTypes: Readonly<Record<string, ValueType>> = {
  set: {
    element: ['member', 'members'],
    encodings: ['intset', 'listpack', 'hashtable'],
    thresholds: [
      entries('set-max-intset-entries', 'integers'),
      entries('set-max-listpack-entries', 'members'),
      bytes('set-max-listpack-value'),
    ],
    size: (key) => ['SCARD', key],
    first: (key, count) => ['SSCAN', key, 0, 'COUNT', count],
    width: 1,
  },
  hash: {
    element: ['field', 'fields'],
    encodings: ['listpack', 'listpackex', 'hashtable'],
    thresholds: [entries('hash-max-listpack-entries', 'fields'), bytes('hash-max-listpack-value')],
    size: (key) => ['HLEN', key],
    first: (key, count) => ['HSCAN', key, 0, 'COUNT', count],
    width: 2,
  },
  list: {
    element: ['element', 'elements'],
    encodings: ['listpack', 'quicklist'],
    thresholds: [nodeSize],
    size: (key) => ['LLEN', key],
    first: (key, count) => ['LRANGE', key, 0, count - 1],
    width: 1,
  },
  zset: {
    element: ['member', 'members'],
    encodings: ['listpack', 'skiplist'],
    thresholds: [entries('zset-max-listpack-entries', 'members'), bytes('zset-max-listpack-value')],
    size: (key) => ['ZCARD', key],
    first: (key, count) => ['ZRANGE', key, 0, count - 1, 'WITHSCORES'],
    width: 2,
  },
  stream: {
    element: ['entry', 'entries'],
    encodings: ['stream'],
    thresholds: [
      {
        setting: 'stream-node-max-entries',
        label: 'entries of a node at most',
        least: 0,
        most: 400,
      },
    ],
    size: (key) => ['XLEN', key],
    first: (key, count) => ['XRANGE', key, '-', '+', 'COUNT', count],
    width: 2,
  },
};

/** The parts of a packed value, null for one that lies elsewhere. */
export function partsOf(encoding: string, value: Uint8Array, most: number): ValuePart[] | null {
  if (encoding === 'intset') return intsetParts(value, most);
  return encoding.startsWith('listpack') ? listpackParts(value, most) : null;
}
