/**
 * A store in one IndexedDB database `wadict:<name>`:
 *
 *   object store   key                     value
 *   meta           'M'                     manifest
 *                  number                  a switch of the manifest that was made; no contents
 *                  'S'                     no contents; written to flush what is before it
 *   log            LSN                     frame, Uint8Array of at most 60 KiB
 *   snap           [generation, number]    chunk, Uint8Array
 *   quarantine     number                  { bytes, reason }
 *
 * Keys are out of line, without generators or indexes. Every write states its durability. An append
 * is one transaction whose claiming `add` (the lowest LSN) is issued last, so that a writer who
 * lost the store fails as a whole in every browser. A switch of the manifest claims the next number
 * in the same way. When the connection is lost it is opened again,
 * the manifest is compared with the one known (a wiped store would accept any LSN), and an append
 * whose outcome is unknown is decided by reading its rows.
 */

import { equalBytes } from './equal-bytes.ts';
import { incompressibleRows } from './incompressible-rows.ts';
import type { StoreName } from './indexeddb-connection.ts';
import { kQuarantineBytes, StorageError } from './storage.ts';
import type {
  ManifestSwitch,
  SnapshotTarget,
  Storage,
  StorageTimers,
  StorageUsage,
  StoredFacts,
  Sync,
} from './storage.ts';
import { kManifestKey, SurvivingConnection } from './surviving-connection.ts';

export interface IndexedDbOptions {
  readonly name: string;
  readonly timers: StorageTimers;
  readonly factory?: IDBFactory | undefined;
  readonly storageManager?: StorageManager | undefined;
}

interface QuarantineEntry {
  bytes: Uint8Array;
  reason: string;
}

const kSettleKey = 'S';
const kLogBatch = 64;
/** Chunks read at once, about 1 MiB; the next ones are on their way meanwhile. */
const kChunkBatch = 4;
/** Of epochs and of switches: a writer that slept through more of them is not fenced any more. */
const kMaxKeptClaims = 10_000;

export class IndexedDbStorage implements Storage {
  readonly medium = 'indexeddb';
  readonly separateDump = false;
  onlost: ((error: StorageError) => void) | null = null;
  readonly #connection: SurvivingConnection;
  readonly #storageManager: StorageManager | undefined;
  /** Number of the last switch of the manifest that was seen. */
  #switches = 0;

  constructor(options: IndexedDbOptions) {
    const factory = options.factory ?? globalThis.indexedDB;
    if (factory === undefined) {
      throw new StorageError('STORAGE_UNAVAILABLE', 'IndexedDB is missing here', { final: true });
    }
    this.#storageManager = options.storageManager ?? globalThis.navigator?.storage;
    this.#connection = new SurvivingConnection({
      name: `wadict:${options.name}`,
      factory,
      timers: options.timers,
      onLost: (error) => this.onlost?.(error),
    });
  }

  async open(): Promise<StoredFacts> {
    try {
      await this.#connection.open();
      const manifest = await this.#readManifest();
      const rows = await this.#connection.transact('log', 'readonly', 'relaxed', (log) => {
        const count = log.count();
        return () => count.result;
      });
      const holdsData = rows > 0 || (await this.listSnapshots()).length > 0;
      return {
        manifest,
        holdsData,
        hasDump: false,
        dropped: this.#connection.dropped,
      };
    } catch (error) {
      await this.close();
      if (error instanceof StorageError) throw error;
      throw new StorageError('STORAGE_UNAVAILABLE', `IndexedDB: ${String(error)}`, {
        cause: error,
      });
    }
  }

  async commitManifest(next: ManifestSwitch): Promise<void> {
    const bytes = next.bytes.slice();
    const number = this.#switches + 1;
    await this.#connection.deciding(
      () =>
        this.#connection.transact('meta', 'readwrite', 'strict', (meta) => {
          if (number > kMaxKeptClaims) meta.delete(number - kMaxKeptClaims);
          meta.put(bytes, kManifestKey);
          meta.add(new Uint8Array(0), number); // the claim
          return () => undefined;
        }),
      async (stored) => {
        if (!equalBytes(stored, bytes)) return this.#connection.compare(stored);
        await this.#settle();
        return true;
      },
    );
    this.#connection.manifest = bytes;
    this.#switches = number;
  }

  async isOvertaken(nextLsn: bigint): Promise<boolean> {
    const range = IDBKeyRange.lowerBound(Number(nextLsn));
    const keys = await this.#connection.repeating(() =>
      this.#connection.transact('log', 'readonly', 'relaxed', (log) => {
        const request = log.getAllKeys(range, 1);
        return () => request.result;
      }),
    );
    return keys.length > 0;
  }

  async append(frames: readonly Uint8Array[], firstLsn: bigint, sync: Sync): Promise<void> {
    const first = Number(firstLsn);
    await this.#connection.deciding(
      () =>
        this.#connection.transact('log', 'readwrite', sync, (log) => {
          for (let index = 1; index < frames.length; index++) log.add(frames[index], first + index);
          log.add(frames[0], first); // the claim
          return () => undefined;
        }),
      async (stored) => {
        this.#connection.compare(stored);
        const rows = await this.#rows(first, frames.length);
        if (rows.length === 0) return false;
        if (!rows.every((row, index) => equalBytes(row, frames[index] ?? null))) {
          throw new StorageError('FENCED', `LSN ${firstLsn} was taken by another writer`);
        }
        if (sync === 'strict') await this.#settle();
        return rows.length === frames.length;
      },
    );
  }

  async startSegment(_nextLsn: bigint): Promise<void> {
    this.#connection.check();
  }

  async *readLog(fromLsn: bigint): AsyncGenerator<Uint8Array> {
    for await (const batch of this.#logBatches(Number(fromLsn))) yield* batch.frames;
  }

  async cutLog(fromLsn: bigint, offset: number, reason: string): Promise<number> {
    let at = 0;
    let moved = 0;
    let cutAt: number | undefined;
    for await (const { keys, frames } of this.#logBatches(Number(fromLsn))) {
      for (let index = 0; index < frames.length; index++) {
        const frame = frames[index] as Uint8Array;
        at += frame.length;
        if (at <= offset) continue;
        cutAt ??= keys[index];
        moved += frame.length;
        await this.quarantine(frame, reason);
      }
    }
    if (cutAt !== undefined)
      await this.#deleteRange('log', IDBKeyRange.lowerBound(cutAt), 'strict');
    return moved;
  }

  async trimLog(beforeLsn: bigint, keep: (frame: Uint8Array) => boolean): Promise<void> {
    const kept: number[] = [];
    let from = 0;
    for await (const { keys, frames } of this.#logBatches(0, Number(beforeLsn))) {
      for (let index = 0; index < keys.length; index++) {
        const key = keys[index] as number;
        if (!keep(frames[index] as Uint8Array)) continue;
        if (key > from) await this.#deleteRange('log', IDBKeyRange.bound(from, key, false, true));
        from = key + 1;
        kept.push(key);
      }
      const last = keys[keys.length - 1] as number;
      if (last >= from) await this.#deleteRange('log', IDBKeyRange.bound(from, last));
    }
    const surplus = kept[kept.length - kMaxKeptClaims - 1];
    if (surplus !== undefined) await this.#deleteRange('log', IDBKeyRange.upperBound(surplus));
  }

  async writeSnapshot(
    target: SnapshotTarget,
    firstIndex: number,
    chunks: readonly Uint8Array[],
  ): Promise<void> {
    const generation = this.#generation(target);
    await this.#connection.repeating(() =>
      this.#connection.transact('snap', 'readwrite', 'relaxed', (snap) => {
        chunks.forEach((chunk, index) => snap.put(chunk, [generation, firstIndex + index]));
        return () => undefined;
      }),
    );
  }

  async sealSnapshot(_target: SnapshotTarget): Promise<void> {
    this.#connection.check(); // the strict switch that refers to the chunks flushes them
  }

  async publishDump(): Promise<void> {
    throw new StorageError('STORAGE_UNAVAILABLE', 'this medium has no dump file');
  }

  async *readSnapshot(target: SnapshotTarget): AsyncGenerator<Uint8Array> {
    const generation = this.#generation(target);
    const read = (from: number): Promise<Uint8Array[]> => {
      // [] sorts above numbers
      const range = IDBKeyRange.bound([generation, from], [generation, []]);
      const chunks = this.#getAll<Uint8Array>('snap', range, kChunkBatch);
      chunks.catch(() => undefined); // whoever reads may stop before this one's turn
      return chunks;
    };
    let next = read(0);
    for (let from = kChunkBatch; ; from += kChunkBatch) {
      const chunks = await next;
      if (chunks.length === kChunkBatch) next = read(from);
      yield* chunks;
      if (chunks.length < kChunkBatch) return;
    }
  }

  async listSnapshots(): Promise<number[]> {
    const generations: number[] = [];
    for (let after: IDBValidKey = []; ;) {
      const range: IDBKeyRange | null =
        generations.length === 0 ? null : IDBKeyRange.lowerBound(after, true);
      const [key] = await this.#connection.repeating(() =>
        this.#connection.transact('snap', 'readonly', 'relaxed', (snap) => {
          const request = snap.getAllKeys(range, 1);
          return () => request.result;
        }),
      );
      if (key === undefined) return generations;
      const generation = (key as number[])[0] as number;
      generations.push(generation);
      after = [generation, []];
    }
  }

  async deleteSnapshot(target: SnapshotTarget): Promise<void> {
    const generation = this.#generation(target);
    await this.#deleteRange('snap', IDBKeyRange.bound([generation], [generation, []]));
  }

  async quarantine(bytes: Uint8Array, reason: string): Promise<void> {
    const entries = await this.#getAll<QuarantineEntry>('quarantine', null, undefined);
    const kept = entries.reduce((sum, entry) => sum + entry.bytes.length, 0);
    if (kept + bytes.length > kQuarantineBytes) return;
    await this.#connection.repeating(() =>
      this.#put('quarantine', entries.length + 1, { bytes, reason }, 'relaxed'),
    );
  }

  /** By rows that do not compress, as the quota counts compressed bytes. */
  async probe(bytes: number): Promise<void> {
    const rows = incompressibleRows(bytes);
    await this.#connection.repeating(() =>
      this.#connection.transact('snap', 'readwrite', 'relaxed', (snap) => {
        rows.forEach((row, index) => snap.put(row, [0, index])); // generation 0 is never in use
        return () => undefined;
      }),
    );
    await this.deleteSnapshot(0);
  }

  async usage(): Promise<StorageUsage> {
    this.#connection.check();
    const manager = this.#storageManager;
    const estimate = await manager?.estimate?.().catch(() => undefined);
    const persisted = await manager?.persisted?.().catch(() => false);
    return {
      usedBytes: estimate?.usage ?? null,
      quotaBytes: estimate?.quota ?? null,
      persisted: persisted ?? false,
    };
  }

  async close(): Promise<void> {
    this.#connection.close();
  }

  // -- transactions ------------------------------------------------------------------------------

  #put(store: StoreName, key: IDBValidKey, value: unknown, sync: Sync): Promise<void> {
    return this.#connection.transact(store, 'readwrite', sync, (rows) => {
      rows.put(value, key);
      return () => undefined;
    });
  }

  /** What is there but may not have been flushed is flushed by a strict write behind it. */
  async #settle(): Promise<void> {
    try {
      await this.#put('meta', kSettleKey, new Uint8Array(0), 'strict');
    } catch (error) {
      if (!(error instanceof StorageError) || error.code !== 'QUOTA_EXCEEDED') throw error;
      const message = 'a write is stored, but there was no room to make sure that it is flushed';
      throw new StorageError('OUTCOME_UNKNOWN', message, { cause: error });
    }
  }

  #deleteRange(store: StoreName, range: IDBKeyRange, sync: Sync = 'relaxed'): Promise<void> {
    return this.#connection.repeating(() =>
      this.#connection.transact(store, 'readwrite', sync, (rows) => {
        rows.delete(range);
        return () => undefined;
      }),
    );
  }

  #getAll<T>(store: StoreName, range: IDBKeyRange | null, limit: number | undefined): Promise<T[]> {
    return this.#connection.repeating(() =>
      this.#connection.transact(store, 'readonly', 'relaxed', (rows) => {
        const request: IDBRequest<T[]> = rows.getAll(range, limit);
        return () => request.result;
      }),
    );
  }

  #rows(first: number, count: number): Promise<Uint8Array[]> {
    const range = IDBKeyRange.bound(first, first + count - 1);
    return this.#connection.transact('log', 'readonly', 'relaxed', (log) => {
      const request: IDBRequest<Uint8Array[]> = log.getAll(range);
      return () => request.result;
    });
  }

  /**
   * Non-empty batches of keys and frames with from <= LSN < before, each read in one transaction.
   */
  async *#logBatches(
    from: number,
    before = Infinity,
  ): AsyncGenerator<{ keys: number[]; frames: Uint8Array[] }> {
    for (let next = from; next < before;) {
      const range = IDBKeyRange.bound(next, before, false, true);
      const batch = await this.#connection.repeating(() =>
        this.#connection.transact('log', 'readonly', 'relaxed', (log) => {
          const keys = log.getAllKeys(range, kLogBatch);
          const frames: IDBRequest<Uint8Array[]> = log.getAll(range, kLogBatch);
          return () => ({ keys: keys.result as number[], frames: frames.result });
        }),
      );
      if (batch.keys.length === 0) return;
      yield batch;
      next = (batch.keys[batch.keys.length - 1] as number) + 1;
    }
  }

  /** The manifest together with its number: a switch between two reads would not be noticed. */
  async #readManifest(): Promise<Uint8Array | null> {
    const numbers = IDBKeyRange.upperBound(Infinity);
    const [keys, stored] = await this.#connection.transact(
      'meta',
      'readonly',
      'relaxed',
      (meta) => {
        const made = meta.getAllKeys(numbers);
        const request: IDBRequest<Uint8Array | undefined> = meta.get(kManifestKey);
        return () => [made.result as number[], request.result ?? null] as const;
      },
    );
    this.#connection.manifest = stored;
    this.#switches = keys[keys.length - 1] ?? 0;
    return stored;
  }

  #generation(target: SnapshotTarget): number {
    if (typeof target === 'number') return target;
    throw new StorageError('STORAGE_UNAVAILABLE', 'this medium has no dump file');
  }
}
