import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import {
  asyncStorage,
  createStorage,
  type StorageChange,
  type WadictStorage,
} from '../../../web/adapters/storage.ts';
import { wadictDriver } from '../../../web/adapters/unstorage.ts';
import type { Client } from '../../../web/client/client.ts';
import { open } from '../../../web/node.ts';

let stores = 0;

async function openStore(t: TestContext): Promise<Client> {
  const db = await open(`storage-${++stores}`, { storage: 'memory' });
  t.after(() => db.close());
  return db;
}

async function copies(t: TestContext, db: Client, count: number): Promise<WadictStorage[]> {
  const made = await Promise.all(Array.from({ length: count }, () => createStorage(db)));
  t.after(() => made.forEach((storage) => storage.close()));
  return made;
}

/** The next change that `storage` hears of. */
const change = (storage: WadictStorage): Promise<StorageChange> =>
  new Promise((resolve) => {
    const stop = storage.subscribe((event) => {
      stop();
      resolve(event);
    });
  });

test('reads and writes at once, in the order of insertion, as text', async (t) => {
  const db = await openStore(t);
  const [storage] = await copies(t, db, 1);
  assert.ok(storage !== undefined);
  storage.setItem('a', '1');
  storage.setItem('b', 2 as unknown as string);
  storage.setItem('a', '3');
  assert.deepEqual(
    [storage.getItem('a'), storage.getItem('b'), storage.getItem('c')],
    ['3', '2', null],
  );
  assert.deepEqual(
    [storage.length, storage.key(0), storage.key(1), storage.key(2)],
    [2, 'a', 'b', null],
  );
  storage.removeItem('a');
  storage.removeItem('missing');
  assert.equal(storage.length, 1);
  await storage.settled();
  assert.deepEqual(await db.keys('*'), ['storage:b']);
  storage.clear();
  await storage.settled();
  assert.equal(await db.dbsize(), 0);
});

test('what was stored is there in the next copy', async (t) => {
  const db = await openStore(t);
  const [first] = await copies(t, db, 1);
  for (let n = 0; n < 1_200; n++) first!.setItem(`k${n}`, `v${n}`);
  await first!.settled();
  const [second] = await copies(t, db, 1);
  assert.equal(second!.length, 1_200);
  assert.equal(second!.getItem('k1199'), 'v1199');
});

test('another copy hears what changed, once, and then holds it', async (t) => {
  const db = await openStore(t);
  const [one, other] = await copies(t, db, 2);
  const heard = change(other!);
  one!.setItem('k', 'v');
  assert.deepEqual(await heard, { key: 'k', oldValue: null, newValue: 'v', origin: 'remote' });
  assert.equal(other!.getItem('k'), 'v');
  const removed = change(other!);
  one!.removeItem('k');
  assert.deepEqual(await removed, { key: 'k', oldValue: 'v', newValue: null, origin: 'remote' });
  one!.setItem('a', '1');
  await change(other!);
  const cleared = change(other!);
  one!.clear();
  assert.equal((await cleared).newValue, null);
  assert.equal(other!.length, 0);
});

test('a copy hears what is changed without a copy, and what ends by itself', async (t) => {
  const db = await openStore(t);
  const [storage] = await copies(t, db, 1);
  const remote = { origin: 'remote' as const };
  let next = change(storage!);
  await db.set('storage:k', 'v');
  assert.deepEqual(await next, { key: 'k', oldValue: null, newValue: 'v', ...remote });
  next = change(storage!);
  await db.rename('storage:k', 'storage:l');
  assert.equal((await next).key, 'k');
  assert.deepEqual([storage!.getItem('k'), storage!.getItem('l')], [null, 'v']);
  next = change(storage!);
  await db.pexpire('storage:l', 1);
  while ((await db.exists('storage:l')) === 1); // until the deadline has passed
  assert.deepEqual(await next, { key: 'l', oldValue: 'v', newValue: null, ...remote });
  storage!.setItem('own', '1');
  await storage!.settled();
  next = change(storage!);
  await db.flushdb();
  assert.deepEqual(await next, { key: 'own', oldValue: '1', newValue: null, ...remote });
  storage!.close();
  storage!.subscribe(() => assert.fail('it is closed'));
  await db.set('storage:k', 'v');
  assert.equal(storage!.length, 0);
});

test('the driver for unstorage watches, own changes too', async (t) => {
  const db = await openStore(t);
  const driver = wadictDriver({ db, base: 'u:' });
  const heard: string[] = [];
  const stop = await driver.watch((event, key) => heard.push(`${event} ${key}`));
  await driver.setItem('a', '1');
  await db.rename('u:a', 'u:b');
  await driver.removeItem('b');
  for (let turn = 0; heard.length < 4 && turn < 100; turn++) await new Promise(setImmediate);
  assert.deepEqual(heard, ['update a', 'remove a', 'update b', 'remove b']);
  stop();
  await driver.setItem('a', '1');
  await new Promise(setImmediate);
  assert.equal(heard.length, 4);
});

test('copies that write the same key end with what the store holds', async (t) => {
  const db = await openStore(t);
  const all = await copies(t, db, 3);
  for (let round = 0; round < 40; round++) {
    for (const [place, storage] of all.entries()) {
      storage.setItem(`k${(round + place) % 3}`, `${place}:${round}`);
      if (round % 7 === place) storage.removeItem(`k${round % 3}`);
    }
    if (round % 5 === 0) await all[0]!.settled();
  }
  for (const storage of all) await storage.settled();
  const truth = await db.mget(['storage:k0', 'storage:k1', 'storage:k2']);
  const held = (storage: WadictStorage): (string | null)[] =>
    ['k0', 'k1', 'k2'].map((key) => storage.getItem(key));
  for (let turn = 0; turn < 500 && !all.every((one) => held(one).join() === truth.join()); turn++)
    await new Promise(setImmediate);
  for (const storage of all) assert.deepEqual(held(storage), truth);
});

test('a write that fails is told by settled, once', async (t) => {
  const db = await open('storage-limit', { storage: 'memory', maxValueBytes: 100 });
  t.after(() => db.close());
  const [storage] = await copies(t, db, 1);
  storage!.setItem('k', 'x'.repeat(1_000));
  await assert.rejects(storage!.settled(), { code: 'VALUE_TOO_LARGE' });
  await storage!.settled();
});

test('a listener that throws harms neither the store nor the others', async (t) => {
  const db = await openStore(t);
  const [storage] = await copies(t, db, 1);
  const uncaught: unknown[] = [];
  const queue = globalThis.queueMicrotask;
  t.mock.method(globalThis, 'queueMicrotask', (run: () => void) =>
    queue(() => {
      try {
        run();
      } catch (error) {
        uncaught.push(error);
      }
    }),
  );
  storage!.subscribe(() => {
    throw new Error('own');
  });
  let heard = 0;
  storage!.subscribe(() => heard++);
  storage!.setItem('k', 'v');
  await storage!.settled();
  assert.equal(heard, 1);
  assert.equal(String(uncaught[0]), 'Error: own');
});

test('asyncStorage asks the store each time, and takes text alone', async (t) => {
  const db = await openStore(t);
  const storage = asyncStorage(db, { prefix: 'p:' });
  await storage.setItem('k', 'v');
  assert.equal(await db.get('p:k'), 'v');
  await db.set('p:l', 'w');
  assert.deepEqual((await storage.entries()).sort(), [
    ['k', 'v'],
    ['l', 'w'],
  ]);
  await assert.rejects(storage.setItem('k', {} as string), { code: 'INVALID_VALUE' });
  await storage.removeItem('k');
  assert.equal(await storage.getItem('k'), null);
  await db.set('outside', 'v');
  await storage.clear();
  assert.deepEqual(await db.keys('*'), ['outside']);
});
