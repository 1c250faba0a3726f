/** Observing keys through the client, over a host with the real engine. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Change, ChangeListener, ObservingEnded } from '../../../web/client/changes.ts';
import { Client } from '../../../web/client/client.ts';
import { open } from '../../../web/node.ts';
import type { Transport } from '../../../web/transport.ts';
import { TinyStore } from './tiny-store.ts';

async function openStore(t: TestContext): Promise<Client> {
  const db = await open('test', { storage: 'memory' });
  t.after(() => db.close());
  return db;
}

/** 'set k', 'renamed a b', 'resync flushed'. */
const brief = (change: Change | ObservingEnded): string => {
  if (change.type === 'ended') return `ended ${change.error.code}`;
  if (change.type === 'resync') return `resync ${change.reason}`;
  return `${change.type} ${change.key}${change.type === 'renamed' ? ` ${change.newKey}` : ''}`;
};

/** What a listener hears; `all` waits until so many came. */
function ear(): { heard: string[]; listener: ChangeListener; all(n: number): Promise<string[]> } {
  const heard: string[] = [];
  const all = async (count: number): Promise<string[]> => {
    for (let turn = 0; heard.length < count && turn < 1_000; turn++)
      await new Promise((next) => setImmediate(next));
    return heard;
  };
  return { heard, listener: (change) => heard.push(brief(change)), all };
}

test('every kind of change is told, in order, without a setting of the server', async (t) => {
  const db = await openStore(t);
  const { listener, all } = ear();
  const stop = db.observe('user:*', listener);
  await stop.ready;
  await db.set('user:1', 'a');
  await db.set('other', 'a');
  await db.hset('user:h', { x: '1' });
  await db.rename('user:1', 'user:2');
  await db.rename('user:2', 'away');
  await db.rename('away', 'user:3');
  await db.del('user:3', 'other');
  await db.set('user:e', 'x', { px: 1 });
  while ((await db.get('user:e')) !== null); // until the deadline has passed
  await db.flushdb();
  assert.deepEqual(await all(9), [
    ...['set user:1', 'set user:h', 'renamed user:1 user:2', 'del user:2', 'set user:3'],
    ...['del user:3', 'set user:e', 'expired user:e', 'resync flushed'],
  ]);
  assert.deepEqual(
    { ...(await db.configGet('notify-keyspace-events')) },
    {
      'notify-keyspace-events': '',
    },
  );
});

test('what is evicted is told', async (t) => {
  const db = await openStore(t);
  const evicted = new Set<string>();
  await db.observe('*', (change) => {
    if (change.type === 'evicted') evicted.add(change.key);
  }).ready;
  await db.configSet({ 'maxmemory-policy': 'allkeys-random' });
  for (let n = 0; n < 200; n++) await db.set(`k${n}`, 'x'.repeat(1_000));
  await db.configSet({ maxmemory: '1' });
  await db.set('last', 'x').catch(() => undefined);
  await db.configSet({ maxmemory: '0' });
  const left = await db.dbsize();
  for (let turn = 0; evicted.size + left < 200 && turn < 100; turn++)
    await new Promise((next) => setImmediate(next));
  assert.ok(evicted.size > 0);
  assert.ok(evicted.size + left >= 200, `${evicted.size} told, ${left} left`);
});

test('it ends by its function, its signal, its loop, and leaves nothing behind', async (t) => {
  const db = await openStore(t);
  const sessions = async (): Promise<number> =>
    String(await db.call('CLIENT', 'LIST'))
      .trim()
      .split('\n').length;
  const before = await sessions();
  const [byStop, bySignal] = [ear(), ear()];
  const controller = new AbortController();
  const stop = db.observe('*', byStop.listener);
  const { signal } = controller;
  const stopSignalled = db.observe('*', bySignal.listener, { signal });
  const loop = db.changes('*');
  await Promise.all([stop.ready, stopSignalled.ready, loop.ready]);
  assert.equal(await sessions(), before + 3);
  await db.set('a', '1');
  assert.deepEqual(await byStop.all(1), ['set a']);
  assert.deepEqual(await bySignal.all(1), ['set a']);
  stop();
  stop();
  controller.abort();
  for await (const change of loop) {
    assert.equal(brief(change), 'set a');
    break;
  }
  assert.equal(await sessions(), before);
  await db.set('a', '2');
  await new Promise((next) => setImmediate(next));
  assert.deepEqual([byStop.heard.length, bySignal.heard.length], [1, 1]);
  assert.deepEqual(await loop.next(), { value: undefined, done: true });
  const late = db.observe('*', byStop.listener, { signal });
  await assert.rejects(late.ready, { code: 'ABORTED' });
});

test('initial begins with a resync; the database is that of the moment', async (t) => {
  const db = await openStore(t);
  const { listener, all } = ear();
  db.observe('*', listener, { initial: true });
  assert.deepEqual(await all(1), ['resync started']);
  await db.select(3);
  const three = db.changes('k', { initial: true });
  assert.deepEqual((await three.next()).value, { type: 'resync', reason: 'started', db: 3 });
  await db.set('k', 'x');
  assert.deepEqual((await three.next()).value, { type: 'set', key: 'k', db: 3 });
  await db.move('k', 0);
  assert.deepEqual(await all(2), ['resync started', 'set k']);
  assert.equal((await three.next()).value?.type, 'del');
});

test('a part of a store is told of its own keys, without the prefix', async (t) => {
  const db = await openStore(t);
  const part = db.namespace('a*b:ü:');
  const { listener, all } = ear();
  await part.observe('*', listener).ready;
  const changes = part.changes('x?');
  await changes.ready;
  await db.set('axb:ü:x1', 'not in it');
  await part.set('x1', '1');
  await db.rename('a*b:ü:x1', 'a*b:ü:y');
  await db.rename('a*b:ü:y', 'out');
  assert.deepEqual(await all(3), ['set x1', 'renamed x1 y', 'del y']);
  assert.deepEqual((await changes.next()).value, { type: 'set', key: 'x1', db: 0 });
  assert.deepEqual((await changes.next()).value, { type: 'del', key: 'x1', db: 0 });
});

test('a listener that throws is reported and harms nobody', async (t) => {
  const db = await openStore(t);
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
  const { listener, all } = ear();
  await db.observe('*', () => {
    throw new Error('own');
  }).ready;
  await db.observe('*', listener).ready;
  await db.mset({ a: '1', b: '2' });
  assert.deepEqual(await all(2), ['set a', 'set b']);
  assert.equal(await db.get('b'), '2');
  assert.deepEqual(uncaught.map(String), ['Error: own', 'Error: own']);
});

test('a loop that is slow gets a resync in place of what there is no room for', async (t) => {
  const db = await openStore(t);
  const changes = db.changes('*', { maxWaiting: 3 });
  await changes.ready;
  for (let n = 0; n < 5; n++) await db.set(`k${n}`, 'x');
  const heard: string[] = [];
  for await (const change of changes) {
    heard.push(brief(change));
    if (heard.at(-1) === 'set k4') break;
  }
  assert.deepEqual(heard, ['resync overflow', 'set k3', 'set k4']);
});

test('a command that changes more than can be told at once ends in a resync', async (t) => {
  const db = await openStore(t);
  const names = Array.from({ length: 60_000 }, (_, n) => `key:${n}`);
  await db.mset(Object.fromEntries(names.map((name) => [name, 'x'])));
  const { heard, listener, all } = ear();
  await db.observe('*', listener).ready;
  await db.unlink(...names);
  await db.set('behind', 'x');
  await all(20_000);
  await new Promise((next) => setImmediate(next));
  assert.ok(heard.length < names.length, 'all of it was told');
  assert.deepEqual(heard.slice(-2), ['resync overflow', 'set behind']);
  assert.equal(heard.filter((one) => one.startsWith('resync')).length, 1);
});

test('wrong arguments are refused at once; a closed store too', async (t) => {
  const db = await openStore(t);
  const given = (pattern: unknown, listener: unknown) => (): unknown =>
    db.observe(pattern as string, listener as () => void);
  assert.throws(
    given(null, () => {}),
    { code: 'INVALID_KEY' },
  );
  assert.throws(given('*', undefined), { code: 'INVALID_VALUE' });
  const { heard, listener } = ear();
  await db.observe('*', listener).ready;
  const changes = db.changes('*');
  await db.close();
  await assert.rejects(changes.next(), { code: 'CLOSED' });
  assert.throws(given('*', listener), { code: 'CLOSED' });
  assert.deepEqual(heard, []); // whoever closes knows
});

test('when the session ends by itself the listener hears why', async () => {
  let end: (reason: Error) => void = () => undefined;
  const transport: Transport = {
    attach: (to) => (end = (reason) => to.onClose(reason)),
    send: () => undefined,
    close: async () => undefined,
  };
  const store = new TinyStore();
  store.connect = () => transport;
  const db = new Client('test', store);
  const { heard, listener } = ear();
  const stop = db.observe('*', listener);
  end(new Error('gone'));
  await assert.rejects(stop.ready, { code: 'WORKER_DIED' });
  assert.deepEqual(heard, ['ended WORKER_DIED']);
});

test('a change is told when it is stored, and a new engine is told by a resync', async (t) => {
  const { listener, heard, all } = ear();
  const db = await openStore(t);
  await db.select(2);
  await db.observe('a*', listener).ready;
  await db.set('a', '1');
  const file = await db.export({ as: 'blob' });
  await db.import(file);
  assert.deepEqual(await all(2), ['set a', 'resync restarted']);
  await db.set('ab', '2'); // the same pattern, in the same database
  await db.select(0);
  await db.set('a', '3');
  assert.deepEqual(await all(3), ['set a', 'resync restarted', 'set ab']);
  assert.equal(heard.length, 3);
});
