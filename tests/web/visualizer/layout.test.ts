import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  areaOf,
  boxParts,
  bucketRect,
  densityCells,
  hitTest,
  layoutTables,
  type Rect,
  scaleFor,
  type View,
  windowOf,
  zoom,
} from '../../../web/visualizer/layout.ts';
import { tablesOf } from './pictures.ts';

const kAll: View = { first: 0, count: null };
const kSizes = [
  [328, 480],
  [776, 540],
  [1400, 680],
] as const;

function isInside(inner: Rect, outer: Rect): boolean {
  const slack = 0.01;
  return (
    inner.x >= outer.x - slack &&
    inner.y >= outer.y - slack &&
    inner.x + inner.width <= outer.x + outer.width + slack &&
    inner.y + inner.height <= outer.y + outer.height + slack
  );
}

function overlap(a: Rect, b: Rect): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

test('the scale follows the visible buckets: boxes, cells, density', () => {
  assert.deepEqual([1, 64, 65, 4096, 4097, 1 << 20].map(scaleFor), [
    'boxes',
    'boxes',
    'cells',
    'cells',
    'density',
    'density',
  ]);
});

test('every bucket of both tables lies inside its pane and none overlaps another', () => {
  for (const [width, height] of kSizes) {
    for (const size0 of [1, 2, 16, 32, 256]) {
      const tables = tablesOf({ size0, size1: 2 * size0, direction: 'grow', rehashIndex: 0 });
      const { panes } = layoutTables(tables, kAll, width, height);
      assert.equal(panes.length, 2);
      assert.ok(!overlap(panes[0]!.rect, panes[1]!.rect));
      for (const pane of panes) {
        const rects = Array.from({ length: pane.count }, (_, i) => bucketRect(pane, i));
        for (const rect of rects) assert.ok(isInside(rect, pane.rect), `${width} ${size0}`);
        for (let i = 1; i < rects.length; i++) assert.ok(!overlap(rects[i - 1]!, rects[i]!));
      }
    }
  }
});

test('pointing at the middle of a bucket finds that bucket', () => {
  for (const [width, height] of kSizes) {
    for (const size0 of [1, 16, 1024]) {
      const tables = tablesOf({ size0, size1: 2 * size0, direction: 'grow', rehashIndex: 0 });
      const layout = layoutTables(tables, kAll, width, height);
      for (const pane of layout.panes) {
        for (let index = 0; index < pane.count; index += 7) {
          const { x, y, width: w, height: h } = bucketRect(pane, index);
          assert.deepEqual(hitTest(layout, x + w / 2, y + h / 2), { table: pane.table, index });
        }
      }
    }
  }
});

test('pointing beside every bucket finds none', () => {
  const layout = layoutTables(tablesOf({ size0: 16 }), kAll, 776, 540);
  assert.equal(hitTest(layout, 1, 1), null);
  assert.equal(hitTest(layout, 775, 539), null);
});

test('a box has twelve places that lie inside it, side by side', () => {
  for (const box of [
    { x: 10, y: 20, width: 200, height: 120 },
    { x: 0, y: 0, width: 66, height: 40 },
    { x: 3, y: 3, width: 24, height: 22 },
  ]) {
    const { places } = boxParts(box);
    assert.equal(places.length, 12);
    places.forEach((place, i) => {
      assert.ok(isInside(place, box) && place.width > 0 && place.height > 0);
      for (const other of places.slice(i + 1)) assert.ok(!overlap(place, other));
    });
  }
});

test('a density map shows a million buckets in cells of at least four pixels', () => {
  const tables = tablesOf({ size0: 1 << 20 });
  const [pane] = layoutTables(tables, kAll, 1000, 500).panes;
  const area = areaOf(1000, 500);
  assert.equal(pane!.cells, densityCells(1 << 20, area));
  assert.ok(pane!.cell.width * pane!.cell.height >= 3.9);
  const layout = layoutTables(tables, kAll, 1000, 500);
  assert.deepEqual(hitTest(layout, pane!.cell.x + 0.5, pane!.cell.y + 0.5), { table: 0, index: 0 });
});

test('buckets fewer than the room get a density cell each', () => {
  assert.equal(densityCells(16384, areaOf(776, 540)), 16384);
});

test('a window never leaves the table', () => {
  assert.deepEqual(windowOf({ first: 900, count: 64 }, 128), { first: 64, count: 64 });
  assert.deepEqual(windowOf({ first: 5, count: null }, 16), { first: 0, count: 16 });
});

test('zooming in and out keeps the centre in sight and ends at all or at four', () => {
  let view = kAll;
  for (let i = 0; i < 20; i++) {
    view = zoom(view, 4096, 0.5, 3000);
    assert.ok(view.first <= 3000 && 3000 < view.first + view.count!);
  }
  assert.equal(view.count, 4);
  for (let i = 0; i < 20; i++) view = zoom(view, 4096, 2, 3000);
  assert.deepEqual(view, kAll);
});
