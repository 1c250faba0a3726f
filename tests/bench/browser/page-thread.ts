/**
 * F1: what pipelined calls cost the page's own thread, and its longest task. The thread's time is
 * the turns that issue calls (with the microtask that sends them) and those that receive replies
 * (with the microtasks that settle them); between them the thread is free.
 */
import { freshEntries, keyOf } from './contestant.ts';
import { startWorker, WadictStore } from './stores.ts';

export interface PageCost {
  /** Microseconds of the page's thread per call, for writes and reads half and half. */
  readonly usPerCall: number;
  /** The longest single turn of those, in milliseconds. */
  readonly longestMs: number;
}

class TurnClock {
  total = 0;
  longest = 0;

  /** Runs `turn` and counts it with all microtasks that it causes. */
  count(turn: () => void): Promise<void> {
    const began = performance.now();
    turn();
    return this.#end(began);
  }

  async #end(began: number): Promise<void> {
    // Replies settle promises, whose waiters run a few microtasks later.
    for (let depth = 0; depth < 8; depth++) await null;
    const took = performance.now() - began;
    this.total += took;
    if (took > this.longest) this.longest = took;
  }
}

/** A Worker whose messages are counted by `clock` as they arrive. */
function watched(clock: TurnClock): Worker {
  const worker = startWorker();
  const add = worker.addEventListener.bind(worker);
  worker.addEventListener = ((type: string, listener: (event: Event) => void) => {
    if (type !== 'message') return add(type, listener);
    add(type, (event) => void clock.count(() => listener(event)));
  }) as typeof worker.addEventListener;
  return worker;
}

/** `count` operations in turns of `perTurn`, at most four turns' worth of them under way. */
export async function pageThread(count: number, perTurn: number): Promise<PageCost> {
  const clock = new TurnClock();
  const store = new WadictStore(() => watched(clock));
  await store.open('page-thread', 'relaxed');
  const entries = freshEntries(0, perTurn, 0);
  await store.setMany(entries);
  await store.settle();
  clock.total = clock.longest = 0;
  const underWay: Promise<unknown>[] = [];
  for (let done = 0; done < count; done += perTurn) {
    const isWrite = (done / perTurn) % 2 === 0;
    const list = isWrite ? freshEntries(0, perTurn, done) : [];
    const keys = isWrite ? [] : Array.from({ length: perTurn }, (_, index) => keyOf(index));
    await new Promise((resolve) => setTimeout(resolve)); // a turn of its own
    await clock.count(() => {
      const calls = isWrite ? list.map(([k, v]) => store.set(k, v)) : keys.map(store.get);
      underWay.push(Promise.all(calls));
    });
    if (underWay.length >= 4) await underWay.shift();
  }
  await Promise.all(underWay);
  await store.close();
  return { usPerCall: (1000 * clock.total) / count, longestMs: clock.longest };
}
