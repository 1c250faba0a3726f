/**
 * get, set, del and their batches without RESP: the raw exports, on database 0. They run the same
 * keyspace functions as requests do. Single calls copy short ASCII by loops, batches by one encode
 * and one decode. The clock is asked only while the time matters.
 */
import { WadictError } from '../errors.ts';
import { ErrorReply } from '../resp/reply.ts';
import type { Clock } from './clock.ts';
import type { Gate } from './engine.ts';
import type { Heap, Piece } from './heap.ts';
import type { RunningEngine } from './instantiate.ts';
import { kFailed, kNone, kNotAscii, kNoTime, type NativeModule } from './native-module.ts';

/** Keys or pairs that go over in one call. */
const kGroup = 512;
/** A group is cut earlier when its text reaches this. */
const kGroupChars = 256 * 1024;

export class HotPath {
  readonly #module: NativeModule;
  readonly #heap: Heap;
  readonly #gate: Gate;
  readonly #clock: Clock;
  readonly #toError: (reply: ErrorReply) => WadictError;

  constructor(
    { module, heap, gate }: RunningEngine,
    clock: Clock,
    toError: (reply: ErrorReply) => WadictError,
  ) {
    this.#module = module;
    this.#heap = heap;
    this.#gate = gate;
    this.#clock = clock;
    this.#toError = toError;
  }

  get(key: Piece): string | null {
    const status = this.#find(key);
    if (status === kNone) return null;
    return status === kNotAscii ? this.#heap.readText() : this.#heap.readAscii();
  }

  getBytes(key: Piece): Uint8Array | null {
    return this.#find(key) === kNone ? null : this.#heap.readBytes();
  }

  set(key: Piece, value: Piece): void {
    const heap = this.#heap;
    this.#gate.check();
    let status: number;
    try {
      const valueLength = heap.writePiece(value, 0);
      const keyLength = heap.writePiece(key, (valueLength + 3) & ~3);
      status = this.#module._wadict_set(valueLength, keyLength, this.#nowMs());
      heap.settle();
    } catch (cause) {
      throw this.#gate.fail(cause);
    }
    if (status === kFailed) this.#throw();
  }

  /** True if there was such a key. */
  del(key: Piece): boolean {
    this.#gate.check();
    let status: number;
    try {
      status = this.#module._wadict_del(this.#heap.writePiece(key, 0), this.#nowMs());
      this.#heap.settle();
    } catch (cause) {
      throw this.#gate.fail(cause);
    }
    if (status === kFailed) this.#throw();
    return status !== kNone;
  }

  getMany(keys: readonly Piece[]): (string | null)[] {
    const out = new Array<string | null>(keys.length);
    for (let from = 0; from < keys.length;) {
      const first = from;
      const status = this.#batch(() => {
        from = this.#write(keys, first, kGroup);
        return this.#module._wadict_get_many(from - first, this.#nowMs());
      });
      this.#heap.readBatch(from - first, status !== kNotAscii, out, first);
    }
    return out;
  }

  /** `pieces`: key, value, key, value … Not atomic across groups of 512. */
  setMany(pieces: readonly Piece[]): void {
    for (let from = 0; from < pieces.length;) {
      const first = from;
      this.#batch(() => {
        from = this.#write(pieces, first, 2 * kGroup);
        return this.#module._wadict_set_many((from - first) / 2, this.#nowMs());
      });
    }
  }

  /**
   * Writes a group of at most `most` pieces into the input, an even number unless it is the last.
   * Returns the index behind it.
   */
  #write(pieces: readonly Piece[], first: number, most: number): number {
    const heap = this.#heap;
    const last = Math.min(pieces.length, first + most);
    heap.beginBatch(last - first);
    let joined = '';
    let to = first;
    while (to < last && joined.length < kGroupChars) {
      for (const end = Math.min(last, to + 2); to < end; to++) {
        const piece = pieces[to]!;
        if (typeof piece !== 'string') return this.#writeAny(pieces, first, last);
        heap.writeLength(to - first, piece.length);
        joined += piece;
      }
    }
    if (!heap.writeTexts(joined, to - first)) heap.writeBatch(pieces.slice(first, to));
    return to;
  }

  #writeAny(pieces: readonly Piece[], first: number, last: number): number {
    let chars = 0;
    let to = first;
    for (; to < last && (chars < kGroupChars || (to - first) % 2 !== 0); to++) {
      chars += pieces[to]!.length;
    }
    this.#heap.writeBatch(pieces.slice(first, to));
    return to;
  }

  #batch(call: () => number): number {
    this.#gate.check();
    let status: number;
    try {
      status = call();
      this.#heap.settle();
    } catch (cause) {
      throw this.#gate.fail(cause);
    }
    if (status === kFailed) this.#throw();
    return status;
  }

  #find(key: Piece): number {
    this.#gate.check();
    let status: number;
    try {
      status = this.#module._wadict_get(this.#heap.writePiece(key, 0), this.#nowMs());
      this.#heap.settle();
    } catch (cause) {
      throw this.#gate.fail(cause);
    }
    if (status === kFailed) this.#throw();
    return status;
  }

  #nowMs(): number {
    return this.#heap.timeMatters ? Math.max(0, this.#clock()) : kNoTime;
  }

  #throw(): never {
    throw this.#toError(new ErrorReply(this.#heap.readText()));
  }
}
