/**
 * Whether a host may still take itself for the writer of its store. Whoever holds the store open
 * beside it may have taken it over while this thread slept (a frozen tab, a page in the
 * back/forward cache): then what it has in memory is old, and no request may see it. So before
 * requests run, the storage is asked whether somebody else went on, unless an append of ours, or an
 * earlier question, proved less than a second ago that nobody did. No timer is involved.
 */

import type { Storage } from '../storage/storage.ts';
import type { EngineLife } from './engine-life.ts';
import type { Scheduler } from './scheduler.ts';

const kValidMs = 1_000;

export class Validity {
  readonly #scheduler: Scheduler;
  readonly #isShared: boolean;
  #provenAt = -Infinity;
  #doubtedAt = -Infinity;

  /** `isShared` false: the medium's own lock excludes others, nothing is ever asked. */
  constructor(scheduler: Scheduler, isShared: boolean) {
    this.#scheduler = scheduler;
    this.#isShared = isShared;
  }

  get isDoubtful(): boolean {
    return this.#isShared && this.#scheduler.elapsed() - this.#provenAt > kValidMs;
  }

  /** What was begun at `at` (elapsed ms) succeeded as only the writer's can. */
  proven(at: number): void {
    if (at > this.#provenAt && at >= this.#doubtedAt) this.#provenAt = at;
  }

  /** This thread may have slept: what was begun before proves nothing. */
  doubt(): void {
    this.#provenAt = -Infinity;
    this.#doubtedAt = this.#scheduler.elapsed();
  }
}

/** Whether somebody else has gone on with the log of the engine that serves. */
export async function isOvertaken(storage: Storage, life: () => EngineLife): Promise<boolean> {
  for (let asked = 0n; asked !== life().nextLsn;) {
    asked = life().nextLsn; // our own queue may move it on meanwhile
    const isLost = life().queue !== null && (await storage.isOvertaken(asked));
    if (!isLost) return false;
    if (asked === life().nextLsn) return true;
  }
  return false;
}
