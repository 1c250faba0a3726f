import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prepareMethod } from '../../../web/client/call.ts';
import { commandTable } from '../../../web/client/commands.ts';
import { type AnyCommandSpec, named } from '../../../web/client/command-spec.ts';
import { errorCodeOf } from '../../../web/client/reply-error.ts';
import { WadictError } from '../../../web/errors.ts';
import { ErrorReply } from '../../../web/resp/reply.ts';
import { kSampleCalls } from './sample-calls.ts';

function request(name: keyof typeof commandTable, ...args: unknown[]): unknown[] {
  return [...prepareMethod(named(name, commandTable[name]), args, 1024).argv];
}

function refusal(name: keyof typeof commandTable, ...args: unknown[]): WadictError {
  try {
    request(name, ...args);
  } catch (error) {
    assert.ok(error instanceof WadictError);
    return error;
  }
  assert.fail(`${name} accepted ${args.map(String).join(' ')}`);
}

test('every method makes a request of the arity that it states', () => {
  assert.deepEqual(Object.keys(kSampleCalls).sort(), Object.keys(commandTable).sort());
  for (const [name, samples] of Object.entries(kSampleCalls)) {
    for (const sample of samples) {
      const words = request(name as keyof typeof commandTable, ...sample).length;
      const { arity } = commandTable[name as keyof typeof commandTable];
      const fits = arity >= 0 ? words === arity : words >= -arity;
      assert.ok(fits, `${name}: ${words} words, arity ${arity}`);
    }
  }
});

test('names are unique and no method hides one of the client', () => {
  const own = ['call', 'callBuffer', 'flush', 'export', 'import', 'status', 'on', 'close', 'name'];
  const names = Object.entries(commandTable).flatMap(([name, spec]) =>
    !(spec as AnyCommandSpec).hasBuffer ? [name] : [name, `${name}Buffer`],
  );
  assert.equal(new Set([...own, ...names]).size, own.length + names.length);
});

test('option objects become the words of the command', () => {
  assert.deepEqual(request('set', 'k', 'v', { ex: 60, nx: true, get: true }), [
    'SET',
    'k',
    'v',
    'EX',
    60,
    'NX',
    'GET',
  ]);
  assert.deepEqual(request('set', 'k', 'v', { keepTtl: true, xx: true }), [
    'SET',
    'k',
    'v',
    'KEEPTTL',
    'XX',
  ]);
  assert.deepEqual(request('set', 'k', 'v', { exat: new Date(1_700_000_000_123) }), [
    'SET',
    'k',
    'v',
    'PXAT',
    1_700_000_000_123,
  ]);
  assert.deepEqual(request('set', 'k', 'v', { ex: undefined, px: 5 }), ['SET', 'k', 'v', 'PX', 5]);
  assert.deepEqual(request('getex', 'k', { persist: true }), ['GETEX', 'k', 'PERSIST']);
  assert.deepEqual(request('expire', 'k', 60, 'GT'), ['EXPIRE', 'k', 60, 'GT']);
  assert.deepEqual(request('expireat', 'k', new Date(1_700_000_000_999)), [
    'EXPIREAT',
    'k',
    1_700_000_000,
  ]);
  assert.deepEqual(request('scan', '0', { match: 'a*', count: 5, type: 'string' }), [
    'SCAN',
    '0',
    'MATCH',
    'a*',
    'COUNT',
    5,
    'TYPE',
    'string',
  ]);
  assert.deepEqual(
    request(
      'mset',
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
    ),
    ['MSET', 'a', 1, 'b', 2],
  );
  assert.deepEqual(request('mset', { __proto__: null, a: '1' }), ['MSET', 'a', '1']);
  assert.deepEqual(request('del', ['a', 'b']), ['DEL', 'a', 'b']);
  assert.deepEqual(request('del', 'a', 'b'), ['DEL', 'a', 'b']);
  assert.deepEqual(request('lcs', 'a', 'b', { idx: true, minmatchlen: 4, withmatchlen: true }), [
    'LCS',
    'a',
    'b',
    'IDX',
    'MINMATCHLEN',
    4,
    'WITHMATCHLEN',
  ]);
});

test('a time to live that cannot be meant is OUT_OF_RANGE with a hint', () => {
  const cases: [unknown, RegExp][] = [
    [{ ex: 0 }, /positive/],
    [{ ex: -5 }, /positive/],
    [{ ex: NaN }, /NaN/],
    [{ ex: 1.5 }, /use px, pexpire or psetex for milliseconds/],
    [{ ex: 1_700_000_000_000 }, /looks like a time in milliseconds/],
    [{ px: 0.5 }, /whole/],
    [{ px: 2 ** 60 }, /2\^53/],
    [{ exat: 1_700_000_000_000 }, /looks like milliseconds/],
    [{ pxat: 1_700_000_000 }, /looks like seconds/],
    [{ pxat: new Date(NaN) }, /invalid Date/i],
    [{ exat: Infinity }, /whole/],
  ];
  for (const [options, hint] of cases) {
    const error = refusal('set', 'k', 'v', options);
    assert.equal(error.code, 'OUT_OF_RANGE', error.message);
    assert.match(error.message, hint);
    assert.equal(error.command, 'SET');
  }
  assert.equal(refusal('expire', 'k', 1_700_000_000_000).code, 'OUT_OF_RANGE');
  assert.deepEqual(request('expire', 'k', -1), ['EXPIRE', 'k', -1], 'EXPIRE may delete');
  assert.deepEqual(
    request('set', 'k', 'v', { ex: 3_153_600_000 }).at(-1),
    3_153_600_000,
    'a century',
  );
});

test('options that exclude each other are SYNTAX, named', () => {
  assert.match(refusal('set', 'k', 'v', { ex: 1, px: 1 }).message, /ex, px/);
  assert.match(refusal('set', 'k', 'v', { ex: 1, keepTtl: true }).message, /ex, keepTtl/);
  assert.equal(refusal('set', 'k', 'v', { nx: true, xx: true }).code, 'SYNTAX');
  assert.equal(refusal('getex', 'k', { pxat: 1e12, persist: true }).code, 'SYNTAX');
  assert.equal(refusal('expire', 'k', 1, 'YY').code, 'SYNTAX');
});

test('numbers that skip integers are refused, bigints are exact', () => {
  assert.equal(refusal('incrby', 'k', 2 ** 53).code, 'NOT_INTEGER');
  assert.equal(refusal('incrby', 'k', 1.5).code, 'NOT_INTEGER');
  assert.deepEqual(request('incrby', 'k', 2n ** 63n - 1n), ['INCRBY', 'k', 9223372036854775807n]);
});

test('pairs that are no pairs are refused', () => {
  assert.equal(refusal('mset', null).code, 'INVALID_VALUE');
  assert.equal(refusal('mset', 'abc').code, 'INVALID_VALUE');
  assert.equal(refusal('mset', { a: undefined }).code, 'INVALID_VALUE');
  assert.equal(refusal('mset', [[{}, '1']]).code, 'INVALID_KEY');
});

test("Redis's error texts have the code of the list", () => {
  const table: [string, string][] = [
    ['WRONGTYPE Operation against a key holding the wrong kind of value', 'WRONGTYPE'],
    ['ERR syntax error', 'SYNTAX'],
    ["ERR wrong number of arguments for 'get' command", 'WRONG_ARITY'],
    ["ERR wrong number of arguments for 'object|encoding' command", 'WRONG_ARITY'],
    ["ERR unknown command 'FOO', with args beginning with: 'a' ", 'UNKNOWN_COMMAND'],
    ["ERR unknown subcommand 'FOO'. Try OBJECT HELP.", 'UNKNOWN_COMMAND'],
    ['ERR value is not an integer or out of range', 'NOT_INTEGER'],
    ['ERR value is not a valid float', 'NOT_FLOAT'],
    ['ERR increment or decrement would overflow', 'OUT_OF_RANGE'],
    ['ERR increment would produce NaN or Infinity', 'OUT_OF_RANGE'],
    ["ERR invalid expire time in 'set' command", 'OUT_OF_RANGE'],
    ['ERR DB index is out of range', 'OUT_OF_RANGE'],
    ['ERR offset is out of range', 'OUT_OF_RANGE'],
    ['ERR string exceeds maximum allowed size (proto-max-bulk-len)', 'VALUE_TOO_LARGE'],
    ['ERR no such key', 'NO_SUCH_KEY'],
    ['BUSYKEY Target key name already exists.', 'BUSY_KEY'],
    ["OOM command not allowed when used memory > 'maxmemory'.", 'OOM'],
    ['EXECABORT Transaction discarded because of previous errors.', 'EXEC_ABORT'],
    ['NOAUTH Authentication required.', 'NO_AUTH'],
    ['NOPERM no', 'NO_PERMISSION'],
    ['MISCONF Errors writing to the AOF file: No space left on device', 'QUOTA_EXCEEDED'],
    ['LOCKED another tab', 'LOCKED'],
    ['ERR Bad data format', 'REPLY'],
    ['NOPROTO unsupported protocol version', 'REPLY'],
    ['constructor x', 'REPLY'],
    ['ERR', 'REPLY'],
  ];
  for (const [text, code] of table) assert.equal(errorCodeOf(new ErrorReply(text)), code, text);
});
