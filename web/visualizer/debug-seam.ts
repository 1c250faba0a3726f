/**
 * For tests, and only when the address says ?debug: what is drawn, as numbers. The page itself
 * never reads it.
 */
import type { CanvasView, Drawn } from './canvas-view.ts';
import type { Frame } from './frame.ts';
import type { FrameSource } from './frame-source.ts';
import type { Progress, SeekReport } from './lab/lab-protocol.ts';
import type { TimeTravel } from './time-travel.ts';
import { kPlaces } from './inspect-reply.ts';
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
  /** All that is drawn of the tables, as text. */
  picture(): string;
  history(): {
    readonly count: number;
    /** The position that is drawn, null: the present. */
    readonly shown: number | null;
    readonly progress: Progress | null;
    readonly endReason: string | null;
    readonly lastSeek: SeekReport | null;
  };
  /** Where a bucket is drawn, in CSS pixels of the canvas. */
  bucket(table: number, index: number): Rect | null;
  /** Places of every visible box. */
  places(): Rect[];
  /** Cells of every pane. */
  cells(): Rect[];
  /** The colours of 0, 1, 2 ... entries. */
  fill(): (readonly number[])[];
}

export function probeOf(
  view: CanvasView,
  frames: FrameSource,
  time: TimeTravel,
  drawn: Drawn[],
): PageProbe {
  const panes = () => view.layout?.panes ?? [];
  return {
    drawn: () => drawn,
    asked: () => frames.asked,
    scale: () => view.layout?.scale ?? '',
    tables: () => view.shown?.tables ?? null,
    picture: () => pictureOf(view.shown),
    history: () => ({
      count: time.history.count,
      shown: time.shown,
      progress: time.history.progress,
      endReason: time.history.endReason,
      lastSeek: time.lastSeek,
    }),
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

function pictureOf(frame: Frame | null): string {
  if (frame === null) return '';
  const { keys, size0, size1, rehashIndex, direction } = frame.tables;
  const ranges = frame.ranges.map((range) =>
    Array.from({ length: range?.count ?? 0 }, (_, i) => {
      const index = (range?.first ?? 0) + i;
      const places = Array.from({ length: kPlaces }, (__, p) => range?.fingerprint(index, p) ?? 0);
      return `${index}:${places.join()}+${range?.children(index)}`;
    }).join(' '),
  );
  return [keys, size0, size1, rehashIndex, direction, ...ranges].join(' | ');
}
