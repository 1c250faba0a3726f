import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineError } from '../../../web/engine/engine-error.ts';
import {
  createMemory,
  kInitialPages,
  memoryPages,
  parseMemorySize,
} from '../../../web/engine/memory-limit.ts';

test('sizes are read as bytes, with powers of 1024', () => {
  const sizes: [number | string, number][] = [
    [12345, 12345],
    ['12345', 12345],
    ['64mb', 64 * 2 ** 20],
    ['64M', 64 * 2 ** 20],
    [' 1.5 GB ', 1.5 * 2 ** 30],
    ['10kb', 10240],
    ['7b', 7],
  ];
  for (const [size, bytes] of sizes) assert.equal(parseMemorySize(size), bytes, String(size));
});

test('what is no size is OUT_OF_RANGE', () => {
  for (const size of ['', 'x', '-5', '5tb', '1 000', 'mb', NaN, -1, Infinity, '1e400']) {
    assert.throws(
      () => parseMemorySize(size),
      (error: unknown) => error instanceof EngineError && error.code === 'OUT_OF_RANGE',
      String(size),
    );
  }
});

test('a limit below what the engine needs to start is refused, one above 4 GiB is 4 GiB', () => {
  assert.throws(() => memoryPages('1mb'), /below the least, 16 MB/);
  assert.equal(memoryPages('16mb'), kInitialPages);
  assert.equal(memoryPages('100gb'), 65536);
});

test('memory grows to the limit and not beyond', () => {
  const memory = createMemory({ maximum: '17mb', initial: '16mb', defaultMaximum: 2 ** 30 });
  assert.equal(memory.grow(16), kInitialPages);
  assert.throws(() => memory.grow(1), RangeError);
});

test('the initial memory is what was wished for, within the maximum and what a start needs', () => {
  const pagesOf = (maximum: string, initial: string): number =>
    createMemory({ maximum, initial, defaultMaximum: 2 ** 30 }).buffer.byteLength / 65536;
  assert.equal(pagesOf('64mb', '32mb'), 512);
  assert.equal(pagesOf('20mb', '64mb'), 320);
  assert.equal(pagesOf('64mb', '1mb'), kInitialPages);
});

test('a device may lower the default limit, never one that the user gave', () => {
  const { Memory } = WebAssembly;
  const refused = new Set<number>();
  class SmallDevice extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      if (descriptor.maximum! > 5000) {
        refused.add(descriptor.maximum!);
        throw new RangeError('could not allocate memory');
      }
      super(descriptor);
    }
  }
  try {
    WebAssembly.Memory = SmallDevice;
    const wishes = { maximum: undefined, initial: '64mb', defaultMaximum: 2 ** 30 };
    const memory = createMemory(wishes);
    assert.deepEqual([...refused], [16384, 8192]);
    memory.grow(4096 - kInitialPages);
    assert.throws(() => memory.grow(1), RangeError);
    assert.throws(
      () => createMemory({ ...wishes, maximum: '1gb' }),
      (error: unknown) => error instanceof EngineError && error.code === 'OOM',
    );
  } finally {
    WebAssembly.Memory = Memory;
  }
});
