/** Web Locks and channels between the tabs of a world, and each tab's clock. */

import type { LockManagerWithQuery } from '../../../web/host/leadership.ts';
import type { Scheduler } from '../../../web/host/scheduler.ts';
import type { Channels } from '../../../web/host/tab-protocol.ts';
import type { SimTab, World } from './world.ts';

const kWallStart = 1_800_000_000_000;

export function simScheduler(world: World, tab: SimTab): Scheduler {
  return {
    now: () => kWallStart + Math.floor(world.now),
    elapsed: () => world.now,
    setTimer: (ms, run) => world.after(Math.max(ms, 0.01), tab, run),
    yieldTurn: (run) => void world.after(0.01, tab, run),
  };
}

interface LockRequest {
  readonly tab: SimTab;
  readonly callback: (lock: unknown) => Promise<void> | undefined;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  isOver: boolean;
}

/** From the end of a holder to the next one's grant. */
const kHandoverMs = 5;

export class SimLocks {
  readonly #world: World;
  readonly #held = new Map<string, LockRequest>();
  readonly #queues = new Map<string, LockRequest[]>();
  readonly #clients: SimTab[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  manager(tab: SimTab): LockManagerWithQuery {
    return {
      query: () =>
        new Promise((resolve) => {
          const mode = 'exclusive' as const;
          this.#world.after(0.05, null, () => {
            const held = [...this.#held].map(([name, { tab: holder }]) => ({
              name,
              mode,
              clientId: this.#clientOf(holder),
            }));
            this.#tell(tab, () => resolve({ held }));
          });
        }),
      request: (name, options, callback) =>
        new Promise((resolve, reject) => {
          const request: LockRequest = { tab, callback, resolve, reject, isOver: false };
          const queue = this.#queues.get(name) ?? [];
          this.#queues.set(name, queue);
          options.signal?.addEventListener('abort', () => {
            const at = queue.indexOf(request);
            if (at < 0) return;
            queue.splice(at, 1);
            this.#tell(tab, () => reject(new DOMException('aborted', 'AbortError')));
          });
          if (options.steal === true) {
            this.#lose(name);
            queue.unshift(request);
          } else if (options.ifAvailable === true && (this.#held.has(name) || queue.length > 0)) {
            return this.#tell(tab, () => resolve(callback(null)));
          } else {
            queue.push(request);
          }
          this.#grant(name, 0.1);
        }),
    };
  }

  /** The tab is gone: its locks are free, its requests forgotten. */
  died(tab: SimTab): void {
    for (const queue of this.#queues.values())
      for (let at = queue.length - 1; at >= 0; at--)
        if (queue[at]?.tab === tab) queue.splice(at, 1);
    for (const [name, holder] of this.#held) {
      if (holder.tab !== tab) continue;
      this.#held.delete(name);
      this.#grant(name, kHandoverMs);
    }
  }

  /** What WebKit does with a page that enters the back/forward cache: the holder hears nothing. */
  releaseSilently(tab: SimTab): void {
    for (const [name, holder] of this.#held) {
      if (holder.tab !== tab) continue;
      holder.isOver = true;
      this.#held.delete(name);
      this.#grant(name, kHandoverMs);
    }
  }

  #clientOf(tab: SimTab): string {
    if (!this.#clients.includes(tab)) this.#clients.push(tab);
    return `tab ${this.#clients.indexOf(tab)}`;
  }

  #lose(name: string): void {
    const holder = this.#held.get(name);
    if (holder === undefined) return;
    this.#held.delete(name);
    holder.isOver = true;
    const stolen = new DOMException('the lock was stolen', 'AbortError');
    this.#tell(holder.tab, () => holder.reject(stolen));
  }

  #grant(name: string, ms: number): void {
    if (this.#held.has(name)) return;
    const request = this.#queues.get(name)?.shift();
    if (request === undefined) return;
    this.#held.set(name, request);
    this.#world.after(ms, request.tab, () => {
      if (request.isOver) return;
      const done = request.callback({ name });
      void Promise.resolve(done).then((value) => {
        if (this.#held.get(name) === request) {
          this.#held.delete(name);
          this.#grant(name, 0.1);
        }
        request.resolve(value);
      });
    });
  }

  #tell(tab: SimTab, run: () => void): void {
    this.#world.after(0.05, tab, run);
  }
}

export interface ChannelFaults {
  drop: number;
  double: number;
  /** Share of messages that come much later, so that others overtake them. */
  late: number;
}

interface End {
  readonly tab: SimTab;
  readonly receive: (message: unknown) => void;
  lastAt: number;
}

export class SimChannels {
  readonly #world: World;
  readonly #ends = new Map<string, Set<End>>();
  faults: ChannelFaults = { drop: 0, double: 0, late: 0 };
  /** Chooses messages that are lost. */
  loses: (message: unknown) => boolean = () => false;

  constructor(world: World) {
    this.#world = world;
  }

  of(tab: SimTab): Channels {
    return {
      open: (name, receive) => {
        const end: End = { tab, receive, lastAt: 0 };
        const ends = this.#ends.get(name) ?? new Set();
        this.#ends.set(name, ends.add(end));
        return {
          post: (message) => {
            if (tab.isAlive)
              for (const other of ends) if (other !== end) this.#send(other, ends, message);
          },
          close: () => void ends.delete(end),
        };
      },
    };
  }

  #send(to: End, ends: Set<End>, message: unknown): void {
    const { rng } = this.#world;
    const { drop, double, late } = this.faults;
    if (rng.chance(drop) || this.loses(message)) return;
    const isLate = rng.chance(late);
    let delay = 0.05 + rng.next() * (isLate ? 40 : 0.3);
    if (!isLate) {
      // otherwise in order
      delay = Math.max(delay, to.lastAt - this.#world.now + 1e-6);
      to.lastAt = this.#world.now + delay;
    }
    const deliver = (): void => {
      if (ends.has(to)) to.receive(message);
    };
    this.#world.after(delay, to.tab, deliver);
    if (rng.chance(double)) this.#world.after(delay + rng.next() * 40, to.tab, deliver);
  }
}
