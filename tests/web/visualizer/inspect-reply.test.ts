import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PublicReply } from '../../../web/client/reply-error.ts';
import {
  BucketRange,
  decodeBucketEntries,
  decodeDensity,
  decodeKey,
  decodeLog,
  decodeMemory,
  decodeMoves,
  decodeTables,
  InspectFormatError,
} from '../../../web/visualizer/inspect-reply.ts';
import { bucketRecords } from './pictures.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const map = (fields: Record<string, PublicReply>): PublicReply =>
  new Map(Object.entries(fields).map(([name, value]) => [bytes(name), value]));

const kTables = {
  keys: 3,
  volatile: 1,
  size0: 4,
  size1: 8,
  rehash_index: 2,
  direction: bytes('grow'),
  used_memory: 1000,
  dicts: 1,
  slots: 0,
  resize_policy: bytes('enable'),
  children: 1,
  snapshot_progress: -1,
  snapshot_cursor: -1,
  steps_total: 6,
  hash_seeded: 1,
  paused: 1,
};

test('the map of a database is read, as a map and as a flat array', () => {
  const expected = decodeTables(map(kTables));
  assert.equal(expected.keys, 3);
  assert.equal(expected.size1, 8);
  assert.equal(expected.rehashIndex, 2);
  assert.equal(expected.direction, 'grow');
  assert.equal(expected.isPaused, true);
  const flat = Object.entries(kTables).flatMap(([name, value]) => [bytes(name), value]);
  assert.deepEqual(decodeTables(flat), expected);
});

test('a field that is missing or of another kind is an error, not a zero', () => {
  const { keys: _, ...rest } = kTables;
  assert.throws(() => decodeTables(map(rest)), InspectFormatError);
  assert.throws(() => decodeTables(map({ ...kTables, size0: bytes('4') })), InspectFormatError);
  assert.throws(
    () => decodeTables(map({ ...kTables, direction: bytes('sideways') })),
    InspectFormatError,
  );
  assert.throws(() => decodeTables('OK'), InspectFormatError);
});

test('bucket records are read by absolute index', () => {
  const range = new BucketRange(bucketRecords([[7], [], Array.from({ length: 15 }, () => 9)], 40));
  assert.deepEqual([range.first, range.count, range.total()], [40, 3, 16]);
  assert.deepEqual([range.entries(40), range.top(40), range.fingerprint(40, 0)], [1, 1, 7]);
  assert.deepEqual([range.entries(42), range.top(42), range.children(42)], [15, 12, 1]);
  assert.equal(range.entries(39), 0, 'outside the range');
  assert.equal(range.has(43), false);
});

test('cut records and records out of order are errors', () => {
  const records = bucketRecords([[1], [2]]);
  assert.throws(() => new BucketRange(records.subarray(0, 39)), InspectFormatError);
  const swapped = Uint8Array.from([...records.subarray(20), ...records.subarray(0, 20)]);
  assert.throws(() => new BucketRange(swapped), InspectFormatError);
});

test('records at an odd address inside a larger buffer are read all the same', () => {
  const records = bucketRecords([[5, 6]]);
  const shifted = new Uint8Array(records.length + 3);
  shifted.set(records, 3);
  assert.equal(new BucketRange(shifted.subarray(3)).fingerprint(0, 1), 6);
  assert.deepEqual([...decodeDensity(Uint8Array.of(9, 1, 0, 44, 1).subarray(1))], [1, 300]);
});

test('moves are read with their direction', () => {
  const record = new Uint8Array(16);
  const view = new DataView(record.buffer);
  view.setUint32(0, 77, true);
  view.setUint32(4, 3, true);
  view.setUint32(8, 11, true);
  view.setUint8(12, 1);
  view.setUint8(13, 4);
  view.setUint16(14, 9, true);
  assert.deepEqual(decodeMoves([78, record]), {
    next: 78,
    moves: [{ sequence: 77, from: 3, to: 11, isShrinking: true, moved: 4, stayed: 9 }],
  });
  assert.throws(() => decodeMoves([78, record.subarray(1)]), InspectFormatError);
});

test('entries of a bucket keep their keys as bytes', () => {
  const row = [Uint8Array.of(0, 255), bytes('string'), bytes('raw'), -1, 40, 171, 99, 1];
  assert.deepEqual(decodeBucketEntries([row]), [
    {
      key: Uint8Array.of(0, 255),
      type: 'string',
      encoding: 'raw',
      deadline: -1,
      blobBytes: 40,
      fingerprint: 171,
      reference: 99,
      depth: 1,
    },
  ]);
});

test('a key that is not there is null', () => {
  assert.equal(decodeKey(null), null);
});

test('memory: owners are told from totals', () => {
  const report = decodeMemory(
    map({
      table: 64,
      entry: 100,
      log_tail: 5,
      free_in_pages: 7,
      pages: 65536,
      page_count: 1,
      owned_pages: 1,
      compaction_moves: 2,
    }),
  );
  assert.deepEqual(report.owners, [
    ['table', 64],
    ['entry', 100],
  ]);
  assert.equal(report.compactionMoves, 2);
});

test('log records are text', () => {
  assert.deepEqual(decodeLog([9, [bytes('SET a 1')]]), { next: 9, records: ['SET a 1'] });
});
