/**
 * Looks after a member that waits for its leader: asks for a sign of life after 1 s of silence,
 * takes the lead after 5 s (hidden tabs 3 s later, so that a visible one comes first). The timer
 * runs only while something is waited for. A thread that slept itself counts its own sleep as
 * nothing.
 */

import type { Scheduler } from '../host/scheduler.ts';

const kTickMs = 500;
const kAskAfterMs = 1_000;
const kTakeAfterMs = 5_000;
const kHiddenLaterMs = 3_000;

export interface Watched {
  readonly isWaiting: boolean;
  /** Nothing came from the leader for a while. */
  ask(): void;
  /** The leader lives; a session may miss something all the same. */
  look(askAfterMs: number): void;
  /** The leader does not answer. */
  take(): void;
}

export class SilenceWatch {
  readonly #scheduler: Scheduler;
  readonly #random: () => number;
  readonly #watched: Watched;
  #heardAt = 0;
  #tickedAt = 0;
  #laterMs = 0;
  #isVisible = true;
  #cancel: (() => void) | null = null;

  /** `random`: from 0 to 1; members that wait alike do not take the lead in the same moment. */
  constructor(scheduler: Scheduler, random: () => number, watched: Watched) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#watched = watched;
  }

  setVisible(isVisible: boolean): void {
    this.#isVisible = isVisible;
  }

  heard(): void {
    this.#heardAt = this.#scheduler.elapsed();
  }

  /** Something is waited for. */
  start(): void {
    if (this.#cancel !== null) return;
    this.heard();
    this.#tickedAt = this.#heardAt;
    this.#laterMs = this.#random() * kTickMs;
    this.#arm();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #arm(): void {
    this.#cancel = this.#scheduler.setTimer(kTickMs, () => this.#tick());
  }

  #tick(): void {
    this.#cancel = null;
    const now = this.#scheduler.elapsed();
    if (now - this.#tickedAt > kTickMs + kAskAfterMs) this.#heardAt = now;
    this.#tickedAt = now;
    if (!this.#watched.isWaiting) return;
    this.#arm();
    const silentMs = now - this.#heardAt;
    const later = this.#laterMs + (this.#isVisible ? 0 : kHiddenLaterMs);
    if (silentMs >= kTakeAfterMs + later) {
      this.heard();
      this.#watched.take();
    } else if (silentMs >= kAskAfterMs) {
      this.#watched.ask();
    } else {
      this.#watched.look(kAskAfterMs);
    }
  }
}
