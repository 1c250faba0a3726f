/**
 * Motion: from two frames and the moves between them to what flies where, and when.
 *
 * The engine reports each rehash step (INSPECT MOVES). A step becomes one Motion: the entries of
 * the source bucket fly to their places in the destination, matched by fingerprint. Motions run one
 * after the other; each is drawn at least once on its way, however slow the browser's frames are,
 * so that no move is ever only a jump. Under reduced motion none is drawn on its way.
 *
 * Everything here is pure but for MotionTimeline, which holds the queue and is told the time.
 */
import { type Frame, smallSize } from './frame.ts';
import { type BucketMove, type BucketRange, kPlaces, type TableNumber } from './inspect-reply.ts';

/** A place of a bucket; place -1: somewhere in its children. */
export interface Spot {
  readonly table: TableNumber;
  readonly index: number;
  readonly place: number;
}

export interface Flight {
  readonly fingerprint: number;
  readonly from: Spot;
  readonly to: Spot;
}

export interface Motion {
  readonly move: BucketMove;
  readonly flights: readonly Flight[];
  /** The rehash index as it was before this step. */
  readonly rehashIndex: number;
}

/** What is drawn of a motion now: 0 at its origin, 1 landed. */
export interface DrawnMotion {
  readonly motion: Motion;
  readonly progress: number;
}

/** More moves than this in one frame are not animated: they were not made at teaching speed. */
export const kMovesAnimatedMax = 64;

/** A frame in which the old table is gone already, drawn as if the last step were just done. */
export function bridgeFrame(before: Frame, after: Frame): Frame {
  const isEnd = before.tables.direction !== 'none' && after.tables.direction === 'none';
  if (!isEnd || after.tables.size0 !== before.tables.size1) return after;
  const { size0, size1, direction } = before.tables;
  const tables = {
    ...after.tables,
    size0,
    size1,
    direction,
    rehashIndex: smallSize(before.tables),
  };
  return { ...after, tables, ranges: [null, after.ranges[0]] };
}

function placesOf(range: BucketRange | null, table: TableNumber, index: number): Flight['from'][] {
  const spots: Spot[] = [];
  if (range === null) return spots;
  for (let place = 0; place < kPlaces; place++) {
    if (range.fingerprint(index, place) !== 0) spots.push({ table, index, place });
  }
  return spots;
}

/** The flights of one step, from the frame before it to the frame (bridged, if need be) after. */
export function flightsOf(move: BucketMove, before: Frame, after: Frame): Flight[] {
  const sources = move.isShrinking ? [move.from, move.to] : [move.from];
  const targets = move.isShrinking ? [move.to] : [move.from, move.to];
  const [origin] = before.ranges;
  const target = after.ranges[1];
  const free = sources.flatMap((index) => placesOf(origin, 0, index));
  const taken = new Set<Spot>();
  const flights: Flight[] = [];
  for (const to of targets.flatMap((index) => placesOf(target, 1, index))) {
    const fingerprint = target?.fingerprint(to.index, to.place) ?? 0;
    const match = free.find(
      (spot) => !taken.has(spot) && origin?.fingerprint(spot.index, spot.place) === fingerprint,
    );
    if (match !== undefined) taken.add(match);
    const child: Spot = { table: 0, index: sources[0] ?? 0, place: -1 };
    flights.push({ fingerprint, from: match ?? child, to });
  }
  return flights;
}

/** The motions of a new frame, none if its moves do not fit the two frames. */
export function motionsOf(before: Frame, after: Frame): Motion[] {
  const { moves } = after;
  if (moves.length === 0 || moves.length > kMovesAnimatedMax) return [];
  const shown = bridgeFrame(before, after);
  const { tables } = shown;
  if (tables.direction === 'none' || before.tables.size0 !== tables.size0) return [];
  return moves
    .filter(({ isShrinking }) => isShrinking === (tables.direction === 'shrink'))
    .map((move) => ({
      move,
      flights: flightsOf(move, before, shown),
      rehashIndex: move.isShrinking ? smallSize(tables) - 1 - move.to : move.from,
    }));
}

export interface Changes {
  readonly added: readonly Spot[];
  readonly removed: readonly Spot[];
}

/** Places filled or emptied by commands; nothing when buckets moved or too much changed at once. */
export function changesBetween(before: Frame, after: Frame, most = 24): Changes {
  const none: Changes = { added: [], removed: [] };
  const isSame = (['size0', 'size1', 'rehashIndex', 'direction'] as const).every(
    (field) => before.tables[field] === after.tables[field],
  );
  if (!isSame) return none;
  const added: Spot[] = [];
  const removed: Spot[] = [];
  for (const table of [0, 1] as const) {
    const [was, is] = [before.ranges[table], after.ranges[table]];
    if (was === null || is === null || was.first !== is.first || was.count !== is.count) continue;
    for (let index = is.first; index < is.first + is.count; index++) {
      for (let place = 0; place < kPlaces; place++) {
        const [old, now] = [was.fingerprint(index, place), is.fingerprint(index, place)];
        if (old === now) continue;
        if (now !== 0) added.push({ table, index, place });
        else removed.push({ table, index, place });
      }
      if (added.length + removed.length > most) return none;
    }
  }
  return { added, removed };
}

/** Slow at both ends. */
export function ease(progress: number): number {
  return progress * progress * (3 - 2 * progress);
}

const spotId = ({ table, index, place }: Spot): string => `${table}:${index}:${place}`;

export class MotionTimeline {
  #queue: Motion[] = [];
  #hidden = new Map<string, number>();
  #startedMs: number | undefined;
  #msPerMove = 400;
  #wasBetween = false;

  get isIdle(): boolean {
    return this.#queue.length === 0;
  }

  /** The rehash index before the first step that has not landed; undefined: the frame's own. */
  get rehashIndex(): number | undefined {
    return this.#queue[0]?.rehashIndex;
  }

  /** Under reduced motion everything lands at once. */
  add(motions: readonly Motion[], msPerMove: number, isReduced: boolean): void {
    if (isReduced) return;
    this.#msPerMove = msPerMove;
    for (const motion of motions) {
      this.#queue.push(motion);
      this.#count(motion, 1);
    }
  }

  clear(): void {
    this.#queue = [];
    this.#hidden.clear();
    this.#startedMs = undefined;
    this.#wasBetween = false;
  }

  /** Whether the entry that the frame shows at `spot` has not arrived yet. */
  isAwaited(spot: Spot): boolean {
    return this.#hidden.has(spotId(spot));
  }

  /** What is on its way at `nowMs`. To be called once per drawn frame. */
  draw(nowMs: number): DrawnMotion[] {
    const [motion] = this.#queue;
    if (motion === undefined) return [];
    this.#startedMs ??= nowMs;
    let progress = Math.min(1, (nowMs - this.#startedMs) / this.#msPerMove);
    if (progress >= 1 && !this.#wasBetween) progress = 0.5; // the one in-between frame it is owed
    if (progress > 0 && progress < 1) this.#wasBetween = true;
    const drawn = this.#queue.map((each, i) => ({
      motion: each,
      progress: i === 0 ? progress : 0,
    }));
    if (progress >= 1) this.#land(motion);
    return drawn;
  }

  #land(motion: Motion): void {
    this.#queue.shift();
    this.#count(motion, -1);
    this.#startedMs = undefined;
    this.#wasBetween = false;
  }

  #count(motion: Motion, by: 1 | -1): void {
    for (const { to } of motion.flights) {
      const id = spotId(to);
      const count = (this.#hidden.get(id) ?? 0) + by;
      if (count > 0) this.#hidden.set(id, count);
      else this.#hidden.delete(id);
    }
  }
}
