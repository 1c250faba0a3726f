import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeShortAscii, kShortAscii } from '../../../web/engine/short-ascii.ts';

test('a short text of every length is read, wherever it lies', () => {
  const bytes = new Uint8Array(200).map((_, i) => 32 + (i % 90));
  for (let length = 0; length <= kShortAscii; length++) {
    for (const at of [0, 7, bytes.length - length]) {
      const expected = String.fromCharCode(...bytes.subarray(at, at + length));
      assert.equal(decodeShortAscii(bytes, at, length), expected, `${length} at ${at}`);
    }
  }
});
