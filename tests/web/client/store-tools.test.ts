/** Namespaces, compare-and-set, locks, JSON and walks, on the real engine. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '../../../web/client/client.ts';
import { namespacedTable } from '../../../web/client/commands.ts';
import type { Timers } from '../../../web/client/scheduler.ts';
import { engineMaker } from '../../../web/engine/load-node.ts';
import { WadictError } from '../../../web/errors.ts';
import { Host } from '../../../web/host/host.ts';
import { kNodeRewrite } from '../../../web/host/snapshot-policy.ts';
import { open } from '../../../web/node.ts';
import { kSampleCalls } from './sample-calls.ts';

const memory = { storage: 'memory' } as const;

async function rejection(promise: Promise<unknown>): Promise<WadictError> {
  const error = await promise.then(
    () => assert.fail('the promise resolved'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof WadictError, String(error));
  return error;
}

/** Timers that the test lets run, earliest first. */
class ManualTimers implements Timers {
  readonly #waiting = new Map<() => void, number>();

  setTimer(ms: number, run: () => void): () => void {
    this.#waiting.set(run, ms);
    return () => this.#waiting.delete(run);
  }

  get delays(): number[] {
    return [...this.#waiting.values()];
  }

  fire(): void {
    const [run] = [...this.#waiting].sort(([, one], [, other]) => one - other)[0] ?? [];
    assert.ok(run !== undefined, 'no timer waits');
    this.#waiting.delete(run);
    run();
  }
}

async function openWithTimers(): Promise<{ db: Client; other: Client; timers: ManualTimers }> {
  const host = await Host.open({ engine: engineMaker(), storage: null, rewrite: kNodeRewrite });
  const timers = new ManualTimers();
  return {
    db: new Client('one', host, { timers }),
    other: new Client('two', host, { timers }),
    timers,
  };
}

/** Lets replies that are already on their way arrive. */
async function settle(db: Client): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await db.ping();
}

test('no method of a namespace reads or changes a key outside', async () => {
  const db = await open('namespace', memory);
  const space = db.namespace('in:');
  const methods = space as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  const outside = { key: 'secret', key2: 'secret', in: 'secret' };
  let wrote = 0;
  for (const [name, calls] of Object.entries(kSampleCalls)) {
    if (!(name in namespacedTable)) {
      assert.equal(methods[name], undefined, `${name} is no method of a namespace`);
      continue;
    }
    for (const args of calls) {
      await db.flushall();
      await db.mset({ ...outside, 'in:key': '1', 'in:key2': '1' });
      const before = await db.debugDigest();
      const reply = await methods[name]!(...args).catch(String);
      const text = reply instanceof Uint8Array ? new TextDecoder().decode(reply) : String(reply);
      assert.doesNotMatch(text, /secret/, name);
      assert.deepEqual(await db.mget(Object.keys(outside)), Object.values(outside), name);
      for (const key of await db.keys('*'))
        assert.ok(key in outside || key.startsWith('in:'), `${name} made ${key}`);
      if ((await db.debugDigest()) !== before) wrote++;
    }
  }
  assert.ok(wrote > 15, `${wrote} samples changed something`);
  await db.close();
});

test('clear deletes the namespace and nothing else, whatever its prefix looks like', async () => {
  for (const prefix of ['a:', '*', 'a*', '[a-z]', '\\', '?', 'é:', '\ud800', 'a:b:', '^-]']) {
    const db = await open('clear', memory);
    const outside = ['', 'a', 'b:1', 'A:1', '[', 'zz', 'é', '\u00e9', prefix.slice(0, -1)];
    const kept = outside.filter((key) => !key.startsWith(prefix));
    for (const key of kept) await db.set(key, 'outside');
    const space = db.namespace(prefix);
    await space.mset(Object.fromEntries(Array.from({ length: 700 }, (_, i) => [`k${i}`, i])));
    await space.set(Uint8Array.of(0, 255), 'bytes');
    assert.equal(await space.count(), 701, prefix);
    assert.equal(await space.clear(), 701, prefix);
    assert.equal(await db.dbsize(), new Set(kept).size, prefix);
    assert.equal(await space.clear(), 0);
    await db.close();
  }
});

test('a namespace reads and writes like a store of its own, and nests', async () => {
  const db = await open('nest', memory);
  const users = db.namespace('users:');
  assert.equal(await users.set('1', 'Priya', { ex: 100 }), 'OK');
  assert.equal(await db.get('users:1'), 'Priya');
  assert.deepEqual(await users.mget('1', '2'), ['Priya', null]);
  assert.equal(await users.rename('1', '3'), 'OK');
  assert.deepEqual(await db.keys('*'), ['users:3']);
  const admins = users.namespace('admins:');
  assert.equal(admins.prefix, 'users:admins:');
  await admins.set(7, 'Noor');
  const found: string[] = [];
  for await (const keys of users.scanIterator({ match: 'a*' })) found.push(...keys);
  assert.deepEqual(found, ['admins:7']);
  assert.throws(() => db.namespace(''), { code: 'INVALID_KEY' });
  assert.throws(() => users.namespace(''), { code: 'INVALID_KEY' });
  assert.equal((await rejection(users.get(undefined as never))).code, 'INVALID_KEY');
  await db.close();
});

test('cas sets, creates and deletes only on the expected value', async () => {
  const db = await open('cas', memory);
  assert.equal(await db.cas('k', 'a', 'b'), false);
  assert.equal(await db.cas('k', null, 'a'), true);
  assert.equal(await db.cas('k', null, 'b'), false);
  await db.expire('k', 100);
  assert.equal(await db.cas('k', 'a', 'b'), true);
  assert.equal(await db.ttl('k'), 100, 'the time to live stays');
  assert.equal(await db.cas('k', 'b', 'c', { ex: 5 }), true);
  assert.equal(await db.ttl('k'), 5);
  assert.equal(await db.cas('k', 'b', null), false);
  assert.equal(await db.cas('k', 'c', null), true);
  assert.equal(await db.cas('k', null, null), true);
  await db.close();
});

test('parallel updates all count', async () => {
  const db = await open('update', memory);
  const add = (text: string | null): string => String(Number(text ?? 0) + 1);
  const results = await Promise.all(Array.from({ length: 50 }, () => db.update('n', add)));
  assert.equal(await db.get('n'), '50');
  assert.equal(new Set(results).size, 50);
  await db.close();
});

test('an updater that is async, or returns nothing, changes nothing', async () => {
  const db = await open('updater', memory);
  await db.set('k', 'v');
  const asynchronous = (async () => 'x') as unknown as () => string;
  assert.equal((await rejection(db.update('k', asynchronous))).code, 'INVALID_VALUE');
  assert.equal((await rejection(db.update('k', () => undefined))).code, 'INVALID_VALUE');
  await assert.rejects(
    db.update('k', () => {
      throw new TypeError('own');
    }),
    { name: 'TypeError', message: 'own' },
  );
  assert.equal(await db.get('k'), 'v');
  assert.equal(await db.update('k', () => undefined, { deleteOnUndefined: true }), undefined);
  assert.equal(await db.get('k'), null);
  await db.close();
});

test('a lock is held by one at a time, and the next gets it when it is released', async () => {
  const { db, other, timers } = await openWithTimers();
  const order: string[] = [];
  let release = (): void => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const first = db.lock('job', {}, async () => {
    order.push('first in');
    await held;
    order.push('first out');
    return 1;
  });
  await settle(db);
  const second = other.lock('job', {}, () => void order.push('second'));
  const refused = await rejection(other.lock('job', { ifLocked: 'fail' }, () => undefined));
  assert.equal(refused.code, 'LOCKED');
  await settle(db);
  assert.deepEqual(order, ['first in']);
  release();
  assert.equal(await first, 1);
  timers.fire();
  await second;
  assert.deepEqual(order, ['first in', 'first out', 'second']);
  assert.equal(await db.exists('job'), 0);
  await db.close();
});

test('a lock is renewed while it is held, and its loss is told', async () => {
  const { db, timers } = await openWithTimers();
  await db.lock('job', { ttl: 9_000 }, async (signal) => {
    assert.deepEqual(timers.delays, [3_000]);
    await db.pexpire('job', 1);
    await db.set('job', (await db.getBuffer('job'))!, { px: 50 });
    timers.fire();
    await settle(db);
    assert.ok((await db.pttl('job')) > 8_000, 'renewed');
    await db.set('job', 'somebody else');
    timers.fire();
    await settle(db);
    assert.equal(signal.aborted, true);
    assert.equal((signal.reason as WadictError).code, 'LOCKED');
  });
  assert.equal(await db.get('job'), 'somebody else', 'a lost lock is not released');
  await db.close();
});

test('waiting for a lock ends with its signal', async () => {
  const { db, other } = await openWithTimers();
  const controller = new AbortController();
  await db.lock('job', {}, async () => {
    const waiting = rejection(other.lock('job', { signal: controller.signal }, () => undefined));
    await settle(db);
    controller.abort();
    assert.equal((await waiting).code, 'ABORTED');
  });
  await db.close();
});

test("codec 'json' keeps values, and bytes stay what they are", async () => {
  const db = await open('json', { ...memory, codec: 'json' });
  const user = { name: 'Priya', tags: ['a', null, 1.5], nested: { deep: true } };
  assert.equal(await db.set('user', user), 'OK');
  assert.deepEqual(await db.get('user'), user);
  assert.equal(await db.get('none'), null);
  await db.mset({ a: 1, b: 'text', c: null });
  assert.deepEqual(await db.mget('a', 'b', 'c', 'd'), [1, 'text', null, null]);
  assert.equal(await db.incr('a'), 2);
  assert.equal(await db.get('a'), 2);
  assert.deepEqual(await db.set('user', [], { get: true }), user);
  assert.equal(await db.set('user', {}, { ifeq: [] }), 'OK');
  assert.equal(await db.cas('user', {}, { n: 1 }), true);
  const next = await db.update<{ n: number }>('user', (v) => ({ n: (v?.n ?? 0) + 1 }));
  assert.deepEqual(next, { n: 2 });
  assert.equal(await db.call('GET', 'user'), '{"n":2}');
  assert.deepEqual(await db.getBuffer('b'), new TextEncoder().encode('"text"'));
  const space = db.namespace('s:');
  await space.mset([['k', { v: 1 }]]);
  assert.deepEqual(await space.get('k'), { v: 1 });
  assert.deepEqual(await space.update('k', () => [1]), [1]);
  await db.close();
});

test("codec 'json' refuses what JSON would bend, and text that is none", async () => {
  const db = await open('json', { ...memory, codec: 'json' });
  const bent: unknown[] = [
    undefined,
    () => 1,
    5n,
    NaN,
    { a: { b: Infinity } },
    new Map(),
    { s: new Set() },
  ];
  for (const value of [...bent, Uint8Array.of(1), [Symbol('s')]]) {
    assert.equal((await rejection(db.set('k', value))).code, 'INVALID_VALUE', String(typeof value));
  }
  assert.match((await rejection(db.set('k', { a: { b: NaN } }))).message, /'b' inside it/);
  assert.equal(await db.exists('k'), 0);
  await db.call('SET', 'k', 'plain text');
  const error = await rejection(db.get('k'));
  assert.equal(error.code, 'INVALID_VALUE');
  assert.equal(error.command, 'GET');
  await assert.rejects(open('x', { ...memory, codec: 'xml' as 'json' }), { code: 'INVALID_VALUE' });
  await db.close();
});

test('scanIterator finds every key once the store rests', async () => {
  const db = await open('scan', memory);
  const keys = Array.from({ length: 3_000 }, (_, i) => `k${i}`);
  await db.mset(keys.map((key): [string, number] => [key, 1]));
  const found = new Set<string>();
  for await (const batch of db.scanIterator({ count: 100 }))
    for (const key of batch) found.add(key);
  assert.deepEqual([...found].sort(), [...keys].sort());
  await db.close();
});

test('exportAll gives every key with value and deadline; importAll takes them', async () => {
  const from = await open('from', memory);
  const to = await open('to', memory);
  await from.mset(Array.from({ length: 1_500 }, (_, i): [string, string] => [`k${i}`, `v${i}`]));
  await from.set('later', 'v', { pxat: 4_102_444_800_000 });
  await from.namespace('part:').set(Uint8Array.of(255), Uint8Array.of(0, 1));
  assert.equal(await to.importAll(from.exportAll()), 1_502);
  assert.equal(await to.debugDigest(), await from.debugDigest());
  assert.equal(await to.pexpiretime('later'), 4_102_444_800_000);
  assert.equal((await rejection(to.importAll(from.exportAll()))).code, 'BUSY_KEY');
  assert.equal(await to.importAll(from.exportAll(), { replace: true }), 1_502);
  const part: unknown[] = [];
  for await (const { key } of from.namespace('part:').exportAll()) part.push([...key].at(-1));
  assert.deepEqual(part, [255]);
  const reader = from.exportAll().getReader();
  await reader.read();
  await reader.cancel();
  await from.close();
  await to.close();
});
