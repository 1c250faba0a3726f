/** Typed methods of streams and their groups; how a line reads: command-spec.ts. */
import type { Argument } from '../resp/encode.ts';
import type { Reply } from '../resp/reply.ts';
import { type Entries, entries, integer, type Key, value, type Value } from './arguments.ts';
import { flag, fromWords } from './command-options.ts';
import { bulk, plain, toFields, toRecord } from './command-spec.ts';

type Whole = number | bigint;
type Bytes = Uint8Array;

/** An entry: its id, then its fields and values in turn. */
export type StreamEntry<T = string> = [id: T, fields: T[]];
/** As XCLAIM returns it; null for an entry that is no longer there. */
type History<T> = [id: T, fields: T[] | null];

export interface StreamTrim {
  /** At most so many entries stay. */
  maxlen?: Whole | undefined;
  /** Entries below this id go. */
  minid?: Value | undefined;
  /** Only whole nodes go, which is cheaper: a few more entries may stay. */
  approximate?: boolean | undefined;
  /** With `approximate`: at most so many entries go. */
  limit?: Whole | undefined;
}

export interface XaddOptions extends StreamTrim {
  fields: Entries;
  /** Default `*`: the time and a number. `5-*`: only the number is chosen. */
  id?: Value | undefined;
  /** Do not make a new stream. */
  nomkstream?: boolean | undefined;
}

export interface XreadOptions {
  /** Behind which id to read, by key; `$`: what comes from now on, `+`: the last entry. */
  streams: Entries;
  count?: Whole | undefined;
  /** So many milliseconds to wait when there is nothing, 0: for ever. */
  block?: Whole | undefined;
}

export interface XreadgroupOptions extends XreadOptions {
  group: Value;
  consumer: Value;
  /** What is read counts as acknowledged. */
  noack?: boolean | undefined;
}

export interface XclaimOptions {
  ids: Value | readonly Value[];
  idle?: Whole | undefined;
  time?: Whole | undefined;
  retrycount?: Whole | undefined;
  force?: boolean | undefined;
  justid?: boolean | undefined;
  lastid?: Value | undefined;
}

export interface XpendingRange {
  start: Value;
  end: Value;
  count: Whole;
  idle?: Whole | undefined;
  consumer?: Value | undefined;
}

const countWord = /* @__PURE__ */ fromWords<{ count?: Whole | undefined }>({ count: integer });
const readWords = /* @__PURE__ */ fromWords<{
  count?: Whole | undefined;
  block?: Whole | undefined;
}>({
  count: integer,
  block: integer,
});
const claimWords = /* @__PURE__ */ fromWords<Omit<XclaimOptions, 'ids'>>({
  idle: integer,
  time: integer,
  retrycount: integer,
  force: flag,
  justid: flag,
  lastid: value,
});
const autoClaimWords = /* @__PURE__ */ fromWords<{
  count?: Whole | undefined;
  justid?: boolean | undefined;
}>({
  count: integer,
  justid: flag,
});
const createWords = /* @__PURE__ */ fromWords<{
  mkstream?: boolean | undefined;
  entriesread?: Whole | undefined;
}>({ mkstream: flag, entriesread: integer });
const setIdWords = /* @__PURE__ */ fromWords<{
  entriesadded?: Whole | undefined;
  maxdeletedid?: Value | undefined;
}>({ entriesadded: integer, maxdeletedid: value });

function trimArguments({ maxlen, minid, approximate, limit }: StreamTrim): Argument[] {
  const sign = approximate ? ['~'] : [];
  return [
    ...(maxlen === undefined ? [] : ['MAXLEN', ...sign, integer(maxlen)]),
    ...(minid === undefined ? [] : ['MINID', ...sign, value(minid)]),
    ...(limit === undefined ? [] : ['LIMIT', integer(limit)]),
  ];
}

const addArguments = ({ fields, id = '*', nomkstream, ...trim }: XaddOptions): Argument[] => [
  ...(nomkstream ? ['NOMKSTREAM'] : []),
  ...trimArguments(trim),
  value(id),
  ...entries(fields),
];

/** Keys, then ids. */
function streamArguments(streams: Entries): Argument[] {
  const pairs = entries(streams);
  const even = (_: Argument, at: number): boolean => at % 2 === 0;
  const odd = (_: Argument, at: number): boolean => at % 2 === 1;
  return ['STREAMS', ...pairs.filter(even), ...pairs.filter(odd)];
}

const readArguments = ({ streams, ...words }: XreadOptions): Argument[] => [
  ...readWords(words),
  ...streamArguments(streams),
];

const groupReadArguments = (options: XreadgroupOptions): Argument[] => {
  const { streams, group, consumer, noack, ...words } = options;
  const of = ['GROUP', value(group), value(consumer)];
  return [...of, ...readWords(words), ...(noack ? ['NOACK'] : []), ...streamArguments(streams)];
};

const claimArguments = ({ ids, ...words }: XclaimOptions): Argument[] => [
  ...(Array.isArray(ids) ? ids : [ids]).map(value),
  ...claimWords(words),
];

const pendingArguments = (range?: XpendingRange): Argument[] => {
  if (range === undefined) return [];
  const { start, end, count, idle, consumer } = range;
  return [
    ...(idle === undefined ? [] : ['IDLE', integer(idle)]),
    value(start),
    value(end),
    integer(count),
    ...(consumer === undefined ? [] : [value(consumer)]),
  ];
};

const fullArguments = (full?: boolean | { count: Whole }): Argument[] =>
  full ? ['FULL', ...(full === true ? [] : ['COUNT', integer(full.count)])] : [];

/** Entries by key, or null: RESP2 has pairs, RESP3 a map. */
function toStreams<V>(reply: Reply): Record<string, V> | null {
  if (reply === null) return null;
  return toFields<V>(reply instanceof Map ? reply : (reply as Reply[][]).flat());
}
const toRecords = (reply: Reply): Record<string, Reply>[] =>
  (reply as Reply[]).map((each) => toRecord(each));

const range = { tail: countWord };
const read = { tail: readArguments, decode: toStreams<never> };

type Ranges<A extends unknown[]> = [key: Key, ...A, options?: { count?: Whole }];
type Claimed<T> = (StreamEntry<T> | T)[];

export const streams = {
  xack: plain<[key: Key, group: Value, ...ids: Value[]], number>('kvT', -4),
  /** The id; null when `nomkstream` forbade it: `xadd('s', { fields: { a: 1 }, maxlen: 1000 })`. */
  xadd: plain<[key: Key, options: XaddOptions], string | null>('k', -5, { tail: addArguments }),
  /** `[where to go on, entries or ids, ids that are no longer in the stream]`. */
  xautoclaim: bulk<
    [
      key: Key,
      group: Value,
      consumer: Value,
      minIdleMs: Whole,
      start: Value,
      options?: { count?: Whole; justid?: boolean },
    ],
    [next: string, claimed: Claimed<string>, deleted: string[]],
    [next: Bytes, claimed: Claimed<Bytes>, deleted: Bytes[]]
  >('kvviv', -6, { tail: autoClaimWords }),
  /** The entries, with `justid` their ids, that the consumer has now. */
  xclaim: bulk<
    [key: Key, group: Value, consumer: Value, minIdleMs: Whole, options: XclaimOptions],
    Claimed<string>,
    Claimed<Bytes>
  >('kvvi', -6, { tail: claimArguments }),
  xdel: plain<[key: Key, ...ids: Value[]], number>('kT', -3),
  /** `id` `$`: from the end on. */
  xgroupCreate: plain<
    [key: Key, group: Value, id: Value, options?: { mkstream?: boolean; entriesread?: Whole }],
    'OK'
  >('kvv', -5, { tail: createWords }),
  xgroupCreateconsumer: plain<[key: Key, group: Value, consumer: Value], number>('kvv', 5),
  /** How many entries were pending for it. */
  xgroupDelconsumer: plain<[key: Key, group: Value, consumer: Value], number>('kvv', 5),
  xgroupDestroy: plain<[key: Key, group: Value], number>('kv', 4),
  xgroupSetid: plain<[key: Key, group: Value, id: Value, options?: { entriesread?: Whole }], 'OK'>(
    'kvv',
    -5,
    { tail: createWords },
  ),
  xinfoConsumers: plain<[key: Key, group: Value], Record<string, Reply>[]>('kv', 4, {
    decode: toRecords,
  }),
  xinfoGroups: plain<[key: Key], Record<string, Reply>[]>('k', 3, { decode: toRecords }),
  xinfoStream: plain<[key: Key, full?: boolean | { count: Whole }], Record<string, Reply>>(
    'k',
    -3,
    {
      tail: fullArguments,
      decode: toRecord,
    },
  ),
  xlen: plain<[key: Key], number>('k', 2),
  /** `[number, first id, last id, [[consumer, number], …]]`; with a range, entries one by one. */
  xpending: plain<[key: Key, group: Value, range?: XpendingRange], Reply[]>('kv', -3, {
    tail: pendingArguments,
  }),
  /** Ids `-` and `+`: the first and the last; `(5-1`: behind, or before, 5-1. */
  xrange: bulk<Ranges<[start: Value, end: Value]>, StreamEntry[], StreamEntry<Bytes>[]>(
    'kvv',
    -4,
    range,
  ),
  /** `xread({ streams: { s: '$' }, block: 5000 })`: entries by key, or null. */
  xread: bulk<
    [options: XreadOptions],
    Record<string, StreamEntry[]> | null,
    Record<string, StreamEntry<Bytes>[]> | null
  >('', -4, read),
  /** `xreadgroup({ group: 'g', consumer: 'me', streams: { s: '>' } })`: entries by key, or null. */
  xreadgroup: bulk<
    [options: XreadgroupOptions],
    Record<string, History<string>[]> | null,
    Record<string, History<Bytes>[]> | null
  >('', -7, { ...read, tail: groupReadArguments }),
  xrevrange: bulk<Ranges<[end: Value, start: Value]>, StreamEntry[], StreamEntry<Bytes>[]>(
    'kvv',
    -4,
    range,
  ),
  xsetid: plain<
    [key: Key, lastId: Value, options?: { entriesadded?: Whole; maxdeletedid?: Value }],
    'OK'
  >('kv', -3, { tail: setIdWords }),
  /** How many entries went: `xtrim('s', { maxlen: 1000, approximate: true })`. */
  xtrim: plain<[key: Key, trim: StreamTrim], number>('k', -4, { tail: trimArguments }),
};
