import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { decodeClone, encodeClone } from '../../../web/adapters/clone.ts';

const roundTrip = async (value: unknown): Promise<unknown> => decodeClone(await encodeClone(value));

test('anything comes back as structuredClone copies it', async () => {
  const anything = fc.anything({
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withSparseArray: true,
    withNullPrototype: true,
    withUnicodeString: true,
  });
  await fc.assert(
    fc.asyncProperty(anything, async (value) => {
      fc.pre(!inspect(value, { depth: null }).includes('Invalid Date')); // unequal to itself here
      assert.deepEqual(await roundTrip(value), structuredClone(value));
    }),
    { numRuns: 1_000 },
  );
});

test('a date that is none comes back as such', async () => {
  const copy = await roundTrip([new Date(NaN)]);
  assert.ok(Array.isArray(copy) && copy[0] instanceof Date && Number.isNaN(copy[0].getTime()));
});

test('shared and circular references are kept', async () => {
  const shared = new Uint8Array([1, 2, 3]);
  const value: Record<string, unknown> = { one: shared, other: shared, part: shared.subarray(1) };
  value['self'] = value;
  value['map'] = new Map([[value, new Set([value])]]);
  const copy = (await roundTrip(value)) as typeof value;
  assert.notEqual(copy, value);
  assert.equal(copy['self'], copy);
  assert.equal(copy['one'], copy['other']);
  assert.equal((copy['part'] as Uint8Array).buffer, (copy['one'] as Uint8Array).buffer);
  assert.ok((copy['map'] as Map<unknown, Set<unknown>>).get(copy)!.has(copy));
});

test('the value is copied before encodeClone returns', async () => {
  const value = { n: 1 };
  const encoded = encodeClone(value);
  value.n = 2;
  assert.deepEqual(decodeClone(await encoded), { n: 1 });
});

test('what has no bytes, and what is cut off, is refused', async () => {
  const channel = new MessageChannel();
  assert.throws(() => encodeClone(() => 1), { name: 'DataCloneError' });
  assert.throws(() => encodeClone({ channel: channel.port1 }), {
    name: /DataCloneError|TypeError/,
  });
  channel.port1.close();
  const whole = await encodeClone({ a: [1, 'text'], b: new Blob(['abc']) });
  for (let length = 0; length < whole.length; length++) {
    const cut = whole.subarray(0, length);
    assert.throws(() => decodeClone(cut), `of ${whole.length} bytes ${length} are enough`);
  }
});
