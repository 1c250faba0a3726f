import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareBytes, decodeKey, encodeKey } from '../../../web/adapters/idb-key.ts';

type KeyValue = number | string | Date | Uint8Array | KeyValue[];

const keyTree = fc.letrec<{ key: KeyValue }>((tie) => ({
  key: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.double({ noNaN: true }),
    fc.string({
      unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
    }),
    fc.date({ noInvalidDate: true }),
    fc.uint8Array(),
    fc.array(tie('key'), { maxLength: 4 }),
  ),
})).key;

/** The specification's comparison, word by word. */
function compare(one: KeyValue, other: KeyValue): number {
  const kinds = [one, other].map((key) =>
    typeof key === 'number'
      ? 0
      : key instanceof Date
        ? 1
        : typeof key === 'string'
          ? 2
          : Array.isArray(key)
            ? 4
            : 3,
  );
  if (kinds[0] !== kinds[1]) return kinds[0]! - kinds[1]!;
  if (typeof one === 'string')
    return one < (other as string) ? -1 : one > (other as string) ? 1 : 0;
  if (typeof one === 'number')
    return one < (other as number) ? -1 : one > (other as number) ? 1 : 0;
  if (one instanceof Date) return Math.sign(one.getTime() - (other as Date).getTime());
  if (one instanceof Uint8Array) return compareBytes(one, other as Uint8Array);
  const list = other as KeyValue[];
  for (let at = 0; at < Math.min(one.length, list.length); at++) {
    const order = compare(one[at]!, list[at]!);
    if (order !== 0) return order;
  }
  return one.length - list.length;
}

/** As IndexedDB gives keys back: 0 for -0, an ArrayBuffer for bytes. */
function normal(key: KeyValue): unknown {
  if (Array.isArray(key)) return key.map(normal);
  return key instanceof Uint8Array ? key.slice().buffer : Object.is(key, -0) ? 0 : key;
}

test('encoded keys sort as the specification says, and decode to themselves', () => {
  fc.assert(
    fc.property(keyTree, keyTree, (one, other) => {
      const [first, second] = [encodeKey(one), encodeKey(other)];
      assert.equal(Math.sign(compareBytes(first, second)), Math.sign(compare(one, other)));
      assert.deepEqual(decodeKey(first), normal(one));
    }),
    { numRuns: 2_000 },
  );
});

test('what is cut off is no key', () => {
  const whole = encodeKey(['text', 1, Uint8Array.of(255)]);
  for (let length = 0; length < whole.length; length++) {
    assert.throws(() => decodeKey(whole.subarray(0, length)), { name: 'DataError' });
  }
});
