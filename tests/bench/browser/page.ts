/** The bench's page: opens contestants and measures them one at a time, as the script asks. */
import { type Contestant, type Durability, freshEntries, keyOf, valueOf } from './contestant.ts';
import { pageThread } from './page-thread.ts';
import {
  DexieStore,
  ForageStore,
  IdbKeyval,
  RawIndexedDb,
  startWorker,
  WadictStore,
} from './stores.ts';
import { Sketch } from './sketch.ts';
import { type Measured, type TaskName, tasks } from './tasks.ts';

const kMakers: Record<string, () => Contestant> = {
  wadict: () => new WadictStore(),
  'idb-keyval': () => new IdbKeyval(),
  dexie: () => new DexieStore(),
  localforage: () => new ForageStore(),
  'raw getAll': () => new RawIndexedDb(),
  'sketch, packed': () => new Sketch(true),
  'sketch, one message per get': () => new Sketch(false),
};

const stores = new Map<string, Promise<Contestant>>();

/** A store that stays open between rounds. */
function storeOf(row: string, contestant: string, durability: Durability): Promise<Contestant> {
  const name = `${row}-${contestant}-${durability}`.replaceAll(/\W+/g, '-');
  let opening = stores.get(name);
  if (opening === undefined) {
    opening = (async () => {
      const made = kMakers[contestant]!();
      await made.open(name, durability);
      return made;
    })();
    stores.set(name, opening);
  }
  return opening;
}

const kFillBatch = 10_000;

const api = {
  async measure(
    row: string,
    task: TaskName,
    contestant: string,
    durability: Durability,
    count: number,
    round: number,
  ): Promise<Measured> {
    return tasks[task](await storeOf(row, contestant, durability), count, round);
  },

  /** A row is over: its stores go. */
  async closeAll(): Promise<void> {
    for (const opening of stores.values()) await (await opening).close();
    stores.clear();
  },

  /** B9: writes `count` entries and closes; wadict's as a snapshot. */
  async fill(contestant: string, name: string, count: number): Promise<void> {
    const store = kMakers[contestant]!();
    await store.open(name, 'relaxed');
    for (let first = 0; first < count; first += kFillBatch)
      await store.setMany(freshEntries(first, Math.min(kFillBatch, count - first), 0));
    if (store instanceof WadictStore) await store.db.call('SAVE');
    await store.close();
  },

  /** B9: from nothing to everything readable: an open store, or all entries in memory. */
  async reopen(contestant: string, name: string, count: number): Promise<Measured> {
    const store = kMakers[contestant]!();
    const last = count - 1;
    const began = performance.now();
    await store.open(name, 'relaxed');
    const isWadict = store instanceof WadictStore;
    const found = isWadict ? await store.db.dbsize() : (await store.readAll()).length;
    const ms = performance.now() - began;
    const value = await store.get(keyOf(last));
    if (found !== count || value !== valueOf(last, 0)) throw new Error(`${contestant}: ${found}`);
    return { ms, loneMs: null, checksum: found };
  },

  pageThread,

  /** F2: milliseconds of each `get`, awaited alone. */
  async loneGets(count: number): Promise<number[]> {
    const store = new WadictStore();
    await store.open(`lone-${count}`, 'relaxed');
    await store.setMany(freshEntries(0, 1000, 0));
    await store.settle();
    const taken: number[] = [];
    for (let index = 0; index < count; index++) {
      const began = performance.now();
      await store.get(keyOf(index % 1000));
      taken.push(performance.now() - began);
    }
    await store.close();
    return taken;
  },

  /** F3: what the Worker did in `ms` with `keys` keys that will expire; its script counts. */
  async idle(keys: number, ms: number): Promise<Record<string, number>> {
    const store = new WadictStore(() => startWorker('counting-worker.js'));
    await store.open('idle', 'relaxed');
    await Promise.all(
      Array.from({ length: keys }, (_, index) =>
        store.db.set(keyOf(index), 'v', { ex: 3600 + index }),
      ),
    );
    const before = await countsAfter(2_500); // the barrier behind the burst comes first
    const after = await countsAfter(ms);
    await store.close();
    const done = Object.keys(after).map((name) => [name, (after[name] ?? 0) - (before[name] ?? 0)]);
    return { ...Object.fromEntries(done), armed: after['armed'] ?? NaN };
  },
};

export type BenchPage = typeof api;

function countsAfter(ms: number): Promise<Record<string, number>> {
  return new Promise((resolve) => {
    setTimeout(() => {
      const channel = new BroadcastChannel('counts');
      channel.onmessage = ({ data }) => {
        channel.close();
        resolve(data);
      };
      channel.postMessage('?');
    }, ms);
  });
}

Object.assign(globalThis, { wadictBench: api });
