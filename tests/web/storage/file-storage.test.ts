import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';

import { formatAofManifest, parseAofManifest } from '../../../web/storage/aof-manifest.ts';
import type { AofManifest } from '../../../web/storage/aof-manifest.ts';
import { kLockFile, lockDirectory } from '../../../web/storage/directory-lock.ts';
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

async function opened(): Promise<FileStorage> {
  const storage = new FileStorage({ directory });
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

describe('the folder @P15', () => {
  test("is Redis's: appendonlydir with manifest, base and increment, dump.rdb beside it", async () => {
    const storage = await opened();
    await storage.append([bytes('frame 1;')], 1n, 'strict');
    await storage.startSegment(2n);
    await storage.writeSnapshot(1, 0, [bytes('REDIS base')]);
    await storage.sealSnapshot(1);
    await storage.commitManifest({ ...kManifest, base: 1, logFrom: 2n, keepFrom: 1n });
    await storage.append([bytes('frame 2;')], 2n, 'strict');
    const names = await readdir(join(directory, 'appendonlydir'));
    assert.deepEqual(names.sort(), [
      'appendonly.aof.1.base.rdb',
      'appendonly.aof.1.incr.aof',
      'appendonly.aof.2.incr.aof',
      'appendonly.aof.manifest',
    ]);
    const manifest = await readFile(
      join(directory, 'appendonlydir/appendonly.aof.manifest'),
      'utf8',
    );
    assert.deepEqual(
      manifest.split('\n').filter((line) => !line.startsWith('#')),
      [
        'file appendonly.aof.1.base.rdb seq 1 type b',
        'file appendonly.aof.1.incr.aof seq 1 type h',
        'file appendonly.aof.2.incr.aof seq 2 type i',
        '',
      ],
    );
    assert.ok(manifest.split('\n').every((line) => line.length < 1024));
    assert.equal(
      await readFile(join(directory, 'appendonlydir/appendonly.aof.2.incr.aof'), 'utf8'),
      'frame 2;',
    );
    await storage.close();
  });

  test('with other files in it is refused as FOREIGN_STORE and left alone', async () => {
    await mkdir(directory);
    await writeFile(join(directory, 'thesis.docx'), 'years of work');
    assert.equal(await codeOf(new FileStorage({ directory }).open()), 'FOREIGN_STORE');
    assert.deepEqual(await readdir(directory), ['thesis.docx']);
  });

  test("with a manifest of Redis's own is FOREIGN_STORE", async () => {
    await mkdir(join(directory, 'appendonlydir'), { recursive: true });
    const name = join(directory, 'appendonlydir/appendonly.aof.manifest');
    await writeFile(name, 'file appendonly.aof.1.incr.aof seq 1 type i\n');
    assert.equal(await codeOf(new FileStorage({ directory }).open()), 'FOREIGN_STORE');
  });

  test('loses what a crash left behind: temporary files and files that no manifest names', async () => {
    const storage = await opened();
    await storage.append([bytes('one')], 1n, 'strict');
    await storage.close();
    const log = join(directory, 'appendonlydir');
    for (const name of [
      'temp-appendonly.aof.2.base.rdb',
      'appendonly.aof.9.incr.aof',
      'appendonly.aof.7.base.rdb',
      'temp-appendonly.aof.manifest',
    ]) {
      await writeFile(join(log, name), 'left behind');
    }
    const again = await opened();
    assert.deepEqual((await readdir(log)).sort(), [
      'appendonly.aof.1.incr.aof',
      'appendonly.aof.manifest',
    ]);
    assert.equal(await logOf(again), 'one');
    await again.close();
  });

  test('that was created half, before its first manifest, is a new store', async () => {
    await mkdir(join(directory, 'appendonlydir'), { recursive: true });
    await writeFile(join(directory, 'appendonlydir/appendonly.aof.1.incr.aof'), '');
    const storage = new FileStorage({ directory });
    assert.deepEqual(await storage.open(), {
      manifest: null,
      holdsData: false,
      hasDump: false,
      dropped: null,
    });
    await storage.close();
  });
});

describe('the manifest file', () => {
  const sample: AofManifest = {
    manifest: Uint8Array.from({ length: 172 }, (_, index) => index),
    base: 4,
    previous: 3,
    segments: [
      { sequence: 5, firstLsn: 100n },
      { sequence: 6, firstLsn: 2n ** 50n },
    ],
    logFrom: 2n ** 50n,
  };

  test('comes back as it was written', () => {
    const parsed = parseAofManifest(formatAofManifest(sample));
    assert.deepEqual(
      { ...parsed, manifest: [...parsed.manifest] },
      { ...sample, manifest: [...sample.manifest] },
    );
  });

  test('no flipped bit and no cut passes', () => {
    const text = formatAofManifest(sample);
    for (let at = 0; at < text.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const flipped =
          text.slice(0, at) +
          String.fromCharCode(text.charCodeAt(at) ^ (1 << bit)) +
          text.slice(at + 1);
        assert.throws(() => parseAofManifest(flipped), StorageError, `bit ${bit} of ${at}`);
      }
      assert.throws(() => parseAofManifest(text.slice(0, at)), StorageError, `cut at ${at}`);
    }
  });
});

describe('one writer per folder', () => {
  test('a second opener in this process gets LOCKED with the pid, also by another path', async () => {
    const storage = await opened();
    const link = join(root, 'link');
    await symlink(directory, link);
    for (const path of [directory, link]) {
      const error: unknown = await new FileStorage({ directory: path })
        .open()
        .catch((reason: unknown) => reason);
      assert.ok(error instanceof StorageError && error.code === 'LOCKED');
      assert.match(error.message, new RegExp(`\\b${process.pid}\\b`));
    }
    await storage.close();
    await (await opened()).close();
  });

  test("with 'wait' the second opener gets it when the first closes", async () => {
    const storage = await opened();
    const second = new FileStorage({ directory, lock: { ifLocked: 'wait' } });
    let isOpen = false;
    const opening = second.open().then(() => (isOpen = true));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(isOpen, false);
    await storage.close();
    await opening;
    await second.close();
  });

  test('waiting can be aborted', async () => {
    const storage = await opened();
    const controller = new AbortController();
    const lock = { ifLocked: 'wait', signal: controller.signal } as const;
    const waiting = codeOf(new FileStorage({ directory, lock }).open());
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    assert.equal(await waiting, 'ABORTED');
    await storage.close();
  });

  for (const kind of ['abstract', 'file'] as const) {
    test(
      `a killed holder's lock is free at once (${kind} socket)`,
      { skip: kind === 'abstract' && process.platform !== 'linux' },
      async () => {
        await mkdir(directory);
        const script = `
        const { stat } = require('node:fs/promises');
        stat(${JSON.stringify(directory)}, { bigint: true }).then(({ dev, ino }) => {
          const id = dev + '-' + ino;
          const path = ${JSON.stringify(kind)} === 'abstract' ? '\\0wadict:' + id : require('node:path').join(require('node:os').tmpdir(), 'wadict-' + id + '.sock');
          require('node:net').createServer().listen({ path }, () => console.log('held'));
        });`;
        const child = spawn(process.execPath, ['-e', script], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        await once(child.stdout, 'data');
        await writeFile(join(directory, kLockFile), `${child.pid}\n`);
        const refused: unknown = await lockDirectory(directory, { kind }).catch(
          (error: unknown) => error,
        );
        assert.ok(refused instanceof StorageError && refused.code === 'LOCKED');
        assert.match(refused.message, new RegExp(`\\b${child.pid}\\b`));
        child.kill('SIGKILL');
        await once(child, 'exit');
        const lock = await lockDirectory(directory, { kind });
        await lock.release();
        await lock.release();
      },
    );
  }
});
