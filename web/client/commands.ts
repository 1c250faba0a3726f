/**
 * Typed sugar: one entry per command, `method: kind<[arguments], result>(letters, arity, rest)`.
 * Letters, kinds and how names follow from the methods: command-spec.ts. Anything not here:
 * `call(...)`. Integers beyond 2^53 come as exact bigints although the type says number: arithmetic
 * with them throws instead of being wrong.
 */
import type { Argument } from '../resp/encode.ts';
import type { Reply } from '../resp/reply.ts';
import { type Entries, integer, type Key, type KeyList, value, type Value } from './arguments.ts';
import {
  conditionArguments,
  copyArguments,
  type CopyOptions,
  delexArguments,
  type DelexOptions,
  type ExpireCondition,
  getexArguments,
  type GetexOptions,
  lcsArguments,
  type LcsOptions,
  restoreArguments,
  type RestoreOptions,
  scanArguments,
  type ScanOptions,
  setArguments,
  type SetOptions,
} from './command-options.ts';
import {
  type AsyncMethods,
  binary,
  bulk,
  plain,
  type SyncMethods,
  toRecord,
  toScan,
  toTime,
} from './command-spec.ts';
import { bitmaps } from './bitmap-commands.ts';
import { places } from './geo-commands.ts';
import { hashes } from './hash-commands.ts';
import { lists } from './list-commands.ts';
import { sets } from './set-commands.ts';
import { pubsub } from './session-commands.ts';
import { sortedSets } from './sorted-set-commands.ts';
import { streams } from './stream-commands.ts';

type Whole = number | bigint;
type FlushMode = 'ASYNC' | 'SYNC';
type Bytes = Uint8Array;

const oneWord = { tail: (word?: Value): Argument[] => (word === undefined ? [] : [value(word)]) };
const condition = { tail: conditionArguments };

const strings = {
  append: plain<[key: Key, value: Value], number>('kv', 3),
  decr: plain<[key: Key], number>('k', 2),
  decrby: plain<[key: Key, by: Whole], number>('ki', 3),
  /** 1, or 0: there is no such key, or the condition forbade it. */
  delex: plain<[key: Key, options?: DelexOptions], number>('k', -2, { tail: delexArguments }),
  /** The value, or null if there is none. */
  get: bulk<[key: Key], string | null, Bytes | null>('k', 2),
  getdel: bulk<[key: Key], string | null, Bytes | null>('k', 2),
  /** Reads and sets the time to live in one step: `getex('session', { ex: 60 })`. */
  getex: bulk<[key: Key, options?: GetexOptions], string | null, Bytes | null>('k', -2, {
    tail: getexArguments,
  }),
  getrange: bulk<[key: Key, start: Whole, end: Whole], string, Bytes>('kii', 4),
  getset: bulk<[key: Key, value: Value], string | null, Bytes | null>('kv', 3),
  incr: plain<[key: Key], number>('k', 2),
  incrby: plain<[key: Key, by: Whole], number>('ki', 3),
  /** The new value as exact decimal text. */
  incrbyfloat: plain<[key: Key, by: number | string], string>('kv', 3),
  /** Longest common subsequence: its text; with `len` its length; with `idx` a map of ranges. */
  lcs: bulk<[first: Key, second: Key, options?: LcsOptions], Reply, Reply>('kk', -3, {
    tail: lcsArguments,
  }),
  mget: bulk<KeyList, (string | null)[], (Bytes | null)[]>('K', -2),
  mset: plain<[pairs: Entries], 'OK'>('E', -3),
  msetnx: plain<[pairs: Entries], number>('E', -3),
  psetex: plain<[key: Key, ms: number, value: Value], 'OK'>('kmv', 4),
  /** 'OK', null if nx or xx forbade it, or with `get: true` the previous value. */
  set: bulk<[key: Key, value: Value, options?: SetOptions], string | null, Bytes | string | null>(
    'kv',
    -3,
    { tail: setArguments },
  ),
  setex: plain<[key: Key, seconds: number, value: Value], 'OK'>('ksv', 4),
  setnx: plain<[key: Key, value: Value], number>('kv', 3),
  setrange: plain<[key: Key, offset: Whole, value: Value], number>('kiv', 4),
  strlen: plain<[key: Key], number>('k', 2),
  substr: bulk<[key: Key, start: Whole, end: Whole], string, Bytes>('kii', 4),
};

type ExpireIn<Unit extends [unknown]> = [key: Key, ...Unit, condition?: ExpireCondition];

const expiry = {
  expire: plain<ExpireIn<[seconds: number]>, number>('ks', -3, condition),
  expireat: plain<ExpireIn<[at: number | Date]>, number>('kS', -3, condition),
  /** Unix seconds; -1: no time to live; -2: no such key. */
  expiretime: plain<[key: Key], number>('k', 2),
  persist: plain<[key: Key], number>('k', 2),
  pexpire: plain<ExpireIn<[ms: number]>, number>('km', -3, condition),
  pexpireat: plain<ExpireIn<[at: number | Date]>, number>('kM', -3, condition),
  pexpiretime: plain<[key: Key], number>('k', 2),
  pttl: plain<[key: Key], number>('k', 2),
  /** Seconds left; -1: no time to live; -2: no such key. */
  ttl: plain<[key: Key], number>('k', 2),
};

const generic = {
  copy: plain<[from: Key, to: Key, options?: CopyOptions], number>('kk', -3, {
    tail: copyArguments,
  }),
  del: plain<KeyList, number>('K', -2),
  /** The value in Redis's serialised form: always bytes. */
  dump: binary<[key: Key], Bytes | null>('k', 2),
  exists: plain<KeyList, number>('K', -2),
  keys: bulk<[pattern: Value], string[], Bytes[]>('v', 2),
  move: plain<[key: Key, db: number], number>('ki', 3),
  objectEncoding: plain<[key: Key], string | null>('k', 3),
  objectFreq: plain<[key: Key], number | null>('k', 3),
  objectHelp: plain<[], string[]>('', 2),
  objectIdletime: plain<[key: Key], number | null>('k', 3),
  objectRefcount: plain<[key: Key], number | null>('k', 3),
  randomkey: bulk<[], string | null, Bytes | null>('', 1),
  rename: plain<[from: Key, to: Key], 'OK'>('kk', 3),
  renamenx: plain<[from: Key, to: Key], number>('kk', 3),
  /** `ttl` in milliseconds, 0: none. */
  restore: plain<[key: Key, ttl: Whole, payload: Bytes, options?: RestoreOptions], 'OK'>(
    'kiv',
    -4,
    { tail: restoreArguments },
  ),
  /** One step: `[cursor, keys]`. Begin with 0; done when the cursor is '0' again. */
  scan: bulk<
    [cursor: string | Whole, options?: ScanOptions],
    [cursor: string, keys: string[]],
    [cursor: string, keys: Bytes[]]
  >('v', -2, { tail: scanArguments, decode: toScan<never> }),
  touch: plain<KeyList, number>('K', -2),
  type: plain<[key: Key], string>('k', 2),
  unlink: plain<KeyList, number>('K', -2),
};

const connection = {
  clientGetname: plain<[], string | null>('', 2),
  clientId: plain<[], number>('', 2),
  clientSetname: plain<[name: string], 'OK'>('v', 3),
  echo: bulk<[message: Value], string, Bytes>('v', 2),
  hello: plain<[version?: 2 | 3], Record<string, Reply>>('', -1, { ...oneWord, decode: toRecord }),
  ping: bulk<[message?: Value], string, Bytes | 'PONG'>('', -1, oneWord),
  select: plain<[db: number], 'OK'>('i', 2),
};

const server = {
  bgrewriteaof: plain<[], string>('', 1),
  bgsave: plain<[mode?: 'SCHEDULE'], string>('', -1, oneWord),
  clusterCountkeysinslot: plain<[slot: number], number>('i', 3),
  clusterGetkeysinslot: bulk<[slot: number, count: number], string[], Bytes[]>('ii', 4),
  clusterKeyslot: plain<[key: Key], number>('k', 3),
  commandCount: plain<[], number>('', 2),
  commandDocs: plain<string[], Reply>('T', -2),
  commandInfo: plain<string[], Reply>('T', -2),
  commandList: plain<string[], string[]>('T', -2),
  configGet: plain<string[], Record<string, string>>('T', -3, { decode: toRecord }),
  configResetstat: plain<[], 'OK'>('', 2),
  configSet: plain<[settings: Entries], 'OK'>('E', -4),
  dbsize: plain<[], number>('', 1),
  debugDictResizing: plain<[on: 0 | 1], 'OK'>('i', -2),
  debugDigest: plain<[], string>('', -2),
  debugDigestValue: plain<KeyList, string[]>('K', -2),
  debugHtstats: plain<[db: number, full?: boolean], string>('i', -2, {
    tail: (full?: boolean) => (full ? ['full'] : []),
  }),
  debugObject: plain<[key: Key], string>('k', -2),
  debugReload: plain<[], 'OK'>('', -2),
  debugSetActiveExpire: plain<[on: 0 | 1], 'OK'>('i', -2),
  flushall: plain<[mode?: FlushMode], 'OK'>('', -1, oneWord),
  flushdb: plain<[mode?: FlushMode], 'OK'>('', -1, oneWord),
  info: plain<string[], string>('T', -1),
  /** What the tables look like; not Redis's. Binary parts come whole from `inspectBuffer`. */
  inspect: bulk<[what: string, ...rest: Value[]], Reply, Reply>('T', -2),
  lastsave: plain<[], number>('', 1),
  memoryUsage: plain<[key: Key, options?: { samples?: number }], number | null>('k', -3, {
    tail: ({ samples }: { samples?: number } = {}) =>
      samples === undefined ? [] : ['SAMPLES', integer(samples)],
  }),
  save: plain<[], 'OK'>('', 1),
  swapdb: plain<[one: number, other: number], 'OK'>('ii', 3),
  time: plain<[], [seconds: number, microseconds: number]>('', 1, { decode: toTime }),
};

export const commandTable = {
  ...strings,
  ...hashes,
  ...bitmaps,
  ...lists,
  ...sets,
  ...sortedSets,
  ...places,
  ...streams,
  ...expiry,
  ...generic,
  ...connection,
  ...server,
  ...pubsub,
};

/**
 * What a namespace offers: methods that reach a key only by an argument whose letter says so. The
 * rest looks at the whole store, or leads out of it.
 */
const { keys, scan, move, randomkey, objectHelp, ...ofKeys } = generic;

export const namespacedTable = { ...strings, ...expiry, ...ofKeys };

export type CommandTable = typeof commandTable;
export type NamespacedTable = typeof namespacedTable;
export type AsyncCommands = AsyncMethods<CommandTable>;
export type SyncCommands = SyncMethods<CommandTable>;
