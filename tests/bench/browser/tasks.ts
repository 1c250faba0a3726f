/**
 * The work of one measurement: prepared outside the timed region, timed as a whole, checked
 * afterwards. Figures are milliseconds for all `count` operations.
 */
import { type Contestant, freshEntries, keyOf, shuffled, valueOf } from './contestant.ts';

export interface Measured {
  readonly ms: number;
  /** One awaited operation of the same kind, alone: milliseconds; null where it makes no sense. */
  readonly loneMs: number | null;
  /** Sum over what was read or can be read back: equal across contestants, or the run is void. */
  readonly checksum: number;
}

export type Task = (store: Contestant, count: number, round: number) => Promise<Measured>;

const kLone = 20;
const kClients = 256;
const kChecked = 64;

async function timed(action: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await action();
  return performance.now() - began;
}

/** Cheap, and different for other texts: the length and one character. */
const digest = (value: unknown): number =>
  typeof value === 'string' ? value.length * 128 + value.charCodeAt(1) + value.charCodeAt(3) : -1;

const sum = (values: readonly unknown[]): number =>
  values.reduce<number>((total, value) => total + digest(value), 0);

async function loneSet(store: Contestant, round: number): Promise<number> {
  const list = freshEntries(0, kLone, round);
  const ms = await timed(async () => {
    for (const [key, value] of list) await store.set(key, value);
  });
  return ms / kLone;
}

/** Some of what was written, read back. */
async function readBack(store: Contestant, count: number, round: number): Promise<number> {
  const numbers = shuffled(count, round).slice(0, kChecked);
  let total = 0;
  for (const number of numbers) {
    const value = await store.get(keyOf(number));
    if (value !== valueOf(number, round)) throw new Error(`${keyOf(number)} holds ${value}`);
    total += digest(value);
  }
  return total;
}

const writing =
  (run: (store: Contestant, list: [string, string][]) => Promise<unknown>, isLone: boolean): Task =>
  async (store, count, round) => {
    const loneMs = isLone ? await loneSet(store, round) : null;
    await store.settle();
    const list = freshEntries(0, count, round);
    const ms = await timed(() => run(store, list));
    await store.settle();
    return { ms, loneMs, checksum: await readBack(store, count, round) };
  };

/** Values of round 0 under every key, written once per store and number of keys. */
const filled = new WeakMap<Contestant, number>();
async function fill(store: Contestant, count: number): Promise<void> {
  if ((filled.get(store) ?? 0) >= count) return;
  filled.set(store, count);
  for (let first = 0; first < count; first += 10_000)
    await store.setMany(freshEntries(first, Math.min(10_000, count - first), 0));
  await store.settle();
}

export const tasks = {
  /** All at once, all awaited. */
  burst: writing((store, list) => Promise.all(list.map(([k, v]) => store.set(k, v))), true),

  /** 256 clients, each sends its next when its last is answered. */
  loop: writing(async (store, list) => {
    let next = 0;
    const client = async (): Promise<void> => {
      for (let entry = list[next++]; entry !== undefined; entry = list[next++])
        await store.set(entry[0], entry[1]);
    };
    await Promise.all(Array.from({ length: kClients }, client));
  }, true),

  serialSets: writing(async (store, list) => {
    for (const [key, value] of list) await store.set(key, value);
  }, false),

  bulk: writing((store, list) => store.setMany(list), false),

  serialGets: async (store, count, round) => {
    await fill(store, count);
    const keys = shuffled(count, round + 1).map(keyOf);
    let checksum = 0;
    const ms = await timed(async () => {
      for (const key of keys) checksum += digest(await store.get(key));
    });
    return { ms, loneMs: null, checksum };
  },

  turnGets: async (store, count, round) => {
    await fill(store, count);
    const lone = shuffled(kLone, round + 1).map(keyOf);
    const loneMs = await timed(async () => {
      for (const key of lone) await store.get(key);
    });
    const keys = shuffled(count, round + 1).map(keyOf);
    let values: unknown[] = [];
    const ms = await timed(async () => {
      values = await Promise.all(keys.map((key) => store.get(key)));
    });
    return { ms, loneMs: loneMs / kLone, checksum: sum(values) };
  },

  readAll: async (store, count) => {
    await fill(store, count);
    let values: readonly unknown[] = [];
    const ms = await timed(async () => {
      values = await store.readAll();
    });
    return { ms, loneMs: null, checksum: sum(values) };
  },
} satisfies Record<string, Task>;

export type TaskName = keyof typeof tasks;
