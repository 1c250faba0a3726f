/**
 * Virtual time. Everything that happens in a simulation is an event of one heap, belongs to a tab
 * or to nobody, and is chosen by one generator of random numbers: a seed is a whole history.
 *
 * A frozen tab's events wait until it thaws; those of a dead one never happen.
 */

export class Rng {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed ^ 0x9e3779b9) >>> 0;
  }

  /** From 0 up to, not including, 1. (mulberry32) */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }

  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.below(256));
  }
}

export interface SimTab {
  isAlive: boolean;
  isFrozen: boolean;
}

interface SimEvent {
  readonly at: number;
  readonly tie: number;
  readonly owner: SimTab | null;
  run: (() => void) | null;
}

const isBefore = (a: SimEvent, b: SimEvent): boolean =>
  a.at < b.at || (a.at === b.at && a.tie < b.tie);

export class World {
  readonly rng: Rng;
  now = 0;
  events = 0;
  #outside = 0;
  readonly #heap: SimEvent[] = [];
  readonly #parked = new Map<SimTab, SimEvent[]>();

  constructor(seed: number) {
    this.rng = new Rng(seed);
  }

  /** Returns a function that takes it back. */
  after(ms: number, owner: SimTab | null, run: () => void): () => void {
    const event: SimEvent = { at: this.now + ms, tie: this.rng.next(), owner, run };
    this.#push(event);
    return () => {
      event.run = null;
    };
  }

  freeze(tab: SimTab): void {
    tab.isFrozen = true;
  }

  /** What came meanwhile happens now, in the order in which it came. */
  thaw(tab: SimTab): void {
    tab.isFrozen = false;
    const parked = this.#parked.get(tab) ?? [];
    this.#parked.delete(tab);
    parked.forEach((event, index) => {
      const { run } = event;
      if (run !== null) this.after(index * 1e-6, tab, run);
    });
  }

  /** Time stands still until something that is not simulated (compiling an engine) is done. */
  async outside<T>(work: Promise<T>): Promise<T> {
    this.#outside++;
    try {
      return await work;
    } finally {
      this.#outside--;
    }
  }

  /** Runs events until `isDone`, or until none is left before `deadline`. */
  async run(deadline: number, isDone: () => boolean): Promise<void> {
    while (!isDone()) {
      const event = this.#heap[0];
      if (event === undefined || event.at > deadline) {
        this.now = Math.max(this.now, deadline);
        return;
      }
      this.#pop();
      this.now = Math.max(this.now, event.at);
      if (event.run === null || event.owner?.isAlive === false) continue;
      if (event.owner?.isFrozen === true) {
        const parked = this.#parked.get(event.owner);
        if (parked === undefined) this.#parked.set(event.owner, [event]);
        else parked.push(event);
        continue;
      }
      this.events++;
      if (this.events > kMaxEvents) throw new Error(`more than ${kMaxEvents} events: a busy loop`);
      event.run();
      await settled();
      while (this.#outside > 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #push(event: SimEvent): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(event);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(event, heap[parent] as SimEvent)) break;
      heap[index] = heap[parent] as SimEvent;
      index = parent;
    }
    heap[index] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as SimEvent;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right !== undefined && isBefore(right, heap[child] as SimEvent)) child++;
      if (!isBefore(heap[child] as SimEvent, last)) break;
      heap[index] = heap[child] as SimEvent;
      index = child;
    }
    heap[index] = last;
  }
}

const kMaxEvents = 60_000;
const kTurns = 12;

/** Lets what was resolved go on. A chain longer than this goes on with the next event. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < kTurns; turn++) await null;
}
