/**
 * A store in this process's memory. The bytes lie in a MemoryDisk that outlives the storage, so
 * that "the process died" is: drop the storage, open another one on the same disk. The disk also
 * knows what was written strictly: `losePower` forgets the rest, as a machine without power would.
 */

import { kQuarantineBytes, StorageError } from './storage.ts';
import type {
  ManifestSwitch,
  SnapshotTarget,
  Storage,
  StorageUsage,
  StoredFacts,
  Sync,
} from './storage.ts';

export class MemoryDisk {
  manifest: Uint8Array | null = null;
  /** How often it was switched. */
  switches = 0;
  readonly log = new Map<bigint, Uint8Array>();
  readonly snapshots = new Map<number, Uint8Array[]>();
  readonly quarantine: { bytes: Uint8Array; reason: string }[] = [];
  /** LSNs written relaxed since the last strict write. */
  readonly unsynced = new Set<bigint>();
  /** Bytes the disk can hold. */
  capacity = Infinity;

  /** Forgets all frames that no strict write covered. */
  losePower(): void {
    for (const lsn of this.unsynced) this.log.delete(lsn);
    this.unsynced.clear();
  }

  usedBytes(): number {
    let used = this.manifest?.length ?? 0;
    for (const frame of this.log.values()) used += frame.length;
    for (const chunks of this.snapshots.values()) for (const chunk of chunks) used += chunk.length;
    for (const entry of this.quarantine) used += entry.bytes.length;
    return used;
  }

  sortedLsns(): bigint[] {
    return [...this.log.keys()].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  }
}

export class MemoryStorage implements Storage {
  readonly medium = 'memory';
  readonly separateDump = false;
  onlost: ((error: StorageError) => void) | null = null;
  readonly #disk: MemoryDisk;
  #open = false;
  #switches = 0;

  constructor(disk: MemoryDisk = new MemoryDisk()) {
    this.#disk = disk;
  }

  get disk(): MemoryDisk {
    return this.#disk;
  }

  async open(): Promise<StoredFacts> {
    this.#open = true;
    const disk = this.#disk;
    this.#switches = disk.switches;
    return {
      manifest: disk.manifest?.slice() ?? null,
      holdsData: disk.log.size > 0 || disk.snapshots.size > 0,
      hasDump: false,
      dropped: null,
    };
  }

  async commitManifest(next: ManifestSwitch): Promise<void> {
    this.#check(next.bytes.length);
    if (this.#disk.switches !== this.#switches) {
      throw new StorageError('FENCED', 'another writer switched the manifest');
    }
    this.#switches = ++this.#disk.switches;
    this.#disk.manifest = next.bytes.slice();
    this.#disk.unsynced.clear();
  }

  async isOvertaken(nextLsn: bigint): Promise<boolean> {
    this.#check(0);
    for (const lsn of this.#disk.log.keys()) if (lsn >= nextLsn) return true;
    return false;
  }

  async append(frames: readonly Uint8Array[], firstLsn: bigint, sync: Sync): Promise<void> {
    this.#check(frames.reduce((sum, frame) => sum + frame.length, 0));
    const { log, unsynced } = this.#disk;
    for (let index = 0; index < frames.length; index++) {
      if (log.has(firstLsn + BigInt(index))) {
        throw new StorageError('FENCED', `LSN ${firstLsn + BigInt(index)} is taken`);
      }
    }
    frames.forEach((frame, index) => {
      log.set(firstLsn + BigInt(index), frame.slice());
      unsynced.add(firstLsn + BigInt(index));
    });
    if (sync === 'strict') unsynced.clear();
  }

  async startSegment(_nextLsn: bigint): Promise<void> {
    this.#check(0);
  }

  async *readLog(fromLsn: bigint): AsyncGenerator<Uint8Array> {
    this.#check(0);
    for (const lsn of this.#disk.sortedLsns()) {
      const frame = this.#disk.log.get(lsn);
      if (lsn >= fromLsn && frame !== undefined) yield frame.slice();
    }
  }

  async cutLog(fromLsn: bigint, offset: number, reason: string): Promise<number> {
    this.#check(0);
    let at = 0;
    let moved = 0;
    for (const lsn of this.#disk.sortedLsns()) {
      const frame = this.#disk.log.get(lsn);
      if (lsn < fromLsn || frame === undefined) continue;
      if (at + frame.length > offset) {
        moved += frame.length;
        this.#disk.log.delete(lsn);
        await this.quarantine(frame, reason);
      }
      at += frame.length;
    }
    return moved;
  }

  async trimLog(beforeLsn: bigint, keep: (frame: Uint8Array) => boolean): Promise<void> {
    this.#check(0);
    for (const [lsn, frame] of this.#disk.log) {
      if (lsn < beforeLsn && !keep(frame)) this.#disk.log.delete(lsn);
    }
  }

  async writeSnapshot(
    target: SnapshotTarget,
    firstIndex: number,
    chunks: readonly Uint8Array[],
  ): Promise<void> {
    this.#check(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    const generation = this.#generation(target);
    const stored = this.#disk.snapshots.get(generation) ?? [];
    chunks.forEach((chunk, index) => {
      stored[firstIndex + index] = chunk.slice();
    });
    this.#disk.snapshots.set(generation, stored);
  }

  async sealSnapshot(_target: SnapshotTarget): Promise<void> {
    this.#check(0);
  }

  async publishDump(): Promise<void> {
    throw new StorageError('STORAGE_UNAVAILABLE', 'this medium has no dump file');
  }

  async *readSnapshot(target: SnapshotTarget): AsyncGenerator<Uint8Array> {
    this.#check(0);
    for (const chunk of this.#disk.snapshots.get(this.#generation(target)) ?? []) {
      if (chunk !== undefined) yield chunk.slice();
    }
  }

  async listSnapshots(): Promise<number[]> {
    this.#check(0);
    return [...this.#disk.snapshots.keys()].sort((a, b) => a - b);
  }

  async deleteSnapshot(target: SnapshotTarget): Promise<void> {
    this.#check(0);
    if (typeof target === 'number') this.#disk.snapshots.delete(target);
  }

  async quarantine(bytes: Uint8Array, reason: string): Promise<void> {
    this.#check(0);
    const kept = this.#disk.quarantine.reduce((sum, entry) => sum + entry.bytes.length, 0);
    if (kept + bytes.length > kQuarantineBytes) return;
    this.#disk.quarantine.push({ bytes: bytes.slice(), reason });
  }

  async probe(bytes: number): Promise<void> {
    this.#check(bytes);
  }

  async usage(): Promise<StorageUsage> {
    this.#check(0);
    const capacity = this.#disk.capacity;
    return {
      usedBytes: this.#disk.usedBytes(),
      quotaBytes: Number.isFinite(capacity) ? capacity : null,
      persisted: false,
    };
  }

  async close(): Promise<void> {
    this.#open = false;
  }

  #generation(target: SnapshotTarget): number {
    if (typeof target === 'number') return target;
    throw new StorageError('STORAGE_UNAVAILABLE', 'this medium has no dump file');
  }

  #check(bytesMore: number): void {
    if (!this.#open) throw new StorageError('CLOSED', 'the storage is closed');
    if (bytesMore === 0 || !Number.isFinite(this.#disk.capacity)) return;
    if (this.#disk.usedBytes() + bytesMore > this.#disk.capacity) {
      throw new StorageError('QUOTA_EXCEEDED', `no room for ${bytesMore} more bytes`);
    }
  }
}
