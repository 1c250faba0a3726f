/**
 * One writer per folder in Node, by a lock that the kernel releases when its process dies, however
 * it dies: a listening socket.
 *
 *   Linux     abstract Unix socket  \0wadict:<device>:<inode>     (no file, per network namespace)
 *   Windows   named pipe            \\.\pipe\wadict-<device>-<inode>
 *   others    socket file in the temporary folder; a connect probe tells a dead one from a live one
 *
 * The name comes from device and inode, so that symbolic links and relative paths lead to the same
 * lock. `wadict.lock` in the folder carries the holder's pid for messages only; it decides nothing.
 * A waiter connects to the holder's socket and tries again when the kernel closes the connection.
 */

import { mkdir, readFile, stat, unlink, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { StorageError } from './storage.ts';

export const kLockFile = 'wadict.lock';

export interface DirectoryLock {
  /** Idempotent. */
  release(): Promise<void>;
}

export interface DirectoryLockOptions {
  /** 'wait': until the holder is gone. 'fail': LOCKED at once. */
  readonly ifLocked?: 'fail' | 'wait' | undefined;
  /** Ends the waiting. */
  readonly signal?: AbortSignal | undefined;
  /** Which kind of socket; tests choose 'file' where it is not the platform's own. */
  readonly kind?: 'abstract' | 'pipe' | 'file' | undefined;
}

/** Creates the folder if need be. @throws StorageError LOCKED naming the holder's pid. */
export async function lockDirectory(
  directory: string,
  options: DirectoryLockOptions = {},
): Promise<DirectoryLock> {
  await mkdir(directory, { recursive: true });
  const { dev, ino } = await stat(directory, { bigint: true });
  const kind = options.kind ?? kindOf(process.platform);
  const path = socketPath(kind, `${dev}-${ino}`);
  for (;;) {
    const server = await listen(path);
    if (server !== null) {
      await writeFile(join(directory, kLockFile), `${process.pid}\n`);
      return new HeldLock(server, directory);
    }
    const holder = await probe(path);
    if (holder === null) {
      if (kind === 'file') await unlink(path).catch(() => undefined); // its process is gone
      continue;
    }
    if (options.ifLocked !== 'wait') {
      holder.destroy();
      const pid = (await readFile(join(directory, kLockFile), 'utf8').catch(() => '?')).trim();
      throw new StorageError('LOCKED', `${directory} is in use by process ${pid}`);
    }
    await gone(holder, options.signal);
  }
}

function kindOf(platform: NodeJS.Platform): 'abstract' | 'pipe' | 'file' {
  if (platform === 'linux') return 'abstract';
  return platform === 'win32' ? 'pipe' : 'file';
}

function socketPath(kind: 'abstract' | 'pipe' | 'file', id: string): string {
  if (kind === 'abstract') return `\0wadict:${id}`;
  if (kind === 'pipe') return `\\\\.\\pipe\\wadict-${id}`;
  return join(tmpdir(), `wadict-${id}.sock`);
}

/** The listening server, or null when somebody else has the name. */
function listen(path: string): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(null);
      else
        reject(
          new StorageError('STORAGE_UNAVAILABLE', `no lock: ${error.message}`, { cause: error }),
        );
    });
    server.listen({ path }, () => resolve(server.unref()));
  });
}

/** A connection to the holder, or null when nobody listens any more. */
function probe(path: string): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('error', () => resolve(null));
    socket.once('connect', () => {
      socket.on('error', () => undefined); // 'close' follows
      resolve(socket.resume());
    });
  });
}

/** Resolves when the holder is gone. @throws StorageError ABORTED. */
async function gone(holder: Socket, signal: AbortSignal | undefined): Promise<void> {
  const stop = (): void => void holder.destroy();
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted) stop();
  if (!holder.closed) await new Promise<void>((resolve) => holder.once('close', () => resolve()));
  signal?.removeEventListener('abort', stop);
  if (signal?.aborted) throw new StorageError('ABORTED', 'waiting for the folder was aborted');
}

class HeldLock implements DirectoryLock {
  readonly #server: Server;
  readonly #directory: string;
  readonly #waiters = new Set<Socket>();
  #released: Promise<void> | undefined;

  constructor(server: Server, directory: string) {
    this.#server = server;
    this.#directory = directory;
    server.on('connection', (socket) => {
      socket.unref();
      this.#waiters.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => this.#waiters.delete(socket));
    });
  }

  release(): Promise<void> {
    return (this.#released ??= this.#release());
  }

  async #release(): Promise<void> {
    await unlink(join(this.#directory, kLockFile)).catch(() => undefined);
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      for (const socket of this.#waiters) socket.destroy();
    });
  }
}
