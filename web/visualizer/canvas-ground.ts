/**
 * Paints what stands still: tables, buckets, entries, children, the rehash index. Called when a
 * frame, the theme or the size changed, and while entries are on their way.
 */
import { type Frame, isPresent, smallSize } from './frame.ts';
import { kPlaces } from './inspect-reply.ts';
import {
  bucketRect,
  boxParts,
  cellRect,
  isShown,
  kTitleHeight,
  type Layout,
  type Pane,
  type Rect,
} from './layout.ts';
import type { MotionTimeline } from './motion.ts';
import { css, fillLevel, fingerprintColour, isLight, kFillLevels, type Theme } from './palette.ts';

export interface Scene {
  readonly frame: Frame;
  readonly layout: Layout;
  readonly theme: Theme;
  readonly timeline: MotionTimeline;
  /** The rehash index as drawn: behind the engine's while moves are on their way. */
  readonly rehashIndex: number;
}

type Pen = CanvasRenderingContext2D;

const number = (value: number): string => value.toLocaleString('en');
const hex = (byte: number): string => byte.toString(16).padStart(2, '0');

export function roundRect(pen: Pen, { x, y, width, height }: Rect, radius: number): void {
  pen.beginPath();
  pen.roundRect(x, y, width, height, Math.min(radius, width / 2, height / 2));
}

export function paintGround(pen: Pen, scene: Scene): void {
  const { layout } = scene;
  for (const pane of layout.panes) {
    paintTitle(pen, scene, pane);
    if (layout.scale === 'density') paintDensity(pen, scene, pane);
    else if (layout.scale === 'cells') paintCells(pen, scene, pane);
    else paintBoxes(pen, scene, pane);
  }
  if (layout.scale !== 'density') paintRehashIndex(pen, scene);
}

function titleOf({ frame, layout }: Scene, pane: Pane): [strong: string, plain: string] {
  const { tables } = frame;
  if (layout.scale === 'density' && tables.direction !== 'none') {
    return [
      'Tables 0 and 1',
      `${number(tables.size0)} → ${number(tables.size1)} buckets, by index`,
    ];
  }
  if (pane.size === 0) {
    if (pane.table === 0) return ['Table 0', 'none: the first key makes it'];
    return ['Table 1', 'none while nothing is rehashed'];
  }
  const count = pane.size === 1 ? '1 bucket' : `${number(pane.size)} buckets`;
  const isPart = pane.count < pane.size;
  const part = `${number(pane.first)}–${number(pane.first + pane.count - 1)} of ${count}`;
  return [`Table ${pane.table}`, isPart ? part : count];
}

function paintTitle(pen: Pen, scene: Scene, pane: Pane): void {
  const { theme, layout } = scene;
  const [strong, plain] = titleOf(scene, pane);
  const y = pane.rect.y + 13;
  pen.textBaseline = 'middle';
  pen.textAlign = 'left';
  pen.font = `650 13px ${theme.font}`;
  pen.fillStyle = theme.text;
  pen.fillText(strong, pane.rect.x, y);
  const offset = pen.measureText(strong).width + 8;
  pen.font = `13px ${theme.font}`;
  pen.fillStyle = theme.muted;
  pen.fillText(plain, pane.rect.x + offset, y);
  const used = offset + pen.measureText(plain).width + 24;
  if (layout.scale === 'boxes' && pane.size === 0) paintGhost(pen, scene, pane);
  else if (layout.scale !== 'boxes') paintLegend(pen, scene, pane, used);
}

/** Where a table will be: an outline, so that the picture does not jump when it comes. */
function paintGhost(pen: Pen, { theme }: Scene, { rect }: Pane): void {
  pen.save();
  pen.setLineDash([5, 6]);
  pen.strokeStyle = theme.line;
  pen.lineWidth = 1.5;
  const inner = { ...rect, y: rect.y + kTitleHeight + 1, height: rect.height - kTitleHeight - 2 };
  roundRect(pen, { ...inner, x: inner.x + 1, width: inner.width - 2 }, 10);
  pen.stroke();
  pen.restore();
}

/** Colour by entries: a scale with its ends named. */
function paintLegend(pen: Pen, { theme }: Scene, { rect }: Pane, used: number): void {
  const width = 132;
  if (rect.width < used + width + 90) return;
  const right = rect.x + rect.width;
  const x = right - width - 28;
  const y = rect.y + 8;
  for (let level = 0; level < kFillLevels; level++) {
    pen.fillStyle = css(theme.fill[level] ?? [0, 0, 0]);
    pen.fillRect(x + (level * width) / kFillLevels, y, width / kFillLevels + 0.5, 10);
  }
  pen.font = `11.5px ${theme.font}`;
  pen.fillStyle = theme.muted;
  pen.textAlign = 'right';
  pen.fillText('entries 0', x - 6, y + 6);
  pen.textAlign = 'left';
  pen.fillText('31+', right - 22, y + 6);
  const full = x + (13 * width) / kFillLevels;
  pen.fillStyle = theme.text;
  pen.fillRect(full, y - 3, 1, 16);
}

function paintBoxes(pen: Pen, scene: Scene, pane: Pane): void {
  for (let index = pane.first; index < pane.first + pane.count; index++) {
    const box = bucketRect(pane, index);
    if (isPresent(scene.frame.tables, pane.table, index)) paintBox(pen, scene, pane, index, box);
    else paintAbsentBox(pen, scene, index, box);
  }
}

function paintAbsentBox(pen: Pen, { theme }: Scene, index: number, box: Rect): void {
  pen.save();
  pen.setLineDash([3, 4]);
  pen.strokeStyle = theme.line;
  pen.lineWidth = 1;
  roundRect(pen, box, 7);
  pen.stroke();
  pen.restore();
  paintIndex(pen, theme.faint, theme, index, box, false);
}

function paintIndex(
  pen: Pen,
  colour: string,
  theme: Theme,
  index: number,
  box: Rect,
  isStrong: boolean,
): void {
  const { head } = boxParts(box);
  if (head.height === 0) return;
  pen.font = `${isStrong ? 600 : 400} ${Math.min(14, head.height * 0.7)}px ${theme.font}`;
  pen.textAlign = 'left';
  pen.textBaseline = 'middle';
  pen.fillStyle = colour;
  pen.fillText(String(index), head.x + 6, head.y + head.height / 2 + 1);
}

function paintBox(pen: Pen, scene: Scene, pane: Pane, index: number, box: Rect): void {
  const { frame, theme, timeline } = scene;
  const range = frame.ranges[pane.table];
  const parts = boxParts(box);
  pen.fillStyle = theme.box;
  roundRect(pen, box, 7);
  pen.fill();
  pen.strokeStyle = theme.line;
  pen.lineWidth = 1;
  pen.stroke();
  paintIndex(pen, theme.text, theme, index, box, true);
  paintBits(pen, scene, pane, index, parts.head);
  for (let place = 0; place < kPlaces; place++) {
    const rect = parts.places[place] ?? box;
    const fingerprint = range?.fingerprint(index, place) ?? 0;
    const isHere = fingerprint !== 0 && !timeline.isAwaited({ table: pane.table, index, place });
    if (isHere) paintEntry(pen, theme, rect, fingerprint);
    else paintEmptyPlace(pen, theme, rect);
  }
  paintChildren(
    pen,
    theme,
    parts.foot,
    range?.children(index) ?? 0,
    childEntries(scene, pane, index),
  );
}

function childEntries({ frame }: Scene, pane: Pane, index: number): number {
  const range = frame.ranges[pane.table];
  return range === null ? 0 : range.entries(index) - range.top(index);
}

/** The index as the hash's low bits, where there is room for it. */
function paintBits(pen: Pen, { theme }: Scene, pane: Pane, index: number, head: Rect): void {
  const bits = Math.log2(Math.max(1, pane.size));
  if (head.height < 13 || head.width < 40 + bits * 7 || bits < 1) return;
  pen.font = `${Math.min(12, head.height * 0.6)}px ${theme.mono}`;
  pen.textAlign = 'right';
  pen.fillStyle = theme.faint;
  const text = index.toString(2).padStart(bits, '0');
  pen.fillText(text, head.x + head.width - 6, head.y + head.height / 2 + 1);
}

export function paintEntry(pen: Pen, theme: Theme, rect: Rect, fingerprint: number): void {
  const colour = fingerprintColour(fingerprint);
  pen.fillStyle = css(colour);
  roundRect(pen, rect, 3.5);
  pen.fill();
  if (rect.width < 15 || rect.height < 10) return;
  pen.font = `${Math.min(14, rect.height * 0.58, rect.width * 0.5)}px ${theme.mono}`;
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  pen.fillStyle = isLight(colour) ? '#10151d' : '#ffffff';
  pen.fillText(hex(fingerprint), rect.x + rect.width / 2, rect.y + rect.height / 2 + 0.5);
}

function paintEmptyPlace(pen: Pen, theme: Theme, rect: Rect): void {
  pen.fillStyle = theme.place;
  roundRect(pen, rect, 3.5);
  pen.fill();
}

/** Overflow: one bar per child bucket, as long as it is full, hanging on a chain's link. */
function paintChildren(
  pen: Pen,
  theme: Theme,
  foot: Rect,
  children: number,
  entries: number,
): void {
  if (children === 0) return;
  const link = Math.min(5, foot.height);
  pen.strokeStyle = theme.move;
  pen.lineWidth = 1.4;
  pen.beginPath();
  pen.arc(foot.x + link / 2 + 1, foot.y + foot.height / 2, link / 2, 0, 2 * Math.PI);
  pen.stroke();
  const width = (foot.width - link - 5) / children;
  for (let child = 0; child < children; child++) {
    const share = Math.max(0, Math.min(1, (entries - child * kPlaces) / kPlaces));
    const x = foot.x + link + 5 + child * width;
    const bar = { x, y: foot.y + foot.height / 2 - 1.5, width: width - 2, height: 3 };
    pen.fillStyle = theme.place;
    roundRect(pen, bar, 1.5);
    pen.fill();
    pen.fillStyle = theme.move;
    roundRect(pen, { ...bar, width: bar.width * share }, 1.5);
    pen.fill();
  }
}

function paintCells(pen: Pen, scene: Scene, pane: Pane): void {
  const { frame, theme } = scene;
  const range = frame.ranges[pane.table];
  for (let index = pane.first; index < pane.first + pane.count; index++) {
    const rect = bucketRect(pane, index);
    if (!isPresent(frame.tables, pane.table, index)) {
      pen.fillStyle = theme.line;
      pen.fillRect(rect.x + rect.width / 2 - 1, rect.y + rect.height / 2 - 1, 2, 2);
      continue;
    }
    pen.fillStyle = css(theme.fill[fillLevel(range?.entries(index) ?? 0)] ?? [0, 0, 0]);
    if (rect.width > 8) {
      roundRect(pen, rect, 2.5);
      pen.fill();
    } else pen.fillRect(rect.x, rect.y, rect.width, rect.height);
    if (rect.width >= 7 && (range?.children(index) ?? 0) > 0) paintNotch(pen, theme, rect);
  }
}

/** Children, told by shape too. */
function paintNotch(pen: Pen, theme: Theme, rect: Rect): void {
  const side = Math.min(6, rect.width * 0.32);
  const right = rect.x + rect.width;
  pen.fillStyle = theme.surface;
  pen.beginPath();
  pen.moveTo(right - side, rect.y);
  pen.lineTo(right, rect.y);
  pen.lineTo(right, rect.y + side);
  pen.fill();
}

let densityPicture: HTMLCanvasElement | undefined;

function paintDensity(pen: Pen, scene: Scene, pane: Pane): void {
  const { frame, theme } = scene;
  const { density } = frame;
  if (density === null || density.length !== pane.cells) return; // the next frame will fit
  const rows = Math.ceil(density.length / pane.columns);
  densityPicture ??= document.createElement('canvas');
  densityPicture.width = pane.columns;
  densityPicture.height = rows;
  const inner = densityPicture.getContext('2d');
  if (inner === null) return;
  const image = inner.createImageData(pane.columns, rows);
  const perCell = Math.max(1, pane.size / density.length);
  for (let i = 0; i < density.length; i++) {
    const [red, green, blue] = theme.fill[fillLevel((density[i] ?? 0) / perCell)] ?? [0, 0, 0];
    image.data.set([red, green, blue, 255], 4 * i);
  }
  inner.putImageData(image, 0, 0);
  pen.imageSmoothingEnabled = false;
  const { cell } = pane;
  pen.drawImage(densityPicture, cell.x, cell.y, pane.columns * cell.width, rows * cell.height);
  if (frame.tables.direction !== 'none') paintBoundaries(pen, scene, pane);
}

/**
 * Behind the boundary buckets lie in table 1; it cuts the small table's index and its upper twin.
 */
function paintBoundaries(pen: Pen, { frame, theme, rehashIndex }: Scene, pane: Pane): void {
  const small = smallSize(frame.tables);
  const isGrowing = frame.tables.direction === 'grow';
  const split = isGrowing ? rehashIndex : small - rehashIndex;
  pen.strokeStyle = theme.move;
  pen.lineWidth = 2;
  for (const index of [split, small + split]) {
    const at = Math.min(pane.cells - 1, Math.floor((index * pane.cells) / pane.size));
    const rect = cellRect(pane, at);
    pen.beginPath();
    pen.moveTo(pane.cell.x, rect.y + rect.height);
    pen.lineTo(rect.x, rect.y + rect.height);
    pen.lineTo(rect.x, rect.y);
    pen.lineTo(pane.cell.x + pane.columns * pane.cell.width, rect.y);
    pen.stroke();
  }
}

/** A flag on the bucket that the next step takes, in table 0. */
function paintRehashIndex(pen: Pen, scene: Scene): void {
  const { frame, layout, theme, rehashIndex } = scene;
  const { tables } = frame;
  const [pane] = layout.panes;
  if (tables.direction === 'none' || pane === undefined) return;
  const small = smallSize(tables);
  if (rehashIndex < 0 || rehashIndex >= small) return;
  const low = tables.direction === 'grow' ? rehashIndex : small - 1 - rehashIndex;
  const taken = tables.direction === 'grow' ? [low] : [low, low + small];
  for (const index of taken) {
    if (!isShown(pane, index)) continue;
    const rect = bucketRect(pane, index);
    pen.strokeStyle = theme.move;
    pen.lineWidth = layout.scale === 'boxes' ? 2 : 1.5;
    roundRect(pen, rect, layout.scale === 'boxes' ? 7 : 2.5);
    pen.stroke();
    const flag = Math.min(9, rect.height * 0.6);
    pen.fillStyle = theme.move;
    pen.beginPath();
    pen.moveTo(rect.x - 5, rect.y + rect.height / 2 - flag / 2);
    pen.lineTo(rect.x + flag * 0.8 - 5, rect.y + rect.height / 2);
    pen.lineTo(rect.x - 5, rect.y + rect.height / 2 + flag / 2);
    pen.fill();
  }
}
