/**
 * Group commit: carries the engine's log to the storage. At most one append is in flight; records
 * that arrive meanwhile are the next group, without a timer.
 *
 *   engine's tail --seal--> #sealed: group, rotation, group … --append--> storage
 *   noted position          sealed position                          committed, durable position
 *
 * Invariants: frames are appended in the order of their LSNs; after a failure nothing is appended
 * any more (a gap would end recovery there) unless the failure was "no room" and no reply waits for
 * the log: then the group stays at the head and is tried again. A queue belongs to one engine;
 * after a rebuild there is a new queue, and a late completion of the old one reaches nobody.
 */

import type { EnginePort } from '../engine/engine-port.ts';
import { StorageError } from '../storage/storage.ts';
import type { Storage, Sync } from '../storage/storage.ts';
import type { DurabilityRules } from './durability.ts';
import type { Scheduler } from './scheduler.ts';

export interface CommitQueueOptions {
  readonly engine: EnginePort;
  readonly storage: Storage;
  readonly scheduler: Scheduler;
  readonly rules: DurabilityRules;
  readonly nextLsn: bigint;
  readonly epoch: bigint;
  /** The engine's log position at the start: everything up to it is in the storage. */
  readonly position: bigint;
  readonly wallMs: () => number;
  /** A group is in: replies may leave. */
  readonly onCommitted: () => void;
  /** The queue is dead. */
  readonly onFailed: (error: unknown) => void;
  /** There is no room (or room again), and nobody waits. */
  readonly onRoom: (full: boolean) => void;
  /** Frees what can be spared; true if something was freed. Called once per failed append. */
  readonly reclaim: () => Promise<boolean>;
}

interface Group {
  readonly kind: 'group';
  readonly frames: Uint8Array[];
  readonly firstLsn: bigint;
  readonly lastPosition: bigint;
  readonly bytes: number;
  readonly sync: Sync;
  readonly firstNotedAt: number | null;
}

interface Rotation {
  readonly kind: 'rotation';
  readonly nextLsn: bigint;
  readonly done: (error?: unknown) => void;
}

interface Flush {
  readonly position: bigint;
  readonly settle: (error?: unknown) => void;
}

/** A cut between two commands: the log's state there, and when the log's next part has begun. */
export interface Cut {
  readonly lsn: bigint;
  readonly chain: bigint;
  readonly position: bigint;
  readonly bytesBefore: number;
  readonly rotated: Promise<void>;
}

/** Most bytes in one append: an IndexedDB transaction must stay far below the browsers' limits. */
const kMaxGroupBytes = 8 * 1024 * 1024;
/** Under `no`, this many waiting records are written even when requests keep coming. */
const kMaxIdleRecords = 4096n;

export class CommitQueue {
  readonly #options: CommitQueueOptions;
  #rules: DurabilityRules;
  #sealed: (Group | Rotation)[] = [];
  #flushes: Flush[] = [];
  #running: Promise<void> | null = null;
  #dead = false;
  #full = false;
  #engineGone = false;
  #strictWanted = false;
  #kickPlanned = false;
  #cancelBarrier: (() => void) | null = null;
  #nextLsn: bigint;
  #noted: bigint;
  #sealedPosition: bigint;
  #committed: bigint;
  #durable: bigint;
  #durableLsn = 0n;
  #unsealedSince: number | null = null;
  #unsyncedSince: number | null = null;
  #bytesAppended = 0;
  #provenAt = -Infinity;

  constructor(options: CommitQueueOptions) {
    this.#options = options;
    this.#rules = options.rules;
    this.#nextLsn = options.nextLsn;
    this.#noted = this.#sealedPosition = this.#committed = this.#durable = options.position;
  }

  get notedPosition(): bigint {
    return this.#noted;
  }
  get sealedPosition(): bigint {
    return this.#sealedPosition;
  }
  get committedPosition(): bigint {
    return this.#committed;
  }
  get durablePosition(): bigint {
    return this.#durable;
  }
  /** The last LSN that is strictly durable; 0: none of this queue is. */
  get durableLsn(): bigint {
    return this.#durableLsn;
  }
  get nextLsn(): bigint {
    return this.#nextLsn;
  }
  get bytesAppended(): number {
    return this.#bytesAppended;
  }
  /** When the last append that succeeded was begun, in elapsed ms. */
  get provenAt(): number {
    return this.#provenAt;
  }
  get isDead(): boolean {
    return this.#dead;
  }
  get isFull(): boolean {
    return this.#full;
  }
  /** Bytes sealed and not yet in the storage. */
  get unflushedBytes(): number {
    return this.#sealed.reduce((sum, step) => sum + (step.kind === 'group' ? step.bytes : 0), 0);
  }

  setRules(rules: DurabilityRules): void {
    this.#rules = rules;
    this.#planKick();
  }

  /** The engine's log reaches up to `position` now. */
  note(position: bigint): void {
    if (position <= this.#noted || this.#dead) return;
    this.#noted = position;
    const now = this.#options.scheduler.elapsed();
    this.#unsealedSince ??= now;
    this.#unsyncedSince ??= now;
    this.#planKick();
  }

  /** True when the bound of the durability would break if more were accepted now. */
  mustBlock(): boolean {
    const { blockAfterMs } = this.#rules;
    if (blockAfterMs === null || this.#unsyncedSince === null || this.#full) return false;
    return this.#options.scheduler.elapsed() - this.#unsyncedSince > blockAfterMs;
  }

  /**
   * Resolves when everything noted so far is strictly durable. Rejects with the error of the
   * append.
   */
  flush(): Promise<void> {
    if (this.#dead) return Promise.reject(new StorageError('CLOSED', 'the log is closed'));
    if (this.#full) {
      return Promise.reject(new StorageError('QUOTA_EXCEEDED', 'there is no room for the log'));
    }
    if (this.#durable >= this.#noted && this.#unsyncedSince === null) return Promise.resolve();
    this.#strictWanted = true;
    return new Promise((resolve, reject) => {
      const settle = (error?: unknown): void => (error === undefined ? resolve() : reject(error));
      this.#flushes.push({ position: this.#noted, settle });
      this.#planKick();
    });
  }

  /** Seals everything, so that a snapshot taken in this turn stands between two frames. */
  cut(): Cut {
    for (let group = this.#seal(false); group !== null; group = this.#seal(false))
      this.#sealed.push(group);
    const nextLsn = this.#nextLsn;
    const rotated = new Promise<void>((resolve, reject) => {
      const done = (error?: unknown): void => (error === undefined ? resolve() : reject(error));
      this.#sealed.push({ kind: 'rotation', nextLsn, done });
    });
    rotated.catch(() => undefined); // whoever took the cut may have given up on it
    const { chain } = this.#options.engine.logState();
    this.#planKick();
    const bytesBefore = this.#bytesAppended + this.unflushedBytes;
    return { lsn: nextLsn - 1n, chain, position: this.#sealedPosition, bytesBefore, rotated };
  }

  /** There may be room again. */
  retry(): void {
    if (!this.#full) return;
    this.#full = false;
    this.#planKick();
  }

  /** Ends the queue without writing more; resolves when the append in flight has settled. */
  async die(error: unknown): Promise<void> {
    this.#end(error);
    await this.#running;
  }

  /** Takes nothing more from the engine (it failed); resolves when what was sealed has settled. */
  async finishSealed(): Promise<void> {
    this.#engineGone = true;
    while (!this.#dead && !this.#full && (this.#running !== null || this.#sealed.length > 0)) {
      if (this.#running === null) this.#kick();
      await this.#running;
    }
  }

  // -- the pump ----------------------------------------------------------------------------------

  /**
   * A microtask later, so that requests of one turn share a group; under `no`, when it is quiet.
   */
  #planKick(): void {
    if (this.#kickPlanned || this.#running !== null) return;
    this.#kickPlanned = true;
    const isUrgent =
      this.#rules.eager ||
      this.#strictWanted ||
      this.#sealed.length > 0 ||
      this.#noted - this.#sealedPosition > kMaxIdleRecords;
    if (isUrgent) queueMicrotask(() => this.#kick());
    else this.#whenQuiet(this.#noted);
  }

  #whenQuiet(noted: bigint): void {
    this.#options.scheduler.yieldTurn(() => {
      const isUrgent = this.#strictWanted || this.#noted - this.#sealedPosition > kMaxIdleRecords;
      if (this.#noted === noted || isUrgent) this.#kick();
      else this.#whenQuiet(this.#noted);
    }, true);
  }

  #kick(): void {
    this.#kickPlanned = false;
    if (this.#running !== null || this.#dead || this.#full) return;
    this.#running = this.#run().finally(() => {
      this.#running = null;
      if (!this.#dead && this.#hasWork()) this.#planKick();
    });
  }

  #hasWork(): boolean {
    if (this.#full) return false;
    const tail = !this.#engineGone && (this.#strictWanted || this.#noted > this.#sealedPosition);
    return tail || this.#sealed.length > 0;
  }

  async #run(): Promise<void> {
    try {
      for (;;) {
        const step = this.#sealed[0] ?? this.#sealNext();
        if (step === null || this.#dead || this.#full) return;
        if (step.kind === 'rotation') {
          await this.#options.storage.startSegment(step.nextLsn);
          if (this.#dead) return;
          this.#sealed.shift();
          step.done();
        } else {
          await this.#append(step);
        }
        if (!this.#rules.eager && this.#sealed.length === 0 && !this.#strictWanted) return;
      }
    } catch (error) {
      if (this.#dead) return;
      this.#end(error);
      this.#options.onFailed(error);
    }
  }

  #sealNext(): Group | null {
    const isWanted = this.#noted > this.#sealedPosition || this.#strictWanted;
    const group = isWanted && !this.#engineGone ? this.#seal(this.#strictWanted) : null;
    if (group !== null) this.#sealed.push(group);
    return group;
  }

  /** One group from the engine's tail; null when there is nothing to seal. */
  #seal(barrier: boolean): Group | null {
    const { engine, epoch, wallMs } = this.#options;
    const frames: Uint8Array[] = [];
    const firstLsn = this.#nextLsn;
    let bytes = 0;
    for (let more = true; more && bytes < kMaxGroupBytes;) {
      const isBarrier = barrier && frames.length === 0;
      const frame = engine.takeLog({
        lsn: this.#nextLsn,
        epoch,
        wallMs: wallMs(),
        barrier: isBarrier,
      });
      if (frame === null) break;
      frames.push(frame.bytes);
      bytes += frame.bytes.length;
      this.#nextLsn += 1n;
      this.#sealedPosition = frame.lastPosition;
      more = frame.more;
    }
    const isAll = this.#sealedPosition >= this.#noted;
    const sync = barrier ? 'strict' : this.#rules.sync;
    if (barrier && isAll) this.#strictWanted = false;
    if (frames.length === 0) return null;
    const firstNotedAt = this.#unsealedSince;
    if (isAll) this.#unsealedSince = null;
    return {
      kind: 'group',
      frames,
      firstLsn,
      lastPosition: this.#sealedPosition,
      bytes,
      sync,
      firstNotedAt,
    };
  }

  async #append(group: Group): Promise<void> {
    const { storage, reclaim, scheduler } = this.#options;
    const begunAt = scheduler.elapsed();
    const put = (): Promise<void> => storage.append(group.frames, group.firstLsn, group.sync);
    try {
      await put().catch(async (error: unknown) => {
        const isFull = error instanceof StorageError && error.code === 'QUOTA_EXCEEDED';
        if (!isFull || this.#dead || !(await reclaim())) throw error;
        await put();
      });
    } catch (error) {
      const isFull = error instanceof StorageError && error.code === 'QUOTA_EXCEEDED';
      if (!isFull || this.#rules.repliesWait || this.#dead) throw error;
      this.#full = true; // the group stays where it is
      this.#failFlushes(error);
      this.#options.onRoom(true);
      return;
    }
    if (this.#dead) return;
    this.#sealed.shift();
    this.#provenAt = begunAt;
    this.#bytesAppended += group.bytes;
    this.#committed = group.lastPosition;
    if (group.sync === 'strict') this.#synced(group);
    else this.#armBarrier();
    this.#options.onRoom(false);
    this.#options.onCommitted();
  }

  #synced(group: Group): void {
    this.#durable = group.lastPosition;
    this.#durableLsn = group.firstLsn + BigInt(group.frames.length) - 1n;
    this.#cancelBarrier?.();
    this.#cancelBarrier = null;
    const waiting = this.#sealed.find((step): step is Group => step.kind === 'group');
    this.#unsyncedSince = waiting?.firstNotedAt ?? this.#unsealedSince;
    const done = this.#flushes.filter((flush) => flush.position <= this.#durable);
    this.#flushes = this.#flushes.filter((flush) => flush.position > this.#durable);
    for (const flush of done) flush.settle();
    if (this.#flushes.length > 0) this.#strictWanted = true;
  }

  #armBarrier(): void {
    const { barrierAfterMs } = this.#rules;
    if (barrierAfterMs === null || this.#cancelBarrier !== null || this.#unsyncedSince === null)
      return;
    const age = this.#options.scheduler.elapsed() - this.#unsyncedSince;
    this.#cancelBarrier = this.#options.scheduler.setTimer(
      Math.max(0, barrierAfterMs - age),
      () => {
        this.#cancelBarrier = null;
        this.#strictWanted = true;
        this.#planKick();
      },
    );
  }

  #failFlushes(error: unknown): void {
    const flushes = this.#flushes;
    this.#flushes = [];
    this.#strictWanted = false;
    for (const flush of flushes) flush.settle(error);
  }

  #end(error: unknown): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#cancelBarrier?.();
    this.#cancelBarrier = null;
    this.#failFlushes(error);
    for (const step of this.#sealed) if (step.kind === 'rotation') step.done(error);
    this.#sealed = [];
  }
}
