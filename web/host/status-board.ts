/**
 * What a store is doing, for whoever watches. Changes of state are told in the turn after they
 * happened; positions, which move with every write, at most every 100 ms and only while they move.
 */

import type { StoreStatus } from '../transport.ts';
import type { Scheduler } from './scheduler.ts';

const kPositionsEveryMs = 100;

export class StatusBoard {
  readonly #scheduler: Scheduler;
  readonly #read: () => StoreStatus;
  readonly #listeners = new Set<(status: StoreStatus) => void>();
  #isPlanned = false;
  #cancelTimer: (() => void) | null = null;

  constructor(scheduler: Scheduler, read: () => StoreStatus) {
    this.#scheduler = scheduler;
    this.#read = read;
  }

  listen(listener: (status: StoreStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The state changed. */
  changed(): void {
    if (this.#isPlanned || this.#listeners.size === 0) return;
    this.#isPlanned = true;
    queueMicrotask(() => this.#tell());
  }

  /** Positions moved. */
  moved(): void {
    if (this.#cancelTimer !== null || this.#listeners.size === 0) return;
    this.#cancelTimer = this.#scheduler.setTimer(kPositionsEveryMs, () => {
      this.#cancelTimer = null;
      this.changed();
    });
  }

  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  #tell(): void {
    this.#isPlanned = false;
    const status = this.#read();
    for (const listener of this.#listeners) {
      try {
        listener(status);
      } catch (error) {
        // A listener's mistake is its own: it must reach neither the others nor the store.
        report(error);
      }
    }
  }
}

/** Shown like any uncaught error of the page or process. */
function report(error: unknown): void {
  if (typeof reportError === 'function') return reportError(error);
  queueMicrotask(() => {
    throw error;
  });
}
