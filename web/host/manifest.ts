/**
 * The manifest: what a store consists of. Little endian:
 *
 *   magic "WDM1" u32 | format u8 | min reader u8 | flags u16 | length u32 | dbId 16 bytes |
 *   epoch u64 | wall ms u64 | forgotten epoch u64 | chunk bytes u32 | base | previous |
 *   marks u32 | (client u64 | request u64) of each | CRC-32C u32
 *   base, previous: generation u32 | LSN u64 | chain u64 | bytes u64 | chunks u32 | CRC-32C u32
 *
 * A generation is a snapshot and the first LSN it does not hold. Generation 0 is the empty store.
 * `previous` with generation 2^32-1: none. Marks and forgotten epoch: client-marks.ts, as of the
 * cut of `base`; the log's records go on from there. Manifests without marks have none. `length`
 * counts everything up to the CRC; a newer format may add fields before it: readers take what they
 * know, if `min reader` lets them.
 */

import { WadictError } from '../errors.ts';
import { crc32c } from '../storage/crc32c.ts';
import type { ManifestSwitch } from '../storage/storage.ts';
import type { MarksRecord } from './client-marks.ts';

export interface Generation {
  readonly generation: number;
  /** Last LSN that the snapshot holds, and the log's chain value after it. */
  readonly lsn: bigint;
  readonly chain: bigint;
  readonly bytes: number;
  readonly chunks: number;
  readonly crc: number;
}

export interface Manifest {
  readonly dbId: Uint8Array;
  /** Highest epoch when it was written; the log may hold a higher one. */
  readonly epoch: bigint;
  readonly wallMs: number;
  readonly chunkBytes: number;
  readonly base: Generation;
  readonly previous: Generation | null;
  readonly marks: MarksRecord;
}

const kMagic = 0x314d4457; // "WDM1"
const kFormat = 1;
const kNone = 0xffffffff;
const kGenerationBytes = 4 + 8 + 8 + 8 + 4 + 4;
const kHeaderBytes = 12;
const kMarkBytes = 16;
const kBodyBytes = 16 + 8 + 8 + 8 + 4 + 2 * kGenerationBytes;
export const kDbIdBytes = 16;

export function emptyGeneration(chain: bigint): Generation {
  return { generation: 0, lsn: 0n, chain, bytes: 0, chunks: 0, crc: 0 };
}

export function encodeManifest(manifest: Manifest): Uint8Array {
  const { clients, forgottenEpoch } = manifest.marks;
  const marksAt = kHeaderBytes + kBodyBytes;
  const length = marksAt + 4 + clients.size * kMarkBytes;
  const bytes = new Uint8Array(length + 4);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, kMagic, true);
  view.setUint8(4, kFormat);
  view.setUint8(5, kFormat);
  view.setUint32(8, length, true);
  bytes.set(manifest.dbId, 12);
  view.setBigUint64(28, manifest.epoch, true);
  view.setBigUint64(36, BigInt(Math.trunc(manifest.wallMs)), true);
  view.setBigUint64(44, forgottenEpoch, true);
  view.setUint32(52, manifest.chunkBytes, true);
  writeGeneration(view, 56, manifest.base);
  writeGeneration(view, 56 + kGenerationBytes, manifest.previous);
  view.setUint32(marksAt, clients.size, true);
  let at = marksAt + 4;
  for (const [client, request] of clients) {
    view.setBigUint64(at, BigInt(client), true);
    view.setBigUint64(at + 8, BigInt(request), true);
    at += kMarkBytes;
  }
  view.setUint32(length, crc32c(bytes.subarray(0, length)), true);
  return bytes;
}

/** @throws WadictError FORMAT_TOO_NEW or CORRUPT. */
export function decodeManifest(bytes: Uint8Array): Manifest {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const damaged = (what: string): WadictError =>
    new WadictError('CORRUPT', `the store's manifest is damaged: ${what}`);
  if (bytes.length < kHeaderBytes + 4 || view.getUint32(0, true) !== kMagic)
    throw damaged('no manifest');
  const length = view.getUint32(8, true);
  if (length < kHeaderBytes || length + 4 !== bytes.length) throw damaged('wrong length');
  if (crc32c(bytes.subarray(0, length)) !== view.getUint32(length, true))
    throw damaged('wrong checksum');
  if (view.getUint8(5) > kFormat) {
    throw new WadictError(
      'FORMAT_TOO_NEW',
      `this store needs a version that reads format ${view.getUint8(5)}`,
    );
  }
  if (length < kHeaderBytes + kBodyBytes) throw damaged('too short');
  const base = readGeneration(view, 56);
  if (base === null) throw damaged('no base');
  return {
    dbId: bytes.slice(12, 12 + kDbIdBytes),
    epoch: view.getBigUint64(28, true),
    wallMs: Number(view.getBigUint64(36, true)),
    chunkBytes: view.getUint32(52, true),
    base,
    previous: readGeneration(view, 56 + kGenerationBytes),
    marks: { clients: readMarks(view, length), forgottenEpoch: view.getBigUint64(44, true) },
  };
}

function readMarks(view: DataView, length: number): Map<number, number> {
  const marks = new Map<number, number>();
  let at = kHeaderBytes + kBodyBytes;
  if (length < at + 4) return marks;
  const count = view.getUint32(at, true);
  at += 4;
  for (let left = count; left > 0 && at + kMarkBytes <= length; left--, at += kMarkBytes)
    marks.set(Number(view.getBigUint64(at, true)), Number(view.getBigUint64(at + 8, true)));
  return marks;
}

/** The manifest as a storage wants it. */
export function manifestSwitch(manifest: Manifest): ManifestSwitch {
  const { base, previous } = manifest;
  const stored = (generation: Generation | null): number | null =>
    generation === null || generation.generation === 0 ? null : generation.generation;
  return {
    bytes: encodeManifest(manifest),
    base: stored(base),
    previous: stored(previous),
    logFrom: base.lsn + 1n,
    keepFrom: (previous ?? base).lsn + 1n,
  };
}

const kEpochsApart = 16;

/**
 * A number for a new snapshot that nobody else writes under. Where others may hold the store open
 * (`epoch` is not null), one who lost it without knowing may still be writing chunks: what is there
 * is left alone, and numbers differ by the epoch.
 */
export function nextGeneration(
  { base, previous }: Manifest,
  listed: readonly number[],
  epoch: bigint | null,
): number {
  const next = Math.max(base.generation, previous?.generation ?? 0, ...listed) + 1;
  if (epoch === null) return next;
  const distance = Number(epoch % BigInt(kEpochsApart)) - (next % kEpochsApart);
  return next + ((distance + kEpochsApart) % kEpochsApart);
}

function writeGeneration(view: DataView, at: number, value: Generation | null): void {
  view.setUint32(at, value?.generation ?? kNone, true);
  if (value === null) return;
  view.setBigUint64(at + 4, value.lsn, true);
  view.setBigUint64(at + 12, value.chain, true);
  view.setBigUint64(at + 20, BigInt(value.bytes), true);
  view.setUint32(at + 28, value.chunks, true);
  view.setUint32(at + 32, value.crc, true);
}

function readGeneration(view: DataView, at: number): Generation | null {
  const generation = view.getUint32(at, true);
  if (generation === kNone) return null;
  return {
    generation,
    lsn: view.getBigUint64(at + 4, true),
    chain: view.getBigUint64(at + 12, true),
    bytes: Number(view.getBigUint64(at + 20, true)),
    chunks: view.getUint32(at + 28, true),
    crc: view.getUint32(at + 32, true),
  };
}
