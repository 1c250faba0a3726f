import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ReplyDecoder } from '../../../web/resp/decode.ts';
import { type Argument, encodeRequest, encodeRequests } from '../../../web/resp/encode.ts';
import { textToBytes } from '../../../web/resp/text.ts';

const anyText = fc.string({
  unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
  maxLength: 60,
});
const anyArgument: fc.Arbitrary<Argument> = fc.oneof(
  fc.string(),
  anyText,
  fc.uint8Array({ maxLength: 60 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.maxSafeInteger(),
  fc.bigInt(),
);
const anyBatch = fc.array(fc.array(anyArgument, { minLength: 1, maxLength: 5 }), { minLength: 1 });

/** The request as RESP says it, written the slow and obvious way. */
function encodePlainly(batch: readonly (readonly Argument[])[]): Uint8Array {
  const parts: Uint8Array[] = [];
  const put = (text: string): number => parts.push(textToBytes(text));
  for (const argv of batch) {
    put(`*${argv.length}\r\n`);
    for (const argument of argv) {
      const bytes = argument instanceof Uint8Array ? argument : textToBytes(String(argument));
      put(`$${bytes.length}\r\n`);
      parts.push(bytes);
      put('\r\n');
    }
  }
  return new Uint8Array(Buffer.concat(parts));
}

test('a batch of any arguments is encoded as RESP says', () => {
  fc.assert(
    fc.property(anyBatch, (batch) => {
      assert.deepEqual(encodeRequests(batch), encodePlainly(batch));
    }),
    { numRuns: 1000 },
  );
});

test('texts around the run and long-text limits keep their lengths, ASCII or not', () => {
  for (const unit of ['a', 'é', '\u{1f600}', '\ud800']) {
    for (const length of [0, 1, 4095, 4096, 4097, 70_000]) {
      const text = unit.repeat(length);
      const batch = [
        ['SET', 'k', text],
        ['GET', text],
      ];
      assert.deepEqual(encodeRequests(batch), encodePlainly(batch));
    }
  }
});

test('a batch larger than one run of text is one buffer in order', () => {
  const batch = Array.from({ length: 20_000 }, (_, i) => ['SET', `key:${i}`, 'v'.repeat(100)]);
  const request = encodeRequests(batch);
  assert.deepEqual(request, encodePlainly(batch));
  assert.equal(request.byteLength, request.buffer.byteLength, 'it can be transferred whole');
});

test('numbers and bigints travel as their decimal text', () => {
  const request = encodeRequest(['SET', 7, -0.5, 12345678901234567890n]);
  assert.deepEqual(request, encodePlainly([['SET', '7', '-0.5', '12345678901234567890']]));
});

test('a request reads back as its arguments', () => {
  fc.assert(
    fc.property(fc.array(anyText, { minLength: 1, maxLength: 5 }), (argv) => {
      const decoder = new ReplyDecoder();
      decoder.push(encodeRequest(argv));
      assert.deepEqual(decoder.next(), argv);
    }),
  );
});
