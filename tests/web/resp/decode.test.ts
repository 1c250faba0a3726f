import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { INCOMPLETE, ReplyDecoder } from '../../../web/resp/decode.ts';
import { ErrorReply, ProtocolError, type Reply } from '../../../web/resp/reply.ts';
import { textToBytes } from '../../../web/resp/text.ts';

function bytesOf(...parts: (string | Uint8Array)[]): Uint8Array {
  return new Uint8Array(
    Buffer.concat(parts.map((p) => (typeof p === 'string' ? textToBytes(p) : p))),
  );
}

function decodeOne(reply: string | Uint8Array, asBytes = false): Reply | typeof INCOMPLETE {
  const decoder = new ReplyDecoder();
  decoder.push(typeof reply === 'string' ? bytesOf(reply) : reply);
  return decoder.next(asBytes);
}

/** Values with their RESP3 bytes. */
type Sample = { value: Reply; resp: Uint8Array };

const text = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ minLength: 900, maxLength: 1500 }),
);
const line = fc.string({ maxLength: 30 });
const leaf: fc.Arbitrary<Sample> = fc.oneof(
  text.map((value) => ({ value, resp: bulk(textToBytes(value)) })),
  line.map((value) => ({ value, resp: bytesOf(`+${value}\r\n`) })),
  line.map((value) => ({ value: new ErrorReply(value), resp: bytesOf(`-${value}\r\n`) })),
  text.map((value) => {
    const bytes = textToBytes(value);
    return { value: new ErrorReply(value), resp: bytesOf(`!${bytes.length}\r\n`, bytes, '\r\n') };
  }),
  fc.maxSafeInteger().map((n) => ({ value: n === 0 ? 0 : n, resp: bytesOf(`:${n}\r\n`) })),
  fc.bigInt().map((value) => ({ value, resp: bytesOf(`(${value}\r\n`) })),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => {
    return { value: Number(String(n)), resp: bytesOf(`,${n}\r\n`) };
  }),
  fc.boolean().map((value) => ({ value, resp: bytesOf(`#${value ? 't' : 'f'}\r\n`) })),
  fc.constantFrom('_\r\n', '$-1\r\n', '*-1\r\n').map((r) => ({ value: null, resp: bytesOf(r) })),
);
const anySample: fc.Arbitrary<Sample> = fc.letrec<{ value: Sample }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc.tuple(fc.constantFrom('*', '~'), fc.array(tie('value'), { maxLength: 4 })).map(aggregate),
    fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 3 }).map(mapOf),
  ),
})).value;

function bulk(bytes: Uint8Array): Uint8Array {
  return bytesOf(`$${bytes.length}\r\n`, bytes, '\r\n');
}

function aggregate([type, items]: [string, Sample[]]): Sample {
  const resp = bytesOf(`${type}${items.length}\r\n`, ...items.map((item) => item.resp));
  return { value: items.map((item) => item.value), resp };
}

function mapOf(pairs: [Sample, Sample][]): Sample {
  const resp = bytesOf(`%${pairs.length}\r\n`, ...pairs.flat().map((item) => item.resp));
  return { value: new Map(pairs.map(([k, v]) => [k.value, v.value])), resp };
}

test('any replies, cut anywhere, come out whole and in order', () => {
  fc.assert(
    fc.property(
      fc.array(anySample, { minLength: 1, maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 20 }),
      (samples, cuts) => {
        const stream = bytesOf(...samples.map((sample) => sample.resp));
        const decoder = new ReplyDecoder();
        const found: Reply[] = [];
        for (let at = 0, turn = 0; at < stream.length; turn++) {
          const to = at + cuts[turn % cuts.length]!;
          decoder.push(stream.slice(at, to));
          at = to;
          for (let reply = decoder.next(); reply !== INCOMPLETE; reply = decoder.next()) {
            found.push(reply);
          }
        }
        assert.deepEqual(
          found,
          samples.map((sample) => sample.value),
        );
        assert.equal(decoder.isMidway, false);
      },
    ),
    { numRuns: 1500 },
  );
});

test('many short texts in one chunk are cut from windows without a shift', () => {
  const texts = Array.from({ length: 5000 }, (_, i) => (i % 97 === 0 ? `wört ${i}` : `value:${i}`));
  const decoder = new ReplyDecoder();
  decoder.push(bytesOf(...texts.map((t) => bulk(textToBytes(t)))));
  assert.deepEqual(
    texts.map(() => decoder.next()),
    texts,
  );
  assert.equal(decoder.next(), INCOMPLETE);
});

test('in bytes mode bulk strings are bytes of their own, at every depth', () => {
  const payload = new Uint8Array([0, 255, 13, 10, 128]);
  const chunk = bytesOf('*2\r\n', bulk(payload), '*1\r\n', bulk(payload));
  const [first, nested] = decodeOne(chunk, true) as [Uint8Array, [Uint8Array]];
  chunk.fill(0);
  assert.deepEqual(first, payload);
  assert.deepEqual(nested[0], payload);
  assert.equal(decodeOne('+OK\r\n', true), 'OK', 'a status is text in either mode');
});

test('a push between replies is marked, is text, and shifts no reply', () => {
  const decoder = new ReplyDecoder();
  decoder.push(bytesOf('>2\r\n', '$3\r\nabc\r\n', ':1\r\n', '$1\r\nx\r\n'));
  assert.deepEqual(decoder.next(true), ['abc', 1]);
  assert.equal(decoder.isPush, true);
  assert.deepEqual(decoder.next(true), textToBytes('x'));
  assert.equal(decoder.isPush, false);
});

test('attributes are skipped, outside and inside of aggregates', () => {
  const attribute = '|1\r\n+ttl\r\n:3600\r\n';
  assert.deepEqual(decodeOne(`${attribute}*2\r\n:1\r\n${attribute}:2\r\n`), [1, 2]);
  assert.equal(decodeOne(`|0\r\n:5\r\n`), 5);
});

test('integers beyond 2^53 are exact bigints, those within are numbers', () => {
  assert.equal(decodeOne(':9007199254740991\r\n'), 9007199254740991);
  assert.equal(decodeOne(':9007199254740993\r\n'), 9007199254740993n);
  assert.equal(decodeOne(':-9223372036854775808\r\n'), -9223372036854775808n);
  assert.equal(decodeOne(':0000000000000000005\r\n'), 5);
});

test('a verbatim string loses its format, special doubles are numbers', () => {
  assert.equal(decodeOne('=8\r\ntxt:some\r\n'), 'some');
  assert.equal(decodeOne(',inf\r\n'), Infinity);
  assert.equal(decodeOne(',-inf\r\n'), -Infinity);
  assert.ok(Number.isNaN(decodeOne(',nan\r\n') as number));
});

test('a map keeps __proto__ as a key like any other', () => {
  const map = decodeOne('%1\r\n$9\r\n__proto__\r\n:1\r\n');
  assert.deepEqual(map, new Map([['__proto__', 1]]));
});

test('a large bulk string that comes in many pieces is not read anew for each of them', () => {
  const body = new Uint8Array(8 * 1024 * 1024).fill(0x61);
  const decoder = new ReplyDecoder();
  decoder.push(bytesOf(`*2\r\n$${body.length}\r\n`));
  for (let at = 0; at < body.length; at += 1024) {
    assert.equal(decoder.next(true), INCOMPLETE);
    decoder.push(body.slice(at, at + 1024));
  }
  decoder.push(bytesOf('\r\n:7\r\n'));
  const [bytes, seven] = decoder.next(true) as [Uint8Array, number];
  assert.equal(Buffer.compare(bytes, body), 0);
  assert.equal(seven, 7);
});

for (const [name, stream] of Object.entries({
  'a letter where a type byte belongs': 'HTTP/1.1 200 OK\r\n',
  'a length that is no number': '$x\r\n',
  'a length below -1': '$-2\r\n',
  'a length beyond 512 MB': '$536870913\r\n',
  'a bulk string that does not end where it says': '$3\r\nabcdef\r\n',
  'an integer without digits': ':\r\n',
  'an integer with a letter': ':12a\r\n',
  'a boolean that is neither': '#x\r\n',
  'a carriage return without a line feed': '+OK\rX\r\n',
  'a double that is no number': ',one\r\n',
  'a big number that is none': '(12x\r\n',
  'nesting without end': '*1\r\n'.repeat(1000),
  'a line without end': `+${'x'.repeat(70_000)}`,
})) {
  test(`${name} is a ProtocolError`, () => {
    assert.throws(() => decodeOne(stream), ProtocolError);
  });
}

test('no bytes whatever make the decoder throw anything but ProtocolError, or hang', () => {
  const noise = fc.array(
    fc.oneof(
      fc.constantFrom(
        '*2\r\n',
        '$3\r\n',
        '\r\n',
        ':1\r\n',
        '%1\r\n',
        '>1\r\n',
        '|1\r\n',
        '$-1\r\n',
        '_\r\n',
      ),
      fc.string({ maxLength: 5 }),
    ),
    { maxLength: 20 },
  );
  fc.assert(
    fc.property(noise, (parts) => {
      const decoder = new ReplyDecoder();
      decoder.push(bytesOf(...parts));
      try {
        while (decoder.next() !== INCOMPLETE);
      } catch (error) {
        assert.ok(error instanceof ProtocolError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});
