/**
 * The bytes of a packed value, cut into its parts: listpacks and intsets as the engine keeps them,
 * which is as Redis does. Whatever the bytes are, nothing here throws: what cannot be read is one
 * last part.
 */
import { printable } from './reply-text.ts';

export type PartKind = 'header' | 'element' | 'end' | 'master' | 'entry';

export interface ValuePart {
  readonly kind: PartKind;
  readonly from: number;
  readonly bytes: Uint8Array;
  /** What the bytes mean, for reading. */
  readonly meaning: string;
  /** Of an element: its text, or its number as text. */
  readonly text?: string;
  /** Of an element: bytes of that text. */
  readonly textBytes?: number;
}

const kListpackHeaderBytes = 6;
const kListpackEnd = 0xff;
const kCountUnknown = 0xffff;
const kIntsetHeaderBytes = 8;

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const text = (bytes: Uint8Array): string => `"${printable(bytes)}"`;

/** A signed number of `width` bytes, little endian. */
function signed(bytes: Uint8Array, at: number, width: number): bigint {
  let bits = 0n;
  for (let i = 0; i < width; i++) bits |= BigInt(bytes[at + i] ?? 0) << BigInt(8 * i);
  return BigInt.asIntN(8 * width, bits);
}

interface Body {
  readonly length: number;
  readonly meaning: string;
  readonly text: string;
  readonly textBytes: number;
}

/** Encoding and data of the element at `at`, without the length behind them. */
function bodyAt(bytes: Uint8Array, at: number): Body | null {
  const first = bytes[at] ?? kListpackEnd;
  const ofText = (head: number, length: number): Body => ({
    length: head + length,
    meaning: text(bytes.subarray(at + head, at + head + length)),
    text: printable(bytes.subarray(at + head, at + head + length)),
    textBytes: length,
  });
  const ofNumber = (length: number, value: bigint | number): Body => ({
    length,
    meaning: `the number ${value}`,
    text: String(value),
    textBytes: String(value).length,
  });
  const next = bytes[at + 1] ?? 0;
  if (first < 0x80) return ofNumber(1, first);
  if (first < 0xc0) return ofText(1, first & 0x3f);
  if (first < 0xe0) {
    const value = ((first & 0x1f) << 8) | next;
    return ofNumber(2, value < 4096 ? value : value - 8192);
  }
  if (first < 0xf0) return ofText(2, ((first & 0x0f) << 8) | next);
  const widths: Readonly<Record<number, number>> = { 0xf1: 2, 0xf2: 3, 0xf3: 4, 0xf4: 8 };
  const width = widths[first];
  if (width !== undefined) return ofNumber(1 + width, signed(bytes, at + 1, width));
  if (first !== 0xf0 || at + 5 > bytes.length) return null;
  return ofText(5, viewOf(bytes).getUint32(at + 1, true));
}

/** How many bytes the length behind a body of so many bytes takes. */
function lengthBytes(body: number): number {
  const bounds = [128, 16_383, 2_097_151, 268_435_455];
  const at = bounds.findIndex((bound) => body < bound);
  return at === -1 ? bounds.length + 1 : at + 1;
}

/** At most `most` elements of a listpack, with its header and end. */
export function listpackParts(bytes: Uint8Array, most: number): ValuePart[] {
  if (bytes.length <= kListpackHeaderBytes) return [unreadable(bytes, 0)];
  const view = viewOf(bytes);
  const count = view.getUint16(4, true);
  const parts: ValuePart[] = [
    {
      kind: 'header',
      from: 0,
      bytes: bytes.subarray(0, kListpackHeaderBytes),
      meaning: `${view.getUint32(0, true)} bytes, ${count === kCountUnknown ? 'many' : count} elements`,
    },
  ];
  let at = kListpackHeaderBytes;
  while (at < bytes.length && bytes[at] !== kListpackEnd && parts.length <= most) {
    const body = bodyAt(bytes, at);
    const end = body === null ? bytes.length + 1 : at + body.length + lengthBytes(body.length);
    if (body === null || end > bytes.length) return [...parts, unreadable(bytes, at)];
    parts.push({
      kind: 'element',
      from: at,
      bytes: bytes.subarray(at, end),
      meaning: body.meaning,
      text: body.text,
      textBytes: body.textBytes,
    });
    at = end;
  }
  if (bytes[at] === kListpackEnd) {
    parts.push({ kind: 'end', from: at, bytes: bytes.subarray(at, at + 1), meaning: 'end' });
  }
  return parts;
}

/** At most `most` integers of an intset, with its header. */
export function intsetParts(bytes: Uint8Array, most: number): ValuePart[] {
  if (bytes.length < kIntsetHeaderBytes) return [unreadable(bytes, 0)];
  const view = viewOf(bytes);
  const width = view.getUint32(0, true);
  const count = view.getUint32(4, true);
  const parts: ValuePart[] = [
    {
      kind: 'header',
      from: 0,
      bytes: bytes.subarray(0, kIntsetHeaderBytes),
      meaning: `${width} bytes each, ${count} integers`,
    },
  ];
  if (![2, 4, 8].includes(width)) return [...parts, unreadable(bytes, kIntsetHeaderBytes)];
  for (let i = 0; i < Math.min(count, most); i++) {
    const from = kIntsetHeaderBytes + i * width;
    const part = bytes.subarray(from, from + width);
    if (part.length < width) return [...parts, unreadable(bytes, from)];
    const meaning = `the number ${signed(part, 0, width)}`;
    parts.push({ kind: 'element', from, bytes: part, meaning });
  }
  return parts;
}

function unreadable(bytes: Uint8Array, from: number): ValuePart {
  return { kind: 'end', from, bytes: bytes.subarray(from), meaning: 'not readable' };
}
