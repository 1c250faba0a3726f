/**
 * The replies of INSPECT, typed. Replies come from `callBuffer`, so bulk strings are bytes; records
 * are little endian. Nothing here draws, nothing asks.
 *
 * Errors: InspectFormatError when a reply has another form: page and engine are of two versions.
 */
import type { PublicReply } from '../client/reply-error.ts';
import { decodeText } from '../resp/text.ts';

export const kPlaces = 12;
const kBucketBytes = 20;
const kMoveBytes = 16;

export type TableNumber = 0 | 1;
export type Direction = 'grow' | 'shrink' | 'none';

/** INSPECT DB. */
export interface Tables {
  readonly keys: number;
  readonly volatile: number;
  /** Buckets of logical table 0 and 1; table 1 has none while nothing is rehashed. */
  readonly size0: number;
  readonly size1: number;
  /** -1 while nothing is rehashed. */
  readonly rehashIndex: number;
  readonly direction: Direction;
  readonly usedMemory: number;
  readonly children: number;
  readonly resizePolicy: string;
  /** 0..1000, or -1: no snapshot runs. */
  readonly snapshotProgress: number;
  /** Where a snapshot's walk is in this database: its scan cursor; -1: done, or none runs. */
  readonly snapshotCursor: number;
  readonly stepsTotal: number;
  readonly isSeeded: boolean;
  readonly isPaused: boolean;
}

/** One rehash step: `from` was split into itself and `to`, or merged into `to`. */
export interface BucketMove {
  readonly sequence: number;
  readonly from: number;
  readonly to: number;
  readonly isShrinking: boolean;
  readonly moved: number;
  readonly stayed: number;
}

export interface BucketEntry {
  readonly key: Uint8Array;
  readonly type: string;
  readonly encoding: string;
  /** Unix ms, or -1. */
  readonly deadline: number;
  readonly blobBytes: number;
  readonly fingerprint: number;
  readonly reference: number;
  readonly depth: number;
}

export interface KeyPlace {
  /** 16 hex digits. */
  readonly hash: string;
  readonly slot: number;
  readonly table: TableNumber;
  readonly bucket: number;
  readonly place: number;
  readonly childDepth: number;
  readonly fingerprint: number;
  readonly reference: number;
  readonly deadline: number;
  readonly blob: Uint8Array;
  readonly headerBytes: number;
  readonly keyOffset: number;
  readonly valueOffset: number;
  readonly type: string;
  readonly encoding: string;
}

export interface MemoryReport {
  /** Bytes by owner, in the engine's order. */
  readonly owners: readonly (readonly [name: string, bytes: number])[];
  readonly logTail: number;
  readonly freeInPages: number;
  readonly pages: number;
  readonly pageCount: number;
  readonly compactionMoves: number;
}

export class InspectFormatError extends Error {
  override readonly name = 'InspectFormatError';
}

export function textOf(reply: PublicReply | undefined): string {
  if (reply instanceof Uint8Array) return decodeText(reply, 0, reply.length);
  if (typeof reply === 'string') return reply;
  throw new InspectFormatError(`text expected, not ${typeof reply}`);
}

export function numberOf(reply: PublicReply | undefined): number {
  if (typeof reply === 'number') return reply;
  if (typeof reply === 'bigint') return Number(reply);
  throw new InspectFormatError(`a number expected, not ${typeof reply}`);
}

export function bytesOf(reply: PublicReply | undefined): Uint8Array {
  if (reply instanceof Uint8Array) return reply;
  throw new InspectFormatError(`bytes expected, not ${typeof reply}`);
}

export function arrayOf(reply: PublicReply | undefined): PublicReply[] {
  if (Array.isArray(reply)) return reply;
  throw new InspectFormatError(`an array expected, not ${typeof reply}`);
}

/** A map, whether it came as one (RESP3) or as a flat array (RESP2). */
export function fieldsOf(reply: PublicReply | undefined): Map<string, PublicReply> {
  const fields = new Map<string, PublicReply>();
  if (reply instanceof Map) {
    for (const [name, value] of reply) fields.set(textOf(name), value);
    return fields;
  }
  const flat = arrayOf(reply);
  for (let i = 0; i + 1 < flat.length; i += 2) fields.set(textOf(flat[i]), flat[i + 1] ?? null);
  return fields;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function tableNumber(reply: PublicReply | undefined): TableNumber {
  const table = numberOf(reply);
  if (table === 0 || table === 1) return table;
  throw new InspectFormatError(`there is no table ${table}`);
}

function directionOf(text: string): Direction {
  if (text === 'grow' || text === 'shrink' || text === 'none') return text;
  throw new InspectFormatError(`'${text}' is no direction`);
}

export function decodeTables(reply: PublicReply): Tables {
  const fields = fieldsOf(reply);
  const number = (name: string): number => numberOf(fields.get(name));
  return {
    keys: number('keys'),
    volatile: number('volatile'),
    size0: number('size0'),
    size1: number('size1'),
    rehashIndex: number('rehash_index'),
    direction: directionOf(textOf(fields.get('direction'))),
    usedMemory: number('used_memory'),
    children: number('children'),
    resizePolicy: textOf(fields.get('resize_policy')),
    snapshotProgress: number('snapshot_progress'),
    snapshotCursor: number('snapshot_cursor'),
    stepsTotal: number('steps_total'),
    isSeeded: number('hash_seeded') === 1,
    isPaused: number('paused') === 1,
  };
}

/** Buckets [first, first + count) of one logical table; indices are absolute. */
export class BucketRange {
  readonly first: number;
  readonly count: number;
  readonly #view: DataView;

  /** @throws InspectFormatError unless the records are of neighbouring buckets */
  constructor(bytes: Uint8Array) {
    if (bytes.length % kBucketBytes !== 0) throw new InspectFormatError('half a bucket record');
    this.#view = viewOf(bytes);
    this.count = bytes.length / kBucketBytes;
    this.first = this.count > 0 ? this.#view.getUint32(0, true) : 0;
    for (let i = 0; i < this.count; i++) {
      const index = this.#view.getUint32(i * kBucketBytes, true);
      if (index !== this.first + i) throw new InspectFormatError('bucket records out of order');
    }
  }

  has(index: number): boolean {
    return index >= this.first && index < this.first + this.count;
  }

  /** Entries in the 64-byte bucket itself. 0 outside the range. */
  top(index: number): number {
    return this.has(index) ? this.#view.getUint8(this.#at(index) + 4) : 0;
  }

  /** Overflow buckets chained to it. */
  children(index: number): number {
    return this.has(index) ? this.#view.getUint8(this.#at(index) + 5) : 0;
  }

  /** Entries with those of its children. */
  entries(index: number): number {
    return this.has(index) ? this.#view.getUint16(this.#at(index) + 6, true) : 0;
  }

  /** 0: the place is empty. */
  fingerprint(index: number, place: number): number {
    return this.has(index) ? this.#view.getUint8(this.#at(index) + 8 + place) : 0;
  }

  /** Entries of the whole range. */
  total(): number {
    let sum = 0;
    for (let i = 0; i < this.count; i++) sum += this.entries(this.first + i);
    return sum;
  }

  #at(index: number): number {
    return (index - this.first) * kBucketBytes;
  }
}

export function decodeBuckets(reply: PublicReply): BucketRange {
  return new BucketRange(bytesOf(reply));
}

export function decodeDensity(reply: PublicReply): Uint16Array {
  const bytes = bytesOf(reply);
  const view = viewOf(bytes);
  return Uint16Array.from({ length: bytes.length >> 1 }, (_, i) => view.getUint16(2 * i, true));
}

export interface Moves {
  readonly next: number;
  readonly moves: readonly BucketMove[];
}

export function decodeMoves(reply: PublicReply): Moves {
  const [next, records] = arrayOf(reply);
  const bytes = bytesOf(records);
  if (bytes.length % kMoveBytes !== 0) throw new InspectFormatError('half a move record');
  const view = viewOf(bytes);
  const moves = Array.from({ length: bytes.length / kMoveBytes }, (_, i) => ({
    sequence: view.getUint32(i * kMoveBytes, true),
    from: view.getUint32(i * kMoveBytes + 4, true),
    to: view.getUint32(i * kMoveBytes + 8, true),
    isShrinking: view.getUint8(i * kMoveBytes + 12) === 1,
    moved: view.getUint8(i * kMoveBytes + 13),
    stayed: view.getUint16(i * kMoveBytes + 14, true),
  }));
  return { next: numberOf(next), moves };
}

export function decodeBucketEntries(reply: PublicReply): BucketEntry[] {
  return arrayOf(reply).map((row) => {
    const [key, type, encoding, deadline, blobBytes, fingerprint, reference, depth] = arrayOf(row);
    return {
      key: bytesOf(key),
      type: textOf(type),
      encoding: textOf(encoding),
      deadline: numberOf(deadline),
      blobBytes: numberOf(blobBytes),
      fingerprint: numberOf(fingerprint),
      reference: numberOf(reference),
      depth: numberOf(depth),
    };
  });
}

/** Null: no such key. */
export function decodeKey(reply: PublicReply): KeyPlace | null {
  if (reply === null) return null;
  const fields = fieldsOf(reply);
  const number = (name: string): number => numberOf(fields.get(name));
  return {
    hash: textOf(fields.get('hash')),
    slot: number('slot'),
    table: tableNumber(fields.get('table')),
    bucket: number('bucket'),
    place: number('place'),
    childDepth: number('child_depth'),
    fingerprint: number('fingerprint'),
    reference: number('reference'),
    deadline: number('deadline'),
    blob: bytesOf(fields.get('blob')),
    headerBytes: number('header_bytes'),
    keyOffset: number('key_offset'),
    valueOffset: number('value_offset'),
    type: textOf(fields.get('type')),
    encoding: textOf(fields.get('encoding')),
  };
}

const kNoOwner: ReadonlySet<string> = new Set([
  'log_tail',
  'free_in_pages',
  'pages',
  'page_count',
  'owned_pages',
  'compaction_moves',
]);

export function decodeMemory(reply: PublicReply): MemoryReport {
  const fields = fieldsOf(reply);
  const number = (name: string): number => numberOf(fields.get(name));
  return {
    owners: [...fields]
      .filter(([name]) => !kNoOwner.has(name))
      .map(([name, bytes]) => [name, numberOf(bytes)] as const),
    logTail: number('log_tail'),
    freeInPages: number('free_in_pages'),
    pages: number('pages'),
    pageCount: number('page_count'),
    compactionMoves: number('compaction_moves'),
  };
}

/** The last records of the log as text, and the position after them. */
export function decodeLog(reply: PublicReply): { next: number; records: string[] } {
  const [next, records] = arrayOf(reply);
  return { next: numberOf(next), records: arrayOf(records).map(textOf) };
}
