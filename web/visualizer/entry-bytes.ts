/**
 * The bytes of one entry, cut into its fields: what the engine stores for a key, one blob
 * (flags, deadline, eviction bits, key length, key, value). Lengths come from INSPECT KEY's
 * offsets; the one flag read here is whether the value is a number. Of a value that is more than a
 * text, the packed bytes or a reference lie there.
 */
import type { KeyPlace } from './inspect-reply.ts';
import { printable } from './reply-text.ts';

export type FieldName =
  'flags' | 'deadline' | 'eviction' | 'key length' | 'key' | 'value length' | 'value';

export interface EntryField {
  readonly name: FieldName;
  readonly from: number;
  readonly bytes: Uint8Array;
  /** What the bytes mean, for reading. */
  readonly meaning: string;
}

const kIsInteger = 0x20;
const kFlagBytes = 1;
const kDeadlineBytes = 8;
const kReferenceBytes = 4;

function varintBytes(blob: Uint8Array, at: number): number {
  let length = 1;
  while (at + length <= blob.length && ((blob[at + length - 1] ?? 0) & 0x80) !== 0) length++;
  return length;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function flagsMeaning(flags: number, place: KeyPlace): string {
  const words = [place.type];
  if (place.deadline >= 0) words.push('has a deadline');
  if ((flags & kIsInteger) !== 0) words.push('64-bit number');
  return words.join(', ');
}

/** The fields in order; together they are the whole blob. */
export function entryFields(place: KeyPlace): EntryField[] {
  const { blob, headerBytes, keyOffset, valueOffset, deadline } = place;
  const fields: EntryField[] = [];
  const add = (name: FieldName, from: number, to: number, meaning: string): void => {
    if (to > from) fields.push({ name, from, bytes: blob.subarray(from, to), meaning });
  };
  add('flags', 0, kFlagBytes, flagsMeaning(blob[0] ?? 0, place));
  let at = kFlagBytes;
  if (deadline >= 0) {
    add('deadline', at, at + kDeadlineBytes, new Date(deadline).toISOString());
    at += kDeadlineBytes;
  }
  add('eviction', at, headerBytes, 'when or how often it was used');
  const isInteger = ((blob[0] ?? 0) & kIsInteger) !== 0;
  // INSPECT's value_offset is where the value's field begins: a number, or a length and bytes.
  add('key length', headerBytes, keyOffset, `${valueOffset - keyOffset} bytes`);
  add('key', keyOffset, valueOffset, `"${printable(blob.subarray(keyOffset, valueOffset))}"`);
  if (isInteger) {
    const value = blob.subarray(valueOffset, valueOffset + 8);
    const number = value.length === 8 ? viewOf(value).getBigInt64(0, true) : 0n;
    add('value', valueOffset, blob.length, `the number ${number}`);
    return fields;
  }
  if (place.type !== 'string') {
    const isPacked = blob.length - valueOffset > kReferenceBytes;
    const meaning = isPacked ? `${place.encoding}, whole` : `where the ${place.encoding} lies`;
    add('value', valueOffset, blob.length, meaning);
    return fields;
  }
  const begin = valueOffset + varintBytes(blob, valueOffset);
  add('value length', valueOffset, begin, `${blob.length - begin} bytes`);
  add('value', begin, blob.length, 'text or bytes as they were set');
  return fields;
}
