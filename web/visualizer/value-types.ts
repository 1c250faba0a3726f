/**
 * What the value card knows of a type: its encodings in the order in which a value grows through
 * them, the settings that say when, and how its elements are asked for. A new type is an entry
 * here, and one in value-examples.ts.
 */
import type { Value } from '../client/arguments.ts';
import { intsetParts, listpackParts, type ValuePart } from './value-bytes.ts';

/** A setting that says up to where a value stays packed. */
export interface Threshold {
  readonly setting: string;
  readonly label: string;
  readonly least: number;
  readonly most: number;
  /** What is compared with it: the elements, the longest text, or (lists, streams) a node. */
  readonly of: 'count' | 'longest' | 'node';
  /** The encodings that it can end. */
  readonly encodings: readonly string[];
  /** Its value in words, where a number alone says too little. */
  readonly words?: (value: number) => string;
}

type Request = [command: string, ...args: Value[]];

export interface ValueType {
  /** What an element is called, in the singular and the plural. */
  readonly element: readonly [one: string, many: string];
  /** What the type is called in a sentence, with its article. */
  readonly title: string;
  readonly encodings: readonly string[];
  readonly thresholds: readonly Threshold[];
  readonly size: (key: Uint8Array) => Request;
  /** The first elements, as an array of texts, or as a scan's reply. */
  readonly first: (key: Uint8Array, count: number) => Request;
  /** Texts of an element in that array. */
  readonly width: number;
}

const kPacked = ['listpack', 'listpackex'];

const entries = (setting: string, label: string): Threshold => ({
  setting,
  label,
  least: 0,
  most: 600,
  of: 'count',
  encodings: kPacked,
});
const bytes = (setting: string): Threshold => ({
  setting,
  label: 'bytes of the longest',
  least: 0,
  most: 128,
  of: 'longest',
  encodings: kPacked,
});
/** Negative: a power of two of bytes. */
const nodeSize: Threshold = {
  setting: 'list-max-listpack-size',
  label: 'in one node',
  least: -5,
  most: 200,
  of: 'node',
  encodings: ['listpack'],
  words: (value) => (value < 0 ? `${2 ** (1 - value)} KiB` : String(value)),
};

export const kValueTypes: Readonly<Record<string, ValueType>> = {
  set: {
    element: ['member', 'members'],
    title: 'A set',
    encodings: ['intset', 'listpack', 'hashtable'],
    thresholds: [
      { ...entries('set-max-intset-entries', 'integers'), encodings: ['intset'] },
      entries('set-max-listpack-entries', 'members'),
      bytes('set-max-listpack-value'),
    ],
    size: (key) => ['SCARD', key],
    first: (key, count) => ['SSCAN', key, 0, 'COUNT', count],
    width: 1,
  },
  hash: {
    element: ['field', 'fields'],
    title: 'A hash',
    encodings: ['listpack', 'listpackex', 'hashtable'],
    thresholds: [entries('hash-max-listpack-entries', 'fields'), bytes('hash-max-listpack-value')],
    size: (key) => ['HLEN', key],
    first: (key, count) => ['HSCAN', key, 0, 'COUNT', count],
    width: 2,
  },
  list: {
    element: ['element', 'elements'],
    title: 'A list',
    encodings: ['listpack', 'quicklist'],
    thresholds: [nodeSize],
    size: (key) => ['LLEN', key],
    first: (key, count) => ['LRANGE', key, 0, count - 1],
    width: 1,
  },
  zset: {
    element: ['member', 'members'],
    title: 'A sorted set',
    encodings: ['listpack', 'skiplist'],
    thresholds: [entries('zset-max-listpack-entries', 'members'), bytes('zset-max-listpack-value')],
    size: (key) => ['ZCARD', key],
    first: (key, count) => ['ZRANGE', key, 0, count - 1, 'WITHSCORES'],
    width: 2,
  },
  stream: {
    element: ['entry', 'entries'],
    title: 'A stream',
    encodings: ['stream'],
    thresholds: [
      {
        setting: 'stream-node-max-entries',
        label: 'entries of a node',
        least: 0,
        most: 400,
        of: 'node',
        encodings: [],
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
