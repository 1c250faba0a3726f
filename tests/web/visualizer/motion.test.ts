import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPresent, loadOf, splitIndex, thresholdOf } from '../../../web/visualizer/frame.ts';
import {
  bridgeFrame,
  changesBetween,
  kMovesAnimatedMax,
  MotionTimeline,
  motionsOf,
} from '../../../web/visualizer/motion.ts';
import { frameOf, moveOf, tablesOf } from './pictures.ts';

const kGrow = { direction: 'grow', size0: 2, size1: 4 } as const;
const before = frameOf({ ...kGrow, rehashIndex: 0 }, [[1, 2, 3], [9]], [[], [], [], []]);
const split = moveOf({ sequence: 5, from: 0, to: 2, moved: 2, stayed: 1 });
const after = frameOf({ ...kGrow, rehashIndex: 1 }, [[], [9]], [[2], [], [1, 3], []], [split]);

test('while growing, buckets below the rehash index and their twins are in table 1', () => {
  const { tables } = after;
  const present = (table: 0 | 1): number[] =>
    [0, 1, 2, 3].filter((i) => isPresent(tables, table, i));
  assert.deepEqual([present(0), present(1)], [[1], [0, 2]]);
});

test('while shrinking, merging goes from the last bucket down', () => {
  const tables = tablesOf({ direction: 'shrink', size0: 8, size1: 4, rehashIndex: 1 });
  assert.equal(splitIndex(tables), 3);
  const present = (table: 0 | 1): number[] =>
    [0, 1, 2, 3, 4, 5, 6, 7].filter((i) => isPresent(tables, table, i));
  assert.deepEqual([present(0), present(1)], [[0, 1, 2, 4, 5, 6], [3]]);
});

test('growth begins at 85 % of twelve places, shrinking at an eighth', () => {
  assert.equal(thresholdOf(16, 'grow'), 164);
  assert.equal(thresholdOf(16, 'shrink'), 24);
  assert.ok(loadOf(tablesOf({ size0: 16, keys: 164 })) >= 1);
  assert.ok(loadOf(tablesOf({ size0: 16, keys: 163 })) < 1);
});

test('each entry of a split bucket flies from its place to its new one', () => {
  const [motion] = motionsOf(before, after);
  assert.equal(motion!.rehashIndex, 0);
  assert.deepEqual(
    motion!.flights.map(({ fingerprint, from, to }) => [
      fingerprint,
      from.index,
      from.place,
      to.index,
      to.place,
    ]),
    [
      [2, 0, 1, 0, 0],
      [1, 0, 0, 2, 0],
      [3, 0, 2, 2, 1],
    ],
  );
});

test('equal fingerprints fly from different places', () => {
  const old = frameOf({ ...kGrow, rehashIndex: 0 }, [[7, 7], []], [[], [], [], []]);
  const now = frameOf({ ...kGrow, rehashIndex: 1 }, [[], []], [[7], [], [7], []], [split]);
  const [motion] = motionsOf(old, now);
  const origins = motion!.flights.map(({ from }) => from.place);
  assert.deepEqual(origins.sort(), [0, 1]);
});

test('an entry that came out of a child flies from below its bucket', () => {
  const full = Array.from({ length: 12 }, (_, i) => i + 1);
  const old = frameOf({ ...kGrow, rehashIndex: 0 }, [[...full, 99], []], [[], [], [], []]);
  const now = frameOf({ ...kGrow, rehashIndex: 1 }, [[], []], [full, [], [99], []], [split]);
  const [motion] = motionsOf(old, now);
  assert.deepEqual(motion!.flights.at(-1)!.from, { table: 0, index: 0, place: -1 });
});

test('a merge brings entries of both buckets together', () => {
  const old = frameOf(
    { direction: 'shrink', size0: 4, size1: 2, rehashIndex: 0 },
    [[1], [2], [3], [4]],
    [[], []],
  );
  const merge = moveOf({ from: 3, to: 1, isShrinking: true, moved: 1, stayed: 1 });
  const now = frameOf(
    { direction: 'shrink', size0: 4, size1: 2, rehashIndex: 1 },
    [[1], [], [3], []],
    [[], [2, 4]],
    [merge],
  );
  const [motion] = motionsOf(old, now);
  assert.equal(motion!.rehashIndex, 0);
  assert.deepEqual(
    motion!.flights.map(({ from }) => from.index),
    [1, 3],
  );
});

test('the last step is drawn in the two tables although the old one is gone', () => {
  const last = moveOf({ sequence: 6, from: 1, to: 3, moved: 0, stayed: 1 });
  const end = frameOf({ size0: 4 }, [[2], [9], [1, 3], []], [], [last]);
  const bridged = bridgeFrame(after, end);
  assert.deepEqual(
    [bridged.tables.size0, bridged.tables.size1, bridged.tables.direction],
    [2, 4, 'grow'],
  );
  const [motion] = motionsOf(after, end);
  assert.deepEqual(motion!.flights[0]!.to, { table: 1, index: 1, place: 0 });
});

test('too many moves at once, or moves of another table, are not animated', () => {
  const moves = Array.from({ length: kMovesAnimatedMax + 1 }, (_, i) => moveOf({ sequence: i }));
  assert.deepEqual(motionsOf(before, { ...after, moves }), []);
  const other = frameOf({ ...kGrow, size0: 4, size1: 8, rehashIndex: 1 }, [], [], [split]);
  assert.deepEqual(motionsOf(before, other), []);
});

test('every move is drawn on its way, however slow the frames are', () => {
  const moves = [split, { ...split, sequence: 6 }, { ...split, sequence: 7 }];
  for (const frameMs of [4, 16, 5_000]) {
    const timeline = new MotionTimeline();
    timeline.add(
      moves.map((move) => ({ move, flights: [], rehashIndex: move.sequence })),
      300,
      false,
    );
    const between = new Set<number>();
    const indices: number[] = [];
    for (let ms = 0; !timeline.isIdle; ms += frameMs) {
      indices.push(timeline.rehashIndex!);
      const [first] = timeline.draw(ms);
      if (first!.progress > 0 && first!.progress < 1) between.add(first!.motion.move.sequence);
    }
    assert.deepEqual([...between], [5, 6, 7], `frames of ${frameMs} ms`);
    assert.deepEqual(
      indices,
      [...indices].sort((a, b) => a - b),
    );
  }
});

test('under reduced motion nothing is drawn on its way', () => {
  const timeline = new MotionTimeline();
  timeline.add(motionsOf(before, after), 300, true);
  assert.equal(timeline.isIdle, true);
  assert.deepEqual(timeline.draw(0), []);
});

test('an entry is awaited at its new place until it has landed', () => {
  const timeline = new MotionTimeline();
  timeline.add(motionsOf(before, after), 100, false);
  const spot = { table: 1, index: 2, place: 0 } as const;
  timeline.draw(0);
  assert.equal(timeline.isAwaited(spot), true);
  timeline.draw(50);
  timeline.draw(100);
  assert.equal(timeline.isAwaited(spot), false);
});

test('commands show as filled and emptied places, moved buckets do not', () => {
  const old = frameOf({ size0: 2 }, [[1], [2, 3]]);
  const now = frameOf({ size0: 2 }, [[1, 8], [2]]);
  assert.deepEqual(changesBetween(old, now), {
    added: [{ table: 0, index: 0, place: 1 }],
    removed: [{ table: 0, index: 1, place: 1 }],
  });
  assert.deepEqual(changesBetween(before, after), { added: [], removed: [] });
});
