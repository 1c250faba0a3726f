/**
 * One engine from its recovery to its end, with everything that belongs to it alone: the queue of
 * its log, its snapshots, its background work. After a failure the host drops the whole and makes a
 * new one, so that nothing of the old engine can reach the new.
 */

import type { EnginePort, HostRequest, TickResult } from '../engine/engine-port.ts';
import type { Storage } from '../storage/storage.ts';
import { StorageError } from '../storage/storage.ts';
import { Background } from './background.ts';
import { CommitQueue } from './commit-queue.ts';
import type { ClientMarks, MarksRecord } from './client-marks.ts';
import type { Cut } from './commit-queue.ts';
import type { DurabilityRules } from './durability.ts';
import type { Manifest } from './manifest.ts';
import type { Recovered } from './recovery.ts';
import type { Scheduler } from './scheduler.ts';
import type { RewritePolicy } from './snapshot-policy.ts';
import { SnapshotWriter } from './snapshot-writer.ts';
import { WriteGate } from './write-gate.ts';

export interface LifeOptions {
  readonly storage: Storage | null;
  readonly scheduler: Scheduler;
  readonly now: () => number;
  readonly rules: DurabilityRules;
  readonly onCommitted: () => void;
  readonly onFailed: (error: unknown) => void;
  readonly onRoom: (full: boolean) => void;
  readonly onHostRequests: (requests: readonly HostRequest[]) => void;
  /** Sessions have something to drain. */
  readonly onNews: (sessions: readonly number[]) => void;
  readonly isShared: boolean;
  readonly marks: ClientMarks;
}

export class EngineLife {
  readonly engine: EnginePort;
  readonly background: Background;
  readonly writer: SnapshotWriter;
  readonly gate: WriteGate;
  /** Null when no log is kept. */
  queue: CommitQueue | null = null;
  /** Null when nothing, or only a dump file, is kept. */
  manifest: Manifest | null;
  readonly #options: LifeOptions;
  #nextLsn: bigint;
  readonly epoch: bigint;
  /** Bytes of log behind the base = logBytes + appended by the queue - at the last cut. */
  #logBytes: number;
  #logStart = 0;
  #isEnded = false;
  /** Set by the host when it has decided to replace this engine. */
  isFailed = false;

  constructor(recovered: Recovered, isLogged: boolean, options: LifeOptions) {
    const { engine, manifest, nextLsn, epoch, logBytes } = recovered;
    const { storage, scheduler, now, isShared } = options;
    this.engine = engine;
    this.manifest = manifest;
    this.#options = options;
    this.#nextLsn = nextLsn;
    this.epoch = epoch;
    this.#logBytes = logBytes;
    this.gate = new WriteGate(engine);
    const fail = (error: unknown): void => this.#fail(error);
    const onTick = (result: TickResult): void => this.#ticked(result);
    this.background = new Background({ engine, scheduler, now, onTick, onFailed: fail });
    const budgetUs = (): number => this.background.budgetUs;
    const marks = (): MarksRecord => options.marks.record(epoch);
    const context = { engine, storage, scheduler, now, budgetUs, marks, epoch, isShared };
    this.writer = new SnapshotWriter(context);
    if (isLogged) this.startLog();
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** The LSN the next frame gets. */
  get nextLsn(): bigint {
    return this.queue?.nextLsn ?? this.#nextLsn;
  }

  get logBytes(): number {
    return this.#logBytes + (this.queue?.bytesAppended ?? 0) - this.#logStart;
  }

  get position(): bigint {
    return this.queue?.notedPosition ?? this.engine.logState().position;
  }

  /** Something ran: its records must be written, and there may be background work. */
  note(logPosition: bigint): void {
    this.queue?.note(logPosition);
    this.background.wake();
  }

  /** Whether there is where a log could lie. */
  get canKeepLog(): boolean {
    return this.#options.storage !== null;
  }

  /** From now on the engine's log goes to the storage. */
  startLog(): void {
    const { storage, scheduler, rules, now, onCommitted, onRoom } = this.#options;
    if (storage === null || this.queue !== null) return;
    this.engine.setLogging(true);
    this.queue = new CommitQueue({
      engine: this.engine,
      storage,
      scheduler,
      rules,
      nextLsn: this.#nextLsn,
      epoch: this.epoch,
      position: this.engine.logState().position,
      wallMs: now,
      onCommitted: () => {
        if (!this.#isEnded) onCommitted();
      },
      onFailed: (error) => this.#fail(error),
      onRoom: (full) => {
        if (!this.#isEnded) onRoom(full);
      },
      reclaim: () => this.#reclaim(storage),
    });
  }

  /** The log begins, behind a base that holds everything so far. */
  beginLog(manifest: Manifest, nextLsn: bigint): void {
    this.manifest = manifest;
    this.#nextLsn = nextLsn;
    this.#logBytes = 0;
    this.#logStart = 0;
    this.startLog();
  }

  /** Writes what is sealed, then lets the engine run without a log. */
  async stopLog(): Promise<void> {
    const { queue } = this;
    if (queue === null) return;
    await queue.flush();
    this.queue = null;
    this.engine.setLogging(false);
    this.#nextLsn = queue.nextLsn;
    this.#logBytes += queue.bytesAppended - this.#logStart;
    this.#logStart = 0;
    await queue.die(new StorageError('CLOSED', 'the log was turned off'));
  }

  /** Writes dump.rdb where there is one, else a new base. */
  save(): Promise<void> {
    const { storage, now } = this.#options;
    const hasDump = storage?.separateDump === true;
    return this.#noted(
      () => (hasDump ? this.writer.writeDump() : this.#writeBase(true)),
      (started, ok) => this.engine.noteSave(started, ok, now()),
    );
  }

  /** Writes a new base and drops the log before it. `keepSpare`: see SnapshotWriter. */
  rewrite(keepSpare: boolean): Promise<void> {
    return this.#noted(
      () => this.#writeBase(keepSpare),
      (started, ok) => this.engine.noteRewrite(started, ok),
    );
  }

  /** Tells the engine how long the log is, for INFO. */
  noteLogBytes(): void {
    if (!this.#isEnded && !this.isFailed) {
      this.engine.noteLogBytes(this.logBytes, this.manifest?.base.bytes ?? 0);
    }
  }

  /** Rewrites the log if `policy` says so; null if not. */
  rewriteIfDue(policy: RewritePolicy, elapsedMs: number): Promise<void> | null {
    const baseBytes = this.manifest?.base.bytes ?? 0;
    if (this.writer.isRunning || !policy.isDue(this.logBytes, baseBytes, elapsedMs)) return null;
    const told = (ok: boolean): void => policy.ended(ok, this.#options.scheduler.elapsed());
    return this.rewrite(true).then(
      () => told(true),
      (error: unknown) => {
        told(false);
        throw error;
      },
    );
  }

  /** Nothing of this engine is used any more. Resolves when no write of it is under way. */
  async end(error: unknown): Promise<void> {
    this.#isEnded = true;
    this.background.stop();
    await this.writer.cancel();
    await this.queue?.die(error);
  }

  async #writeBase(keepSpare: boolean): Promise<void> {
    const { manifest } = this;
    if (manifest === null) throw new StorageError('STORAGE_UNAVAILABLE', 'this store keeps no log');
    const takeCut = (): Cut => this.queue?.cut() ?? this.#idleCut();
    const done = await this.writer.writeGeneration(manifest, takeCut, keepSpare);
    this.manifest = done.manifest;
    this.#logBytes = 0;
    this.#logStart = done.logStart;
    this.noteLogBytes();
  }

  /** Tells the engine that a write began and how it ended, for INFO and LASTSAVE. */
  async #noted(
    write: () => Promise<void>,
    note: (started: boolean, ok: boolean) => void,
  ): Promise<void> {
    note(true, true);
    try {
      await write();
    } catch (error) {
      if (!this.#isEnded && !this.isFailed) note(false, false);
      throw error;
    }
    if (!this.#isEnded && !this.isFailed) note(false, true);
  }

  #ticked(result: TickResult): void {
    this.queue?.note(result.logPosition);
    if (result.hostRequests.length > 0) this.#options.onHostRequests(result.hostRequests);
    if (result.news.length > 0) this.#options.onNews(result.news);
  }

  #fail(error: unknown): void {
    if (!this.#isEnded) this.#options.onFailed(error);
  }

  /** A cut while no log is kept. */
  #idleCut(): Cut {
    const { chain, position } = this.engine.logState();
    const rotated = this.#options.storage?.startSegment(this.#nextLsn) ?? Promise.resolve();
    return { lsn: this.#nextLsn - 1n, chain, position, bytesBefore: 0, rotated };
  }

  /** Gives up the spare generation, which only a damaged base would need. */
  async #reclaim(storage: Storage): Promise<boolean> {
    const { manifest } = this;
    if (manifest === null || manifest.previous === null || this.writer.isRunning) return false;
    this.manifest = await this.writer.dropSpare(storage, manifest);
    return true;
  }
}
