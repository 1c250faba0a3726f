/**
 * The calls to the operating system that the file storage makes, as an interface, so that a test
 * can let any one of them fail (a full disk, a short write, a failed fsync) or record their order.
 */

import { writeSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';

import { kReadBytes, StorageError } from './storage.ts';

export interface FileHandle {
  /** Returns how much was taken. */
  write(bytes: Uint8Array, offset: number): number | Promise<number>;
  read(into: Uint8Array, position: number): Promise<number>;
  truncate(size: number): Promise<void>;
  datasync(): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

export interface FileOps {
  /**
   * 'append': created if missing, every write goes to the end. 'new': empty. 'read': must exist.
   */
  open(path: string, mode: 'append' | 'new' | 'read'): Promise<FileHandle>;
  rename(from: string, to: string): Promise<void>;
  /** A missing file is no error. */
  remove(path: string): Promise<void>;
  list(directory: string): Promise<string[]>;
  makeDirectory(path: string): Promise<void>;
  size(path: string): Promise<number>;
  /** Makes creations and renames in a directory survive power loss. */
  syncDirectory(path: string): Promise<void>;
}

/** Groups of commits up to this size are written in this thread, as Redis does. */
const kInlineBytes = 64 * 1024;

const kFlags = { append: 'a+', new: 'w+', read: 'r' } as const;

export const nodeFileOps: FileOps = {
  async open(path, mode) {
    const handle = await open(path, kFlags[mode]);
    return {
      // A small write only copies into the system's cache: a thread would cost more than it saves.
      write: (bytes, offset) =>
        bytes.length - offset <= kInlineBytes
          ? writeSync(handle.fd, bytes, offset)
          : handle.write(bytes, offset).then(({ bytesWritten }) => bytesWritten),
      read: async (into, position) => (await handle.read(into, 0, into.length, position)).bytesRead,
      truncate: (size) => handle.truncate(size),
      datasync: () => handle.datasync(),
      size: async () => (await handle.stat()).size,
      close: () => handle.close(),
    };
  },
  rename: (from, to) => rename(from, to),
  remove: (path) => rm(path, { force: true }),
  list: (directory) => readdir(directory),
  makeDirectory: async (path) => void (await mkdir(path, { recursive: true })),
  size: async (path) => (await stat(path)).size,
  async syncDirectory(path) {
    if (process.platform === 'win32') return; // directories cannot be opened there
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
};

/** The StorageError for a failed call: no room, or the medium itself. */
export function fileError(error: unknown, what: string): StorageError {
  if (error instanceof StorageError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const full = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
  return new StorageError(full ? 'QUOTA_EXCEEDED' : 'STORAGE_LOST', `${what}: ${message}`, {
    cause: error,
    final: !full,
  });
}

export function hasCode(error: unknown, ...codes: string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException).code ?? '');
}

/** Writes all of `bytes`; the system may take them in parts. EINTR and EAGAIN are tried again. */
export async function writeFully(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    try {
      at += await handle.write(bytes, at);
    } catch (error) {
      if (!hasCode(error, 'EINTR', 'EAGAIN')) throw error;
    }
  }
}

/** Writes a whole file so that after a crash its old or its new content is there, never a part. */
export async function replaceFile(
  ops: FileOps,
  directory: string,
  name: string,
  bytes: Uint8Array,
): Promise<void> {
  const temporary = `${directory}/temp-${name}`;
  const handle = await ops.open(temporary, 'new');
  try {
    await writeFully(handle, bytes);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await ops.rename(temporary, `${directory}/${name}`);
  await ops.syncDirectory(directory);
}

/** A file's bytes in pieces; none when there is no such file. */
export async function* readPieces(ops: FileOps, path: string): AsyncGenerator<Uint8Array> {
  let handle: FileHandle;
  try {
    handle = await ops.open(path, 'read');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw fileError(error, path);
  }
  try {
    for (let position = 0; ;) {
      const buffer = new Uint8Array(kReadBytes);
      const length = await handle.read(buffer, position);
      if (length === 0) return;
      yield buffer.subarray(0, length);
      position += length;
    }
  } catch (error) {
    throw fileError(error, path);
  } finally {
    await handle.close();
  }
}

export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0] as Uint8Array;
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
