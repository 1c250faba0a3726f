/**
 * A store, opened: what the client, the Worker and the server talk to. The host decides when things
 * happen (order, group commit, timers, recovery), the engine what is true, the storage where it
 * lies. The running part is store-core.ts; here are opening and closing, flush, export and import.
 */

import type { StorageUsage } from '../storage/storage.ts';
import { StorageError } from '../storage/storage.ts';
import type { Backend, FlushReport, ImportReport, StoreStatus, Transport } from '../transport.ts';
import { WadictError } from '../errors.ts';
import { kNoMarks } from './client-marks.ts';
import type { ClientMarks } from './client-marks.ts';
import type { Connection, Numbered } from './connection.ts';
import type { Durability } from './durability.ts';
import { countKeys, exportStream, importStream, piecesOf } from './exchange.ts';
import { asWadictError, closedError } from './host-errors.ts';
import type { HostOptions } from './host-options.ts';
import { writerLockName } from './leadership.ts';
import type { Lease } from './leadership.ts';
import { rebase } from './rebase.ts';
import type { RecoveryReport } from './recovery.ts';
import { StatusBoard } from './status-board.ts';
import { StoreCore } from './store-core.ts';
import { ask } from './write-gate.ts';

export type { HostOptions } from './host-options.ts';

export class Host implements Backend {
  readonly #options: HostOptions;
  readonly #core: StoreCore;
  readonly #board: StatusBoard;
  #lease: Lease | null = null;
  #usage: StorageUsage = { usedBytes: null, quotaBytes: null, persisted: false };
  #closing: Promise<void> | null = null;

  private constructor(options: HostOptions) {
    this.#options = options;
    this.#core = new StoreCore(options, {
      onChanged: () => this.#board.changed(),
      onMoved: () => this.#board.moved(),
      onShutdown: (isSaved) => this.#shutdown(isSaved),
    });
    this.#board = new StatusBoard(this.#core.scheduler, () => this.status);
  }

  /**
   * Takes the lock, recovers what is stored, claims it. Rejects with LOCKED, CORRUPT,
   * FORMAT_TOO_NEW, FOREIGN_STORE, STORAGE_UNAVAILABLE, QUOTA_EXCEEDED, or what loading the engine
   * rejects with.
   */
  static async open(options: HostOptions): Promise<Host> {
    const host = new Host(options);
    try {
      await host.#open();
      return host;
    } catch (error) {
      await host.#releaseMedium();
      throw asWadictError(error);
    }
  }

  async #open(): Promise<void> {
    const { locks, name, ifLocked, signal, storage } = this.#options;
    if (locks !== undefined) {
      const lockName = writerLockName(name ?? 'default');
      const lease = await locks.acquire(lockName, { wait: ifLocked === 'wait', signal });
      this.#lease = lease;
      void lease.lost.then(() => {
        if (this.#closing === null)
          this.#core.end(new WadictError('FENCED', 'the lock was taken away'));
      });
    }
    if (storage !== null) storage.onlost = (error) => this.#core.end(asWadictError(error));
    await this.#core.start(null);
    await this.refreshUsage();
  }

  connect(): Transport {
    return this.#core.connect();
  }

  /** A session of another tab, or of another life of this store: its requests are in the log. */
  connectNumbered(numbered: Numbered, setup: readonly Uint8Array[]): Connection {
    return this.#core.connect(numbered, setup);
  }

  get marks(): ClientMarks {
    return this.#core.marks;
  }

  /** Grows with each writer of the store. */
  get epoch(): bigint {
    return this.#core.life.epoch;
  }

  /** Identity of the store; null where nothing is stored. */
  get storeId(): Uint8Array | null {
    return this.#core.life.manifest?.dbId ?? null;
  }

  setDurability(durability: Durability): void {
    this.#core.setDurability(durability);
  }

  /** Whether nothing is served any more. */
  get hasEnded(): boolean {
    return this.#core.ended !== null;
  }

  /** This thread may have slept: others may have taken the store over. */
  doubt(): void {
    this.#core.validity.doubt();
  }

  /** Serves nothing any more, at once and without writing; `close` still has to be called. */
  end(reason: WadictError): void {
    this.#core.end(reason);
  }

  async flush(): Promise<FlushReport> {
    const core = this.#core;
    const startedAt = core.scheduler.elapsed();
    await core.whenRunning();
    const { queue } = core.life;
    const before = queue?.bytesAppended ?? 0;
    const { position } = core.life;
    try {
      if (queue === null) await this.save();
      else await queue.flush();
    } catch (error) {
      throw asWadictError(error);
    }
    const bytes = (queue?.bytesAppended ?? 0) - before;
    return { position, bytes, ms: core.scheduler.elapsed() - startedAt };
  }

  /** Resolves with whether the log came to hold everything executed so far. */
  async holdsAll(): Promise<boolean> {
    const { life } = this.#core;
    const isFlushed = await this.flush().then(
      () => true,
      () => false,
    );
    return isFlushed && this.#core.serving === life;
  }

  /** Writes a snapshot now: dump.rdb where there is one, else a new base. */
  async save(): Promise<void> {
    await this.#core.whenRunning();
    await this.#core.life.writer.idle();
    try {
      await this.#core.life.save();
    } catch (error) {
      this.#core.noteFailure(error);
      throw asWadictError(error);
    }
    await this.refreshUsage();
  }

  exportRdb(): ReadableStream<Uint8Array> {
    return exportStream(() => {
      if (this.#core.ended !== null) throw this.#core.ended;
      return this.#core.life.writer;
    });
  }

  export(): AsyncIterable<Uint8Array> {
    return piecesOf(this.exportRdb());
  }

  importRdb(file: ReadableStream<Uint8Array>): Promise<ImportReport> {
    return this.import(piecesOf(file));
  }

  /** Replaces everything by an RDB file: all or nothing. Requests wait only for the switch. */
  async import(file: AsyncIterable<Uint8Array>): Promise<ImportReport> {
    const core = this.#core;
    await core.whenRunning();
    const engine = await this.#options.engine(core.life.manifest?.dbId);
    const { bytes } = await importStream(engine, file);
    const keys = countKeys(engine, core.clock.now());
    try {
      await core.paused(() => this.#switchTo(engine));
      if (core.life.manifest === null && core.storage !== null) await this.save();
    } catch (error) {
      throw asWadictError(error);
    }
    return { keys, bytes };
  }

  async #switchTo(engine: Awaited<ReturnType<HostOptions['engine']>>): Promise<void> {
    const core = this.#core;
    const old = core.life;
    const { manifest } = old;
    await old.queue?.flush();
    await old.writer.cancel();
    const nextLsn = old.queue?.nextLsn ?? old.nextLsn;
    let next = manifest;
    if (manifest !== null && core.storage !== null) {
      engine.setIdentity(manifest.dbId);
      engine.resumeLog(old.engine.logState());
      next = await rebase(
        engine,
        core.storage,
        { ...manifest, wallMs: core.clock.now(), marks: core.marks.record(old.epoch) },
        nextLsn - 1n,
      );
    }
    await old.end(closedError());
    core.adopt({
      engine,
      manifest: next,
      nextLsn,
      epoch: old.epoch,
      logBytes: 0,
      report: core.recovery,
      marks: kNoMarks, // the host's own go on
    });
  }

  get status(): StoreStatus {
    const core = this.#core;
    const { queue, position } = core.life;
    const working = core.isDegraded ? 'degraded' : 'ok';
    return {
      storage: core.storage === null ? 'none' : core.room.isFull ? 'full' : working,
      medium: core.storage?.medium ?? 'memory',
      durability: core.durability,
      role: 'solo',
      persisted: this.#usage.persisted,
      witnessed: core.witness?.isWorking ?? false,
      position,
      durablePosition: queue?.durablePosition ?? 0n,
      unflushedBytes: queue?.unflushedBytes ?? 0,
      usageBytes: this.#usage.usedBytes,
      quotaBytes: this.#usage.quotaBytes,
      lastError: core.lastError,
    };
  }

  /** What the last recovery had to do; null for a store without storage. */
  get recovery(): RecoveryReport | null {
    return this.#core.recovery;
  }

  onStatus(listener: (status: StoreStatus) => void): () => void {
    return this.#board.listen(listener);
  }

  /** Asks the storage anew how much it holds. */
  async refreshUsage(): Promise<void> {
    const usage = await this.#core.storage?.usage().catch(() => undefined);
    if (usage === undefined) return;
    this.#usage = usage;
    this.#board.changed();
  }

  /** Flushes, ends sessions, releases locks. Idempotent; rejects if the flush could not be done. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close(this.#hasSavePoints()));
  }

  /** As Redis: a store with save points is saved when it is closed. */
  #hasSavePoints(): boolean {
    const core = this.#core;
    if (core.ended !== null || core.isLogged || core.storage === null || core.isDegraded)
      return false;
    return !/\r\n\$0\r\n\r\n$/.test(
      ask(core.life.engine, core.clock.now(), 'CONFIG', 'GET', 'save'),
    );
  }

  async #shutdown(isSaved: boolean): Promise<void> {
    await (this.#closing ??= this.#close(isSaved));
  }

  async #close(isSaved: boolean): Promise<void> {
    const core = this.#core;
    let failure: unknown;
    try {
      if (core.ended === null && core.storage !== null) {
        await core.whenRunning();
        const { queue, writer } = core.life;
        await queue?.flush();
        await core.witness?.close();
        if (queue === null && isSaved) {
          await writer.idle();
          await core.life.save();
        }
      }
    } catch (error) {
      failure = error;
    }
    core.end(closedError());
    await core.life.end(closedError());
    this.#board.stop();
    await this.#releaseMedium();
    if (failure !== undefined && !(failure instanceof StorageError && failure.code === 'CLOSED')) {
      throw asWadictError(failure);
    }
  }

  async #releaseMedium(): Promise<void> {
    this.#core.room.stop();
    await this.#core.storage?.close();
    this.#lease?.release();
  }
}
