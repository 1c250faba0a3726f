import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeShortAscii } from '../../../web/engine/short-ascii.ts';

test('a short text of every length is read, wherever it lies', () => {
  const bytes = new Uint8Array(200).map((_, i) => 32 + (i % 90));
  for (let length = 0; length <= 100; length++) {
    const expected = String.fromCharCode(...bytes.subarray(7, 7 + length));
    assert.equal(decodeShortAscii(bytes, 7, 7 + length), expected);
  }
});

test('one byte beyond ASCII at any place is noticed', () => {
  for (let length = 1; length <= 64; length++) {
    for (let at = 0; at < length; at++) {
      const bytes = new Uint8Array(length).fill(0x61);
      bytes[at] = 0x80;
      assert.equal(decodeShortAscii(bytes, 0, length), undefined, `${at} of ${length}`);
    }
  }
});
