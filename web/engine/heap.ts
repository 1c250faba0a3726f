/**
 * The only owner of views of the engine's memory. Everything that goes in is written here,
 * everything that comes out is copied here; no view leaves this class.
 *
 * Memory growth detaches views, so after each call into WebAssembly `fresh()` looks at their
 * length: a detached view has none. Addresses arrive signed above 2 GB and are made unsigned (`>>>
 * 0`).
 */
import { byteLength, decodeAscii, decodeText, encodeAscii, encodeText } from '../resp/text.ts';
import { EngineError } from './engine-error.ts';
import { kAbsent, type NativeModule } from './native-module.ts';
import { decodeShortAscii, kShortAscii } from './short-ascii.ts';

/** Up to here a loop of charCodeAt, four to a store, is faster than encodeInto. */
const kLoopChars = 28;
/** The input buffer asked for at first; enough for nearly all single calls. */
const kInputBytes = 16 * 1024;

/** A larger input buffer is given back after the call that needed it. */
const kKeptInputBytes = 4 * 1024 * 1024;

/** Text, or bytes, or a number's text: what a key or value is here. */
export type Piece = string | Uint8Array;

export class Heap {
  readonly #memory: WebAssembly.Memory;
  readonly #module: NativeModule;
  #bytes: Uint8Array;
  #words: Int32Array;
  /** The input buffer: its address, its size, a view of it. */
  #input = 0;
  #capacity = 0;
  #inputBytes: Uint8Array;
  /** Index of the result block in words. */
  readonly #result: number;

  constructor(memory: WebAssembly.Memory, module: NativeModule) {
    this.#memory = memory;
    this.#module = module;
    this.#result = (module._wadict_result() >>> 0) / 4;
    this.#bytes = this.#inputBytes = new Uint8Array(memory.buffer);
    this.#words = new Int32Array(memory.buffer);
    this.reserve(kInputBytes);
  }

  get wasmBytes(): number {
    return this.#memory.buffer.byteLength;
  }

  /** Makes views valid again if memory grew. Called after every call that may allocate. */
  fresh(): void {
    if (this.#bytes.length === 0) this.#renew();
  }

  /** `fresh`, and gives a large input buffer back. At the end of a call. */
  settle(): void {
    if (this.#bytes.length === 0) this.#renew();
    if (this.#capacity > kKeptInputBytes) this.#shrink();
  }

  #shrink(): void {
    this.#capacity = 0;
    this.reserve(kInputBytes);
  }

  #renew(): void {
    this.#bytes = new Uint8Array(this.#memory.buffer);
    this.#words = new Int32Array(this.#memory.buffer);
    this.#inputBytes = this.#bytes.subarray(this.#input, this.#input + this.#capacity);
  }

  /** The memory's contents were exchanged: the input buffer may lie elsewhere. */
  exchanged(): void {
    this.#renew();
    this.#shrink();
  }

  /** Room for `bytes` in the input buffer. @throws EngineError OOM, nothing having changed. */
  reserve(bytes: number): void {
    this.fresh();
    if (bytes <= this.#capacity) return;
    // Doubled while it is small; else what is needed, and room for a key behind a value.
    const isLarge = bytes > kKeptInputBytes / 4;
    const wanted = Math.max(bytes, isLarge ? 0 : 2 * this.#capacity) + kInputBytes;
    let input = this.#module._wadict_input(wanted) >>> 0;
    let capacity = wanted;
    if (input === 0) {
      input = this.#module._wadict_input(bytes) >>> 0;
      capacity = bytes;
    }
    this.fresh();
    if (input === 0) {
      throw new EngineError('OOM', `the engine has no memory for an input of ${bytes} bytes`);
    }
    this.#input = input;
    this.#capacity = capacity;
    this.#inputBytes = this.#bytes.subarray(input, input + capacity);
  }

  /** Puts bytes at the beginning of the input. */
  writeInput(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.#bytes.set(bytes, this.#input);
  }

  /** Puts one text or bytes at `offset`, a multiple of 4, of the input; returns its length. */
  writePiece(piece: Piece, offset: number): number {
    if (typeof piece === 'string') {
      const { length } = piece;
      if (length <= kLoopChars && offset + length <= this.#capacity) {
        if (this.#writeShortAscii(piece, this.#input + offset)) return length;
      }
      // Three bytes a unit is the worst; a long text is measured instead of reserving so much.
      this.#reserveKeeping(offset, length > kInputBytes ? byteLength(piece) : 3 * length);
      return encodeText(piece, this.#inputBytes, offset);
    }
    this.#reserveKeeping(offset, piece.length);
    this.#inputBytes.set(piece, offset);
    return piece.length;
  }

  /** False, with garbage in the memory, if `text` is not ASCII. REQUIRES: `at` % 4 is 0. */
  #writeShortAscii(text: string, at: number): boolean {
    const words = this.#words;
    const bytes = this.#bytes;
    const { length } = text;
    let or = 0;
    let i = 0;
    for (let word = at >>> 2; i + 4 <= length; i += 4, word++) {
      const a = text.charCodeAt(i);
      const b = text.charCodeAt(i + 1);
      const c = text.charCodeAt(i + 2);
      const d = text.charCodeAt(i + 3);
      or |= a | b | c | d;
      words[word] = a | (b << 8) | (c << 16) | (d << 24);
    }
    for (; i < length; i++) {
      const unit = text.charCodeAt(i);
      or |= unit;
      bytes[at + i] = unit;
    }
    return or < 0x80;
  }

  /** Room for `more` bytes behind the first `kept`, which stay although the buffer may move. */
  #reserveKeeping(kept: number, more: number): void {
    if (kept + more <= this.#capacity) return;
    const saved = this.#inputBytes.slice(0, kept);
    this.reserve(kept + more);
    this.#inputBytes.set(saved);
  }

  /** Before `writeLength` and `writeTexts`: room for a table of `count` lengths. */
  beginBatch(count: number): void {
    this.reserve(4 * count);
  }

  /** Entry `index` of the table: u32 each, at the beginning of the input. */
  writeLength(index: number, length: number): void {
    this.#words[(this.#input >>> 2) + index] = length;
  }

  /** The joined texts behind a table of `count` lengths. False if they are not ASCII. */
  writeTexts(joined: string, count: number): boolean {
    const table = 4 * count;
    this.#reserveKeeping(table, joined.length);
    return encodeAscii(joined, this.#inputBytes, table);
  }

  /** Puts a batch of any pieces: their lengths as u32, then the pieces. */
  writeBatch(pieces: readonly Piece[]): void {
    const table = 4 * pieces.length;
    let total = 0;
    for (const piece of pieces)
      total += typeof piece === 'string' ? byteLength(piece) : piece.length;
    this.reserve(table + total);
    let at = table;
    for (let i = 0; i < pieces.length; i++) {
      const piece = pieces[i]!;
      let { length } = piece;
      if (typeof piece === 'string') length = encodeText(piece, this.#inputBytes, at);
      else this.#inputBytes.set(piece, at);
      this.writeLength(i, length);
      at += length;
    }
  }

  get resultBytes(): number {
    return this.#words[this.#result + 1]! >>> 0;
  }

  get logPosition(): bigint {
    const low = this.#words[this.#result + 2]! >>> 0;
    const high = this.#words[this.#result + 3]! >>> 0;
    return high === 0 ? BigInt(low) : (BigInt(high) << 32n) | BigInt(low);
  }

  get hostRequestCount(): number {
    return this.#words[this.#result + 4]!;
  }

  /** Whether the next hot call must be told the time. */
  get timeMatters(): boolean {
    return this.#words[this.#result + 5] !== 0;
  }

  get newsCount(): number {
    return this.#words[this.#result + 6]!;
  }

  /** Number of the wait that the session of this call is in; 0: none. */
  get wait(): number {
    return this.#words[this.#result + 7]! >>> 0;
  }

  /** A copy of the result. */
  readBytes(): Uint8Array {
    const from = this.#words[this.#result]! >>> 0;
    return this.#bytes.slice(from, from + this.resultBytes);
  }

  readText(): string {
    const from = this.#words[this.#result]! >>> 0;
    return decodeText(this.#bytes, from, from + this.resultBytes);
  }

  /** The result, which is ASCII. */
  readAscii(): string {
    const from = this.#words[this.#result]! >>> 0;
    const length = this.resultBytes;
    if (length <= kShortAscii) return decodeShortAscii(this.#bytes, from, length);
    return decodeAscii(this.#bytes, from, from + length);
  }

  /** Puts the values of a batch into `out`, from `index` on. */
  readBatch(count: number, isAscii: boolean, out: (string | null)[], index: number): void {
    const words = this.#words;
    const table = words[this.#result]! >>> 0;
    const values = table + 4 * count;
    const text = isAscii ? decodeAscii(this.#bytes, values, table + this.resultBytes) : '';
    let at = 0;
    for (let i = 0; i < count; i++) {
      const length = words[(table >>> 2) + i]! >>> 0;
      if (length === kAbsent) {
        out[index + i] = null;
        continue;
      }
      const to = at + length;
      out[index + i] = isAscii
        ? text.substring(at, to)
        : decodeText(this.#bytes, values + at, values + to);
      at = to;
    }
  }
}
