/**
 * How near a packed value is to its limits, and why one converted. Pure.
 */
import { formatBytes, formatNumber } from './dom.ts';
import type { ValuePart } from './value-bytes.ts';
import type { Threshold, ValueType } from './value-types.ts';

/** What a value needs of what a limit allows. */
export interface Usage {
  readonly used: number;
  readonly most: number;
}

/** How much of `threshold` the value uses; null: the limit says nothing in this encoding. */
export function usageOf(
  threshold: Threshold,
  encoding: string,
  size: number,
  parts: readonly ValuePart[],
  limit: number,
): Usage | null {
  if (!threshold.encodings.includes(encoding)) return null;
  if (threshold.of === 'count') return { used: size, most: limit };
  if (threshold.of === 'longest') return { used: longestOf(parts), most: limit };
  const bytes = parts.reduce((sum, part) => sum + part.bytes.length, 0);
  return limit < 0 ? { used: bytes, most: nodeBytes(limit) } : { used: size, most: limit };
}

/** list-max-listpack-size below zero: -1 is 4 KiB, each step down twice as much. */
export const nodeBytes = (limit: number): number => 2048 * 2 ** -limit;

const longestOf = (parts: readonly ValuePart[]): number =>
  Math.max(0, ...parts.map(({ textBytes }) => textBytes ?? 0));

export function ordinal(number: number): string {
  const [tens, ones] = [number % 100, number % 10];
  const isTeen = tens > 10 && tens < 14;
  const ending = isTeen ? 'th' : (['th', 'st', 'nd', 'rd'][ones] ?? 'th');
  return `${formatNumber(number)}${ending}`;
}

export interface Conversion {
  readonly from: string;
  readonly to: string;
  /** Elements now. */
  readonly size: number;
  /** The limits, by setting. */
  readonly limits: ReadonlyMap<string, number>;
  /** Bytes of the longest text now; 0: not known. */
  readonly longest: number;
  /** A member that is no integer, null without any. */
  readonly word: string | null;
}

/** Why a value went from one encoding to another. */
export function reasonOf(type: ValueType, conversion: Conversion): string {
  const { from, to, size, limits, longest, word } = conversion;
  const [one] = type.element;
  for (const threshold of type.thresholds) {
    if (!threshold.encodings.includes(from)) continue;
    const limit = limits.get(threshold.setting) ?? Infinity;
    if (threshold.of === 'count' && size > limit) {
      return `the ${ordinal(limit + 1)} ${one} is one more than ${threshold.setting} allows`;
    }
    if (threshold.of === 'longest' && longest > limit) {
      return `a text of ${longest} bytes is longer than ${threshold.setting} allows`;
    }
    if (threshold.of === 'node' && to === 'quicklist') {
      return limit < 0
        ? `more than ${formatBytes(nodeBytes(limit))} do not fit into one node`
        : `the ${ordinal(limit + 1)} ${one} does not fit into one node`;
    }
  }
  if (from === 'intset' && word !== null) return `“${word}” is no integer`;
  if (to === 'listpackex') return `a ${one} has a time to live now`;
  if (from === 'quicklist') return 'it is small enough again for one piece';
  return 'the limit was lower when it was written to';
}
