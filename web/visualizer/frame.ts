/**
 * A frame: everything one look at the engine brought, taken in one message and so of one moment.
 */
import type { BucketMove, BucketRange, Direction, TableNumber, Tables } from './inspect-reply.ts';

export interface Frame {
  /** Operations that had been sent when it was asked for. */
  readonly position: number;
  readonly database: number;
  readonly tables: Tables;
  /** Visible buckets of table 0 and 1; null where the density map stands for them. */
  readonly ranges: readonly [BucketRange | null, BucketRange | null];
  /** Entries per equal share of the bucket index, over the larger table. */
  readonly density: Uint16Array | null;
  /** Moves since the frame before. */
  readonly moves: readonly BucketMove[];
}

export function sizeOf(tables: Tables, table: TableNumber): number {
  return table === 0 ? tables.size0 : tables.size1;
}

export function largestSize(tables: Tables): number {
  return Math.max(tables.size0, tables.size1);
}

/** Buckets of the smaller table while one is rehashed: moves pair index i and i + this. */
export function smallSize(tables: Tables): number {
  return tables.direction === 'none' ? tables.size0 : Math.min(tables.size0, tables.size1);
}

/**
 * How many buckets of the small table's index have been split; the engine shows the rehash index
 * counting up in both directions, merging goes from the last bucket down.
 */
export function splitIndex(tables: Tables): number {
  if (tables.direction === 'grow') return tables.rehashIndex;
  if (tables.direction === 'shrink') return smallSize(tables) - tables.rehashIndex;
  return 0;
}

/** Whether a bucket of a logical table exists: its twin in the other table then does not. */
export function isPresent(tables: Tables, table: TableNumber, index: number): boolean {
  if (index >= sizeOf(tables, table)) return false;
  if (tables.direction === 'none') return table === 0;
  const small = smallSize(tables);
  const isSplit = index % small < splitIndex(tables);
  const isLarge = (tables.direction === 'grow') === (table === 1);
  return isLarge === isSplit;
}

/** Keys at which the next rehash begins by itself. `direction`: growing or shrinking. */
export function thresholdOf(size: number, direction: Exclude<Direction, 'none'>): number {
  if (direction === 'grow') return Math.ceil((size * 51) / 5);
  return size > 1 ? Math.floor((size * kBucketPlaces) / kShrinkRatio) : -1;
}

const kBucketPlaces = 12;
const kShrinkRatio = 8;

/** 1 at the threshold of growth: keys / (0.85 * 12 * buckets). */
export function loadOf(tables: Tables): number {
  const size = tables.direction === 'none' ? tables.size0 : largestSize(tables);
  return size === 0 ? 0 : (tables.keys * 5) / (size * 51);
}

/** Entries that the frame's buckets or cells hold. Exact unless a cell holds more than 65,535. */
export function entriesIn(frame: Frame): number {
  if (frame.density !== null) return frame.density.reduce((sum, entries) => sum + entries, 0);
  return (frame.ranges[0]?.total() ?? 0) + (frame.ranges[1]?.total() ?? 0);
}

/** True when the frame shows every bucket there is, so that its entries are all keys. */
export function isWhole(frame: Frame): boolean {
  if (frame.density !== null) return true;
  return ([0, 1] as const).every((table) => {
    const size = sizeOf(frame.tables, table);
    return (frame.ranges[table]?.count ?? 0) === size;
  });
}

/** Whether commands or steps came between two frames. */
export function isOther({ tables: before }: Frame, { tables: after }: Frame): boolean {
  const fields = ['keys', 'size0', 'size1', 'stepsTotal', 'usedMemory'] as const;
  return fields.some((field) => before[field] !== after[field]);
}
