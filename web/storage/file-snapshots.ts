/**
 * The snapshot files of a folder: the bases of the log's generations and dump.rdb. One is written
 * at a time, under a temporary name; sealing makes it safe and gives a base its final name.
 */

import { join } from 'node:path';

import { baseName } from './aof-manifest.ts';
import { fileError, joined, writeFully } from './file-ops.ts';
import type { FileHandle, FileOps } from './file-ops.ts';
import { StorageError } from './storage.ts';
import type { SnapshotTarget } from './storage.ts';

export const kDumpName = 'dump.rdb';
export const kNewDumpName = 'temp-dump.rdb';

export class SnapshotFiles {
  readonly #ops: FileOps;
  readonly #directory: string;
  readonly #logDirectory: string;
  #writing: { target: SnapshotTarget; handle: FileHandle } | null = null;

  constructor(ops: FileOps, directory: string, logDirectory: string) {
    this.#ops = ops;
    this.#directory = directory;
    this.#logDirectory = logDirectory;
  }

  /** Name of the file being written, or null. */
  get busyName(): string | null {
    return this.#writing === null ? null : temporaryName(this.#writing.target);
  }

  async write(
    target: SnapshotTarget,
    firstIndex: number,
    chunks: readonly Uint8Array[],
  ): Promise<void> {
    try {
      if (this.#writing === null || this.#writing.target !== target || firstIndex === 0) {
        await this.close();
        if (typeof target === 'number') await this.#ops.makeDirectory(this.#logDirectory);
        this.#writing = {
          target,
          handle: await this.#ops.open(this.#temporaryPath(target), 'new'),
        };
      }
      await writeFully(this.#writing.handle, joined(chunks));
    } catch (error) {
      throw fileError(error, 'writing a snapshot');
    }
  }

  async seal(target: SnapshotTarget): Promise<void> {
    try {
      if (this.#writing?.target !== target)
        throw new StorageError('CORRUPT', 'this snapshot was not written');
      await this.#writing.handle.datasync();
      await this.close();
      if (target === 'new-dump') return;
      await this.#ops.rename(this.#temporaryPath(target), this.path(target));
      await this.#ops.syncDirectory(this.#logDirectory);
    } catch (error) {
      throw fileError(error, 'sealing a snapshot');
    }
  }

  async publishDump(): Promise<void> {
    try {
      await this.#ops.rename(this.path('new-dump'), this.path('dump'));
      await this.#ops.syncDirectory(this.#directory);
    } catch (error) {
      throw fileError(error, 'publishing the dump');
    }
  }

  async list(): Promise<number[]> {
    const names = await this.#ops.list(this.#logDirectory).catch(() => []);
    const found = names.map((name) => /^appendonly\.aof\.(\d+)\.base\.rdb$/.exec(name)?.[1]);
    return found
      .filter((digits) => digits !== undefined)
      .map(Number)
      .sort((a, b) => a - b);
  }

  async remove(target: SnapshotTarget): Promise<void> {
    if (this.#writing?.target === target) await this.close();
    await this.#ops.remove(this.#temporaryPath(target));
    await this.#ops.remove(this.path(target));
  }

  path(target: SnapshotTarget): string {
    if (target === 'dump') return join(this.#directory, kDumpName);
    if (target === 'new-dump') return join(this.#directory, kNewDumpName);
    return join(this.#logDirectory, baseName(target));
  }

  /** Closes what is being written; its temporary file stays until it is removed or overwritten. */
  async close(): Promise<void> {
    const writing = this.#writing;
    this.#writing = null;
    await writing?.handle.close();
  }

  #temporaryPath(target: SnapshotTarget): string {
    return join(
      typeof target === 'number' ? this.#logDirectory : this.#directory,
      temporaryName(target),
    );
  }
}

function temporaryName(target: SnapshotTarget): string {
  return typeof target === 'number' ? `temp-${baseName(target)}` : kNewDumpName;
}
