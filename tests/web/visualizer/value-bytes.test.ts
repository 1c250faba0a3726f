import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entryFields } from '../../../web/visualizer/entry-bytes.ts';
import type { KeyPlace } from '../../../web/visualizer/inspect-reply.ts';
import { seededRandom } from '../../../web/visualizer/generators.ts';
import { intsetParts, listpackParts, type ValuePart } from '../../../web/visualizer/value-bytes.ts';
import { kValueTypes, partsOf } from '../../../web/visualizer/value-types.ts';

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const meanings = (parts: readonly ValuePart[]): string[] => parts.map(({ meaning }) => meaning);

test('value bytes: a listpack is its header, its elements and its end @W05', () => {
  // What Redis 8.0.2 keeps for: a, 7, -1, 4096, 70000, 5000000000, "x" * 70
  const long = 'x'.repeat(70);
  const body = [
    '816102',
    '0701',
    'dfff02',
    'f1001003',
    'f270110104',
    'f400f2052a0100000009',
    `e046${Buffer.from(long).toString('hex')}48`,
  ].join('');
  const size = 6 + body.length / 2 + 1;
  const header = `${size.toString(16).padStart(2, '0')}0000000700`;
  const parts = listpackParts(bytesOf(`${header}${body}ff`), 64);
  assert.deepEqual(meanings(parts), [
    `${size} bytes, 7 elements`,
    '"a"',
    'the number 7',
    'the number -1',
    'the number 4096',
    'the number 70000',
    'the number 5000000000',
    `"${long}"`,
    'end',
  ]);
  assert.equal(meanings(listpackParts(bytesOf(`${header}${body}ff`), 2)).length, 3);
});

test('value bytes: an intset is its header and its integers', () => {
  const parts = intsetParts(bytesOf('0400000003000000feffffff0500000070110100'), 64);
  assert.deepEqual(meanings(parts), [
    '4 bytes each, 3 integers',
    'the number -2',
    'the number 5',
    'the number 70000',
  ]);
  assert.deepEqual(meanings(intsetParts(bytesOf('0300000001000000ffff'), 64)), [
    '3 bytes each, 1 integers',
    'not readable',
  ]);
});

test('value bytes: whatever the bytes are, the parts follow each other and lie within them', () => {
  for (let seed = 1; seed <= 2000; seed++) {
    const random = seededRandom(seed);
    const bytes = Uint8Array.from({ length: Math.floor(random() * 40) }, () => random() * 256);
    if (seed % 2 === 0 && bytes.length > 0) bytes[0] = [2, 4, 8][seed % 3]!;
    for (const parts of [listpackParts(bytes, 64), intsetParts(bytes, 64)]) {
      let at = 0;
      for (const part of parts) {
        assert.equal(part.from, at, `seed ${seed}`);
        at += part.bytes.length;
      }
      assert.ok(at <= bytes.length, `seed ${seed}`);
    }
  }
});

test('value types: every encoding that is packed has its parts, others have none', () => {
  for (const { encodings } of Object.values(kValueTypes)) {
    for (const encoding of encodings) {
      const isPacked = encoding === 'intset' || encoding.startsWith('listpack');
      assert.equal(partsOf(encoding, new Uint8Array(20), 64) !== null, isPacked, encoding);
    }
  }
});

test('entry bytes: of an aggregate the value is its packed bytes, or a reference', () => {
  const place = (blob: string, encoding: string): KeyPlace => ({
    hash: '0',
    slot: 0,
    table: 0,
    bucket: 0,
    place: 0,
    childDepth: 0,
    fingerprint: 1,
    reference: 1,
    deadline: -1,
    blob: bytesOf(blob),
    headerBytes: 1,
    keyOffset: 2,
    valueOffset: 3,
    type: 'set',
    encoding,
  });
  const last = (blob: string, encoding: string): string =>
    entryFields(place(blob, encoding)).at(-1)!.meaning;
  assert.equal(last('02016b0200000001000000' + '0500', 'intset'), 'intset, whole');
  assert.equal(last('02016b01020304', 'hashtable'), 'where the hashtable lies');
});
