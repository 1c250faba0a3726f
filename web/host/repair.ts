/**
 * What happens when the engine or a commit failed: the engine is thrown away and built anew from
 * the storage. Requests whose effects are lost by that are answered with the error, those already
 * in the log with their replies; none is left unanswered. When a rebuild fails the store is down:
 * requests are refused, and the next one after a second tries again. Some failures end the store
 * for good.
 */

import { WadictError } from '../errors.ts';
import { StorageError } from '../storage/storage.ts';
import type { Connection } from './connection.ts';
import type { EngineLife } from './engine-life.ts';
import { asWadictError } from './host-errors.ts';
import type { RoomWatch } from './room-watch.ts';
import type { Scheduler } from './scheduler.ts';
import { kFullError } from './write-gate.ts';

const kRetryAfterMs = 1_000;
/** Failures in a row, without one request that worked, after which the host gives up. */
const kMaxFailures = 3;
/** After these nothing that this host could still write would be right. */
const kFinalCodes = new Set([
  'FENCED',
  'RELOAD_REQUIRED',
  'STORAGE_VANISHED',
  'ROLLBACK_DETECTED',
  'FOREIGN_STORE',
  'FORMAT_TOO_NEW',
]);

/** The store that is repaired. */
export interface Repairable {
  readonly scheduler: Scheduler;
  readonly room: RoomWatch;
  readonly connections: ReadonlySet<Connection>;
  /** The engine that serves, or served last; null before the first. */
  readonly serving: EngineLife | null;
  readonly ended: WadictError | null;
  readonly isPaused: boolean;
  paused<T>(run: () => Promise<T>): Promise<T>;
  start(goingOn: bigint | null): Promise<void>;
  end(reason: WadictError): void;
  note(error: WadictError): void;
}

export class Repair {
  readonly #store: Repairable;
  #down: WadictError | null = null;
  #downSince = 0;
  #failures = 0;

  constructor(store: Repairable) {
    this.#store = store;
  }

  /** Why requests are refused; null: they are not. */
  get down(): WadictError | null {
    return this.#down;
  }

  /** A request ran. */
  worked(): void {
    this.#failures = 0;
  }

  /** A new engine serves. */
  done(): void {
    this.#down = null;
  }

  /** The engine, or a commit, failed. */
  failed(error: unknown): void {
    const store = this.#store;
    const life = store.serving;
    if (store.ended !== null || life === null || life.isEnded || life.isFailed) return;
    life.isFailed = true;
    const cause = asWadictError(error);
    store.note(cause);
    const isFinal = (error instanceof StorageError && error.final) || kFinalCodes.has(cause.code);
    const isFull = cause.code === 'QUOTA_EXCEEDED';
    if (isFinal || (!isFull && ++this.#failures > kMaxFailures)) return store.end(cause);
    if (isFull) store.room.set(true); // before any caller hears of it
    void store.paused(() => this.#rebuild(life, cause, isFull));
  }

  /**
   * The engine is built anew from the log although nothing failed (DEBUG LOADAOF). `answer` is
   * called when everything is written, `behind` before anything else runs. Rejects if that cannot
   * be done.
   */
  reload(answer: () => void, behind: () => Promise<void>): Promise<void> {
    const store = this.#store;
    return store.paused(async () => {
      const life = store.serving;
      if (life === null || life.isEnded || life.isFailed || store.ended !== null) return;
      await life.queue?.flush();
      answer();
      await life.queue?.flush(); // what was waiting behind the request has run
      life.isFailed = true;
      await life.end(new WadictError('CLOSED', 'the log is read anew'));
      await this.#restart(null);
      if (this.#down === null) await behind();
    });
  }

  async #rebuild(life: EngineLife, cause: WadictError, isFull: boolean): Promise<void> {
    const { queue } = life;
    const { connections } = this.#store;
    const shown = isFull ? kFullError : cause;
    if (queue !== null && !queue.isDead) {
      // What the engine had not handed over is lost; what it had is on its way and may arrive.
      for (const connection of connections) connection.fail(queue.sealedPosition, shown);
      await queue.finishSealed();
    }
    const kept = queue?.committedPosition ?? null;
    for (const connection of connections) {
      connection.fail(kept, shown);
      connection.release(kept);
    }
    await life.end(cause);
    await this.#restart(isFull ? life.epoch : null);
  }

  async #restart(goingOn: bigint | null): Promise<void> {
    const store = this.#store;
    if (store.ended !== null) return;
    try {
      await store.start(goingOn);
    } catch (error) {
      const cause = asWadictError(error);
      this.#down = cause;
      this.#downSince = store.scheduler.elapsed();
      store.note(cause);
      if (kFinalCodes.has(cause.code)) store.end(cause);
    }
  }

  /** While down: true if another attempt is under way, so that requests may wait for it. */
  revive(): boolean {
    const store = this.#store;
    if (store.isPaused) return true;
    if (store.scheduler.elapsed() - this.#downSince < kRetryAfterMs) return false;
    void store.paused(() => this.#restart(null));
    return true;
  }
}
