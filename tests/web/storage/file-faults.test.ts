import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';

import { nodeFileOps } from '../../../web/storage/file-ops.ts';
import type { FileHandle, FileOps } from '../../../web/storage/file-ops.ts';
import { FileStorage } from '../../../web/storage/file-storage.ts';
import { StorageError } from '../../../web/storage/storage.ts';
import type { ManifestSwitch } from '../../../web/storage/storage.ts';

let root: string;
let directory: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'wadict-files-'));
  directory = join(root, 'store');
});
afterEach(() => rm(root, { recursive: true, force: true }));

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error instanceof StorageError ? error.code : String(error)),
  );

const kManifest: ManifestSwitch = {
  bytes: new Uint8Array(100).fill(3),
  base: null,
  previous: null,
  logFrom: 1n,
  keepFrom: 1n,
};

async function opened(ops?: FileOps): Promise<FileStorage> {
  const storage = new FileStorage({ directory, ops });
  const { manifest } = await storage.open();
  if (manifest === null) await storage.commitManifest(kManifest);
  return storage;
}

async function logOf(storage: FileStorage): Promise<string> {
  let text = '';
  for await (const piece of storage.readLog(1n)) text += Buffer.from(piece).toString('latin1');
  return text;
}

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text));

describe('failing files', () => {
  type Fault = (call: string, path: string) => void;

  /** The real calls; `fault` may throw before each. */
  function faulty(fault: Fault): FileOps {
    const guard = (path: string, handle: FileHandle): FileHandle => ({
      write: async (data, offset) => {
        fault('write', path);
        return handle.write(data, offset);
      },
      read: (into, position) => handle.read(into, position),
      truncate: async (size) => {
        fault('truncate', path);
        await handle.truncate(size);
      },
      datasync: async () => {
        fault('datasync', path);
        await handle.datasync();
      },
      size: () => handle.size(),
      close: () => handle.close(),
    });
    return {
      ...nodeFileOps,
      open: async (path, mode) => guard(path, await nodeFileOps.open(path, mode)),
      rename: async (from, to) => {
        fault('rename', to);
        await nodeFileOps.rename(from, to);
      },
    };
  }

  const failure = (code: string): Error => Object.assign(new Error(`${code}: injected`), { code });

  test('a full disk is QUOTA_EXCEEDED, a half-written group is taken back, and the next append works', async () => {
    let left = Infinity;
    const ops = faulty(() => undefined);
    const open = ops.open.bind(ops);
    ops.open = async (path, mode) => {
      const handle = await open(path, mode);
      return {
        ...handle,
        write: async (data, offset) => {
          if (!path.endsWith('.incr.aof')) return handle.write(data, offset);
          if (left <= 0) throw failure('ENOSPC');
          const part = Math.min(left, data.length - offset);
          left -= part;
          return handle.write(data.slice(0, offset + part), offset);
        },
      };
    };
    const storage = await opened(ops);
    await storage.append([bytes('first;')], 1n, 'strict');
    left = 4;
    assert.equal(await codeOf(storage.append([bytes('second;')], 2n, 'strict')), 'QUOTA_EXCEEDED');
    assert.equal(await logOf(storage), 'first;');
    left = Infinity;
    await storage.append([bytes('second;')], 2n, 'strict');
    assert.equal(await logOf(storage), 'first;second;');
    await storage.close();
  });

  test('short writes and EINTR are finished', async () => {
    let interruptions = 3;
    const ops = faulty(() => undefined);
    const open = ops.open.bind(ops);
    ops.open = async (path, mode) => {
      const handle = await open(path, mode);
      return {
        ...handle,
        write: async (data, offset) => {
          if (interruptions-- > 0) throw failure('EINTR');
          return handle.write(data.slice(0, offset + 1), offset);
        },
      };
    };
    const storage = await opened(ops);
    await storage.append([bytes('byte by '), bytes('byte')], 1n, 'strict');
    assert.equal(await logOf(storage), 'byte by byte');
    await storage.close();
  });

  test('a failed fsync is STORAGE_LOST, final, and never tried again', async () => {
    let isFailing = false;
    let syncs = 0;
    const storage = await opened(
      faulty((call) => {
        if (call !== 'datasync' || !isFailing) return;
        syncs++;
        throw failure('EIO');
      }),
    );
    isFailing = true;
    const error: unknown = await storage
      .append([bytes('x')], 1n, 'strict')
      .catch((reason: unknown) => reason);
    assert.ok(error instanceof StorageError && error.code === 'STORAGE_LOST' && error.final);
    isFailing = false;
    assert.equal(await codeOf(storage.append([bytes('y')], 2n, 'strict')), 'STORAGE_LOST');
    assert.equal(syncs, 1);
    await storage.close();
  });

  test('a write error that is not about room is final', async () => {
    let isFailing = false;
    const storage = await opened(
      faulty((call) => {
        if (call === 'write' && isFailing) throw failure('EIO');
      }),
    );
    isFailing = true;
    assert.equal(await codeOf(storage.append([bytes('x')], 1n, 'relaxed')), 'STORAGE_LOST');
    isFailing = false;
    assert.equal(await codeOf(storage.append([bytes('x')], 1n, 'relaxed')), 'STORAGE_LOST');
    await storage.close();
  });

  test('a rename that fails leaves the old manifest in use', async () => {
    let isFailing = false;
    const storage = await opened(
      faulty((call) => {
        if (call === 'rename' && isFailing) throw failure('EIO');
      }),
    );
    await storage.append([bytes('kept')], 1n, 'strict');
    isFailing = true;
    assert.equal(
      await codeOf(storage.commitManifest({ ...kManifest, bytes: new Uint8Array(90) })),
      'STORAGE_LOST',
    );
    await storage.close();
    const again = new FileStorage({ directory });
    assert.equal((await again.open()).manifest?.length, 100);
    assert.equal(await logOf(again), 'kept');
    await again.close();
  });

  test('files are replaced in the order write, fsync, rename, fsync of the directory', async () => {
    const calls: string[] = [];
    const ops = faulty(
      (call, path) => void calls.push(`${call} ${path.slice(path.lastIndexOf('/') + 1)}`),
    );
    ops.syncDirectory = async (path) => {
      calls.push(`syncDirectory ${path.slice(path.lastIndexOf('/') + 1)}`);
      await nodeFileOps.syncDirectory(path);
    };
    const storage = await opened(ops);
    calls.length = 0;
    await storage.writeSnapshot('new-dump', 0, [bytes('dump')]);
    await storage.sealSnapshot('new-dump');
    await storage.publishDump();
    assert.deepEqual(calls, [
      'write temp-dump.rdb',
      'datasync temp-dump.rdb',
      'rename dump.rdb',
      'syncDirectory store',
    ]);
    calls.length = 0;
    await storage.commitManifest(kManifest);
    assert.deepEqual(calls, [
      'write temp-appendonly.aof.manifest',
      'datasync temp-appendonly.aof.manifest',
      'rename appendonly.aof.manifest',
      'syncDirectory appendonlydir',
    ]);
    await storage.close();
  });
});
