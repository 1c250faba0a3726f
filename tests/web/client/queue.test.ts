/** Lists as queues through the client, over a host with the real engine. */
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

test('workers that wait get the jobs in order, and nothing else waits meanwhile @V09 @B08', async (t) => {
  const db = await openStore(t);
  const first = db.blpop('jobs');
  const second = db.blpop(['urgent', 'jobs'], { timeout: 60 });
  assert.equal(await db.set('other', 'x'), 'OK');
  assert.equal(await db.rpush('jobs', 'a', 'b', 'c'), 3);
  assert.deepEqual(await first, ['jobs', 'a']);
  assert.deepEqual(await second, ['jobs', 'b']);
  assert.deepEqual(await db.lrange('jobs', 0, -1), ['c']);
  assert.deepEqual(await db.blpopBuffer('jobs'), [
    new TextEncoder().encode('jobs'),
    new TextEncoder().encode('c'),
  ]);
});

test('a wait ends with its time or its signal, and takes nothing then @V10', async (t) => {
  const db = await openStore(t);
  assert.equal(await db.blpop('jobs', { timeout: 0.02 }), null);
  assert.equal(await db.blmove('jobs', 'done', 'LEFT', 'RIGHT', { timeout: 0.02 }), null);
  const stop = new AbortController();
  const stopped = db.brpop('jobs', { signal: stop.signal }).then(
    () => assert.fail('it resolved'),
    (error: unknown) => error,
  );
  await db.ping();
  stop.abort();
  const error = await stopped;
  assert.ok(error instanceof WadictError);
  assert.equal(error.code, 'ABORTED');
  await db.rpush('jobs', 'a');
  assert.equal(await db.llen('jobs'), 1);
});

test('a transaction wakes with what it leaves behind, another type does not wake @B09 @B10', async (t) => {
  const db = await openStore(t);
  const job = db.blpop('jobs');
  await db.multi().rpush('jobs', 'a', 'b').del('jobs').exec();
  await db.multi().rpush('jobs', 'c', 'd').lset('jobs', 0, 'e').exec();
  assert.deepEqual(await job, ['jobs', 'e']);
  const other = db.blpop('key');
  await db.set('key', 'text');
  await db.del('key');
  await db.rpush('source', 'x');
  await db.rename('source', 'key');
  assert.deepEqual(await other, ['key', 'x']);
});

test('a loop takes jobs as they come, and its signal ends it @V12', async (t) => {
  const db = await openStore(t);
  await db.rpush('jobs', 'a', 'b');
  const stop = new AbortController();
  const seen: string[] = [];
  const worker = (async () => {
    for await (const [key, job] of db.popIterator(['urgent', 'jobs'], { signal: stop.signal })) {
      seen.push(`${key}:${job}`);
      if (job === 'b') void db.rpush('urgent', 'c');
      if (job === 'c') stop.abort();
    }
  })();
  await worker;
  assert.deepEqual(seen, ['jobs:a', 'jobs:b', 'urgent:c']);
  const idle = new AbortController();
  const waiting = db.popIterator('jobs', { from: 'RIGHT', signal: idle.signal }).next();
  await db.ping();
  idle.abort();
  assert.deepEqual(await waiting, { value: undefined, done: true });
  await db.set('text', 'x');
  await assert.rejects(db.popIterator('text').next(), { code: 'WRONGTYPE' });
});

test('elements go from list to list, one by one or many at once @V11', async (t) => {
  const db = await openStore(t);
  const moved = db.blmove('in', 'work', 'LEFT', 'RIGHT');
  const rotated = db.brpoplpush('work', 'done');
  await db.rpush('in', 'a');
  assert.equal(await moved, 'a');
  assert.equal(await rotated, 'a');
  assert.deepEqual(await db.lrange('done', 0, -1), ['a']);
  await db.rpush('done', 'b', 'c', 'd');
  assert.deepEqual(await db.lmpop({ keys: ['in', 'done'], from: 'RIGHT', count: 2 }), [
    'done',
    ['d', 'c'],
  ]);
  assert.deepEqual(await db.blmpop({ keys: 'done', from: 'LEFT', count: 9 }), ['done', ['a', 'b']]);
  assert.equal(await db.lmpop({ keys: 'done', from: 'LEFT' }), null);
  assert.deepEqual(await db.lpop('done', 3), null);
});
