/**
 * The engine's background work: after requests, and when a deadline comes, slices of it within the
 * budget of a turn; one timer for the next deadline and nothing else. When there is nothing to do,
 * nothing is armed: an idle store does not wake up.
 */

import type { EnginePort, TickResult } from '../engine/engine-port.ts';
import type { Scheduler } from './scheduler.ts';

/** One slice while requests come in, and when they do not. */
export const kBusySliceUs = 2_000;
export const kIdleSliceUs = 10_000;

export interface BackgroundOptions {
  readonly engine: EnginePort;
  readonly scheduler: Scheduler;
  readonly now: () => number;
  /** A slice ended; log records and requests to the host may have come out of it. */
  readonly onTick: (result: TickResult) => void;
  readonly onFailed: (error: unknown) => void;
}

export class Background {
  readonly #options: BackgroundOptions;
  #isPlanned = false;
  #isStopped = false;
  #isBusy = false;
  #armedFor = Infinity;
  #cancelTimer: (() => void) | null = null;

  constructor(options: BackgroundOptions) {
    this.#options = options;
  }

  /** Microseconds that background work may take in this turn. */
  get budgetUs(): number {
    return this.#isBusy ? kBusySliceUs : kIdleSliceUs;
  }

  /** Requests ran: there may be work left, and a new deadline. */
  wake(): void {
    this.#isBusy = true;
    this.#plan();
  }

  stop(): void {
    this.#isStopped = true;
    this.#disarm();
  }

  #plan(): void {
    if (this.#isPlanned || this.#isStopped) return;
    this.#isPlanned = true;
    this.#options.scheduler.yieldTurn(() => this.#slice(), false);
  }

  #slice(): void {
    this.#isPlanned = false;
    if (this.#isStopped) return;
    const { engine, now, onTick, onFailed } = this.#options;
    let result: TickResult;
    try {
      result = engine.tick(now(), this.budgetUs);
    } catch (error) {
      this.stop();
      onFailed(error);
      return;
    }
    this.#isBusy = false;
    onTick(result);
    if (this.#isStopped) return;
    if (result.moreWork) this.#plan();
    else this.#arm(result.nextDeadlineMs);
  }

  #arm(deadlineMs: number): void {
    if (deadlineMs === this.#armedFor && this.#cancelTimer !== null) return;
    this.#disarm();
    if (deadlineMs === Infinity) return;
    const { scheduler, now } = this.#options;
    this.#armedFor = deadlineMs;
    this.#cancelTimer = scheduler.setTimer(Math.max(1, deadlineMs - now()), () => {
      this.#disarm();
      this.#plan();
    });
  }

  #disarm(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#armedFor = Infinity;
  }
}
