/**
 * For tests, and only when the address says ?debug: what is drawn, as numbers. The page itself
 * never reads it.
 */
import type { CanvasView, Drawn } from './canvas-view.ts';
import type { FrameSource } from './frame-source.ts';
import { boxParts, bucketRect, cellRect } from './layout.ts';
import type { Rect } from './layout.ts';

const kDrawnMost = 20_000;

export interface PageProbe {
  /** Pictures drawn so far, oldest first. */
  drawn(): readonly Drawn[];
  /** Requests for frames so far. */
  asked(): number;
  scale(): string;
  tables(): unknown;
  /** Where a bucket is drawn, in CSS pixels of the canvas. */
  bucket(table: number, index: number): Rect | null;
  /** Places of every visible box. */
  places(): Rect[];
  /** Cells of every pane. */
  cells(): Rect[];
  /** The colours of 0, 1, 2 ... entries. */
  fill(): (readonly number[])[];
}

export function probeOf(view: CanvasView, frames: FrameSource, drawn: Drawn[]): PageProbe {
  const panes = () => view.layout?.panes ?? [];
  return {
    drawn: () => drawn,
    asked: () => frames.asked,
    scale: () => view.layout?.scale ?? '',
    tables: () => view.shown?.tables ?? null,
    bucket(table, index) {
      const pane = panes().find((each) => each.table === table);
      return pane === undefined ? null : bucketRect(pane, index);
    },
    places: () =>
      panes().flatMap((pane) =>
        Array.from({ length: pane.cells }, (_, i) => boxParts(cellRect(pane, i)).places).flat(),
      ),
    cells: () =>
      panes().flatMap((pane) => Array.from({ length: pane.cells }, (_, i) => cellRect(pane, i))),
    fill: () => view.theme.fill.map((colour) => [...colour]),
  };
}

/** Remembers pictures up to a bound, the first ones kept. */
export function recorder(drawn: Drawn[]): (picture: Drawn) => void {
  return (picture) => {
    if (drawn.length < kDrawnMost) drawn.push(picture);
  };
}
