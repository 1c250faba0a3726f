/**
 * Whether a host may still take itself for the writer of its store. Whoever holds the store open
 * beside it may have taken it over while this thread slept (a frozen tab, a page in the
 * back/forward cache): then what it has in memory is old, and no request may see it. So before
 * requests run, the storage is asked whether somebody else went on, unless an append of ours, or an
 * earlier question, proved less than a second ago that nobody did. No timer is involved.
 *
 * That second is safe only as long as nobody can take over without our hearing of it at once, that
 * is as long as we have the lock. A browser may give it away without a word while a page sleeps. So
 * behind a sleep no append proves anything until it was asked whether the lock is still ours.
 */

import { WadictError } from '../errors.ts';
import type { Storage } from '../storage/storage.ts';
import type { EngineLife } from './engine-life.ts';
import type { Scheduler } from './scheduler.ts';

const kValidMs = 1_000;

export const kOvertaken = new WadictError('FENCED', 'another tab has taken the store over');

export class Validity {
  readonly #scheduler: Scheduler;
  readonly #isShared: boolean;
  #provenAt = -Infinity;
  #doubtedAt = -Infinity;
  /** The lock was held, and if it is taken away now, we hear of it. */
  #holdsLead = false;

  /** `isShared` false: the medium's own lock excludes others, nothing is ever asked. */
  constructor(scheduler: Scheduler, isShared: boolean) {
    this.#scheduler = scheduler;
    this.#isShared = isShared;
  }

  get isDoubtful(): boolean {
    return this.#isShared && this.#scheduler.elapsed() - this.#provenAt > kValidMs;
  }

  /**
   * What was begun at `at` (elapsed ms) succeeded as only the writer's can. `holdsLead`: it was
   * asked, too, whether the lock is still ours.
   */
  proven(at: number, holdsLead = false): void {
    if (at < this.#doubtedAt) return;
    this.#holdsLead ||= holdsLead;
    if (this.#holdsLead && at > this.#provenAt) this.#provenAt = at;
  }

  /** This thread may have slept: what was begun before proves nothing. */
  doubt(): void {
    this.#provenAt = -Infinity;
    this.#holdsLead = false;
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
