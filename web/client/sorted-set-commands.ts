/** Typed methods of sorted sets; how a line reads: command-spec.ts. */
import type { Argument } from '../resp/encode.ts';
import { type Entries, entries, integer, type Key, key, type Value, value } from './arguments.ts';
import { scanArguments } from './command-options.ts';
import { bulk, plain, timeoutArgument, toScan, type WaitOptions, waits } from './command-spec.ts';

type Whole = number | bigint;
type Bytes = Uint8Array;
type Members = [key: Key, ...members: Value[]];
/** A number, or 'inf', '-inf'. */
type Score = number | string;
/** A score with '(' before it is itself outside: '(5'. */
type ScoreRange = [key: Key, min: Score, max: Score];
/** '[a' (included), '(a' (outside), '-' and '+' (the ends). */
type MemberRange = [key: Key, min: Value, max: Value];
type Ranked<M> = M[] | [member: M, score: number][];
type Popped<M> = [member: M, score: number] | [] | [member: M, score: number][];

/** Members with their scores: an object, a Map, or [member, score][]. */
export type Scores = Readonly<Record<string, Score>> | Iterable<readonly [Value, Score]>;

export interface ZaddOptions {
  /** Only new members. */
  nx?: boolean | undefined;
  /** Only members that are there. */
  xx?: boolean | undefined;
  /** Only if the score becomes greater; new members are added. */
  gt?: boolean | undefined;
  /** Only if it becomes less. */
  lt?: boolean | undefined;
  /** Count the changed members too. */
  ch?: boolean | undefined;
}

export interface ZrangeOptions {
  /** What the bounds are; neither: places, negative ones from the end. */
  byscore?: boolean | undefined;
  bylex?: boolean | undefined;
  /** From the highest to the lowest; of scores and members the upper bound comes first then. */
  rev?: boolean | undefined;
  limit?: { offset: number; count: number } | undefined;
  /** [member, score] each. */
  withscores?: boolean | undefined;
}
export type LimitOption = Pick<ZrangeOptions, 'limit'>;
export type ScoreRangeOptions = Pick<ZrangeOptions, 'limit' | 'withscores'>;
export type ZrangeStoreOptions = Omit<ZrangeOptions, 'withscores'>;

export interface CombineStoreOptions {
  /** What the scores of each key are multiplied by. */
  weights?: readonly number[] | undefined;
  /** How the scores of a member become one; the sum if not said. */
  aggregate?: 'SUM' | 'MIN' | 'MAX' | undefined;
}
export interface CombineOptions extends CombineStoreOptions {
  withscores?: boolean | undefined;
}

export interface ZmpopOptions {
  keys: readonly Key[];
  from: 'MIN' | 'MAX';
  count?: Whole | undefined;
}

export interface ZrandmemberOptions {
  /** So many different members; negative: so many, with repetitions. */
  count?: Whole;
  withscores?: boolean;
}

export interface ZscanOptions {
  match?: Value;
  count?: number;
}

type Flags = Readonly<Record<string, unknown>>;

/** The names of those that are true, in capitals. */
const flags = (given: Flags, ...names: string[]): Argument[] =>
  names.filter((name) => given[name]).map((name) => name.toUpperCase());

const counted = (keys: readonly Key[]): Argument[] => [keys.length, ...keys.map(key)];

function scored(scores: Scores, options: ZaddOptions = {}): Argument[] {
  const pairs = entries(scores as Entries);
  const argv = flags(options as Flags, 'nx', 'xx', 'gt', 'lt', 'ch');
  for (let at = 0; at < pairs.length; at += 2) argv.push(pairs[at + 1]!, pairs[at]!);
  return argv;
}

const range = {
  tail: ({ limit, ...options }: ZrangeOptions = {}): Argument[] => [
    ...flags(options, 'byscore', 'bylex', 'rev', 'withscores'),
    ...(limit === undefined ? [] : ['LIMIT', integer(limit.offset), integer(limit.count)]),
  ],
};

const combined = {
  tail: (keys: readonly Key[], options: CombineOptions = {}): Argument[] => [
    ...counted(keys),
    ...(options.weights === undefined ? [] : ['WEIGHTS', ...options.weights.map(value)]),
    ...(options.aggregate === undefined ? [] : ['AGGREGATE', options.aggregate]),
    ...flags(options as Flags, 'withscores'),
  ],
};

const limited = {
  tail: (keys: readonly Key[], limit?: Whole): Argument[] => [
    ...counted(keys),
    ...(limit === undefined ? [] : ['LIMIT', integer(limit)]),
  ],
};

const popped = {
  tail: ({ keys, from, count }: ZmpopOptions): Argument[] => [
    ...counted(keys),
    from,
    ...(count === undefined ? [] : ['COUNT', integer(count)]),
  ],
};

const howMany = {
  tail: (count?: Whole): Argument[] => (count === undefined ? [] : [integer(count)]),
};

const drawn = {
  tail: ({ count, withscores }: ZrandmemberOptions = {}): Argument[] =>
    count === undefined ? [] : [integer(count), ...flags({ withscores }, 'withscores')],
};

const withScore = {
  tail: (options: { withscore?: boolean } = {}): Argument[] => flags(options, 'withscore'),
};

const awaited = (keys: Key | readonly Key[], options?: WaitOptions): Argument[] => [
  ...[keys].flat().map((each) => key(each as Key)),
  timeoutArgument(options),
];
type Await = [keys: Key | readonly Key[], options?: WaitOptions];
type Taken<M> = [key: M, member: M, score: number] | null;

type Combine = [keys: readonly Key[], options?: CombineOptions];
type CombineStore = [destination: Key, keys: readonly Key[], options?: CombineStoreOptions];
type RankOf = number | [rank: number, score: number] | null;

export const sortedSets = {
  /** As zmpop; waits: `bzmpop({ keys: ['jobs'], from: 'MIN', timeout: 5 })`, null when time is over. */
  bzmpop: waits<
    [options: ZmpopOptions & WaitOptions],
    [key: string, members: [member: string, score: number][]] | null,
    [key: Bytes, members: [member: Bytes, score: number][]] | null
  >(-5, (options) => [timeoutArgument(options), ...popped.tail(options)]),
  bzpopmax: waits<Await, Taken<string>, Taken<Bytes>>(-3, awaited),
  /** The member with the lowest score of the first key that has any; waits for one. */
  bzpopmin: waits<Await, Taken<string>, Taken<Bytes>>(-3, awaited),
  /** How many members are new: `zadd('board', { noor: 310, eve: 120 })`. */
  zadd: plain<[key: Key, scores: Scores, options?: ZaddOptions], number>('k', -4, {
    tail: scored,
  }),
  zcard: plain<[key: Key], number>('k', 2),
  zcount: plain<ScoreRange, number>('kvv', 4),
  zdiff: bulk<
    [keys: readonly Key[], options?: Pick<CombineOptions, 'withscores'>],
    Ranked<string>,
    Ranked<Bytes>
  >('', -3, combined),
  zdiffstore: plain<[destination: Key, keys: readonly Key[]], number>('k', -4, combined),
  /** The new score. */
  zincrby: plain<[key: Key, by: Score, member: Value], number>('kvv', 4),
  zinter: bulk<Combine, Ranked<string>, Ranked<Bytes>>('', -3, combined),
  /** How many members all have; no more than `limit` are looked for. */
  zintercard: plain<[keys: readonly Key[], limit?: Whole], number>('', -3, limited),
  zinterstore: plain<CombineStore, number>('k', -4, combined),
  zlexcount: plain<MemberRange, number>('kvv', 4),
  /** From the first key that has any: `zmpop({ keys: ['a', 'b'], from: 'MIN', count: 10 })`. */
  zmpop: bulk<
    [options: ZmpopOptions],
    [key: string, members: [member: string, score: number][]] | null,
    [key: Bytes, members: [member: Bytes, score: number][]] | null
  >('', -4, popped),
  zmscore: plain<Members, (number | null)[]>('kT', -3),
  /** The member with the highest score, taken out; with a count an array of them. */
  zpopmax: bulk<[key: Key, count?: Whole], Popped<string>, Popped<Bytes>>('k', -2, howMany),
  zpopmin: bulk<[key: Key, count?: Whole], Popped<string>, Popped<Bytes>>('k', -2, howMany),
  zrandmember: bulk<
    [key: Key, options?: ZrandmemberOptions],
    string | Ranked<string> | null,
    Bytes | Ranked<Bytes> | null
  >('k', -2, drawn),
  /** `zrange('board', 0, 9, { rev: true, withscores: true })`: the ten best. */
  zrange: bulk<
    [key: Key, start: Value, stop: Value, options?: ZrangeOptions],
    Ranked<string>,
    Ranked<Bytes>
  >('kvv', -4, range),
  zrangebylex: bulk<[...MemberRange, options?: LimitOption], string[], Bytes[]>('kvv', -4, range),
  zrangebyscore: bulk<[...ScoreRange, options?: ScoreRangeOptions], Ranked<string>, Ranked<Bytes>>(
    'kvv',
    -4,
    range,
  ),
  zrangestore: plain<
    [destination: Key, source: Key, start: Value, stop: Value, options?: ZrangeStoreOptions],
    number
  >('kkvv', -5, range),
  /** The place from the lowest score on, or null. */
  zrank: plain<[key: Key, member: Value, options?: { withscore?: boolean }], RankOf>(
    'kv',
    -3,
    withScore,
  ),
  zrem: plain<Members, number>('kT', -3),
  zremrangebylex: plain<MemberRange, number>('kvv', 4),
  zremrangebyrank: plain<[key: Key, start: Whole, stop: Whole], number>('kii', 4),
  zremrangebyscore: plain<ScoreRange, number>('kvv', 4),
  zrevrange: bulk<
    [key: Key, start: Whole, stop: Whole, options?: Pick<ZrangeOptions, 'withscores'>],
    Ranked<string>,
    Ranked<Bytes>
  >('kii', -4, range),
  zrevrangebylex: bulk<
    [key: Key, max: Value, min: Value, options?: LimitOption],
    string[],
    Bytes[]
  >('kvv', -4, range),
  zrevrangebyscore: bulk<
    [key: Key, max: Score, min: Score, options?: ScoreRangeOptions],
    Ranked<string>,
    Ranked<Bytes>
  >('kvv', -4, range),
  /** The place from the highest score on, or null. */
  zrevrank: plain<[key: Key, member: Value, options?: { withscore?: boolean }], RankOf>(
    'kv',
    -3,
    withScore,
  ),
  /** One step: `[cursor, member, score, …]`, scores as text. Begin with 0, done at '0'. */
  zscan: bulk<
    [key: Key, cursor: string | Whole, options?: ZscanOptions],
    [cursor: string, items: string[]],
    [cursor: string, items: Bytes[]]
  >('kv', -3, { tail: scanArguments, decode: toScan<never> }),
  zscore: plain<[key: Key, member: Value], number | null>('kv', 3),
  zunion: bulk<Combine, Ranked<string>, Ranked<Bytes>>('', -3, combined),
  zunionstore: plain<CombineStore, number>('k', -4, combined),
};
