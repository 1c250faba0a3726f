import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import type { Client } from '../../../web/client/client.ts';
import { WadictError } from '../../../web/errors.ts';
import { type NodeOpenOptions, open } from '../../../web/node.ts';

async function makeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'wadict-client-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => assert.fail('the promise resolved'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof WadictError, String(error));
  return error.code;
}

const media: [string, (t: TestContext) => Promise<NodeOpenOptions>][] = [
  ['memory', async () => ({ storage: 'memory' })],
  ['files', async (t) => ({ directory: await makeFolder(t) })],
];

for (const [medium, optionsFor] of media) {
  const withStore = (name: string, body: (db: Client) => Promise<void>): void => {
    test(`${name} (${medium})`, async (t) => {
      const db = await open('test', await optionsFor(t));
      t.after(() => db.close());
      await body(db);
    });
  };

  withStore('the ten-line example does what it says', async (db) => {
    assert.equal(await db.set('otp:u1', '847291', { ex: 300 }), 'OK');
    assert.equal(await db.get('otp:u1'), '847291');
    assert.deepEqual(await db.getBuffer('otp:u1'), new TextEncoder().encode('847291'));
    assert.equal(await db.ttl('otp:u1'), 300);
    assert.equal(await db.call('OBJECT', 'ENCODING', 'otp:u1'), 'int');
    assert.equal(await db.get('absent'), null);
  });

  withStore('calls of one turn are answered in order, errors in their places', async (db) => {
    const results = await Promise.allSettled([
      db.set('k', 'text'),
      db.incr('k'),
      db.append('k', 'ual'),
      db.get('k'),
      db.del('k'),
      db.incr('k'),
    ]);
    const shown = results.map((r) => (r.status === 'fulfilled' ? r.value : r.reason.code));
    assert.deepEqual(shown, ['OK', 'NOT_INTEGER', 7, 'textual', 1, 1]);
  });

  withStore('any text and any bytes come back as they were', async (db) => {
    const anyText = fc.string({
      unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(anyText, fc.uint8Array())), async (pairs) => {
        await Promise.all(pairs.map(([k, v]) => db.set(`b:${k}`, v)));
        await Promise.all(pairs.map(([k]) => db.set(`t:${k}`, k)));
        const last = new Map(pairs);
        for (const [k, v] of last) {
          assert.deepEqual(await db.getBuffer(`b:${k}`), v);
          assert.equal(await db.get(`t:${k}`), k);
        }
      }),
      { numRuns: 50 },
    );
  });

  withStore('an exported file imports into another store with an equal digest', async (db) => {
    await Promise.all(Array.from({ length: 2000 }, (_, i) => db.set(`k${i}`, `v${i}`)));
    await db.set('timed', 'v', { ex: 1000 });
    const blob = await db.export({ as: 'blob' });
    const other = await open('other', { storage: 'memory' });
    await other.set('old', 'is replaced');
    const report = await other.import(blob);
    assert.equal(report.keys, 2001);
    assert.equal(await other.debugDigest(), await db.debugDigest());
    const before = await other.debugDigest();
    const damaged = new Uint8Array(await blob.arrayBuffer());
    damaged[damaged.length >> 1]! ^= 1;
    assert.equal(await codeOf(other.import(damaged)), 'IMPORT_REJECTED');
    assert.equal(await codeOf(other.import(new Blob(['<html>']))), 'IMPORT_REJECTED');
    assert.equal(await other.debugDigest(), before, 'nothing changed');
    await other.close();
  });

  withStore('after close every call rejects with CLOSED', async (db) => {
    const last = db.set('k', 'v');
    await db.close();
    assert.equal(await last, 'OK');
    assert.equal(await codeOf(db.get('k')), 'CLOSED');
    assert.equal(await codeOf(db.flush()), 'CLOSED');
  });
}

test('what was acknowledged is there after reopening', async (t) => {
  const directory = await makeFolder(t);
  for (const durability of ['always', 'commit', 'everysec', 'no'] as const) {
    const first = await open('s', { directory, durability });
    assert.equal(first.status.storage, 'ok');
    await Promise.all(
      Array.from({ length: 100 }, (_, i) => first.set(`${durability}:${i}`, `${i}`)),
    );
    const digest = await first.debugDigest();
    await first.close();
    const second = await open('s', { directory, durability });
    assert.equal(await second.debugDigest(), digest);
    assert.equal(await second.get(`${durability}:99`), '99');
    await second.close();
  }
});

test('flush says what it made durable', async (t) => {
  const db = await open('s', { directory: await makeFolder(t), durability: 'no' });
  for (let i = 0; i < 10; i++) void db.set(`k${i}`, 'v');
  const report = await db.flush();
  assert.equal(report.position, 10n);
  assert.equal(db.status.durablePosition, 10n);
  await db.close();
});

test('a second opener gets LOCKED, or waits until the first has closed', async (t) => {
  const directory = await makeFolder(t);
  const first = await open('s', { directory });
  await first.set('k', 'first');
  assert.equal(await codeOf(open('s', { directory })), 'LOCKED');
  const second = open('s', { directory, ifLocked: 'wait' });
  await first.close();
  const db = await second;
  assert.equal(await db.get('k'), 'first');
  await db.close();
});

test('a folder that holds something else is refused and left alone', async (t) => {
  const directory = await makeFolder(t);
  await writeFile(join(directory, 'thesis.txt'), 'do not touch');
  assert.equal(await codeOf(open('s', { directory })), 'FOREIGN_STORE');
  assert.deepEqual(await readdir(directory), ['thesis.txt']);
});

test('memory is visible as such, and refused where storage is required', async () => {
  const db = await open('s', { storage: 'memory' });
  assert.equal(db.status.storage, 'none');
  await db.close();
  const refused = open('s', { storage: 'memory', requireStorage: true });
  assert.equal(await codeOf(refused), 'STORAGE_UNAVAILABLE');
});

test('options that cannot be meant are refused before anything is opened', async () => {
  const bad: [string, object][] = [
    ['', {}],
    ['a\0b', {}],
    ['s', { durability: 'sometimes' }],
    ['s', { ifLocked: true }],
    ['s', { recover: 'maybe' }],
  ];
  for (const [name, options] of bad)
    assert.equal(await codeOf(open(name, options)), 'INVALID_VALUE');
  assert.equal(await codeOf(open('s', { storage: 'memory', maxMemory: 'lots' })), 'OUT_OF_RANGE');
  assert.equal(
    await codeOf(open('s', { storage: 'memory', seed: new Uint8Array(3) })),
    'INVALID_VALUE',
  );
  assert.equal(
    await codeOf(open('s', { storage: 'memory', wasm: new Uint8Array(9) })),
    'WASM_LOAD',
  );
});

test('a store has one hash in all its lives, and other random choices in each', async (t) => {
  const directory = await makeFolder(t);
  const lives: { hash: string; runId: string }[] = [];
  for (const options of [{ directory }, { directory }, { storage: 'memory' as const }]) {
    const db = await open('s', options);
    const runId = /run_id:(\w+)/.exec(String(await db.call('INFO', 'server')))?.[1] ?? '';
    const parts = (await db.call('INSPECT', 'HASH', 'key')) as Map<unknown, unknown>;
    lives.push({ hash: [...parts].join(), runId });
    await db.close();
  }
  const [first, second, other] = lives;
  assert.equal(first?.hash, second?.hash);
  assert.notEqual(first?.hash, other?.hash);
  assert.equal(new Set(lives.map(({ runId }) => runId)).size, 3);
  assert.equal(first?.runId.length, 40);
});
