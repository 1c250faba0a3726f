/**
 * What each bit of a hash is used for: bits 63-56 are the fingerprint, 55-54 lie beside the
 * reference, the lowest ones choose the bucket, and while a table grows the next one decides
 * whether an entry stays or moves up by the old size.
 */
import { smallSize, splitIndex } from './frame.ts';
import type { Tables } from './inspect-reply.ts';

export type BitUse = 'fingerprint' | 'spare' | 'unused' | 'extra' | 'bucket';

export interface HashBit {
  /** 63 is the highest. */
  readonly number: number;
  readonly value: 0 | 1;
  readonly use: BitUse;
}

export interface HashReading {
  readonly bits: readonly HashBit[];
  /** Bits that choose the bucket in table 0, and that value. */
  readonly bucketBits: number;
  readonly index: number;
  /** True when the rehash index has passed: one bit more is read. */
  readonly isSplit: boolean;
  readonly finalIndex: number;
}

/** @param hash 16 hex digits */
export function readHash(hash: string, tables: Tables): HashReading {
  const value = BigInt(`0x${hash}`);
  const small = Math.max(1, smallSize(tables));
  const bucketBits = Math.log2(small);
  const index = Number(value & BigInt(small - 1));
  const isRehashing = tables.direction !== 'none';
  const isSplit = isRehashing && index < splitIndex(tables);
  const finalIndex = isSplit ? Number(value & BigInt(2 * small - 1)) : index;
  const bits = Array.from({ length: 64 }, (_, i): HashBit => {
    const number = 63 - i;
    const bit: 0 | 1 = (value >> BigInt(number)) & 1n ? 1 : 0;
    return { number, value: bit, use: useOf(number, bucketBits) };
  });
  return { bits, bucketBits, index, isSplit, finalIndex };
}

function useOf(number: number, bucketBits: number): BitUse {
  if (number >= 56) return 'fingerprint';
  if (number >= 54) return 'spare';
  if (number < bucketBits) return 'bucket';
  return number === bucketBits ? 'extra' : 'unused';
}
