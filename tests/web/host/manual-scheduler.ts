/**
 * Time that moves only when a test says so. Turns are real ones, so that promises settle as ever.
 */

import type { Scheduler } from '../../../web/host/scheduler.ts';

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

export class ManualScheduler implements Scheduler {
  /** Unix ms of elapsed 0; `advance` moves both clocks, `setWall` only this one. */
  #wallOffset = 1_800_000_000_000;
  #elapsed = 0;
  readonly #timers = new Set<Timer>();
  /** Every delay asked for so far. */
  readonly delays: number[] = [];

  now(): number {
    return this.#wallOffset + this.#elapsed;
  }

  elapsed(): number {
    return this.#elapsed;
  }

  setTimer(ms: number, run: () => void): () => void {
    const timer = { at: this.#elapsed + ms, run };
    this.delays.push(ms);
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  yieldTurn(run: () => void): void {
    setImmediate(run);
  }

  get armed(): number {
    return this.#timers.size;
  }

  /** Delays of the timers that are armed. */
  pending(): number[] {
    return [...this.#timers].map(({ at }) => at - this.#elapsed).sort((a, b) => a - b);
  }

  setWall(ms: number): void {
    this.#wallOffset = ms - this.#elapsed;
  }

  /** Moves time forward, running what falls due in order, with some turns after each. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    for (;;) {
      const due = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#timers.delete(due);
      this.#elapsed = Math.max(this.#elapsed, due.at);
      due.run();
      await turns();
    }
    this.#elapsed = end;
    await turns();
  }
}

/** Lets everything that can happen without time passing happen. */
export async function turns(count = 20): Promise<void> {
  for (let left = count; left > 0; left--) await new Promise((resolve) => setImmediate(resolve));
}
