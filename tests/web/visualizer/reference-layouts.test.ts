import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import {
  kTeachingLayouts,
  TeachingModule,
  type TeachingOptions,
} from '../../../web/engine/teaching-module.ts';
import { encodeRequests } from '../../../web/resp/encode.ts';
import { seededRandom } from '../../../web/visualizer/generators.ts';
import { LayoutMachine } from '../../../web/visualizer/lab/layout-machine.ts';
import { OperationLog, requestEnds } from '../../../web/visualizer/lab/operation-log.ts';
import { collidingKeys } from '../../../web/visualizer/reference-panel.ts';
import { tagName } from '../../../web/visualizer/reference-picture.ts';
import {
  decodeArena,
  decodeChained,
  lengthsOf,
  poisson,
} from '../../../web/visualizer/reference-view.ts';

const kCode = new URL('../../../web/engine/generated/teaching.wasm', import.meta.url);

const plain = { hash: 'siphash', isAllAtOnce: false, avoidResize: false } as const;

async function machineOf(
  commands: readonly (readonly (string | number)[])[],
  options: Partial<TeachingOptions> = {},
): Promise<LayoutMachine> {
  const module = await TeachingModule.load(new Uint8Array(await readFile(kCode)), () =>
    performance.now(),
  );
  const log = new OperationLog();
  const bytes = encodeRequests(commands);
  let from = 0;
  for (const end of requestEnds(bytes)) {
    log.add(bytes.subarray(from, end), 0);
    from = end;
  }
  return new LayoutMachine(module, log, { layout: 'chained', ...plain, ...options });
}

const keysOf = (bytes: Uint8Array): string[] =>
  decodeChained(bytes)
    .tables.flatMap(({ chains }) => chains.flatMap(({ entries }) => entries.map(({ key }) => key)))
    .sort();

test("the arena's bytes are those that the lesson draws", async () => {
  const machine = await machineOf(
    [
      ['SET', 'hello', 'world'],
      ['SET', 'hello', 'again'],
    ],
    {
      layout: 'arena',
    },
  );
  const first = decodeArena(machine.viewAt(1));
  assert.deepEqual(first.now, [
    {
      offset: 1,
      keyBytes: 5,
      valueBytes: 5,
      next: 0,
      isDeleted: false,
      key: 'hello',
      value: 'world',
    },
  ]);
  assert.equal(first.buckets.filter((offset) => offset === 1).length, 1);
  const second = decodeArena(machine.viewAt(2));
  assert.deepEqual(
    second.now.map(({ isDeleted }) => isDeleted),
    [true, false],
  );
  assert.equal(second.now[1]?.next, 1);
  assert.equal(second.live, 1);
  assert.equal(second.wastedBytes, 12 + 10);
  assert.deepEqual(decodeArena(machine.viewAt(1)), first);
});

test('a layout follows the commands that it knows, at any position, in any order', async () => {
  const random = seededRandom(11);
  const model = new Set<string>();
  const commands: (string | number)[][] = [];
  const expected: string[][] = [[]];
  for (let i = 0; i < 9000; i++) {
    const key = `k${Math.floor(random() * 40)}`;
    const choice = Math.floor(random() * 8);
    const command = [
      ['SET', key, i],
      ['SET', key, i, 'NX'],
      ['SET', key, i, 'XX'],
      ['MSET', key, i, `${key}x`, i],
      ['DEL', key, `${key}x`],
      ['INCR', key],
      ['GET', key],
      ['PING', key],
    ][choice]!;
    if (i % 4001 === 4000) command.splice(0, command.length, 'FLUSHALL');
    commands.push(command);
    if (command[0] === 'FLUSHALL') model.clear();
    else if (choice === 4) for (const each of [key, `${key}x`]) model.delete(each);
    else if (choice === 0 || choice === 1 || choice === 3 || choice === 5) model.add(key);
    if (choice === 3 && command[0] !== 'FLUSHALL') model.add(`${key}x`);
    expected.push([...model].sort());
  }
  for (const layout of ['chained', 'chained-set', 'chained-odd-set'] as const) {
    const machine = await machineOf(commands, { layout });
    for (const position of [9000, 4097, 4096, 4095, 1, 0, 8999, 5000]) {
      assert.deepEqual(
        keysOf(machine.viewAt(position)),
        expected[position],
        `${layout} ${position}`,
      );
    }
  }
});

test('keys made to collide are one chain under times 33, and spread under SipHash', async () => {
  const keys = collidingKeys(40);
  assert.equal(new Set(keys).size, 40);
  const longest = async (hash: TeachingOptions['hash']): Promise<number> => {
    const machine = await machineOf([['MSET', ...keys.flatMap((key) => [key, 1])]], { hash });
    const { tables } = decodeChained(machine.viewAt(1));
    return Math.max(...tables.flatMap(({ chains }) => chains.map(({ length }) => length)));
  };
  assert.equal(await longest('times33'), 40);
  assert.ok((await longest('siphash')) < 8);
});

test('chain lengths add up, and Poisson expects as many buckets and keys as there are', async () => {
  const machine = await machineOf([['DEBUG', 'POPULATE', 3000]]);
  const view = decodeChained(machine.viewAt(1));
  assert.equal(view.isDetailed, false);
  const counts = lengthsOf(view, 12);
  const buckets = view.tables[0].size + view.tables[1].size;
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    buckets,
  );
  assert.equal(
    counts.reduce((sum, count, length) => sum + count * length, 0),
    3000,
  );
  const expected = poisson(3000 / buckets, buckets, 12);
  const near = (a: number, b: number): void => assert.ok(Math.abs(a - b) < 1e-3 * b, `${a} ${b}`);
  near(
    expected.reduce((sum, count) => sum + count, 0),
    buckets,
  );
  near(
    expected.reduce((sum, count, length) => sum + count * length, 0),
    3000,
  );
});

test('every tag of a pointer has its name', () => {
  assert.deepEqual(
    [0, 1, 2, 4, 5].map((tag) => tagName(tag).bits),
    ['000', 'XX1', '010', '100', 'XX1'],
  );
  assert.equal(kTeachingLayouts.length, 4);
});
