// When two replies to the same command are the same. Exact, error texts included, but for what is
// free by contract: the order of a set of keys, the moment at which each side ran the command, ids.
import { ErrorReply, show } from './resp.mjs';

const MILLISECONDS = 1500;
const list = (reply) => (Array.isArray(reply) ? reply : (reply?.set ?? reply?.push));

const near = (tolerance) => (ours, theirs) => {
  if (typeof ours !== 'bigint' || typeof theirs !== 'bigint') return exact(ours, theirs);
  const difference = Number(ours - theirs);
  return ours < 0n || theirs < 0n ? ours === theirs : Math.abs(difference) <= tolerance;
};

const nearEach = (tolerance) => (ours, theirs) => {
  const [a, b] = [list(ours), list(theirs)];
  if (a === undefined || b === undefined) return exact(ours, theirs);
  return a.length === b.length && a.every((item, at) => near(tolerance)(item, b[at]));
};

function exact(ours, theirs) {
  return show(ours) === show(theirs);
}

const sorted = (reply) => list(reply)?.map(show).sort().join('\n');

/** Same kind of reply: both null, both a number, both an array of the same length. */
function shape(ours, theirs) {
  const kind = (reply) => {
    if (reply === null || typeof reply !== 'object') return typeof reply;
    return Array.isArray(reply) ? `array ${reply.length}` : Object.keys(reply)[0];
  };
  return kind(ours) === kind(theirs) && (ours === null) === (theirs === null);
}

/** Fields with their values, in any order: RESP2's flat array or RESP3's map. */
function pairs(reply) {
  const flat = list(reply);
  if (flat === undefined)
    return reply?.map
      ?.map((pair) => show(pair))
      .sort()
      .join('\n');
  const shown = [];
  for (let at = 0; at < flat.length; at += 2)
    shown.push(
      flat
        .slice(at, at + 2)
        .map(show)
        .join(),
    );
  return shown.sort().join('\n');
}
const anyPairs = (ours, theirs) => pairs(ours) === pairs(theirs);

const anyList = (ours, theirs) => sorted(ours) === sorted(theirs);

const TIMES = new Set(['idle', 'inactive', 'seen-time', 'active-time']);
const flatten = (reply) => reply?.map?.flat?.() ?? list(reply);
const nameOf = (reply) => reply?.bulk ?? '';
const isTime = (number) => number > 1_000_000_000_000n;

/** Deliveries and idle times of streams: the two sides look at their clocks one after the other. */
function nearTimes(ours, theirs, before = undefined) {
  const [a, b] = [flatten(ours), flatten(theirs)];
  if (a !== undefined && b !== undefined)
    return a.length === b.length && a.every((item, at) => nearTimes(item, b[at], a[at - 1]));
  if (TIMES.has(nameOf(before)) || (isTime(ours) && isTime(theirs)))
    return near(MILLISECONDS)(ours, theirs);
  return exact(ours, theirs);
}

/** Rows of id, consumer, idle time, deliveries; or a summary. */
function nearPending(ours, theirs) {
  const row = (reply) => {
    const items = list(reply);
    return items?.length === 4 && typeof items[2] === 'bigint' ? items.toSpliced(2, 1) : reply;
  };
  const [a, b] = [list(ours)?.map(row), list(theirs)?.map(row)];
  return a === undefined || b === undefined ? exact(ours, theirs) : exact(a, b);
}

const RULES = {
  KEYS: anyList,
  // A hash table is walked in another order than Redis's.
  HGETALL: anyPairs,
  HKEYS: anyList,
  HVALS: anyList,
  HRANDFIELD: shape,
  HSCAN: shape,
  XPENDING: nearPending,
  'XINFO STREAM': nearTimes,
  'XINFO CONSUMERS': nearTimes,
  SMEMBERS: anyList,
  SUNION: anyList,
  SINTER: anyList,
  SDIFF: anyList,
  SPOP: shape,
  SRANDMEMBER: shape,
  SSCAN: shape,
  ZRANDMEMBER: shape,
  ZSCAN: shape,
  HTTL: nearEach(2),
  HPTTL: nearEach(MILLISECONDS),
  HEXPIRETIME: nearEach(2),
  HPEXPIRETIME: nearEach(MILLISECONDS),
  PTTL: near(MILLISECONDS),
  TTL: near(2),
  EXPIRETIME: near(2),
  PEXPIRETIME: near(MILLISECONDS),
  // Without an eviction policy we keep no access times: idle time then counts from nothing.
  'OBJECT IDLETIME': shape,
  // Redis shares small integers, but not those that COPY made; ours are never objects.
  'OBJECT REFCOUNT': shape,
  'OBJECT FREQ': near(1),
  TIME: shape,
  RANDOMKEY: shape,
  LASTSAVE: shape,
  SCAN: shape, // COUNT may cut the walk elsewhere; whole walks are compared on their own
  DUMP: shape, // the payload's version differs; RESTORE and the digests look at its contents
  'CLIENT ID': shape,
  'MEMORY USAGE': shape,
};

export function equalReplies(label, ours, theirs) {
  if (ours instanceof ErrorReply || theirs instanceof ErrorReply) return exact(ours, theirs);
  return (RULES[label] ?? exact)(ours, theirs);
}
