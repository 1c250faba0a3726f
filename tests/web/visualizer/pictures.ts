/** Frames made by hand: what INSPECT would answer for small tables. */
import type { Frame } from '../../../web/visualizer/frame.ts';
import {
  type BucketMove,
  BucketRange,
  kPlaces,
  type Tables,
} from '../../../web/visualizer/inspect-reply.ts';

const kBucketBytes = 20;

/** Bucket records: for each bucket the fingerprints of its entries, more than twelve: a child. */
export function bucketRecords(buckets: readonly (readonly number[])[], first = 0): Uint8Array {
  const bytes = new Uint8Array(buckets.length * kBucketBytes);
  const view = new DataView(bytes.buffer);
  buckets.forEach((fingerprints, i) => {
    const at = i * kBucketBytes;
    view.setUint32(at, first + i, true);
    view.setUint8(at + 4, Math.min(kPlaces, fingerprints.length));
    view.setUint8(at + 5, Math.max(0, Math.ceil(fingerprints.length / kPlaces) - 1));
    view.setUint16(at + 6, fingerprints.length, true);
    fingerprints.slice(0, kPlaces).forEach((fingerprint, place) => {
      view.setUint8(at + 8 + place, fingerprint);
    });
  });
  return bytes;
}

export function tablesOf(some: Partial<Tables>): Tables {
  return {
    keys: 0,
    volatile: 0,
    size0: 4,
    size1: 0,
    rehashIndex: -1,
    direction: 'none',
    usedMemory: 0,
    children: 0,
    resizePolicy: 'enable',
    snapshotProgress: -1,
    snapshotCursor: -1,
    stepsTotal: 0,
    isSeeded: true,
    isPaused: true,
    ...some,
  };
}

export function frameOf(
  tables: Partial<Tables>,
  first: readonly (readonly number[])[],
  second: readonly (readonly number[])[] = [],
  moves: readonly BucketMove[] = [],
): Frame {
  const range = (buckets: readonly (readonly number[])[]): BucketRange =>
    new BucketRange(bucketRecords(buckets));
  const ranges = [range(first), range(second)] as const;
  return { position: 0, database: 0, tables: tablesOf(tables), ranges, density: null, moves };
}

export function moveOf(some: Partial<BucketMove>): BucketMove {
  return { sequence: 0, from: 0, to: 0, isShrinking: false, moved: 0, stayed: 0, ...some };
}
