/**
 * Writes snapshots: a walk of the engine in slices while requests go on, batches of chunks to the
 * storage, everything read back and checked before anything refers to it, then one atomic switch.
 *
 *   cut (between two frames) -> walk -> seal -> read back -> switch manifest -> drop what is older
 *
 * One walk at a time; the engine allows no more. After any failure the old generation is in use as
 * before, and what was written is removed.
 */

import { EngineError } from '../engine/engine-error.ts';
import type { EnginePort } from '../engine/engine-port.ts';
import { crc32c } from '../storage/crc32c.ts';
import { StorageError } from '../storage/storage.ts';
import type { SnapshotTarget, Storage } from '../storage/storage.ts';
import type { MarksRecord } from './client-marks.ts';
import type { Cut } from './commit-queue.ts';
import { isBeginFrame } from './frame-header.ts';
import { manifestSwitch, nextGeneration } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import type { Scheduler } from './scheduler.ts';
import { turn } from './scheduler.ts';

/**
 * Read back from IndexedDB, Chromium is 2.5 times as fast with these as with chunks of 60 KiB (and
 * hardly faster with larger ones), Firefox not slower, but half as fast with chunks of 1 MiB.
 */
export const kChunkBytes = 240 * 1024;
/** One storage call per batch: a short transaction. */
const kBatchBytes = 1024 * 1024;

export interface WrittenSnapshot {
  readonly bytes: number;
  readonly chunks: number;
  readonly crc: number;
}

export interface SnapshotContext {
  readonly engine: EnginePort;
  readonly storage: Storage | null;
  readonly scheduler: Scheduler;
  readonly now: () => number;
  /** Microseconds that one slice may take now. */
  readonly budgetUs: () => number;
  /** Which requests the engine has executed. */
  readonly marks: () => MarksRecord;
  /** The number of the next generation; see nextGeneration. */
  readonly epoch: bigint;
  readonly isShared: boolean;
}

export class SnapshotWriter {
  readonly #context: SnapshotContext;
  #walk: Promise<unknown> | null = null;
  #isCancelled = false;

  constructor(context: SnapshotContext) {
    this.#context = context;
  }

  get isRunning(): boolean {
    return this.#walk !== null;
  }

  /** Resolves when no walk is running. */
  async idle(): Promise<void> {
    while (this.#walk !== null) await this.#walk.catch(() => undefined);
  }

  /** Ends the walk that is running; its promise rejects with CLOSED. */
  async cancel(): Promise<void> {
    this.#isCancelled = true;
    await this.idle();
  }

  /**
   * Writes a new base while requests go on and switches to it. Returns the manifest that is then in
   * use and where its log begins. `takeCut` must seal what is pending. `keepSpare`: whether the log
   * leads from the present base to the new one, so that the present one may serve as its spare.
   * REQUIRES: !isRunning.
   */
  writeGeneration(
    manifest: Manifest,
    takeCut: () => Cut,
    keepSpare: boolean,
  ): Promise<{ manifest: Manifest; logStart: number }> {
    return this.#exclusive(async (storage) => {
      const { engine, now, epoch, isShared } = this.#context;
      const listed = isShared ? await storage.listSnapshots() : [];
      const generation = nextGeneration(manifest, listed, isShared ? epoch : null);
      await storage.deleteSnapshot(generation);
      const cut = takeCut();
      const marks = this.#context.marks();
      engine.snapshotBegin(now(), true); // same turn as the cut: nothing stands between them
      const written = await this.#write(storage, generation);
      await cut.rotated;
      const next: Manifest = {
        ...manifest,
        wallMs: now(),
        base: { generation, lsn: cut.lsn, chain: cut.chain, ...written },
        previous: keepSpare ? manifest.base : null,
        marks,
      };
      await storage.commitManifest(manifestSwitch(next));
      await this.#dropOlder(storage, next);
      return { manifest: next, logStart: cut.bytesBefore };
    });
  }

  /** Replaces dump.rdb. REQUIRES: !isRunning, the storage has one. */
  writeDump(): Promise<void> {
    return this.#exclusive(async (storage) => {
      this.#context.engine.snapshotBegin(this.#context.now());
      await this.#write(storage, 'new-dump');
      await storage.publishDump();
    });
  }

  /** Walks and hands the chunks to `take`, which may take its time. REQUIRES: !isRunning. */
  stream(take: (chunks: readonly Uint8Array[]) => Promise<void>): Promise<void> {
    const run = async (): Promise<void> => {
      this.#context.engine.snapshotBegin(this.#context.now());
      await this.#eachBatch(take);
    };
    return this.#alone(run);
  }

  /** Frees the room of the spare generation and its log. REQUIRES: !isRunning. */
  async dropSpare(storage: Storage, manifest: Manifest): Promise<Manifest> {
    const next: Manifest = { ...manifest, previous: null };
    await storage.commitManifest(manifestSwitch(next));
    await this.#dropOlder(storage, next);
    return next;
  }

  #exclusive<T>(run: (storage: Storage) => Promise<T>): Promise<T> {
    const { storage } = this.#context;
    if (storage === null)
      return Promise.reject(new StorageError('STORAGE_UNAVAILABLE', 'this store has no storage'));
    return this.#alone(() => run(storage));
  }

  #alone<T>(run: () => Promise<T>): Promise<T> {
    if (this.#walk !== null)
      return Promise.reject(new StorageError('LOCKED', 'a snapshot is being written'));
    this.#isCancelled = false;
    const walk = run().finally(() => (this.#walk = null));
    this.#walk = walk;
    return walk;
  }

  async #write(storage: Storage, target: SnapshotTarget): Promise<WrittenSnapshot> {
    const tally = new Tally();
    try {
      await this.#eachBatch(async (chunks) => {
        const first = tally.chunks;
        for (const chunk of chunks) tally.add(chunk);
        await storage.writeSnapshot(target, first, chunks);
      });
      await storage.sealSnapshot(target);
      await verify(storage, target, tally);
      return tally.result();
    } catch (error) {
      await storage.deleteSnapshot(target).catch(() => undefined); // the first error tells more
      throw error;
    }
  }

  async #eachBatch(take: (chunks: readonly Uint8Array[]) => Promise<void>): Promise<void> {
    const { engine, scheduler, budgetUs } = this.#context;
    let batch: Uint8Array[] = [];
    let bytes = 0;
    let isDone = false;
    try {
      while (!isDone) {
        if (this.#isCancelled) throw new StorageError('CLOSED', 'the snapshot was given up');
        const step = engine.snapshotStep(budgetUs(), kChunkBytes);
        isDone = step.done;
        if (step.chunk !== null) {
          batch.push(step.chunk);
          bytes += step.chunk.length;
        }
        if (batch.length > 0 && (isDone || bytes >= kBatchBytes)) {
          await take(batch);
          batch = [];
          bytes = 0;
        } else if (!isDone) {
          await turn(scheduler);
        }
      }
    } catch (error) {
      if (!(error instanceof EngineError) && !isDone) engine.snapshotAbort();
      throw error;
    }
  }

  /** After the switch; a failure here costs room, not data, and the next open tries again. */
  async #dropOlder(storage: Storage, manifest: Manifest): Promise<void> {
    const { base, previous, keepFrom } = manifestSwitch(manifest);
    try {
      for (const generation of await storage.listSnapshots()) {
        // One above ours is of a writer that came after us.
        const isOlder = base !== null && generation < base;
        if (isOlder && generation !== previous) await storage.deleteSnapshot(generation);
      }
      await storage.trimLog(keepFrom, isBeginFrame);
    } catch (error) {
      if (!(error instanceof StorageError) || error.final) throw error;
    }
  }
}

/** Writes the engine's state in one go, while nothing else happens (recovery, import). */
export async function writeWholeSnapshot(
  engine: EnginePort,
  storage: Storage,
  target: SnapshotTarget,
): Promise<WrittenSnapshot> {
  const tally = new Tally();
  await storage.deleteSnapshot(target);
  let batch: Uint8Array[] = [];
  let bytes = 0;
  const put = async (): Promise<void> => {
    const first = tally.chunks;
    for (const chunk of batch) tally.add(chunk);
    await storage.writeSnapshot(target, first, batch);
    batch = [];
    bytes = 0;
  };
  for (const whole of engine.snapshotSync()) {
    for (let at = 0; at < whole.length; at += kChunkBytes) {
      batch.push(whole.subarray(at, at + kChunkBytes));
      bytes += kChunkBytes;
      if (bytes >= kBatchBytes) await put();
    }
  }
  if (batch.length > 0) await put();
  await storage.sealSnapshot(target);
  await verify(storage, target, tally);
  return tally.result();
}

/** Sizes and checksum of what goes into a snapshot. */
class Tally {
  bytes = 0;
  chunks = 0;
  crc = 0;

  add(chunk: Uint8Array): void {
    this.bytes += chunk.length;
    this.chunks += 1;
    this.crc = crc32c(chunk, this.crc);
  }

  result(): WrittenSnapshot {
    return { bytes: this.bytes, chunks: this.chunks, crc: this.crc };
  }
}

/** Reads a snapshot back. @throws StorageError CORRUPT when it is not what was written. */
async function verify(storage: Storage, target: SnapshotTarget, written: Tally): Promise<void> {
  let bytes = 0;
  let crc = 0;
  for await (const chunk of storage.readSnapshot(target)) {
    bytes += chunk.length;
    crc = crc32c(chunk, crc);
  }
  if (bytes !== written.bytes || crc !== written.crc) {
    throw new StorageError(
      'CORRUPT',
      `snapshot ${target} reads back differently than it was written`,
    );
  }
}
