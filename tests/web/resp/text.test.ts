import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  byteLength,
  decodeAsciiWindow,
  decodeText,
  encodeText,
  isWellFormed,
  textToBytes,
} from '../../../web/resp/text.ts';

/** Strings of any UTF-16 code units: lone surrogates, NUL and every plane included. */
const anyText = fc.string({
  unit: fc.integer({ min: 0, max: 0xffff }).map(toUnit),
  maxLength: 200,
});

function toUnit(code: number): string {
  return String.fromCharCode(code);
}

function decodeAll(bytes: Uint8Array): string {
  return decodeText(bytes, 0, bytes.length);
}

test('every string of UTF-16 units comes back from its bytes as it was', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const bytes = textToBytes(text);
      assert.equal(bytes.length, byteLength(text));
      assert.equal(decodeAll(bytes), text);
    }),
    { numRuns: 2000 },
  );
});

test('every surrogate half survives alone, doubled, swapped and beside other text', () => {
  for (let unit = 0xd800; unit <= 0xdfff; unit++) {
    const half = toUnit(unit);
    for (const text of [
      half,
      half + half,
      `a${half}b`,
      `é${half}`,
      `${half}\u{1f600}`,
      `\0${half}`,
    ]) {
      assert.equal(decodeAll(textToBytes(text)), text);
    }
  }
});

test('one character of every plane and both ends of every length class is plain UTF-8', () => {
  const codes = [0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfeff, 0xfffd, 0xffff];
  for (let plane = 1; plane <= 16; plane++) codes.push(plane * 0x10000, plane * 0x10000 + 0xffff);
  for (const code of codes) {
    const text = String.fromCodePoint(code);
    assert.deepEqual(textToBytes(text), new Uint8Array(Buffer.from(text, 'utf8')));
    assert.equal(decodeAll(textToBytes(text)), text);
  }
});

test('well-formed text is encoded exactly as UTF-8', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.ok(isWellFormed(text));
      assert.deepEqual(textToBytes(text), new Uint8Array(Buffer.from(text, 'utf8')));
    }),
  );
});

test('encodeText writes at the offset and touches nothing else', () => {
  fc.assert(
    fc.property(anyText, fc.nat(9), (text, offset) => {
      const bytes = byteLength(text);
      const target = new Uint8Array(offset + bytes + 5).fill(0xaa);
      assert.equal(encodeText(text, target, offset), bytes);
      assert.deepEqual(target.subarray(offset, offset + bytes), textToBytes(text));
      assert.ok(target.subarray(0, offset).every((byte) => byte === 0xaa));
      assert.ok(target.subarray(offset + bytes).every((byte) => byte === 0xaa));
    }),
  );
});

test('two surrogate halves that became neighbours read as the character they form', () => {
  const joined = new Uint8Array([...textToBytes('\ud83d'), ...textToBytes('\ude00')]);
  assert.equal(decodeAll(joined), '\u{1f600}');
});

test('bytes that are no text read as TextDecoder reads them, and never throw', () => {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 150 }), (bytes) => {
      fc.pre(!bytes.includes(0xed)); // those may be surrogate halves, which we keep
      assert.equal(decodeAll(bytes), decoder.decode(bytes));
    }),
  );
});

test('a byte order mark is text like any other', () => {
  assert.equal(decodeAll(textToBytes('\ufeffx')), '\ufeffx');
  assert.equal(decodeAll(textToBytes(`\ufeff${'x'.repeat(100)}`)), `\ufeff${'x'.repeat(100)}`);
});

test('the window reader refuses anything beyond ASCII, invalid bytes included', () => {
  for (const bad of [0x80, 0xc3, 0xff]) {
    for (let length = 1; length <= 70; length++) {
      const bytes = new Uint8Array(length).fill(0x61);
      assert.equal(decodeAsciiWindow(bytes, 0, length), 'a'.repeat(length));
      bytes[(length * 7) >> 3] = bad;
      assert.equal(decodeAsciiWindow(bytes, 0, length), undefined);
    }
  }
});
