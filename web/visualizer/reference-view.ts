/**
 * What the reference layouts tell of themselves (cpp/reference/teaching_layouts.h), typed. Pure.
 * Errors: RangeError when the bytes end too early: page and module are of two versions.
 */
import { decodeText } from '../resp/text.ts';

export interface ChainEntry {
  /** The low three bits of its pointer: 0 an entry, 4 one without value, else the key itself. */
  readonly tag: number;
  /** 16 hex digits. */
  readonly hash: string;
  readonly key: string;
}

export interface Chain {
  readonly length: number;
  /** Empty when only lengths are told. */
  readonly entries: readonly ChainEntry[];
}

export interface ChainedTable {
  readonly size: number;
  readonly used: number;
  readonly chains: readonly Chain[];
}

export interface ChainedView {
  readonly tables: readonly [ChainedTable, ChainedTable];
  /** -1: not rehashing. */
  readonly rehashIndex: number;
  readonly isDetailed: boolean;
}

export interface ArenaEntry {
  readonly offset: number;
  readonly keyBytes: number;
  readonly valueBytes: number;
  /** Offset of the older entry of its chain; 0: none. */
  readonly next: number;
  readonly isDeleted: boolean;
  readonly key: string;
  readonly value: string;
}

export interface ArenaView {
  readonly buckets: readonly number[];
  readonly live: number;
  readonly usedBytes: number;
  readonly wastedBytes: number;
  /** How far a compaction has looked; 0: there is none. */
  readonly cursor: number;
  readonly now: readonly ArenaEntry[];
  readonly next: readonly ArenaEntry[];
}

const kBucketsDetailed = 64;
const kBucketsCounted = 65536;

/** Reads little endian fields one after the other. */
class Fields {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(): number {
    return this.#view.getUint8(this.#at++);
  }
  u32(): number {
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4, true);
  }
  hex64(): string {
    this.#at += 8;
    return this.#view
      .getBigUint64(this.#at - 8, true)
      .toString(16)
      .padStart(16, '0');
  }
  text(bytes: number): string {
    this.#at += bytes;
    if (this.#at > this.#bytes.length) throw new RangeError('a text is cut');
    return decodeText(this.#bytes, this.#at - bytes, this.#at);
  }
}

export function decodeChained(bytes: Uint8Array): ChainedView {
  const fields = new Fields(bytes);
  const sizes = [fields.u32(), fields.u32()] as const;
  const used = [fields.u32(), fields.u32()] as const;
  const rehashIndex = fields.u32() | 0;
  fields.u32(); // entries moved
  const isDetailed = sizes.every((size) => size <= kBucketsDetailed);
  const chain = (): Chain => {
    const length = fields.u8();
    const entries = Array.from({ length: isDetailed ? length : 0 }, () => {
      const [tag, hash] = [fields.u8(), fields.hex64()];
      return { tag, hash, key: fields.text(fields.u8()) };
    });
    return { length, entries };
  };
  const table = (i: 0 | 1): ChainedTable => ({
    size: sizes[i],
    used: used[i],
    chains: Array.from({ length: Math.min(sizes[i], kBucketsCounted) }, chain),
  });
  return { tables: [table(0), table(1)], rehashIndex, isDetailed };
}

export function decodeArena(bytes: Uint8Array): ArenaView {
  const fields = new Fields(bytes);
  const count = fields.u32();
  const [live, usedBytes, wastedBytes, cursor] = [
    fields.u32(),
    fields.u32(),
    fields.u32(),
    fields.u32(),
  ];
  const buckets = Array.from({ length: count }, () => fields.u32());
  const entry = (): ArenaEntry => {
    const [offset, keyBytes, valueBytes, next] = [
      fields.u32(),
      fields.u32(),
      fields.u32(),
      fields.u32(),
    ];
    const isDeleted = fields.u8() === 1;
    const shown = fields.u8();
    const key = fields.text(Math.min(keyBytes, shown));
    const value = fields.text(shown - Math.min(keyBytes, shown));
    return { offset, keyBytes, valueBytes, next, isDeleted, key, value };
  };
  const entries = (): ArenaEntry[] => Array.from({ length: fields.u32() }, entry);
  const [now, next] = [entries(), entries()];
  return { buckets, live, usedBytes, wastedBytes, cursor, now, next };
}

/** How many chains have which length, from 0 on; the last counts longer ones too. */
export function lengthsOf({ tables }: ChainedView, most: number): number[] {
  const counts = new Array<number>(most + 1).fill(0);
  for (const { chains } of tables) {
    for (const { length } of chains) counts[Math.min(length, most)]!++;
  }
  return counts;
}

/** What Poisson expects of `buckets` buckets with `load` entries each on average. */
export function poisson(load: number, buckets: number, most: number): number[] {
  let probability = Math.exp(-load);
  return Array.from({ length: most + 1 }, (_, length) => {
    if (length > 0) probability *= load / length;
    return buckets * probability;
  });
}
