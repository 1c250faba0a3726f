/** Bytes as they are written and read by clone.ts: varints, doubles, text, blocks. */

export class ByteWriter {
  #bytes = new Uint8Array(256);
  #length = 0;

  #room(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#length++] = value;
  }

  /** Seven bits a byte, the lowest first. */
  varint(value: number): void {
    let left = value;
    for (; left >= 0x80; left = Math.floor(left / 0x80)) this.byte((left % 0x80) | 0x80);
    this.byte(left);
  }

  double(value: number): void {
    this.#room(8);
    new DataView(this.#bytes.buffer).setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  /** A varint: twice the units, plus 1 for UTF-16; then the units. */
  text(value: string): void {
    const isWide = /[^\0-\xff]/.test(value);
    this.varint(value.length * 2 + (isWide ? 1 : 0));
    this.#room(value.length * 2);
    for (let at = 0; at < value.length; at++) {
      const unit = value.charCodeAt(at);
      this.#bytes[this.#length++] = unit;
      if (isWide) this.#bytes[this.#length++] = unit >> 8;
    }
  }

  block(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  take(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }
}

/** @throws RangeError when the bytes end too early */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new RangeError('the stored value is cut off');
    return byte;
  }

  varint(): number {
    let value = 0;
    for (let place = 1; ; place *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * place;
      if (byte < 0x80) return value;
    }
  }

  double(): number {
    return new DataView(this.#take(8).buffer).getFloat64(0, true);
  }

  text(): string {
    const head = this.varint();
    const isWide = head % 2 === 1;
    const bytes = this.#take((head >> 1) * (isWide ? 2 : 1));
    let text = '';
    for (let at = 0; at < bytes.length; at += isWide ? 2 : 1) {
      text += String.fromCharCode(bytes[at]! | (isWide ? bytes[at + 1]! << 8 : 0));
    }
    return text;
  }

  block(): Uint8Array<ArrayBuffer> {
    return this.#take(this.varint());
  }

  #take(length: number): Uint8Array<ArrayBuffer> {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError('the stored value is cut off');
    const bytes = this.#bytes.slice(this.#at, end);
    this.#at = end;
    return bytes;
  }
}
