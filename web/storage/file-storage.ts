/**
 * A store in a folder, in Redis's own layout, so that redis-server loads the folder as it is:
 *
 *   <folder>/wadict.lock                                 pid of the owner, for messages
 *   <folder>/dump.rdb                                    BGSAVE's file
 *   <folder>/appendonlydir/appendonly.aof.manifest       see aof-manifest.ts
 *   <folder>/appendonlydir/appendonly.aof.<g>.base.rdb   snapshot of generation g
 *   <folder>/appendonlydir/appendonly.aof.<s>.incr.aof   frames, O_APPEND
 *   <folder>/quarantine/<n>.bin, <n>.txt                 damaged bytes and why
 *
 * Files are replaced by write-temp, fsync, rename, fsync of the directory. A failed fsync is final:
 * the system may have dropped the pages it could not write, so trying again would lie
 * ("fsyncgate"). A write that found the disk full is undone by cutting the file back, then it was
 * never there.
 */

import { join } from 'node:path';

import { formatAofManifest, kManifestName, parseAofManifest, segmentName } from './aof-manifest.ts';
import type { AofManifest, Segment } from './aof-manifest.ts';
import { holdsData, leftovers } from './aof-folder.ts';
import { kLockFile, lockDirectory } from './directory-lock.ts';
import type { DirectoryLock, DirectoryLockOptions } from './directory-lock.ts';
import { fileError, joined, nodeFileOps, readPieces, replaceFile, writeFully } from './file-ops.ts';
import type { FileHandle, FileOps } from './file-ops.ts';
import { kDumpName, kNewDumpName, SnapshotFiles } from './file-snapshots.ts';
import { kQuarantineBytes, StorageError } from './storage.ts';
import type {
  ManifestSwitch,
  SnapshotTarget,
  Storage,
  StorageUsage,
  StoredFacts,
  Sync,
} from './storage.ts';

export interface FileStorageOptions {
  readonly directory: string;
  readonly lock?: DirectoryLockOptions | undefined;
  readonly ops?: FileOps | undefined;
}

const kOurNames = new Set(['appendonlydir', 'quarantine', kDumpName, kNewDumpName, kLockFile]);

export class FileStorage implements Storage {
  readonly medium = 'file';
  readonly separateDump = true;
  onlost: ((error: StorageError) => void) | null = null;
  readonly #directory: string;
  readonly #logDirectory: string;
  readonly #ops: FileOps;
  readonly #lockOptions: DirectoryLockOptions;
  readonly #snapshots: SnapshotFiles;
  #lock: DirectoryLock | null = null;
  #ended: StorageError | null = new StorageError('CLOSED', 'the storage is not open');
  #files: AofManifest | null = null;
  /** The file frames go to, its size without a torn write, and the LSN it expects next. */
  #tail: { handle: FileHandle; size: number } | null = null;
  #nextLsn: bigint | null = null;

  constructor(options: FileStorageOptions) {
    this.#directory = options.directory;
    this.#logDirectory = join(options.directory, 'appendonlydir');
    this.#ops = options.ops ?? nodeFileOps;
    this.#lockOptions = options.lock ?? {};
    this.#snapshots = new SnapshotFiles(this.#ops, this.#directory, this.#logDirectory);
  }

  async open(): Promise<StoredFacts> {
    this.#lock ??= await lockDirectory(this.#directory, this.#lockOptions);
    try {
      const names = await this.#ops.list(this.#directory);
      const foreign = names.find((name) => !kOurNames.has(name));
      if (foreign !== undefined) {
        throw new StorageError(
          'FOREIGN_STORE',
          `${this.#directory} holds other files (${foreign})`,
          { final: true },
        );
      }
      const logNames = names.includes('appendonlydir')
        ? await this.#ops.list(this.#logDirectory)
        : [];
      this.#files = await this.#readManifest(logNames);
      const isUsed = await holdsData(this.#ops, this.#logDirectory, logNames);
      this.#ended = null;
      await this.#removeLeftovers(logNames);
      return {
        manifest: this.#files?.manifest.slice() ?? null,
        holdsData: isUsed,
        hasDump: names.includes(kDumpName),
        dropped: null,
      };
    } catch (error) {
      await this.close();
      throw fileError(error, this.#directory);
    }
  }

  async commitManifest(next: ManifestSwitch): Promise<void> {
    const segments = this.#files?.segments.filter((_segment, index, all) => {
      const following = all[index + 1];
      return following === undefined || following.firstLsn > next.keepFrom;
    });
    await this.#switchManifest({
      manifest: next.bytes.slice(),
      base: next.base,
      previous: next.previous,
      segments: segments ?? [{ sequence: 1, firstLsn: next.logFrom }],
      logFrom: next.logFrom,
    });
  }

  async isOvertaken(_nextLsn: bigint): Promise<boolean> {
    return false; // the folder's lock ends with its holder
  }

  async append(frames: readonly Uint8Array[], firstLsn: bigint, sync: Sync): Promise<void> {
    if (this.#nextLsn !== null && firstLsn !== this.#nextLsn) {
      this.#check();
      throw new StorageError('FENCED', `expected LSN ${this.#nextLsn}, not ${firstLsn}`);
    }
    const tail = await this.#openTail();
    const bytes = joined(frames);
    try {
      await writeFully(tail.handle, bytes);
    } catch (error) {
      const failure = fileError(error, 'writing the log');
      if (failure.final) throw this.#end(failure);
      await tail.handle.truncate(tail.size).catch((cause: unknown) => {
        throw this.#end(
          new StorageError('STORAGE_LOST', 'a torn write could not be undone', {
            cause,
            final: true,
          }),
        );
      });
      throw failure;
    }
    tail.size += bytes.length;
    if (sync === 'strict') await this.#syncOrEnd(tail.handle, 'the log');
    this.#nextLsn = firstLsn + BigInt(frames.length);
  }

  async startSegment(nextLsn: bigint): Promise<void> {
    this.#check();
    const files = this.#required();
    const last = files.segments[files.segments.length - 1];
    if (last !== undefined && last.firstLsn === nextLsn) return; // nothing was written since
    if (this.#tail !== null) await this.#syncOrEnd(this.#tail.handle, 'the log');
    await this.#closeTail();
    const sequence = (last?.sequence ?? 0) + 1;
    await this.#ops.remove(this.#segmentPath(sequence));
    await (await this.#ops.open(this.#segmentPath(sequence), 'append')).close();
    await this.#switchManifest({
      ...files,
      segments: [...files.segments, { sequence, firstLsn: nextLsn }],
    });
  }

  async *readLog(fromLsn: bigint): AsyncGenerator<Uint8Array> {
    this.#check();
    for (const segment of this.#segmentsFrom(fromLsn)) {
      yield* readPieces(this.#ops, this.#segmentPath(segment.sequence));
    }
  }

  async cutLog(fromLsn: bigint, offset: number, reason: string): Promise<number> {
    this.#check();
    await this.#closeTail();
    let start = 0;
    let moved = 0;
    let kept = 0;
    for (const segment of this.#segmentsFrom(fromLsn)) {
      const path = this.#segmentPath(segment.sequence);
      const size = await this.#ops.size(path).catch(() => 0);
      const keep = Math.min(size, Math.max(0, offset - start));
      if (keep < size) {
        let at = 0;
        for await (const piece of readPieces(this.#ops, path)) {
          if (at + piece.length > keep)
            await this.quarantine(piece.subarray(Math.max(0, keep - at)), reason);
          at += piece.length;
        }
        const handle = await this.#ops.open(path, 'append');
        await handle.truncate(keep);
        await this.#syncOrEnd(handle, 'the cut log');
        await handle.close();
        moved += size - keep;
      }
      start += size;
      kept += keep > 0 ? 1 : 0;
    }
    const files = this.#files;
    if (moved > 0 && files !== null) {
      // Segments behind the cut would claim LSNs that are given out anew.
      const whole = files.segments.length - this.#segmentsFrom(fromLsn).length + Math.max(1, kept);
      await this.#switchManifest({ ...files, segments: files.segments.slice(0, whole) });
      await this.#removeLeftovers(await this.#ops.list(this.#logDirectory));
    }
    this.#nextLsn = null;
    return moved;
  }

  /**
   * The switch already forgot the old segments; claims of an epoch need not stay: the lock fences.
   */
  async trimLog(_beforeLsn: bigint, _keep: (frame: Uint8Array) => boolean): Promise<void> {
    this.#check();
    await this.#removeLeftovers(await this.#ops.list(this.#logDirectory).catch(() => []));
  }

  async writeSnapshot(
    target: SnapshotTarget,
    firstIndex: number,
    chunks: readonly Uint8Array[],
  ): Promise<void> {
    this.#check();
    await this.#snapshots.write(target, firstIndex, chunks);
  }

  async sealSnapshot(target: SnapshotTarget): Promise<void> {
    this.#check();
    await this.#snapshots.seal(target);
  }

  async publishDump(): Promise<void> {
    this.#check();
    await this.#snapshots.publishDump();
  }

  async *readSnapshot(target: SnapshotTarget): AsyncGenerator<Uint8Array> {
    this.#check();
    yield* readPieces(this.#ops, this.#snapshots.path(target));
  }

  async listSnapshots(): Promise<number[]> {
    this.#check();
    return this.#snapshots.list();
  }

  async deleteSnapshot(target: SnapshotTarget): Promise<void> {
    this.#check();
    await this.#snapshots.remove(target);
  }

  async quarantine(bytes: Uint8Array, reason: string): Promise<void> {
    this.#check();
    const directory = join(this.#directory, 'quarantine');
    await this.#ops.makeDirectory(directory);
    const names = await this.#ops.list(directory);
    let kept = 0;
    for (const name of names) kept += await this.#ops.size(join(directory, name));
    if (kept + bytes.length > kQuarantineBytes) return;
    const number = names.filter((name) => name.endsWith('.bin')).length + 1;
    await replaceFile(this.#ops, directory, `${number}.bin`, bytes);
    await replaceFile(
      this.#ops,
      directory,
      `${number}.txt`,
      new TextEncoder().encode(`${reason}\n`),
    );
  }

  async probe(bytes: number): Promise<void> {
    this.#check();
    const path = join(this.#directory, kNewDumpName);
    if (this.#snapshots.busyName === kNewDumpName) return; // its own writes will tell
    try {
      const handle = await this.#ops.open(path, 'new');
      try {
        await writeFully(handle, new Uint8Array(bytes));
        await handle.datasync();
      } finally {
        await handle.close();
      }
    } catch (error) {
      throw fileError(error, 'probing for room');
    } finally {
      await this.#ops.remove(path);
    }
  }

  async usage(): Promise<StorageUsage> {
    this.#check();
    let usedBytes = 0;
    for (const directory of [this.#directory, this.#logDirectory]) {
      for (const name of await this.#ops.list(directory).catch(() => [])) {
        const path = join(directory, name);
        if (path !== this.#logDirectory) usedBytes += await this.#ops.size(path).catch(() => 0);
      }
    }
    return { usedBytes, quotaBytes: null, persisted: true };
  }

  async close(): Promise<void> {
    this.#ended ??= new StorageError('CLOSED', 'the storage is closed');
    await this.#closeTail();
    await this.#snapshots.close();
    await this.#lock?.release();
    this.#lock = null;
  }

  // -- files -------------------------------------------------------------------------------------

  async #readManifest(logNames: string[]): Promise<AofManifest | null> {
    if (!logNames.includes(kManifestName)) return null;
    const pieces: Uint8Array[] = [];
    for await (const piece of readPieces(this.#ops, join(this.#logDirectory, kManifestName)))
      pieces.push(piece);
    const bytes = joined(pieces);
    return parseAofManifest(String.fromCharCode(...bytes));
  }

  async #switchManifest(next: AofManifest): Promise<void> {
    this.#check();
    const fresh = this.#files === null;
    try {
      if (fresh) await this.#ops.makeDirectory(this.#logDirectory);
      for (const { sequence } of fresh ? next.segments : []) {
        await (await this.#ops.open(this.#segmentPath(sequence), 'append')).close();
      }
      const text = new TextEncoder().encode(formatAofManifest(next));
      await replaceFile(this.#ops, this.#logDirectory, kManifestName, text);
      if (fresh) await this.#ops.syncDirectory(this.#directory);
    } catch (error) {
      throw fileError(error, 'switching the manifest');
    }
    this.#files = next;
  }

  /** Removes files of the log that the manifest does not name. */
  async #removeLeftovers(logNames: readonly string[]): Promise<void> {
    const left = leftovers(logNames, this.#files);
    for (const name of left) {
      if (name === this.#snapshots.busyName) continue;
      await this.#ops.remove(join(this.#logDirectory, name));
    }
  }

  #segmentsFrom(fromLsn: bigint): readonly Segment[] {
    const segments = this.#files?.segments ?? [];
    const first = segments.findIndex((_segment, index) => {
      const following = segments[index + 1];
      return following === undefined || following.firstLsn > fromLsn;
    });
    return first < 0 ? [] : segments.slice(first);
  }

  async #openTail(): Promise<{ handle: FileHandle; size: number }> {
    this.#check();
    if (this.#tail !== null) return this.#tail;
    const segments = this.#required().segments;
    const last = segments[segments.length - 1];
    if (last === undefined) throw new StorageError('CORRUPT', 'the manifest names no log file');
    try {
      const handle = await this.#ops.open(this.#segmentPath(last.sequence), 'append');
      return (this.#tail = { handle, size: await handle.size() });
    } catch (error) {
      throw fileError(error, 'opening the log');
    }
  }

  async #closeTail(): Promise<void> {
    const tail = this.#tail;
    this.#tail = null;
    await tail?.handle.close();
  }

  async #syncOrEnd(handle: FileHandle, what: string): Promise<void> {
    try {
      await handle.datasync();
    } catch (cause) {
      throw this.#end(
        new StorageError('STORAGE_LOST', `fsync of ${what} failed`, { cause, final: true }),
      );
    }
  }

  #segmentPath(sequence: number): string {
    return join(this.#logDirectory, segmentName(sequence));
  }

  #required(): AofManifest {
    if (this.#files === null) throw new StorageError('CORRUPT', 'there is no manifest yet');
    return this.#files;
  }

  #end(error: StorageError): StorageError {
    this.#ended ??= error;
    return error;
  }

  #check(): void {
    if (this.#ended !== null) throw this.#ended;
  }
}
