/** What the copying paths of the synchronous engine must not change: text, time, memory. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEngine, type Engine } from '../../../web/engine/engine-entry-node.ts';
import { WadictError } from '../../../web/errors.ts';

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof WadictError, String(error));
    return error.code;
  }
  return 'nothing was thrown';
}

/** `text` as key and as value, alone and in batches, comes back as it was. */
function comesBack(engine: Engine, text: string): void {
  const shown = JSON.stringify(text.slice(0, 40));
  engine.set(text, text);
  assert.ok(engine.get(text) === text, `get of ${shown}`);
  const key = `batch:${text}`;
  const plain = `plain:${'p'.repeat(text.length)}`;
  engine.setMany([
    [key, text],
    [plain, 'plain'],
    [`${key}2`, `${text}2`],
  ]);
  assert.deepEqual(engine.getMany([key, plain, 'absent', `${key}2`, text]), [
    text,
    'plain',
    null,
    `${text}2`,
    text,
  ]);
  assert.equal(engine.del(text), 1);
  engine.flushall();
}

test('a character of every Unicode plane, NUL and lone surrogates come back from every path', async () => {
  const engine = await createEngine();
  const units = ['\0', '\x7f', '\x80', '\u07ff', '\u0800', '\ud800', '\udbff', '\udc00', '\udfff'];
  for (let plane = 0; plane <= 16; plane++) {
    units.push(
      String.fromCodePoint(plane * 0x10000 + 0x1234),
      String.fromCodePoint(plane * 0x10000),
    );
  }
  units.push('\udc00\ud800', '\ufffd', '\uffff', '\u{10ffff}', '\ufeff');
  for (const unit of units) {
    for (const length of [1, 28, 29, 32, 33, 500]) {
      comesBack(engine, unit.repeat(length));
      for (const at of [0, 1, 2, 3, length - 1]) {
        comesBack(engine, `${'a'.repeat(Math.max(0, at))}${unit}${'b'.repeat(length)}`);
      }
    }
  }
});

test('ASCII of every length up to beyond each path comes back', async () => {
  const engine = await createEngine();
  for (let length = 0; length < 300; length++) comesBack(engine, 'x'.repeat(length));
  for (const length of [16_383, 16_384, 16_385, 70_000]) comesBack(engine, 'y'.repeat(length));
});

test('the clock is asked only while the time matters', async () => {
  let asked = 0;
  let now = 1_700_000_000_000;
  const engine = await createEngine({ clock: () => (asked++, now) });
  const askedBy = (run: () => unknown): number => {
    const before = asked;
    run();
    return asked - before;
  };
  const calls = (): void => {
    engine.set('k', 'v');
    engine.get('k');
    engine.getMany(['k', 'l']);
    engine.setMany([['k', 'v']]);
    engine.del('k');
  };
  assert.equal(askedBy(calls), 0);
  engine.call('SET', 'mortal', 'v', 'PX', 50);
  assert.equal(askedBy(calls), 5);
  now += 51;
  assert.equal(engine.get('mortal'), null);
  engine.tick(); // until then it may be asked in vain
  assert.equal(askedBy(calls), 0);
  // A deadline in another database is none of the hot path's, one that comes back by SWAPDB is.
  engine.select(1);
  engine.set('mortal', 'v', { px: 50 });
  engine.select(0);
  assert.equal(askedBy(calls), 0);
  engine.call('SWAPDB', 0, 1);
  assert.equal(engine.get('mortal'), 'v');
  now += 51;
  assert.deepEqual(engine.getMany(['mortal']), [null]);
  // LRU bits are times.
  engine.call('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
  assert.equal(askedBy(calls), 5);
  engine.set('k', 'v');
  now += 20_000;
  assert.equal(engine.call('OBJECT', 'IDLETIME', 'k'), 20);
  engine.get('k');
  assert.equal(engine.call('OBJECT', 'IDLETIME', 'k'), 0);
});

test('a key of 64 MB is kept or refused, and nothing else is lost', async () => {
  const huge = 'k'.repeat(64 * 2 ** 20);
  const engine = await createEngine();
  engine.set('other', 'v');
  assert.equal(
    codeOf(() => engine.set(`${huge}k`, 'v')),
    'VALUE_TOO_LARGE',
  );
  assert.equal(engine.set(huge, 'v'), 'OK');
  assert.equal(engine.get(huge), 'v');
  assert.equal(engine.del(huge), 1);
  assert.deepEqual([engine.get('other'), engine.dbsize()], ['v', 1]);

  const small = await createEngine({ maxMemory: '48mb' });
  small.select(2);
  small.set('other', 'v');
  // As a request, and by the hot path.
  assert.equal(
    codeOf(() => small.set(huge, 'v')),
    'OOM',
  );
  assert.deepEqual([small.get('other'), small.dbsize()], ['v', 1]);
  small.select(0);
  assert.equal(
    codeOf(() =>
      small.setMany([
        ['a', 'b'],
        [huge, 'v'],
      ]),
    ),
    'OOM',
  );
  assert.deepEqual([small.get('a'), small.dbsize(), small.set('a', 'b')], [null, 0, 'OK']);
});

test('a session that QUIT ended begins anew, in the same database', async () => {
  const engine = await createEngine();
  engine.select(3);
  engine.set('k', 'three');
  assert.equal(engine.call('QUIT'), 'OK');
  assert.deepEqual([engine.get('k'), engine.strlen('k')], ['three', 5]);
  engine.select(0);
  assert.equal(engine.get('k'), null);
});

/** Runs `body` on a device that gives no more memory than it has given. */
function withoutGrowth(body: () => void): void {
  const { grow } = WebAssembly.Memory.prototype;
  try {
    WebAssembly.Memory.prototype.grow = () => {
      throw new RangeError('WebAssembly.Memory.grow(): the device has no more');
    };
    body();
  } finally {
    WebAssembly.Memory.prototype.grow = grow;
  }
}

test('growth that the browser refuses is OOM; the same commands succeed after deletes', async () => {
  const engine = await createEngine({ initialMemory: '16mb' });
  const value = 'x'.repeat(2000);
  const pair = (i: number): [string, string] => [`key:${i}`, value + i];
  const keyOf = (i: number): string => `key:${i}`;
  let stored = 0;
  withoutGrowth(() => {
    const fill = (): void => {
      for (; ; stored += 50) engine.setMany(Array.from({ length: 50 }, (_, i) => pair(stored + i)));
    };
    assert.equal(codeOf(fill), 'OOM');
    assert.ok(stored > 1000 && stored < 10_000, `${stored} pairs fit into 16 MB`);
    // All batches before it are whole; of the one that failed, the pairs before the failure are.
    const keys = Array.from({ length: stored + 50 }, (_, i) => keyOf(i));
    const there = keys.filter((key) => engine.get(key) !== null).length;
    assert.ok(there >= stored && there < stored + 50 && engine.dbsize() === there);
    for (let i = 0; i < there; i++) assert.ok(engine.get(keyOf(i)) === value + i, keyOf(i));

    assert.equal(
      codeOf(() => engine.set('huge', value.repeat(3000))),
      'OOM',
    );
    assert.equal(
      codeOf(() => engine.setMany([pair(stored + 60)])),
      'OOM',
    );
    for (let i = 0; i < 200; i++) assert.equal(engine.del(keyOf(i)), 1);
    assert.equal(engine.setMany(Array.from({ length: 50 }, (_, i) => pair(stored + i))), 50);
    for (let i = 200; i < stored + 50; i++) assert.ok(engine.get(keyOf(i)) === value + i, keyOf(i));
  });
  // And where there is room again.
  assert.equal(engine.set('huge', value.repeat(3000)), 'OK');
});

test('an input that needed much memory gives it back', async () => {
  const engine = await createEngine({ maxMemory: '40mb' });
  engine.set('k', 'x'.repeat(12_000_000));
  assert.equal(engine.del('k'), 1);
  // Were the input buffer kept, 12 MB of the 40 would be missing here.
  const value = 'y'.repeat(1_000_000);
  for (let i = 0; i < 28; i++) assert.equal(engine.set(`key:${i}`, value), 'OK');
});

test('memory is got ahead by ticks, so that operations between them need none', async () => {
  const engine = await createEngine({ initialMemory: '16mb' });
  const value = 'x'.repeat(1000);
  let grownByOperations = 0;
  for (let i = 0; i < 100_000; i++) {
    const before = engine.wasmBytes;
    engine.set(`key:${i}`, value);
    if (engine.wasmBytes !== before) grownByOperations++;
    if (i % 500 === 0) engine.tick(10);
  }
  assert.ok(engine.wasmBytes > 100_000_000);
  assert.equal(grownByOperations, 0);
});

test('a hit leaves nothing behind but the string it returned', async () => {
  const engine = await createEngine();
  const value = 'v'.repeat(32);
  const keys = Array.from({ length: 500 }, (_, i) => `key:${String(i).padStart(12, '0')}`);
  for (const key of keys) engine.set(key, value);
  const readAll = (): number => {
    let length = 0;
    for (const key of keys) length += engine.get(key)!.length;
    return length;
  };
  let least = Infinity;
  for (let round = 0; round < 400; round++) {
    const before = process.memoryUsage().heapUsed;
    readAll();
    const used = process.memoryUsage().heapUsed - before;
    if (used > 0) least = Math.min(least, used / keys.length); // below 0: collected meanwhile
  }
  // A string of 32 characters: 16 bytes of header, 32 of text; memoryUsage itself takes some.
  assert.ok(least < 48 + 8, `${least} bytes a get`);
});
