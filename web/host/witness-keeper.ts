/**
 * Keeps the witness of a store up to date: at once when a store is claimed, later at most once a
 * second and only while the log moves, so that an idle store has no timer. A failed write is tried
 * again with the next one; the store does not depend on it.
 */

import type { Witness, WitnessRecord } from '../storage/witness.ts';
import type { EngineLife } from './engine-life.ts';
import type { Scheduler } from './scheduler.ts';

const kEveryMs = 1_000;

export class WitnessKeeper {
  readonly #witness: Witness;
  readonly #scheduler: Scheduler;
  #writing: Promise<void> = Promise.resolve();
  #pending: WitnessRecord | null = null;
  #lastLsn = -1n;
  #cancelTimer: (() => void) | null = null;
  #isWorking = false;

  constructor(witness: Witness, scheduler: Scheduler) {
    this.#witness = witness;
    this.#scheduler = scheduler;
  }

  /** Whether the last write succeeded. */
  get isWorking(): boolean {
    return this.#isWorking;
  }

  /** A lower bound of what the storage holds. REQUIRES: asked before the storage is read. */
  read(): Promise<WitnessRecord | null> {
    return this.#writing.then(() => this.#witness.read());
  }

  /** The store was opened and everything up to `record` is durable. Resolves when it is written. */
  claim(record: WitnessRecord): Promise<void> {
    this.stop();
    this.#lastLsn = record.lsn;
    return this.#write(record, true);
  }

  /** Everything up to `record` is durable. */
  note(record: WitnessRecord): void {
    if (record.lsn <= this.#lastLsn) return;
    this.#lastLsn = record.lsn;
    this.#pending = record;
    this.#cancelTimer ??= this.#scheduler.setTimer(kEveryMs, () => {
      this.#cancelTimer = null;
      void this.#flush();
    });
  }

  /** Something was committed. */
  follow({ manifest, epoch, queue }: EngineLife): void {
    if (manifest === null || queue === null) return;
    this.note({ dbId: manifest.dbId, epoch, lsn: queue.durableLsn });
  }

  /** Writes what was noted. */
  async close(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    await this.#flush();
  }

  /** Forgets what was noted: another writer has the store. */
  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#pending = null;
  }

  #flush(): Promise<void> {
    const record = this.#pending;
    this.#pending = null;
    return record === null ? this.#writing : this.#write(record, false);
  }

  #write(record: WitnessRecord, isClaim: boolean): Promise<void> {
    this.#writing = this.#writing
      .then(() => this.#witness.write(record, isClaim))
      .then(
        () => {
          this.#isWorking = true;
        },
        () => {
          this.#isWorking = false;
        },
      );
    return this.#writing;
  }
}
