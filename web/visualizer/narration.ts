/**
 * One plain sentence for what just happened: what the picture says, for ears and for learners.
 */
import { largestSize, loadOf, smallSize, thresholdOf } from './frame.ts';
import type { BucketMove, Tables } from './inspect-reply.ts';

const number = (value: number): string => value.toLocaleString('en');
const entries = (count: number): string => (count === 1 ? '1 entry' : `${number(count)} entries`);

/** One rehash step. */
export function tellMove(move: BucketMove, tables: Tables): string {
  const { from, to, moved, stayed } = move;
  if (move.isShrinking) {
    const all = moved + stayed;
    return `Rehash step: buckets ${to} and ${from} merge into bucket ${to}: ${entries(all)}.`;
  }
  if (moved + stayed === 0) return `Rehash step: bucket ${from} is empty, nothing to move.`;
  const bit = Math.log2(Math.max(1, smallSize(tables)));
  return (
    `Rehash step: bucket ${from} splits. Hash bit ${bit} decides: ` +
    `${entries(stayed)} with 0 stay at ${from}, ${entries(moved)} with 1 go to ${to}.`
  );
}

/** What the tables are doing. */
export function tellTables(tables: Tables): string {
  const { size0, size1, keys, direction, rehashIndex } = tables;
  if (size0 === 0) return 'There is no table yet. The first key makes one.';
  if (direction === 'none') {
    const next = thresholdOf(size0, 'grow');
    const left = Math.max(0, next - keys);
    return `${number(keys)} keys in ${number(size0)} buckets. Growing begins after ${number(left)} more.`;
  }
  const verb = direction === 'grow' ? 'Growing' : 'Shrinking';
  const share = Math.round((100 * rehashIndex) / Math.max(1, smallSize(tables)));
  return (
    `${verb} from ${number(size0)} to ${number(size1)} buckets: rehash index ` +
    `${number(rehashIndex)} of ${number(smallSize(tables))} (${share} %).`
  );
}

/** Undefined: nothing about the tables changed that is worth a sentence. */
export function tellChange(before: Tables, after: Tables): string | undefined {
  if (before.direction === 'none' && after.direction !== 'none') {
    const why = after.direction === 'grow' ? 'too full' : 'too empty';
    return (
      `The table is ${why} (load ${loadOf(before).toFixed(2)}): a second table of ` +
      `${number(after.size1)} buckets begins. Nothing is copied at once.`
    );
  }
  if (before.direction !== 'none' && after.direction === 'none') {
    return `The rehash is done: the table has ${number(largestSize(after))} buckets.`;
  }
  return undefined;
}
