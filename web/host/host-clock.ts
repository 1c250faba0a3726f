/**
 * The time commands run with: Unix ms that never goes back while the store is open, nor behind the
 * time of its last snapshot, so that an expired key cannot come back when the clock is set back. A
 * clock that ran more than a day ahead was wrong itself: then the wall clock wins, and it is told.
 */

import type { Scheduler } from './scheduler.ts';

const kMaxAheadMs = 24 * 3600 * 1000;

export class HostClock {
  readonly #scheduler: Scheduler;
  readonly #onJump: (fromMs: number, toMs: number) => void;
  #latest = 0;

  constructor(scheduler: Scheduler, onJump: (fromMs: number, toMs: number) => void) {
    this.#scheduler = scheduler;
    this.#onJump = onJump;
  }

  /** What was recorded before counts as seen. */
  seen(wallMs: number): void {
    this.#latest = Math.max(this.#latest, wallMs);
  }

  now(): number {
    const wall = this.#scheduler.now();
    if (this.#latest - wall > kMaxAheadMs) {
      this.#onJump(this.#latest, wall);
      return (this.#latest = wall);
    }
    return (this.#latest = Math.max(this.#latest, wall));
  }
}
