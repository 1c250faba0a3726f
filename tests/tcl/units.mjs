// The units of Redis 8.0.2's suite that are ours, and what the real redis-server 8.0.2 passes of
// each under the same tags (`node tests/tcl/tcl.mjs --redis` counts anew).
export const TAGS = '-slow -needs:repl';

export const UNITS = [
  { name: 'unit/type/string', redis: 77 },
  { name: 'unit/type/incr', redis: 33 },
  { name: 'unit/type/hash', redis: 80 },
  { name: 'unit/type/list', redis: 282 },
  { name: 'unit/type/list-2', redis: 0 }, // all are tagged slow
  { name: 'unit/type/list-3', redis: 9 },
  { name: 'unit/type/set', redis: 116 },
  { name: 'unit/type/zset', redis: 280 },
  { name: 'unit/type/stream', redis: 82 },
  { name: 'unit/type/stream-cgroups', redis: 62 },
  { name: 'unit/expire', redis: 63 },
  { name: 'unit/keyspace', redis: 59 },
  { name: 'unit/scan', redis: 25 },
  { name: 'unit/sort', redis: 50 },
  { name: 'unit/bitops', redis: 49 },
  { name: 'unit/bitfield', redis: 18 },
  { name: 'unit/hyperloglog', redis: 28 },
  { name: 'unit/geo', redis: 64 },
  { name: 'unit/multi', redis: 46 },
  { name: 'unit/pubsub', redis: 35 },
  { name: 'unit/pubsubshard', redis: 0 }, // all are tagged external:skip
  { name: 'unit/dump', redis: 12 },
  { name: 'unit/protocol', redis: 27 },
  { name: 'unit/other', redis: 22 },
  { name: 'unit/quit', redis: 3 },
  { name: 'unit/info-command', redis: 3 },
  { name: 'unit/info-keysizes', redis: 17 },
  { name: 'unit/lazyfree', redis: 9 },
  { name: 'unit/type/hash-field-expire', redis: 169, internal: true },
];
