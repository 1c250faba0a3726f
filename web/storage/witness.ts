/**
 * A note of what a store has reached, kept outside its database. Browsers drop databases silently
 * (a damaged LevelDB, a deleted profile folder, an eviction) or bring back an older state; the
 * database itself cannot tell. The witness can: it names the store and a log position that surely
 * was on the disk. It is a lower bound and never on the way of an acknowledgement.
 *
 *   slot at 0 and at 4096: magic "WDW1" u32 | sequence u64 | dbId 16 bytes | epoch u64 | LSN u64 |
 *                          CRC-32C u32, little endian
 *
 * The slots are written in turn, so a write that is cut off leaves the other one; they lie in
 * different pages of the disk. The valid slot with the higher sequence counts.
 */

import { crc32c } from './crc32c.ts';

export interface WitnessRecord {
  /** Identity of the store, 16 bytes. */
  readonly dbId: Uint8Array;
  readonly epoch: bigint;
  /** Everything up to this LSN was durable when it was written. */
  readonly lsn: bigint;
}

export interface Witness {
  /** Null: there is none, or none that can be read. Never rejects. */
  read(): Promise<WitnessRecord | null>;
  /**
   * Replaces the record. `isClaim`: whatever is there; else not if the same store has reached a
   * higher epoch: its new writer writes now. Rejects where it cannot be written.
   */
  write(record: WitnessRecord, isClaim: boolean): Promise<void>;
}

const kMagic = 0x31574457; // "WDW1"
export const kWitnessSlotAt = 4096;
export const kWitnessSlotBytes = 48;
export const kWitnessFileBytes = kWitnessSlotAt + kWitnessSlotBytes;

export interface WitnessSlot {
  readonly sequence: bigint;
  readonly record: WitnessRecord;
}

export function encodeSlot({ sequence, record }: WitnessSlot): Uint8Array {
  const bytes = new Uint8Array(kWitnessSlotBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, kMagic, true);
  view.setBigUint64(4, sequence, true);
  bytes.set(record.dbId, 12);
  view.setBigUint64(28, record.epoch, true);
  view.setBigUint64(36, record.lsn, true);
  view.setUint32(44, crc32c(bytes.subarray(0, 44)), true);
  return bytes;
}

/** The newest valid slot of a witness file; null: none is valid. */
export function newestSlot(file: Uint8Array): WitnessSlot | null {
  const slots = [0, kWitnessSlotAt]
    .map((at) => decodeSlot(file.subarray(at, at + kWitnessSlotBytes)))
    .filter((slot) => slot !== null);
  return slots.reduce<WitnessSlot | null>(
    (best, slot) => (best === null || slot.sequence > best.sequence ? slot : best),
    null,
  );
}

/** What goes where to replace `last`; null: it must not be replaced. */
export function nextSlot(
  last: WitnessSlot | null,
  record: WitnessRecord,
  isClaim: boolean,
): { bytes: Uint8Array; at: number } | null {
  const isOfSame = last !== null && last.record.dbId.every((byte, at) => byte === record.dbId[at]);
  if (!isClaim && isOfSame && last.record.epoch > record.epoch) return null;
  const sequence = (last?.sequence ?? 0n) + 1n;
  return { bytes: encodeSlot({ sequence, record }), at: sequence % 2n === 0n ? 0 : kWitnessSlotAt };
}

function decodeSlot(bytes: Uint8Array): WitnessSlot | null {
  if (bytes.length < kWitnessSlotBytes) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== kMagic) return null;
  if (view.getUint32(44, true) !== crc32c(bytes.subarray(0, 44))) return null;
  return {
    sequence: view.getBigUint64(4, true),
    record: {
      dbId: bytes.slice(12, 28),
      epoch: view.getBigUint64(28, true),
      lsn: view.getBigUint64(36, true),
    },
  };
}
