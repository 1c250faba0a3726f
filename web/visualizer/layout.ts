/**
 * What is drawn where: pure arithmetic from table sizes, view and area to rectangles.
 *
 *   visible buckets   scale     one bucket is
 *   up to 64          boxes     a box with its twelve places, its index, its children
 *   up to 4,096       cells     a cell filled as far as the bucket is
 *   more              density   a cell of one or several buckets, coloured by entries per bucket
 *
 * Buckets run in rows. Columns are a power of two, so that in the larger table bucket i and its
 * twin i + size lie in one column.
 */
import { largestSize, sizeOf } from './frame.ts';
import { kPlaces, type TableNumber, type Tables } from './inspect-reply.ts';

export type Scale = 'boxes' | 'cells' | 'density';

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A window onto the buckets: `count` from `first` on; null: all of them. */
export interface View {
  readonly first: number;
  readonly count: number | null;
}

export interface Pane {
  readonly table: TableNumber;
  /** Buckets of this table; 0: it does not exist now. */
  readonly size: number;
  readonly first: number;
  /** Visible buckets. */
  readonly count: number;
  /** The whole pane, title included. */
  readonly rect: Rect;
  readonly columns: number;
  /** Cells drawn: `count`, or fewer when a density cell stands for several buckets. */
  readonly cells: number;
  readonly cell: Rect; // of the first cell
  readonly gap: number;
}

export interface Layout {
  readonly scale: Scale;
  readonly panes: readonly Pane[];
}

export const kBoxesMax = 64;
export const kCellsMax = 4096;
export const kTitleHeight = 26;
const kPadding = 12;
const kSideBySideFrom = 640;
const kBox = { widthMax: 230, heightMax: 132, ratio: 1.62 };
const kCellMax = 40;

export function scaleFor(visible: number): Scale {
  if (visible <= kBoxesMax) return 'boxes';
  return visible <= kCellsMax ? 'cells' : 'density';
}

/** The window inside a table of `size` buckets. */
export function windowOf(view: View, size: number): { first: number; count: number } {
  const count = Math.min(view.count ?? size, size);
  return { first: Math.max(0, Math.min(view.first, size - count)), count };
}

export function scaleOf(tables: Tables, view: View): Scale {
  return scaleFor(windowOf(view, largestSize(tables)).count);
}

/** Most cells of a density map in an area: none smaller than 2 by 2. A power of two. */
export function densityCells(buckets: number, area: Rect): number {
  const fit = Math.max(1, Math.floor((area.width / 2) * ((area.height - kTitleHeight) / 2)));
  return Math.min(buckets, 2 ** Math.floor(Math.log2(fit)));
}

export function areaOf(width: number, height: number): Rect {
  return {
    x: kPadding,
    y: 4,
    width: Math.max(40, width - 2 * kPadding),
    height: Math.max(60, height - kPadding - 4),
  };
}

export function layoutTables(tables: Tables, view: View, width: number, height: number): Layout {
  const scale = scaleOf(tables, view);
  const area = areaOf(width, height);
  if (scale === 'density') return { scale, panes: [densityPane(tables, area)] };
  const windows = ([0, 1] as const).map((table) => windowOf(view, sizeOf(tables, table)));
  // Boxes leave room for the table that will come, unless only some of them are looked at.
  const isPart = (windows[0]?.count ?? 0) < tables.size0;
  const isAlone = tables.direction === 'none' && (scale === 'cells' || isPart);
  const rects = isAlone ? [area] : split(area, windows[0]?.count ?? 0, windows[1]?.count ?? 0);
  const panes = rects.map((rect, i) => {
    const table = i as TableNumber;
    const { first, count } = windows[i] ?? { first: 0, count: 0 };
    const size = sizeOf(tables, table);
    return { table, size, first, count, rect, cells: count, ...grid(rect, count, scale) };
  });
  return { scale, panes };
}

function densityPane(tables: Tables, rect: Rect): Pane {
  const size = largestSize(tables);
  const cells = densityCells(size, rect);
  const table: TableNumber = tables.size1 > tables.size0 ? 1 : 0;
  return { table, size, first: 0, count: size, rect, cells, ...grid(rect, cells, 'density') };
}

/** Side by side when there is room, one above the other otherwise; more room for more buckets. */
function split(area: Rect, left: number, right: number): Rect[] {
  const gap = 18;
  const share = right === 0 ? 0.5 : Math.sqrt(left) / (Math.sqrt(left) + Math.sqrt(right));
  if (area.width >= kSideBySideFrom) {
    const first = Math.round((area.width - gap) * share);
    const second = area.width - gap - first;
    return [
      { ...area, width: first },
      { ...area, x: area.x + first + gap, width: second },
    ];
  }
  const stackedShare = right === 0 ? 0.72 : share;
  const first = Math.round((area.height - gap) * stackedShare);
  return [
    { ...area, height: first },
    { ...area, y: area.y + first + gap, height: area.height - gap - first },
  ];
}

interface Grid {
  readonly columns: number;
  readonly cell: Rect;
  readonly gap: number;
}

/** The power-of-two columns that give the largest cells. */
function grid(rect: Rect, cells: number, scale: Scale): Grid {
  const inner = { ...rect, y: rect.y + kTitleHeight, height: rect.height - kTitleHeight };
  const ratio = scale === 'boxes' ? kBox.ratio : 1;
  const gapOf = { boxes: 0.08, cells: 0.14, density: 0 }[scale];
  let best: Grid | undefined;
  let bestSide = -1;
  for (let columns = 1; columns <= Math.max(1, cells); columns *= 2) {
    const rows = Math.ceil(cells / columns);
    const stepX = inner.width / columns;
    const stepY = inner.height / Math.max(1, rows);
    const side = Math.min(stepX / ratio, stepY);
    if (side <= bestSide) continue;
    bestSide = side;
    best = { columns, gap: gapOf, cell: cellIn(inner, stepX, stepY, scale) };
  }
  return best ?? { columns: 1, gap: 0, cell: { ...inner, width: 0, height: 0 } };
}

function cellIn(inner: Rect, stepX: number, stepY: number, scale: Scale): Rect {
  if (scale === 'density') return { x: inner.x, y: inner.y, width: stepX, height: stepY };
  const most =
    scale === 'boxes'
      ? { width: kBox.widthMax, height: kBox.heightMax }
      : { width: kCellMax, height: kCellMax };
  const width = Math.min(stepX, most.width);
  const height = Math.min(stepY, most.height, scale === 'boxes' ? width : stepY);
  if (scale === 'boxes') return { x: inner.x, y: inner.y, width, height };
  const side = Math.min(width, height);
  return { x: inner.x, y: inner.y, width: side, height: side };
}

/** Where cell `number` (counted from the pane's first) is drawn, its gap taken off. */
export function cellRect(pane: Pane, number: number): Rect {
  const { cell, columns, gap } = pane;
  const insetX = Math.min((cell.width * gap) / 2, 5);
  const insetY = Math.min((cell.height * gap) / 2, 5);
  return {
    x: cell.x + (number % columns) * cell.width + insetX,
    y: cell.y + Math.floor(number / columns) * cell.height + insetY,
    width: cell.width - 2 * insetX,
    height: cell.height - 2 * insetY,
  };
}

export function cellOfBucket(pane: Pane, index: number): number {
  return Math.floor(((index - pane.first) * pane.cells) / pane.count);
}

export function bucketRect(pane: Pane, index: number): Rect {
  return cellRect(pane, cellOfBucket(pane, index));
}

export function isShown(pane: Pane, index: number): boolean {
  return index >= pane.first && index < pane.first + pane.count;
}

/** How a box is divided: head with the index, two or three rows of places, foot with children. */
export interface BoxParts {
  readonly head: Rect;
  readonly foot: Rect;
  readonly places: readonly Rect[];
}

export function boxParts(box: Rect): BoxParts {
  const isRoomy = box.height >= 40 && box.width >= 44;
  const headHeight = isRoomy ? Math.min(24, box.height * 0.25) : 0;
  const footHeight = isRoomy ? Math.min(9, box.height * 0.13) : Math.min(4, box.height * 0.16);
  const margin = Math.max(1.5, box.width * 0.04);
  const inner = {
    x: box.x + margin,
    y: box.y + headHeight + (isRoomy ? 0 : margin),
    width: box.width - 2 * margin,
    height: box.height - headHeight - footHeight - (isRoomy ? 2 : 2 * margin),
  };
  const columns = inner.width >= inner.height * 1.5 ? 6 : 4;
  const rows = kPlaces / columns;
  const step = { x: inner.width / columns, y: inner.height / rows };
  const gap = Math.min(3, step.x * 0.14, step.y * 0.16);
  const places = Array.from({ length: kPlaces }, (_, place) => ({
    x: inner.x + (place % columns) * step.x + gap / 2,
    y: inner.y + Math.floor(place / columns) * step.y + gap / 2,
    width: step.x - gap,
    height: step.y - gap,
  }));
  return {
    head: { x: box.x, y: box.y, width: box.width, height: headHeight },
    foot: {
      x: inner.x,
      y: box.y + box.height - footHeight - 1,
      width: inner.width,
      height: footHeight,
    },
    places,
  };
}

export interface Hit {
  readonly table: TableNumber;
  readonly index: number;
}

/** The bucket under a point; in a density map the first bucket of the cell. */
export function hitTest(layout: Layout, x: number, y: number): Hit | null {
  for (const pane of layout.panes) {
    const { cell, columns } = pane;
    if (pane.cells === 0) continue;
    const column = Math.floor((x - cell.x) / cell.width);
    const row = Math.floor((y - cell.y) / cell.height);
    const number = row * columns + column;
    if (column < 0 || column >= columns || row < 0 || number >= pane.cells) continue;
    return {
      table: pane.table,
      index: pane.first + Math.floor((number * pane.count) / pane.cells),
    };
  }
  return null;
}

/** The same view, nearer (factor 1/2) or further away (2), around `centre`. */
export function zoom(view: View, size: number, factor: number, centre: number): View {
  const { first, count } = windowOf(view, size);
  const wanted = Math.round(count * factor);
  if (wanted >= size) return { first: 0, count: null };
  const next = Math.max(4, Math.min(wanted, size));
  const share = count === 0 ? 0 : (centre - first) / count;
  const start = Math.round(centre - share * next);
  return { first: Math.max(0, Math.min(start, size - next)), count: next };
}
