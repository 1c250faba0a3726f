// Typed methods of sorted sets and places, from the client through the Worker protocol to the
// engine: what goes in and what comes out.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open } from '../../../web/node.ts';

const memory = { storage: 'memory' } as const;

test('scores go in and come out as numbers, members as text or bytes', async () => {
  const db = await open('zset', memory);
  assert.equal(await db.zadd('board', { noor: 300, leo: 250.5 }), 2);
  assert.equal(await db.zadd('board', [['ana', 'inf']], { nx: true }), 1);
  assert.equal(await db.zadd('board', { leo: 100 }, { gt: true, ch: true }), 0);
  assert.equal(await db.zincrby('board', 1, 'leo'), 251.5);
  assert.equal(await db.zscore('board', 'ana'), Infinity);
  assert.deepEqual(await db.zmscore('board', 'leo', 'nobody'), [251.5, null]);
  assert.deepEqual(await db.zrange('board', 0, 1, { rev: true, withscores: true }), [
    ['ana', Infinity],
    ['noor', 300],
  ]);
  assert.deepEqual(
    await db.zrange('board', 0, '(300', { byscore: true, limit: { offset: 0, count: 5 } }),
    ['leo'],
  );
  assert.deepEqual(await db.zrangeBuffer('board', 0, 0), [new TextEncoder().encode('leo')]);
  assert.deepEqual(await db.zrank('board', 'noor', { withscore: true }), [1, 300]);
  await db.sadd('seen', 'leo');
  assert.deepEqual(await db.zinter(['board', 'seen'], { weights: [1, 2], withscores: true }), [
    ['leo', 253.5],
  ]);
  assert.deepEqual(await db.zmpop({ keys: ['none', 'board'], from: 'MAX' }), [
    'board',
    [['ana', Infinity]],
  ]);
  assert.deepEqual(await db.zpopmin('board'), ['leo', 251.5]);
  await db.close();
});

test('zscanIterator gives every member with its score, of a small key and of a large one', async () => {
  const db = await open('zscan', memory);
  for (const count of [3, 1_000]) {
    const scores = Array.from({ length: count }, (_, i): [string, number] => [`m${i}`, i / 4]);
    await db.zadd(`z${count}`, scores);
    const found = new Map<string, number>();
    for await (const batch of db.zscanIterator(`z${count}`, { count: 50 }))
      for (const [member, score] of batch) found.set(member, score);
    assert.deepEqual(found.size, count);
    for (const [member, score] of scores) assert.equal(found.get(member), score);
  }
  await db.zadd('z3', { m0: '-inf' });
  for await (const batch of db.zscanIterator('z3', { match: 'm0' }))
    assert.deepEqual(batch, [['m0', -Infinity]]);
  await db.close();
});

test('a pop that waits gets what comes, and gives up when it is told to @V11', async () => {
  const db = await open('bzpop', memory);
  const waiting = db.bzpopmin(['none', 'jobs']);
  await db.zadd('jobs', { later: 2, first: 1 });
  assert.deepEqual(await waiting, ['jobs', 'first', 1]);
  assert.deepEqual(await db.bzmpop({ keys: ['jobs'], from: 'MAX' }), ['jobs', [['later', 2]]]);
  const ended = new AbortController();
  const given = assert.rejects(db.bzpopmax('jobs', { signal: ended.signal }), { code: 'ABORTED' });
  ended.abort();
  await given;
  await db.close();
});

test('places are found by distance @V20', async () => {
  const db = await open('geo', memory);
  const added = await db.geoadd('sicily', {
    palermo: [13.361389, 38.115556],
    catania: [15.087269, 37.502669],
  });
  assert.equal(added, 2);
  assert.equal(await db.geodist('sicily', 'palermo', 'catania', 'km'), '166.2742');
  assert.deepEqual(await db.geohash('sicily', 'palermo', 'none'), ['sqc8b49rny0', null]);
  const [place, none] = await db.geopos('sicily', 'palermo', 'none');
  assert.equal(none, null);
  assert.ok(Math.abs(place![0] - 13.361389) < 1e-5);
  const around = { longitude: 15, latitude: 37 };
  assert.deepEqual(
    await db.geosearch('sicily', { from: around, within: 200, unit: 'km', sort: 'ASC' }),
    ['catania', 'palermo'],
  );
  const near = { from: 'palermo', within: { width: 10, height: 10 }, unit: 'km' } as const;
  assert.deepEqual(await db.geosearch('sicily', { ...near, withdist: true }), [
    ['palermo', '0.0000'],
  ]);
  assert.equal(await db.geosearchstore('near', 'sicily', near), 1);
  await db.close();
});
