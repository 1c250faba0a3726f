/** For every typed method of streams: calls with the fewest and with many arguments. */
import type { streams } from '../../../web/client/stream-commands.ts';

const k = 'key';
const v = 'value';

export const kStreamCalls: Record<keyof typeof streams, unknown[][]> = {
  xack: [[k, 'g', '1-1', '2-2']],
  xadd: [
    [k, { fields: { f: v } }],
    [
      k,
      { fields: [['f', 1]], id: '5-*', nomkstream: true, maxlen: 5, approximate: true, limit: 9 },
    ],
    [k, { fields: { f: v }, minid: '3-1' }],
  ],
  xautoclaim: [
    [k, 'g', 'me', 0, '0'],
    [k, 'g', 'me', 5, '(1-1', { count: 2, justid: true }],
  ],
  xclaim: [
    [k, 'g', 'me', 0, { ids: '1-1' }],
    [
      k,
      'g',
      'me',
      0,
      { ids: ['1-1', 2], idle: 1, time: 2, retrycount: 3, force: true, justid: true, lastid: '9' },
    ],
  ],
  xdel: [[k, '1-1', '2-2']],
  xgroupCreate: [
    [k, 'g', '$'],
    [k, 'g', 0, { mkstream: true, entriesread: 5 }],
  ],
  xgroupCreateconsumer: [[k, 'g', 'me']],
  xgroupDelconsumer: [[k, 'g', 'me']],
  xgroupDestroy: [[k, 'g']],
  xgroupSetid: [[k, 'g', '0-0', { entriesread: -1 }]],
  xinfoConsumers: [[k, 'g']],
  xinfoGroups: [[k]],
  xinfoStream: [[k], [k, true], [k, { count: 3 }]],
  xlen: [[k]],
  xpending: [
    [k, 'g'],
    [k, 'g', { start: '-', end: '+', count: 5, idle: 10, consumer: 'me' }],
  ],
  xrange: [
    [k, '-', '+'],
    [k, '(1-1', 5, { count: 2 }],
  ],
  xread: [[{ streams: { key: '0' } }], [{ streams: { key: '$', key2: '+' }, count: 2 }]],
  xreadgroup: [
    [{ group: 'g', consumer: 'me', streams: { key: '>' } }],
    [{ group: 'g', consumer: 'me', streams: [[k, '0']], count: 2, noack: true }],
  ],
  xrevrange: [[k, '+', '-', { count: 2 }]],
  xsetid: [[k, '9-9', { entriesadded: 5, maxdeletedid: '1-1' }]],
  xtrim: [
    [k, { maxlen: 5 }],
    [k, { minid: '5-5', approximate: true, limit: 10 }],
  ],
};
