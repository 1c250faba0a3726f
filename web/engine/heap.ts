/**
 * The only owner of views of the engine's memory. Everything that goes in is written here,
 * everything that comes out is copied here; no view leaves this class.
 *
 * Memory growth detaches views, so after each call into WebAssembly `fresh()` looks at their
 * length: a detached view has none. Addresses arrive signed above 2 GB and are made unsigned (`>>>
 * 0`).
 */
import {
  byteLength,
  decodeAsciiWindow,
  decodeText,
  encodeAscii,
  encodeText,
} from '../resp/text.ts';
import { EngineError } from './engine-error.ts';
import { kAbsent, type NativeModule } from './native-module.ts';
import { decodeShortAscii, kShortAscii } from './short-ascii.ts';

/** Up to here a loop of charCodeAt is faster than encodeInto into a new subarray. */
const kLoopChars = 48;
/** The input buffer asked for at first; enough for nearly all single calls. */
const kInputBytes = 16 * 1024;

/** Text, or bytes, or a number's text: what a key or value is here. */
export type Piece = string | Uint8Array;

export class Heap {
  readonly #memory: WebAssembly.Memory;
  readonly #module: NativeModule;
  #bytes: Uint8Array;
  #words: Uint32Array;
  #input = 0;
  #capacity = 0;
  /** Index of the result block in words. */
  readonly #result: number;

  constructor(memory: WebAssembly.Memory, module: NativeModule) {
    this.#memory = memory;
    this.#module = module;
    this.#result = (module._wadict_result() >>> 0) / 4;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#words = new Uint32Array(memory.buffer);
    this.reserve(kInputBytes);
  }

  get wasmBytes(): number {
    return this.#memory.buffer.byteLength;
  }

  /** Makes views valid again if memory grew. Called after every call that may allocate. */
  fresh(): void {
    if (this.#bytes.length !== 0) return;
    this.#bytes = new Uint8Array(this.#memory.buffer);
    this.#words = new Uint32Array(this.#memory.buffer);
  }

  /** The memory's contents were exchanged: the input buffer may lie elsewhere. */
  exchanged(): void {
    this.#bytes = new Uint8Array(this.#memory.buffer);
    this.#words = new Uint32Array(this.#memory.buffer);
    this.#capacity = 0;
    this.reserve(kInputBytes);
  }

  /** Room for `bytes` in the input buffer. @throws EngineError OOM, nothing having changed. */
  reserve(bytes: number): void {
    this.fresh();
    if (bytes <= this.#capacity) return;
    const wanted = Math.max(bytes, 2 * this.#capacity, kInputBytes);
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
  }

  /** Puts bytes at the beginning of the input. */
  writeInput(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.#bytes.set(bytes, this.#input);
  }

  /** Puts one text or bytes at `offset` of the input; returns its length. */
  writePiece(piece: Piece, offset: number): number {
    if (typeof piece !== 'string') {
      this.reserveKeeping(offset, piece.length);
      this.#bytes.set(piece, this.#input + offset);
      return piece.length;
    }
    const { length } = piece;
    if (length <= kLoopChars && offset + length <= this.#capacity) {
      const bytes = this.#bytes;
      const at = this.#input + offset;
      let or = 0;
      for (let i = 0; i < length; i++) {
        const unit = piece.charCodeAt(i);
        bytes[at + i] = unit;
        or |= unit;
      }
      if (or < 0x80) return length;
    }
    // Three bytes a unit is the worst; a long text is measured instead of reserving so much.
    this.reserveKeeping(offset, length > kInputBytes ? byteLength(piece) : 3 * length);
    return encodeText(piece, this.#bytes, this.#input + offset);
  }

  /** Room for `more` bytes behind the first `kept`, which stay although the buffer may move. */
  reserveKeeping(kept: number, more: number): void {
    if (kept + more <= this.#capacity) return;
    const saved = this.#bytes.slice(this.#input, this.#input + kept);
    this.reserve(kept + more);
    this.#bytes.set(saved, this.#input);
  }

  /**
   * Puts a batch: the pieces' lengths as u32, then the pieces. `text` is all pieces joined, or
   * undefined if one is bytes. Returns the bytes written behind the lengths.
   */
  writeBatch(pieces: readonly Piece[], text: string | undefined): number {
    const table = 4 * pieces.length;
    if (text !== undefined) {
      this.reserve(table + text.length);
      const words = this.#words;
      const first = this.#input / 4;
      for (let i = 0; i < pieces.length; i++) words[first + i] = pieces[i]!.length;
      const from = this.#input + table;
      if (encodeAscii(text, this.#bytes.subarray(0, from + text.length), from)) return text.length;
    }
    return this.#writeExactBatch(pieces, table);
  }

  #writeExactBatch(pieces: readonly Piece[], table: number): number {
    let total = 0;
    for (const piece of pieces)
      total += typeof piece === 'string' ? byteLength(piece) : piece.length;
    this.reserve(table + total);
    let at = this.#input + table;
    for (let i = 0; i < pieces.length; i++) {
      const piece = pieces[i]!;
      let { length } = piece;
      if (typeof piece === 'string') length = encodeText(piece, this.#bytes, at);
      else this.#bytes.set(piece, at);
      this.#words[this.#input / 4 + i] = length;
      at += length;
    }
    return total;
  }

  get resultBytes(): number {
    return this.#words[this.#result + 1]!;
  }

  get logPosition(): bigint {
    const low = this.#words[this.#result + 2]!;
    const high = this.#words[this.#result + 3]!;
    return high === 0 ? BigInt(low) : (BigInt(high) << 32n) | BigInt(low);
  }

  get hostRequestCount(): number {
    return this.#words[this.#result + 4]!;
  }

  /** A copy of the result. */
  readBytes(): Uint8Array {
    const from = this.#words[this.#result]!;
    return this.#bytes.slice(from, from + this.#words[this.#result + 1]!);
  }

  readText(): string {
    const from = this.#words[this.#result]!;
    const to = from + this.#words[this.#result + 1]!;
    if (to - from <= kShortAscii) {
      const ascii = decodeShortAscii(this.#bytes, from, to);
      if (ascii !== undefined) return ascii;
    }
    return decodeText(this.#bytes, from, to);
  }

  /** Appends the values of a batch to `out`. */
  readBatch(count: number, out: (string | null)[]): void {
    const table = this.#words[this.#result]!;
    const end = table + this.#words[this.#result + 1]!;
    let at = table + 4 * count;
    const base = at;
    const window = decodeAsciiWindow(this.#bytes, at, end);
    for (let i = 0; i < count; i++) {
      const length = this.#words[table / 4 + i]!;
      if (length === kAbsent) {
        out.push(null);
        continue;
      }
      const to = at + length;
      if (window !== undefined) out.push(window.slice(at - base, to - base));
      else out.push(decodeText(this.#bytes, at, to));
      at = to;
    }
  }
}
