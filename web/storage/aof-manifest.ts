/**
 * `appendonly.aof.manifest`: Redis's lines, which say which files make up the log, and three kinds
 * of comment lines with our fields, which Redis skips (it loads the folder as it is):
 *
 *   #WD1M:<hex of the store's manifest>
 *   #WD1S:<sequence> <first LSN>           one per .incr.aof file
 *   file appendonly.aof.1.base.rdb seq 1 type b
 *   file appendonly.aof.1.incr.aof seq 1 type i
 *   #WD1C:<CRC-32C of everything above>    last line
 *
 * The spare generation's files are Redis's type h (history). Redis bounds a line to 1,024 bytes.
 * When Redis itself rewrites the file our lines are gone: the folder is then Redis's, not ours.
 */

import { crc32c } from './crc32c.ts';
import { StorageError } from './storage.ts';

/** One .incr.aof file: frames firstLsn … up to the next segment's first. */
export interface Segment {
  readonly sequence: number;
  readonly firstLsn: bigint;
}

export interface AofManifest {
  readonly manifest: Uint8Array;
  readonly base: number | null;
  readonly previous: number | null;
  /** In order of their LSNs. Those below `logFrom` are history. */
  readonly segments: readonly Segment[];
  readonly logFrom: bigint;
}

export const baseName = (generation: number): string => `appendonly.aof.${generation}.base.rdb`;
export const segmentName = (sequence: number): string => `appendonly.aof.${sequence}.incr.aof`;
export const kManifestName = 'appendonly.aof.manifest';

const kMaxLineBytes = 1000;

export function formatAofManifest(value: AofManifest): string {
  const lines = [`#WD1M:${toHex(value.manifest)}`];
  for (const { sequence, firstLsn } of value.segments) lines.push(`#WD1S:${sequence} ${firstLsn}`);
  if (value.base !== null) lines.push(`file ${baseName(value.base)} seq ${value.base} type b`);
  if (value.previous !== null) {
    lines.push(`file ${baseName(value.previous)} seq ${value.previous} type h`);
  }
  const ofType = (type: 'h' | 'i'): void => {
    for (const { sequence, firstLsn } of value.segments) {
      const history = firstLsn < value.logFrom;
      if (history === (type === 'h'))
        lines.push(`file ${segmentName(sequence)} seq ${sequence} type ${type}`);
    }
  };
  ofType('h');
  ofType('i');
  if (lines.some((line) => line.length > kMaxLineBytes)) {
    throw new StorageError('CORRUPT', 'a line of the manifest would be too long');
  }
  const text = `${lines.join('\n')}\n`;
  return `${text}#WD1C:${checksum(text)}\n`;
}

/** @throws StorageError FOREIGN_STORE (not written by us) or CORRUPT (ours, damaged). */
export function parseAofManifest(text: string): AofManifest {
  const closing = /^#WD1C:([0-9a-f]{8})\n$/m.exec(text);
  if (closing === null || closing.index + closing[0].length !== text.length) {
    const ours = text.includes('#WD1');
    throw ours
      ? new StorageError('CORRUPT', `${kManifestName} is damaged: its last line is missing`)
      : new StorageError('FOREIGN_STORE', `${kManifestName} was written by another program`);
  }
  const covered = text.slice(0, closing.index);
  if (checksum(covered) !== closing[1]) {
    throw new StorageError('CORRUPT', `${kManifestName} is damaged: its checksum does not match`);
  }
  let manifest = new Uint8Array(0);
  let base: number | null = null;
  let previous: number | null = null;
  const segments: Segment[] = [];
  const live = new Set<number>();
  for (const line of covered.split('\n')) {
    const [first = '', second = '', , fourth = '', , type = ''] = line.split(' ');
    if (line.startsWith('#WD1M:')) manifest = fromHex(line.slice(6));
    else if (line.startsWith('#WD1S:')) {
      segments.push({ sequence: Number(first.slice(6)), firstLsn: BigInt(second) });
    } else if (type === 'b') base = Number(fourth);
    else if (type === 'h' && second === baseName(Number(fourth))) previous = Number(fourth);
    else if (type === 'i') live.add(Number(fourth));
  }
  const firstLive = segments.find((segment) => live.has(segment.sequence));
  return { manifest, base, previous, segments, logFrom: firstLive?.firstLsn ?? 0n };
}

/** Over char codes: every char of the file is below 256, and a flipped byte changes one of them. */
function checksum(text: string): string {
  const bytes = Uint8Array.from(text, (char) => char.charCodeAt(0));
  return crc32c(bytes).toString(16).padStart(8, '0');
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function fromHex(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
