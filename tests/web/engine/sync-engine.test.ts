import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Key, Value } from '../../../web/client/arguments.ts';
import { named } from '../../../web/client/command-spec.ts';
import { createEngine } from '../../../web/engine/engine-entry-node.ts';
import { WadictError } from '../../../web/errors.ts';

const anyText = fc.string({
  unit: fc.oneof(
    fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
    fc.constantFrom('a', 'é', '\u{1f600}', '\0'),
  ),
  maxLength: 120,
});
const anyPiece = fc.oneof(
  fc.string({ maxLength: 100 }),
  anyText,
  fc.uint8Array({ maxLength: 100 }),
);

/** assert.equal for long texts, whose difference nobody wants to read. */
function same(actual: string | null | undefined, expected: string): void {
  const shown = actual?.slice(0, 20);
  const wanted = expected.slice(0, 20);
  const lengths = `${expected.length} units became ${actual?.length}`;
  assert.ok(actual === expected, `${wanted}… became ${shown}…, ${lengths}`);
}

function errorOf(run: () => unknown): WadictError {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof WadictError, String(error));
    return error;
  }
  assert.fail('nothing was thrown');
}

test('every text and every byte string comes back as it was, alone and in batches', async () => {
  const engine = await createEngine();
  fc.assert(
    fc.property(fc.array(fc.tuple(anyPiece, anyPiece), { maxLength: 20 }), (pairs) => {
      engine.flushall();
      for (const [k, v] of pairs) {
        assert.equal(engine.set(k, v), 'OK');
        if (typeof v === 'string') assert.equal(engine.get(k), v);
        else assert.deepEqual(engine.getBuffer(k), v);
      }
      const texts = pairs.filter(([, v]) => typeof v === 'string');
      engine.flushall();
      assert.equal(engine.setMany(texts), texts.length);
      const last = new Map(texts.map(([k, v]) => [keyOf(k), v]));
      const got = engine.getMany(texts.map(([k]) => k));
      assert.deepEqual(
        got,
        texts.map(([k]) => last.get(keyOf(k))),
      );
      assert.equal(engine.dbsize(), last.size);
    }),
    { numRuns: 300 },
  );
});

/** Two pieces are the same key when their bytes are. */
function keyOf(k: string | Uint8Array): string {
  const bytes = typeof k === 'string' ? Buffer.from(k, 'utf16le') : Buffer.from(k);
  const text = typeof k === 'string' ? k : new TextDecoder().decode(k);
  return Buffer.from(text, 'utf8').equals(Buffer.from(k))
    ? `t${text}`
    : `b${bytes.toString('hex')}`;
}

test('texts around the limits of each copying path keep every character', async () => {
  const engine = await createEngine();
  const lengths = [
    0, 1, 3, 4, 7, 8, 15, 16, 17, 31, 32, 47, 48, 49, 63, 64, 65, 4095, 16384, 16385, 100_000,
  ];
  for (const unit of ['a', 'é', '\u{1f600}', '\udc00']) {
    for (const length of lengths) {
      const text = unit.repeat(length);
      engine.set(`k${text.slice(0, 200)}`, text);
      same(engine.get(`k${text.slice(0, 200)}`), text);
      same(engine.getMany([`k${text.slice(0, 200)}`])[0], text);
      engine.set(text, 'value of a long key');
      assert.equal(engine.get(text), 'value of a long key');
    }
  }
});

test('the hot path answers as the same commands do as requests, whatever happens', async () => {
  let now = 1_700_000_000_000;
  const hot = await createEngine({ seed: 7n, clock: () => now });
  const plain = await createEngine({ seed: 7n, clock: () => now });
  const aKey = fc.constantFrom('a', 'b', 'c', 'd', 'é', '');
  const aStep = fc.oneof(
    fc.record({
      op: fc.constant('set'),
      k: aKey,
      v: fc.oneof(fc.string(), fc.integer().map(String)),
    }),
    fc.record({ op: fc.constantFrom('get', 'del', 'incr', 'strlen'), k: aKey }),
    fc.record({ op: fc.constant('pexpire'), k: aKey, ms: fc.integer({ min: -5, max: 50 }) }),
    fc.record({ op: fc.constant('wait'), ms: fc.integer({ min: 1, max: 60 }) }),
    fc.record({ op: fc.constant('many'), list: fc.array(aKey, { minLength: 1 }) }),
  ) as fc.Arbitrary<{ op: string; k: string; v: string; ms: number; list: string[] }>;
  const attempt = (run: () => unknown): unknown => {
    try {
      return run();
    } catch (error) {
      return (error as WadictError).message;
    }
  };
  fc.assert(
    fc.property(fc.array(aStep, { maxLength: 40 }), (steps) => {
      hot.flushall();
      plain.flushall();
      for (const { op, k, v, ms, list } of steps) {
        if (op === 'wait') {
          now += ms;
          continue;
        }
        const [a, b] = {
          set: () => [hot.set(k, v), plain.call('SET', k, v)],
          get: () => [hot.get(k), plain.call('GET', k)],
          del: () => [hot.del(k), plain.call('DEL', k)],
          incr: () => [attempt(() => hot.incr(k)), attempt(() => plain.call('INCR', k))],
          strlen: () => [hot.strlen(k), plain.call('STRLEN', k)],
          pexpire: () => [hot.pexpire(k, ms), plain.call('PEXPIRE', k, ms)],
          many: () => [hot.getMany(list), plain.call('MGET', ...list)],
        }[op]!();
        assert.deepEqual(a, b, op);
      }
      assert.equal(hot.debugDigest(), plain.debugDigest());
    }),
    { numRuns: 200 },
  );
});

test('a key is gone once its time is over, on every path, by the clock given', async () => {
  let now = 1_700_000_000_000;
  const engine = await createEngine({ clock: () => now });
  engine.set('k', 'v', { px: 100 });
  now += 100; // Redis: expired once now > deadline
  assert.deepEqual([engine.get('k'), engine.getMany(['k']), engine.pttl('k')], ['v', ['v'], 0]);
  now += 1;
  assert.deepEqual([engine.get('k'), engine.getMany(['k']), engine.pttl('k')], [null, [null], -2]);
  assert.equal(engine.del('k'), 0);
});

test('tick removes expired keys that nobody reads and tells the next deadline', async () => {
  let now = 1_700_000_000_000;
  const engine = await createEngine({ clock: () => now });
  for (let i = 0; i < 1000; i++) engine.set(`k${i}`, 'v', { px: 50 });
  engine.set('later', 'v', { px: 5000 });
  now += 60;
  while (engine.tick(10).moreWork);
  assert.equal(engine.dbsize(), 1);
  assert.ok(Math.abs(engine.tick().nextDeadlineMs - (now - 60 + 5000)) <= 1);
  now += 6000;
  while (engine.tick(10).moreWork);
  assert.equal(engine.dbsize(), 0);
  assert.equal(engine.tick().nextDeadlineMs, Infinity);
});

test('the memory grows under the engine and no answer is torn', async () => {
  const engine = await createEngine({ initialMemory: '16mb' });
  const before = engine.wasmBytes;
  const value = 'x'.repeat(1000);
  for (let i = 0; i < 60_000; i++) {
    engine.set(`key:${i}`, value + i);
    if (i % 5000 === 0) same(engine.get(`key:${i}`), value + i);
  }
  assert.ok(engine.wasmBytes > before, 'this test must make memory grow');
  const keys = Array.from({ length: 60_000 }, (_, i) => `key:${i}`);
  engine.getMany(keys).forEach((got, i) => same(got, value + i));
});

test('when memory ends writes get OOM, nothing is lost, and deleting makes room', async () => {
  const engine = await createEngine({ maxMemory: '20mb' });
  const value = 'x'.repeat(10_000);
  let stored = 0;
  const error = errorOf(() => {
    for (;;) {
      engine.set(`key:${stored}`, value);
      stored++;
    }
  });
  assert.equal(error.code, 'OOM');
  assert.ok(stored > 100);
  for (let i = 0; i < stored; i++) same(engine.get(`key:${i}`), value);
  assert.equal(errorOf(() => engine.set('huge', 'y'.repeat(30_000_000))).code, 'OOM');
  for (let i = 0; i < stored; i += 2) assert.equal(engine.del(`key:${i}`), 1);
  assert.equal(engine.set('again', value), 'OK');
  same(engine.get('key:1'), value);
});

test('batches of any size work, with text of any kind', async () => {
  const engine = await createEngine();
  for (const count of [0, 1, 2, 511, 512, 513, 1025, 5000]) {
    engine.flushall();
    const pairs = Array.from(
      { length: count },
      (_, i) => [`k${i}`, `v${i}${i % 700 === 5 ? 'ü' : ''}`] as const,
    );
    assert.equal(engine.setMany(pairs), count);
    assert.equal(engine.dbsize(), count);
    const keys = [...pairs.map(([k]) => k), 'absent'];
    assert.deepEqual(engine.getMany(keys), [...pairs.map(([, v]) => v), null]);
  }
  const long = Array.from({ length: 40 }, (_, i) => [`long${i}`, 'z'.repeat(20_000 + i)] as const);
  engine.setMany(new Map(long));
  engine.getMany(long.map(([k]) => k)).forEach((got, i) => same(got, long[i]![1]));
  assert.deepEqual(engine.getMany([1, 2n, new Uint8Array([107, 49])]), [null, null, 'v1']);
});

test('after SELECT every method speaks of that database, and back', async () => {
  const engine = await createEngine();
  engine.set('k', 'zero');
  engine.select(1);
  assert.deepEqual(
    [engine.get('k'), engine.getMany(['k']), engine.getBuffer('k')],
    [null, [null], null],
  );
  engine.setMany({ k: 'one' });
  engine.set('l', 'one');
  assert.equal(engine.del('l'), 1);
  engine.call('select', '0');
  assert.equal(engine.get('k'), 'zero');
});

test('errors have code, command and key, and leave the engine as it was', async () => {
  const engine = await createEngine();
  engine.set('k', 'text');
  const error = errorOf(() => engine.incr('k'));
  assert.deepEqual([error.code, error.command, error.key], ['NOT_INTEGER', 'INCR', 'k']);
  assert.equal(errorOf(() => engine.call('NOSUCH')).code, 'UNKNOWN_COMMAND');
  assert.equal(errorOf(() => engine.call('GET')).code, 'WRONG_ARITY');
  assert.equal(errorOf(() => engine.set('k', 'v', { ex: 0 })).code, 'OUT_OF_RANGE');
  assert.equal(errorOf(() => engine.set('k', undefined as unknown as Value)).code, 'INVALID_VALUE');
  assert.equal(errorOf(() => engine.set({} as Key, 'v')).code, 'INVALID_KEY');
  assert.equal(errorOf(() => engine.get(null as unknown as Key)).code, 'INVALID_KEY');
  assert.equal(errorOf(() => engine.getMany(['k', true as unknown as Key])).code, 'INVALID_KEY');
  assert.equal(errorOf(() => engine.setMany({ a: {} as Value })).code, 'INVALID_VALUE');
  assert.equal(
    errorOf(() => engine.set('k', 'x'.repeat(64 * 2 ** 20 + 1))).code,
    'VALUE_TOO_LARGE',
  );
  assert.deepEqual([engine.get('k'), engine.dbsize()], ['text', 1]);
});

test('set with options answers as SET does', async () => {
  const engine = await createEngine();
  assert.equal(engine.set('k', '1', { nx: true }), 'OK');
  assert.equal(engine.set('k', '2', { nx: true }), null);
  assert.equal(engine.set('k', '3', { get: true }), '1');
  assert.equal(engine.set(5, 6n), 'OK');
  assert.equal(engine.get(5), '6');
  assert.equal(engine.del('k', 5, 'absent'), 2);
  assert.equal(engine.del(['k']), 0);
});

test('two engines share nothing; the same seed gives the same tables', async () => {
  const [one, two, other] = await Promise.all([
    createEngine({ seed: 42n }),
    createEngine({ seed: 42n }),
    createEngine({ seed: 43n }),
  ]);
  for (let i = 0; i < 100; i++)
    for (const engine of [one, two, other]) engine.set(`k${i}`, String(i));
  assert.deepEqual(one.keys('*'), two.keys('*'));
  assert.notDeepEqual(one.keys('*'), other.keys('*'));
  one.flushall();
  assert.equal(two.dbsize(), 100);
});

test('the whole of SCAN finds every key', async () => {
  const engine = await createEngine();
  const names = Array.from({ length: 3000 }, (_, i) => `k${i}`);
  engine.setMany(names.map((name) => [name, '1'] as const));
  const found = new Set<string>();
  let cursor = '0';
  do {
    const [next, keys] = engine.scan(cursor, { count: 50 });
    for (const name of keys) found.add(name);
    cursor = next;
  } while (cursor !== '0');
  assert.deepEqual([...found].sort(), [...names].sort());
});

test('after close every method throws CLOSED', async () => {
  const engine = await createEngine();
  engine.set('k', 'v');
  engine.close();
  engine.close();
  for (const run of [
    () => engine.get('k'),
    () => engine.getBuffer('k'),
    () => engine.set('k', 'v'),
    () => engine.del('k'),
    () => engine.getMany(['k']),
    () => engine.setMany({ k: 'v' }),
    () => engine.incr('k'),
    () => engine.call('PING'),
    () => engine.tick(),
  ]) {
    assert.equal(errorOf(run).code, 'CLOSED');
  }
});

test('every typed method and its arity are what COMMAND says', async () => {
  const { commandTable } = await import('../../../web/client/commands.ts');
  const engine = await createEngine();
  const arities = new Map<string, number>();
  for (const entry of engine.call('COMMAND') as unknown as [string, number][])
    arities.set(entry[0], entry[1]);
  for (const [method, spec] of Object.entries(commandTable)) {
    const { command } = named(method, spec);
    let name = command.startsWith('DEBUG ') ? 'debug' : command.toLowerCase().replace(' ', '|');
    if (!arities.has(name)) {
      const [info] = engine.call('COMMAND', 'INFO', name) as unknown as [[string, number] | null];
      if (info !== null && info !== undefined) arities.set(name, info[1]);
      else name = `${name} is unknown`;
    }
    assert.equal(arities.get(name), spec.arity, `${method}: ${name}`);
  }
});
