// The rows of the browser path: what is done how often by whom. `targets`: for each peer that the
// row promises something against, how many times better in Chromium and in Firefox.
// `rounds`, `n`: of a full run.

const PEERS = ['idb-keyval', 'dexie', 'localforage'];

export const ROWS = [
  {
    id: 'B1',
    what: 'concurrent set, all awaited, relaxed',
    task: 'burst',
    n: 10_000,
    contestants: ['wadict', ...PEERS],
    targets: { 'idb-keyval': [200, 70] },
  },
  {
    id: 'B2',
    what: 'concurrent set, all awaited, strict',
    task: 'burst',
    durability: 'strict',
    n: 10_000,
    contestants: ['wadict', 'idb-keyval', 'dexie'],
    targets: { 'idb-keyval': [350, 110] },
  },
  {
    id: 'B3',
    what: '256 clients in a closed loop, relaxed',
    task: 'loop',
    n: 10_240,
    contestants: ['wadict', 'idb-keyval'],
    targets: { 'idb-keyval': [70, 45] },
  },
  {
    id: 'B3s',
    what: '256 clients in a closed loop, strict',
    task: 'loop',
    durability: 'strict',
    n: 10_240,
    contestants: ['wadict', 'idb-keyval'],
    targets: { 'idb-keyval': [95, 70] },
  },
  {
    id: 'B4',
    what: 'one client, set by set, relaxed',
    task: 'serialSets',
    n: 500,
    contestants: ['wadict', ...PEERS],
    targets: { 'idb-keyval': [1, 0.9] },
  },
  {
    id: 'B4s',
    what: 'one client, set by set, strict',
    task: 'serialSets',
    durability: 'strict',
    n: 300,
    contestants: ['wadict', 'idb-keyval', 'dexie'],
    targets: {},
  },
  {
    id: 'B5',
    what: 'bulk load',
    task: 'bulk',
    n: 10_000,
    contestants: ['wadict', 'idb-keyval', 'dexie'],
    targets: { 'idb-keyval': [25, 18], dexie: [25, 18] },
  },
  {
    id: 'B6',
    what: 'get by get, awaited one by one',
    task: 'serialGets',
    n: 1_000,
    contestants: ['wadict', ...PEERS],
    targets: { 'idb-keyval': [3, 3], localforage: [2, 2] },
  },
  {
    id: 'B7',
    what: 'get in one turn, all awaited',
    task: 'turnGets',
    n: 100_000,
    contestants: ['wadict', 'sketch, packed', 'sketch, one message per get'],
    targets: { 'sketch, packed': [1.5, 1.1], 'sketch, one message per get': [10, 5] },
  },
  {
    id: 'B8',
    what: 'read everything',
    task: 'readAll',
    n: 10_000,
    contestants: ['wadict', 'raw getAll', 'idb-keyval', 'dexie', 'localforage'],
    targets: { 'raw getAll': [8, 4] },
  },
];

/** B9 restarts the browser for every figure; see reopen.mjs. */
export const REOPEN = {
  id: 'B9',
  what: 'open a stored 100 MB in a fresh browser',
  n: 860_000,
  contestants: ['wadict', 'idb-keyval'],
  targets: { 'idb-keyval': [5, 3] },
};
