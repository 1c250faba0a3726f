import assert from 'node:assert/strict';
import { test } from 'node:test';
import { birthdayCounters, collidingKeys, uuidKeys } from '../../../web/visualizer/generators.ts';
import { isOwnData, pairsSource, readOwnData } from '../../../web/visualizer/own-data.ts';

test('JSON in its three forms, and CSV with quotes, become pairs', () => {
  assert.deepEqual(readOwnData('a.json', '{"a": 1, "b": {"c": [2]}, "d": "x"}'), [
    ['a', '1'],
    ['b', '{"c":[2]}'],
    ['d', 'x'],
  ]);
  assert.deepEqual(readOwnData('a.JSON', '[["a", 1], {"key": 2, "value": null}]'), [
    ['a', '1'],
    ['2', 'null'],
  ]);
  assert.deepEqual(readOwnData('a.csv', 'a,1\r\n"b,""c""","two\nlines"\n\nd,,e\n'), [
    ['a', '1'],
    ['b,"c"', 'two\nlines'],
    ['d', ''],
  ]);
  assert.deepEqual(readOwnData('a.tsv', 'a\tb,c'), [['a', 'b,c']]);
});

test('what is no such data is refused with a reason', () => {
  assert.throws(() => readOwnData('a.json', '7'), SyntaxError);
  assert.throws(() => readOwnData('a.json', '[1]'), SyntaxError);
  assert.throws(() => readOwnData('a.json', '{'), SyntaxError);
  assert.throws(() => readOwnData('a.csv', 'only one'), /row 1/);
  assert.throws(() => readOwnData('a.csv', '"open,1'), /not closed/);
  assert.equal(isOwnData('dump.rdb'), false);
});

test('a source of pairs ends with the last one', async () => {
  const source = pairsSource('x', [
    ['a', '1'],
    ['b', '2'],
    ['c', '3'],
  ]);
  assert.deepEqual(await source.take(2), [
    ['SET', 'a', '1'],
    ['SET', 'b', '2'],
  ]);
  assert.deepEqual(await source.take(9), [['SET', 'c', '3']]);
  assert.deepEqual(await source.take(9), []);
});

test('generators: UUIDs are version 4, birthdays are days, colliding keys differ; seeds repeat', async () => {
  const uuids = (await uuidKeys(5).take(200)).map(([, key]) => key);
  for (const key of uuids) {
    assert.match(
      key!,
      /^user:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  }
  assert.equal(new Set(uuids).size, 200);
  assert.deepEqual((await uuidKeys(5).take(1))[0]![1], uuids[0]);
  const days = (await birthdayCounters(5).take(5000)).map(([, key]) => key!);
  assert.equal(new Set(days).size, 366);
  for (const day of days) assert.ok(!Number.isNaN(Date.parse(`2024-${day.slice(9)}`)), day);
  const colliding = (await collidingKeys().take(500)).map(([, key]) => key!);
  const times33 = (text: string): bigint =>
    [...text].reduce(
      (hash, letter) => BigInt.asUintN(64, hash * 33n + BigInt(letter.charCodeAt(0))),
      5381n,
    );
  assert.equal(new Set(colliding).size, 500);
  assert.equal(new Set(colliding.map(times33)).size, 1);
});
