/**
 * Paints what moves and what is pointed at, on a layer above: flights, fresh entries, selection.
 */
import { paintEntry, roundRect, type Scene } from './canvas-ground.ts';
import {
  boxParts,
  bucketRect,
  type Hit,
  isShown,
  type Layout,
  type Pane,
  type Rect,
} from './layout.ts';
import { type DrawnMotion, ease, type Flight, type Spot } from './motion.ts';

type Pen = CanvasRenderingContext2D;

/** Something that just happened at a place, fading. */
export interface Spark {
  readonly spot: Spot;
  readonly isAdded: boolean;
  /** 0 fresh, 1 gone. */
  readonly age: number;
}

function paneOf(layout: Layout, { table, index }: Hit): Pane | undefined {
  return layout.panes.find((pane) => pane.table === table && isShown(pane, index));
}

/** Where a place is drawn; undefined: outside the picture. */
export function spotRect(layout: Layout, spot: Spot): Rect | undefined {
  const pane = paneOf(layout, spot);
  if (pane === undefined) return undefined;
  const rect = bucketRect(pane, spot.index);
  if (layout.scale === 'boxes') {
    const parts = boxParts(rect);
    return spot.place < 0 ? parts.foot : parts.places[spot.place];
  }
  const side = Math.max(2, Math.min(rect.width * 0.5, 9));
  const { x, y, width, height } = rect;
  return { x: x + (width - side) / 2, y: y + (height - side) / 2, width: side, height: side };
}

export function paintAir(
  pen: Pen,
  scene: Scene,
  motions: readonly DrawnMotion[],
  sparks: readonly Spark[],
  pointed: { readonly selected: Hit | null; readonly hovered: Hit | null },
): void {
  paintOutline(pen, scene, pointed.hovered, scene.theme.faint, 1.5);
  paintOutline(pen, scene, pointed.selected, scene.theme.accent, 2.5);
  for (const spark of sparks) paintSpark(pen, scene, spark);
  for (const { motion, progress } of motions) {
    motion.flights.forEach((flight, i) => {
      const delay = motion.flights.length > 1 ? (0.3 * i) / (motion.flights.length - 1) : 0;
      const own = Math.max(0, Math.min(1, (progress - delay) / 0.7));
      paintFlight(pen, scene, flight, ease(own));
    });
  }
}

function paintOutline(
  pen: Pen,
  { layout }: Scene,
  hit: Hit | null,
  colour: string,
  width: number,
): void {
  const pane = hit === null ? undefined : paneOf(layout, hit);
  if (pane === undefined || hit === null) return;
  const rect = bucketRect(pane, hit.index);
  const grown = Math.max(0, 3 - rect.width / 3) + 1;
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  const outer = {
    x: rect.x - grown,
    y: rect.y - grown,
    width: rect.width + 2 * grown,
    height: rect.height + 2 * grown,
  };
  roundRect(pen, outer, layout.scale === 'boxes' ? 8 : 3);
  pen.stroke();
}

function paintFlight(pen: Pen, { layout, theme }: Scene, flight: Flight, progress: number): void {
  const from = spotRect(layout, flight.from);
  const to = spotRect(layout, flight.to);
  if (from === undefined || to === undefined) return;
  const mix = (a: number, b: number): number => a + (b - a) * progress;
  const height = flight.from.place < 0 ? to.height : mix(from.height, to.height);
  const width = flight.from.place < 0 ? Math.min(to.width, 22) : mix(from.width, to.width);
  const lift = Math.sin(Math.PI * progress) * Math.min(26, Math.abs(to.x - from.x) * 0.08 + 6);
  const rect = { x: mix(from.x, to.x), y: mix(from.y, to.y) - lift, width, height };
  if (progress > 0 && progress < 1) {
    pen.save();
    pen.shadowColor = theme.move;
    pen.shadowBlur = 8;
    paintEntry(pen, theme, rect, flight.fingerprint);
    pen.restore();
    pen.strokeStyle = theme.move;
    pen.lineWidth = 1.5;
    roundRect(pen, rect, 3.5);
    pen.stroke();
  } else paintEntry(pen, theme, rect, flight.fingerprint);
}

/** A ring that opens where an entry came, a cross that fades where one went. */
function paintSpark(pen: Pen, { layout, theme }: Scene, { spot, isAdded, age }: Spark): void {
  const rect = spotRect(layout, spot);
  if (rect === undefined) return;
  pen.save();
  pen.globalAlpha = 1 - age;
  pen.lineWidth = 2;
  if (isAdded) {
    const grown = 2 + 7 * age;
    pen.strokeStyle = theme.good;
    const { x, y, width, height } = rect;
    roundRect(
      pen,
      { x: x - grown, y: y - grown, width: width + 2 * grown, height: height + 2 * grown },
      4 + grown,
    );
    pen.stroke();
  } else {
    pen.strokeStyle = theme.move;
    pen.beginPath();
    pen.moveTo(rect.x, rect.y);
    pen.lineTo(rect.x + rect.width, rect.y + rect.height);
    pen.moveTo(rect.x + rect.width, rect.y);
    pen.lineTo(rect.x, rect.y + rect.height);
    pen.stroke();
  }
  pen.restore();
}
