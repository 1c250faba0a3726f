/**
 * IndexedDB keys as bytes that sort as IndexedDB does: number < date < text < binary < array, and
 * within each as the specification says (https://w3c.github.io/IndexedDB/#key-construct).
 *
 *   number, date   tag, then the double, its bits turned so that bytes compare as numbers do
 *   text           tag, then per UTF-16 unit 1, 2 or 3 bytes, then 0
 *   binary         tag, then per byte 1 or 2 bytes (0xfe and 0xff: 2), then 0
 *   array          tag, then its elements, then 0
 */

const kArray = 0x50;
const kBinary = 0x40;
const kText = 0x30;
const kDate = 0x20;
const kNumber = 0x10;
const kEnd = 0;

function dataError(): DOMException {
  return new DOMException('The parameter is not a valid key.', 'DataError');
}

/** @throws DOMException DataError for what IndexedDB takes for no key */
export function encodeKey(key: unknown): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  write(key, bytes, new Set());
  return Uint8Array.from(bytes);
}

function write(key: unknown, to: number[], above: Set<unknown>): void {
  if (typeof key === 'number') {
    if (Number.isNaN(key)) throw dataError();
    writeDouble(kNumber, key, to);
  } else if (typeof key === 'string') {
    to.push(kText);
    for (let at = 0; at < key.length; at++) writeUnit(key.charCodeAt(at), to);
    to.push(kEnd);
  } else if (key instanceof Date) {
    if (Number.isNaN(key.getTime())) throw dataError();
    writeDouble(kDate, key.getTime(), to);
  } else if (key instanceof ArrayBuffer || ArrayBuffer.isView(key)) {
    to.push(kBinary);
    for (const byte of bytesOf(key)) {
      if (byte < 0xfe) to.push(byte + 1);
      else to.push(0xff, byte - 0xfd);
    }
    to.push(kEnd);
  } else if (Array.isArray(key) && !above.has(key)) {
    to.push(kArray);
    above.add(key);
    for (let at = 0; at < key.length; at++) {
      if (!Object.hasOwn(key, at)) throw dataError();
      write(key[at], to, above);
    }
    above.delete(key);
    to.push(kEnd);
  } else throw dataError();
}

function bytesOf(key: ArrayBuffer | ArrayBufferView): Uint8Array {
  return key instanceof ArrayBuffer
    ? new Uint8Array(key)
    : new Uint8Array(key.buffer, key.byteOffset, key.byteLength);
}

/** -0 and 0 are one key. Negative numbers: all bits turned; others: the sign alone. */
function writeDouble(tag: number, value: number, to: number[]): void {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value === 0 ? 0 : value);
  const isNegative = value < 0;
  to.push(tag);
  for (let at = 0; at < 8; at++) {
    const byte = view.getUint8(at);
    to.push(isNegative ? byte ^ 0xff : at === 0 ? byte ^ 0x80 : byte);
  }
}

/** Below 0x7f one byte, then two, then three; no byte is 0, and longer forms sort later. */
function writeUnit(unit: number, to: number[]): void {
  if (unit < 0x7e) to.push(unit + 1);
  else if (unit < 0x3f7e) to.push(0x80 + ((unit - 0x7e) >> 8), (unit - 0x7e) & 0xff);
  else to.push(0xc0, unit >> 8, unit & 0xff);
}

/** The key of what `encodeKey` gave. */
export function decodeKey(bytes: Uint8Array): IDBValidKey {
  return new KeyReader(bytes).read();
}

class KeyReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  #next(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw dataError();
    return byte;
  }

  read(): IDBValidKey {
    const tag = this.#next();
    if (tag === kNumber) return this.#double();
    if (tag === kDate) return new Date(this.#double());
    if (tag === kText) return this.#text();
    if (tag === kBinary) return this.#binary();
    const list: IDBValidKey[] = [];
    while (this.#bytes[this.#at] !== kEnd) list.push(this.read());
    this.#at++;
    return list;
  }

  #double(): number {
    const view = new DataView(new ArrayBuffer(8));
    const isNegative = (this.#bytes[this.#at] ?? 0) < 0x80;
    for (let at = 0; at < 8; at++) {
      const byte = this.#next();
      view.setUint8(at, isNegative ? byte ^ 0xff : at === 0 ? byte ^ 0x80 : byte);
    }
    return view.getFloat64(0);
  }

  #text(): string {
    let text = '';
    for (let byte = this.#next(); byte !== kEnd; byte = this.#next()) {
      if (byte < 0x80) text += String.fromCharCode(byte - 1);
      else if (byte < 0xc0) text += String.fromCharCode(((byte - 0x80) << 8) + this.#next() + 0x7e);
      else text += String.fromCharCode((this.#next() << 8) | this.#next());
    }
    return text;
  }

  #binary(): ArrayBuffer {
    const bytes: number[] = [];
    for (let byte = this.#next(); byte !== kEnd; byte = this.#next()) {
      bytes.push(byte === 0xff ? this.#next() + 0xfd : byte - 1);
    }
    return Uint8Array.from(bytes).buffer;
  }
}

/** As memcmp: the order of the keys. */
export function compareBytes(one: Uint8Array, other: Uint8Array): number {
  const shared = Math.min(one.length, other.length);
  for (let at = 0; at < shared; at++) if (one[at] !== other[at]) return one[at]! - other[at]!;
  return one.length - other.length;
}
