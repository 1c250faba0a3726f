import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entryFields } from '../../../web/visualizer/entry-bytes.ts';
import {
  type Command,
  deletions,
  expiringKeys,
  randomKeys,
  seededRandom,
  sequentialKeys,
  zipf,
  zipfCounters,
} from '../../../web/visualizer/generators.ts';
import { readHash } from '../../../web/visualizer/hash-bits.ts';
import type { KeyPlace } from '../../../web/visualizer/inspect-reply.ts';
import { tellChange, tellMove, tellTables } from '../../../web/visualizer/narration.ts';
import { readOptions, searchOf } from '../../../web/visualizer/page-options.ts';
import {
  css,
  fillLevel,
  fillRamp,
  fingerprintColour,
  kFillLevels,
} from '../../../web/visualizer/palette.ts';
import { batchOf, isTeaching, kSpeeds, msPerMove, speedAt } from '../../../web/visualizer/speed.ts';
import { type PlugReport, verdictOf } from '../../../web/visualizer/plug.ts';
import { readHtstats } from '../../../web/visualizer/verify.ts';
import { moveOf, tablesOf } from './pictures.ts';

test('hash bits: the lowest choose the bucket, the next decides, the highest are the fingerprint', () => {
  const reading = readHash('a3144ffa84ae26ec', tablesOf({ size0: 16 }));
  assert.equal(reading.index, 0xc);
  assert.equal(reading.bucketBits, 4);
  const uses = (use: string): number[] =>
    reading.bits.filter((bit) => bit.use === use).map(({ number }) => number);
  assert.deepEqual(uses('bucket'), [3, 2, 1, 0]);
  assert.deepEqual(uses('extra'), [4]);
  assert.deepEqual(uses('fingerprint'), [63, 62, 61, 60, 59, 58, 57, 56]);
  const text = reading.bits.map(({ value }) => value).join('');
  assert.equal(BigInt(`0b${text}`), 0xa3144ffa84ae26ecn);
});

test('behind the rehash index one bit more is read', () => {
  const tables = { size0: 16, size1: 32, direction: 'grow' } as const;
  const hash = '000000000000001c';
  assert.equal(readHash(hash, tablesOf({ ...tables, rehashIndex: 12 })).finalIndex, 12);
  assert.equal(readHash(hash, tablesOf({ ...tables, rehashIndex: 13 })).finalIndex, 28);
});

function placeOf(blob: number[], some: Partial<KeyPlace>): KeyPlace {
  return {
    hash: '0'.repeat(16),
    slot: 0,
    table: 0,
    bucket: 0,
    place: 0,
    childDepth: 0,
    fingerprint: 1,
    reference: 1,
    deadline: -1,
    blob: Uint8Array.from(blob),
    headerBytes: 1,
    keyOffset: 2,
    valueOffset: 3,
    type: 'string',
    encoding: 'embstr',
    ...some,
  };
}

test('the fields of an entry are its whole blob, in order', () => {
  const text = placeOf([0x08, 1, 0, 0, 0, 0, 0, 0, 0, 1, 97, 2, 120, 121], {
    deadline: 1,
    headerBytes: 9,
    keyOffset: 10,
    valueOffset: 11,
  });
  const fields = entryFields(text);
  assert.deepEqual(
    fields.map(({ name, from, bytes }) => [name, from, bytes.length]),
    [
      ['flags', 0, 1],
      ['deadline', 1, 8],
      ['key length', 9, 1],
      ['key', 10, 1],
      ['value length', 11, 1],
      ['value', 12, 2],
    ],
  );
  assert.deepEqual(
    fields.flatMap(({ bytes }) => [...bytes]),
    [...text.blob],
  );
});

test('eviction bits and numbers are fields too', () => {
  const number = placeOf(
    [0x30, 9, 9, 9, 9, 1, 97, 0xd6, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    {
      headerBytes: 5,
      keyOffset: 6,
      valueOffset: 7,
    },
  );
  const fields = entryFields(number);
  assert.deepEqual(
    fields.map(({ name }) => name),
    ['flags', 'eviction', 'key length', 'key', 'value'],
  );
  assert.equal(fields.at(-1)!.meaning, 'the number -42');
});

test('the same seed makes the same commands, another seed others', async () => {
  const all = async (seed: number): Promise<readonly Command[]> => [
    ...(await randomKeys(seed).take(20)),
    ...(await zipfCounters(seed).take(20)),
    ...(await expiringKeys(seed).take(20)),
  ];
  assert.deepEqual(await all(5), await all(5));
  assert.notDeepEqual(await all(5), await all(6));
});

test('keys in sequence go on from the number given', async () => {
  const source = sequentialKeys(41);
  await source.take(1);
  assert.deepEqual(await source.take(1), [['SET', 'key:000042', 'value 42']]);
});

test('Zipf: rank 1 comes about twice as often as rank 2', () => {
  const seed = 20261120;
  const rank = zipf(100, seededRandom(seed));
  const counts = new Map<number, number>();
  for (let i = 0; i < 20_000; i++) {
    const drawn = rank();
    assert.ok(drawn >= 1 && drawn <= 100);
    counts.set(drawn, (counts.get(drawn) ?? 0) + 1);
  }
  const ratio = counts.get(1)! / counts.get(2)!;
  assert.ok(ratio > 1.7 && ratio < 2.3, `seed ${seed}: ${ratio}`);
});

test('deletions take every key once and end with the store', async () => {
  const keys = new Set(Array.from({ length: 25 }, (_, i) => `k${i}`));
  const source = deletions({
    scan: async (cursor, count) => {
      const all = [...keys];
      const from = Number(cursor);
      const next = from + count >= all.length ? 0 : from + count;
      return [String(next), all.slice(from, from + count)];
    },
  });
  for (let rounds = 0; rounds < 100; rounds++) {
    const commands = await source.take(4);
    if (commands.length === 0) break;
    for (const [, key] of commands) keys.delete(key!);
  }
  assert.equal(keys.size, 0);
});

test('the address says seed, database and durability, nonsense falls back', () => {
  const random = (): number => 99;
  assert.deepEqual(readOptions('?seed=7&db=x&durability=always&debug', random), {
    name: 'x',
    seed: 7,
    durability: 'always',
    isEmbedded: false,
    isDebug: true,
  });
  const fallback = {
    name: 'page',
    seed: 99,
    durability: 'commit',
    isEmbedded: false,
    isDebug: false,
  };
  assert.deepEqual(readOptions('?seed=-1&durability=never', random), fallback);
  assert.deepEqual(readOptions('?seed=4294967296', random), fallback);
  assert.deepEqual(readOptions('?embed=1', random), { ...fallback, isEmbedded: true });
  const options = readOptions('?debug', random);
  assert.deepEqual(
    readOptions(searchOf('?debug', options), () => 1),
    options,
  );
});

test('every fill level has a colour of its own', () => {
  const ramp = fillRamp(
    [227, 231, 237],
    [197, 217, 242],
    [26, 79, 156],
    [232, 160, 76],
    [168, 58, 0],
  );
  assert.equal(ramp.length, kFillLevels);
  assert.equal(new Set(ramp.map(css)).size, kFillLevels);
  assert.deepEqual([0, 0.2, 12, 13, 500].map(fillLevel), [0, 1, 12, 13, kFillLevels - 1]);
  assert.notDeepEqual(fingerprintColour(1), fingerprintColour(40));
});

test('speeds: moves are seen up to 25 a second, faster in batches', () => {
  assert.deepEqual(
    kSpeeds.map(({ perSecond }) => perSecond),
    [...kSpeeds.map(({ perSecond }) => perSecond)].sort((a, b) => a - b),
  );
  for (const speed of kSpeeds) {
    assert.equal(msPerMove(speed) > 0, isTeaching(speed));
    assert.ok(msPerMove(speed) * 1 <= 1000 / Math.min(speed.perSecond, 1000) || !isTeaching(speed));
    assert.ok(batchOf(speed) >= 1 && batchOf(speed) <= 2000);
  }
  assert.equal(speedAt(-3), kSpeeds[0]);
  assert.equal(speedAt(99), kSpeeds.at(-1));
});

test('sentences name the buckets, the bit and the numbers', () => {
  const tables = tablesOf({ size0: 16, size1: 32, direction: 'grow', rehashIndex: 6, keys: 171 });
  assert.equal(
    tellMove(moveOf({ from: 5, to: 21, moved: 5, stayed: 4 }), tables),
    'Rehash step: bucket 5 splits. Hash bit 4 decides: 4 entries with 0 stay at 5, 5 entries with 1 go to 21.',
  );
  assert.match(tellTables(tables), /Growing from 16 to 32 buckets: rehash index 6 of 16 \(38 %\)/);
  assert.match(tellTables(tablesOf({ size0: 16, keys: 100 })), /after 64 more/);
  assert.match(tellChange(tablesOf({ size0: 16, keys: 164 }), tables)!, /too full/);
  assert.equal(tellChange(tables, tables), undefined);
});

test('HTSTATS: both tables of the keys, none of expires', () => {
  const text =
    '[Dictionary HT]\nHash table 0 stats (main hash table):\n table size: 16\n number of elements: 90\n' +
    'Hash table 1 stats (rehashing target):\n table size: 32\n number of elements: 81\n' +
    '[Expires HT]\nHash table 0 stats:\n table size: 4\n number of elements: 1\n';
  assert.deepEqual(readHtstats(text), [
    { size: 16, used: 90 },
    { size: 32, used: 81 },
  ]);
  const begun =
    '[Dictionary HT]\nHash table 0 stats (main hash table):\n table size: 1\n' +
    ' number of elements: 12\nHash table 1 stats (rehashing target):\n' +
    'No stats available for empty dictionaries\n[Expires HT]\n';
  assert.deepEqual(readHtstats(begun), [{ size: 1, used: 12 }, null]);
});

test('a lost acknowledged write is a failure where the durability forbids it', () => {
  const report: PlugReport = {
    durability: 'commit',
    keysBefore: 1,
    digestBefore: 'a',
    sent: 10,
    acknowledged: 5,
    keysAfter: 6,
    digestAfter: 'b',
    lost: 0,
    unexpected: 0,
    reopenedMs: 9,
  };
  assert.equal(verdictOf(report).isGood, true);
  assert.equal(verdictOf({ ...report, lost: 1 }).isGood, false);
  assert.equal(verdictOf({ ...report, lost: 1, durability: 'no' }).isGood, true);
  assert.equal(verdictOf({ ...report, sent: 0 }).isGood, false, 'another digest');
});
