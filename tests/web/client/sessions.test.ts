/** Transactions, watch and messages through the client, over a host with the real engine. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Client } from '../../../web/client/client.ts';
import { WadictError } from '../../../web/errors.ts';
import { open } from '../../../web/node.ts';

async function openStore(t: TestContext): Promise<Client> {
  const db = await open('test', { storage: 'memory' });
  t.after(() => db.close());
  return db;
}

async function errorOf(promise: Promise<unknown>): Promise<WadictError> {
  const error = await promise.then(
    () => assert.fail('the promise resolved'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof WadictError, String(error));
  return error;
}

test('a transaction resolves with its typed results, and nothing comes between', async (t) => {
  const db = await openStore(t);
  const made = db.multi().set('a', '1').incr('a').get('a').hset('h', { x: '1' }).hgetall('h');
  const before = db.incr('other');
  const results = await made.exec();
  // The types are those of the methods.
  const [ok, n, text, added, fields]: [string | null, number, string | null, number, object] =
    results ?? assert.fail('null without watch');
  assert.deepEqual([ok, n, text, added, { ...fields }], ['OK', 2, '2', 1, { x: '1' }]);
  assert.equal(await before, 1);
  assert.deepEqual(await db.multi().exec(), []);
});

test('bytes and text may stand in one transaction', async (t) => {
  const db = await openStore(t);
  await db.set('k', 'ä');
  const multi = db.multi() as unknown as Record<string, (...args: unknown[]) => never>;
  const mixed = multi['getBuffer']!('k') as unknown as typeof multi;
  const results = (await (mixed['get']!('k') as unknown as typeof multi)['exec']!()) as unknown[];
  assert.deepEqual(results, [new TextEncoder().encode('ä'), 'ä']);
});

test('errors: what is not sent, what is refused, what fails while it runs', async (t) => {
  const db = await openStore(t);
  const unsent = await errorOf(
    db
      .multi()
      .set('a', '1')
      .set('b', null as never)
      .exec(),
  );
  assert.equal(unsent.code, 'INVALID_VALUE');
  assert.equal(await db.exists('a'), 0);
  await db.set('text', 'x');
  const failing = (): ReturnType<typeof make> => make();
  const make = () => db.multi().set('a', '1').incr('text').set('b', '2');
  assert.equal((await errorOf(failing().exec())).code, 'NOT_INTEGER');
  assert.deepEqual(await db.mget('a', 'b'), ['1', '2']);
  const settled = (await failing().execSettled()) ?? [];
  assert.equal(settled[0], 'OK');
  assert.ok(settled[1] instanceof WadictError);
  assert.equal(settled[2], 'OK');
  const twice = db.multi().ping();
  await twice.exec();
  assert.equal((await errorOf(twice.exec())).code, 'SYNTAX');
  for (const command of ['MULTI', 'EXEC', 'DISCARD', 'WATCH', 'UNWATCH'])
    assert.equal((await errorOf(db.call(command, 'k'))).code, 'UNSUPPORTED');
});

test('a transaction that the engine refuses says why', async (t) => {
  const db = await openStore(t);
  await db.configSet({ maxmemory: '1' });
  const error = await errorOf(db.multi().set('a', '1').exec());
  assert.equal(error.code, 'EXEC_ABORT');
  assert.equal((error.cause as WadictError).code, 'OOM');
  await db.configSet({ maxmemory: '0' });
  assert.deepEqual(await db.multi().set('a', '1').exec(), ['OK']);
});

test('watch asks again when somebody was faster', async (t) => {
  const db = await openStore(t);
  await db.set('stock', '3');
  let attempts = 0;
  const results = await db.watch('stock', async (store) => {
    const left = Number(await store.get('stock'));
    attempts++;
    if (attempts < 3) await db.decr('stock'); // from the client's own session
    return store
      .multi()
      .set('stock', String(left - 1))
      .incr('sold');
  });
  assert.deepEqual(results, ['OK', 1]);
  assert.equal(attempts, 3);
  assert.equal(await db.get('stock'), '0');
  assert.equal(await db.watch('stock', async () => null), null);
  const given = await errorOf(
    db.watch(
      ['stock', 'sold'],
      async (store) => {
        await db.incr('sold');
        return store.multi().del('stock');
      },
      { attempts: 2 },
    ),
  );
  assert.equal(given.code, 'EXEC_ABORT');
  assert.equal(await db.get('stock'), '0');
  const thrown = db.watch('stock', () => Promise.reject(new TypeError('mine')));
  await assert.rejects(thrown, TypeError);
  const aborted = errorOf(db.watch('k', async () => null, { signal: AbortSignal.abort() }));
  assert.equal((await aborted).code, 'ABORTED');
});

test('fifty watchers count to fifty', async (t) => {
  const db = await openStore(t);
  const count = (): Promise<unknown> =>
    db.watch('n', async (store) => {
      const n = Number((await store.get('n')) ?? 0);
      return store.multi().set('n', String(n + 1));
    });
  await Promise.all(Array.from({ length: 50 }, count));
  assert.equal(await db.get('n'), '50');
});

test('watch is in the database that the client has selected', async (t) => {
  const db = await openStore(t);
  await db.call('SELECT', '3');
  await db.watch('k', async (store) => store.multi().set('k', 'three'));
  assert.equal(await db.get('k'), 'three');
  await db.call('SELECT', '0');
  assert.equal(
    await db
      .watch('k', async (store) => store.multi().set('k', String(await store.get('k'))))
      .then(() => db.get('k')),
    'null',
  );
});

test('messages come in order, to every subscription, as text and as bytes', async (t) => {
  const db = await openStore(t);
  const news = db.subscribe(['news', 'sport']);
  const bytes = db.subscribeBuffer('news');
  const all = db.psubscribe('n*');
  await Promise.all([news.ready, bytes.ready, all.ready]);
  assert.equal(await db.publish('news', 'one'), 3);
  assert.equal(await db.publish('sport', 'two'), 1);
  assert.equal(await db.publish('nobody', 'x'), 1);
  assert.deepEqual((await news.next()).value, { channel: 'news', message: 'one' });
  assert.deepEqual((await news.next()).value, { channel: 'sport', message: 'two' });
  assert.deepEqual((await bytes.next()).value?.message, new TextEncoder().encode('one'));
  assert.deepEqual((await all.next()).value, { channel: 'news', message: 'one', pattern: 'n*' });
  assert.deepEqual({ ...(await db.pubsubNumsub('news', 'sport')) }, { news: 2, sport: 1 });
  const waiting = news.next();
  await db.publish('news', 'three');
  assert.equal((await waiting).value?.message, 'three');
  await news.return();
  assert.deepEqual(await news.next(), { value: undefined, done: true });
  assert.deepEqual({ ...(await db.pubsubNumsub('news', 'sport')) }, { news: 1, sport: 0 });
});

test('a subscription ends with its loop, its signal, its store', async (t) => {
  const db = await openStore(t);
  const heard: string[] = [];
  const controller = new AbortController();
  const loop = (async () => {
    for await (const { message } of db.subscribe('c', { signal: controller.signal })) {
      heard.push(message);
      if (message === 'stop') controller.abort();
    }
  })();
  while ((await db.publish('c', 'hello')) === 0) await db.ping();
  await db.publish('c', 'stop');
  await loop;
  assert.deepEqual(heard, ['hello', 'stop']);
  assert.equal(await db.publish('c', 'nobody'), 0);
  const over = db.subscribe('c', { signal: AbortSignal.abort() });
  assert.deepEqual(await over.next(), { value: undefined, done: true });
  const open = db.subscribe('c');
  await open.ready;
  const next = open.next();
  await db.close();
  assert.equal((await errorOf(next)).code, 'CLOSED');
  assert.throws(() => db.subscribe('c'), WadictError);
});

test('keyspace notifications come as messages', async (t) => {
  const db = await openStore(t);
  await db.configSet({ 'notify-keyspace-events': 'KEA' });
  const events = db.psubscribe('__keyevent@0__:*');
  await events.ready;
  await db.multi().set('k', '1', { ex: 100 }).incr('k').del('k').exec();
  const seen = [];
  for (let i = 0; i < 4; i++) {
    const { value } = await events.next();
    seen.push([value?.channel.slice('__keyevent@0__:'.length), value?.message]);
  }
  assert.deepEqual(seen, [
    ['set', 'k'],
    ['expire', 'k'],
    ['incrby', 'k'],
    ['del', 'k'],
  ]);
});
