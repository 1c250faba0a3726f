/** An unmodified ioredis over a store in this process. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import type { TestContext } from 'node:test';

import { Redis } from 'ioredis';

import { Connector } from '../../../web/adapters/ioredis.ts';
import type { Client } from '../../../web/client/client.ts';
import { open } from '../../../web/node.ts';

async function openStore(t: TestContext): Promise<Client> {
  const db = await open('test', { storage: 'memory', maxMemory: '128mb' });
  t.after(() => db.close());
  return db;
}

test('ioredis and the store itself see the same data, without a socket', async (t) => {
  const db = await openStore(t);
  const redis = new Redis({ Connector: Connector(db) });
  assert.equal(await redis.set('k', 'v'), 'OK');
  assert.equal(await db.get('k'), 'v');
  await db.call('HSET', 'h', 'f', '1');
  assert.deepEqual(await redis.hgetall('h'), { f: '1' });
  const bytes = Buffer.from([0, 255, 13, 10]);
  await redis.set('bytes', bytes);
  assert.deepEqual(await redis.getBuffer('bytes'), bytes);
  await assert.rejects(redis.incr('k'), /value is not an integer/);
  await redis.quit();
});

test('pipelines, autopipelining and duplicates work; each connection has its own database', async (t) => {
  const db = await openStore(t);
  const redis = new Redis({ Connector: Connector(db), enableAutoPipelining: true });
  const many = await Promise.all(Array.from({ length: 500 }, (_, i) => redis.set(`k${i}`, `${i}`)));
  assert.ok(many.every((reply) => reply === 'OK'));
  const replies = await redis.pipeline().get('k7').strlen('k499').exec();
  assert.deepEqual(replies, [
    [null, '7'],
    [null, 3],
  ]);
  const other = redis.duplicate({ db: 1 });
  assert.equal(await other.dbsize(), 0);
  assert.equal(await redis.dbsize(), 500);
  redis.disconnect();
  other.disconnect();
  await Promise.all([once(redis, 'end'), once(other, 'end')]);
});

test('large values go in and out whole', async (t) => {
  const db = await openStore(t);
  const redis = new Redis({ Connector: Connector(db) });
  const value = 'wadict'.repeat(1_000_000);
  await Promise.all([redis.set('big', value), redis.append('big', '!')]);
  assert.equal((await redis.get('big'))?.length, value.length + 1);
  redis.disconnect();
});

test('when the store is closed, waiting and later commands fail and nothing hangs', async (t) => {
  const db = await openStore(t);
  const redis = new Redis({ Connector: Connector(db), retryStrategy: null });
  redis.on('error', () => undefined);
  assert.equal(await redis.ping(), 'PONG');
  const ended = once(redis, 'end');
  await db.close();
  await ended;
  await assert.rejects(redis.get('k'), /Connection is closed/);
});
