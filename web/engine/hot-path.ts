/**
 * get, set, del and their batches without RESP: the raw exports, on database 0. They run the same
 * command functions as requests do. Single calls copy short ASCII by loops, batches by one encode
 * and one decode.
 */
import { WadictError } from '../errors.ts';
import { ErrorReply } from '../resp/reply.ts';
import type { Gate } from './engine.ts';
import type { Heap, Piece } from './heap.ts';
import type { NativeModule } from './native-module.ts';

/** Keys or pairs that go over in one call. */
const kGroup = 512;
/** A group is cut earlier when its text reaches this. */
const kGroupChars = 256 * 1024;

export class HotPath {
  readonly #module: NativeModule;
  readonly #heap: Heap;
  readonly #gate: Gate;
  readonly #toError: (reply: ErrorReply) => WadictError;

  constructor(
    module: NativeModule,
    heap: Heap,
    gate: Gate,
    toError: (reply: ErrorReply) => WadictError,
  ) {
    this.#module = module;
    this.#heap = heap;
    this.#gate = gate;
    this.#toError = toError;
  }

  get(key: Piece, nowMs: number): string | null {
    return this.#find(key, nowMs) ? this.#heap.readText() : null;
  }

  getBytes(key: Piece, nowMs: number): Uint8Array | null {
    return this.#find(key, nowMs) ? this.#heap.readBytes() : null;
  }

  set(key: Piece, value: Piece, nowMs: number): void {
    this.#gate.check();
    let status: number;
    try {
      const keyLength = this.#heap.writePiece(key, 0);
      const valueLength = this.#heap.writePiece(value, keyLength);
      status = this.#module._wadict_set(keyLength, valueLength, nowMs);
      this.#heap.fresh();
    } catch (cause) {
      throw this.#gate.fail(cause);
    }
    if (status < 0) this.#throw();
  }

  /** True if there was such a key. */
  del(key: Piece, nowMs: number): boolean {
    this.#gate.check();
    let status: number;
    try {
      status = this.#module._wadict_del(this.#heap.writePiece(key, 0), nowMs);
      this.#heap.fresh();
    } catch (cause) {
      throw this.#gate.fail(cause);
    }
    if (status < 0) this.#throw();
    return status > 0;
  }

  getMany(keys: readonly Piece[], nowMs: number): (string | null)[] {
    const out: (string | null)[] = [];
    for (let from = 0; from < keys.length;) {
      const to = groupEnd(keys, from, kGroup);
      const group = from === 0 && to === keys.length ? keys : keys.slice(from, to);
      this.#batch(group, (bytes) => this.#module._wadict_get_many(group.length, bytes, nowMs));
      this.#heap.readBatch(group.length, out);
      from = to;
    }
    return out;
  }

  /** `pieces`: key, value, key, value … Not atomic across groups of 512. */
  setMany(pieces: readonly Piece[], nowMs: number): void {
    for (let from = 0; from < pieces.length;) {
      const to = groupEnd(pieces, from, 2 * kGroup);
      const group = from === 0 && to === pieces.length ? pieces : pieces.slice(from, to);
      const pairs = group.length / 2;
      this.#batch(group, (bytes) => this.#module._wadict_set_many(pairs, bytes, nowMs));
      from = to;
    }
  }

  #batch(pieces: readonly Piece[], call: (bytes: number) => number): void {
    this.#gate.check();
    let status: number;
    try {
      status = call(this.#heap.writeBatch(pieces, joined(pieces)));
      this.#heap.fresh();
    } catch (cause) {
      throw this.#gate.fail(cause);
    }
    if (status < 0) this.#throw();
  }

  #find(key: Piece, nowMs: number): boolean {
    this.#gate.check();
    let status: number;
    try {
      status = this.#module._wadict_get(this.#heap.writePiece(key, 0), nowMs);
      this.#heap.fresh();
    } catch (cause) {
      throw this.#gate.fail(cause);
    }
    if (status < 0) this.#throw();
    return status > 0;
  }

  #throw(): never {
    throw this.#toError(new ErrorReply(this.#heap.readText()));
  }
}

/** All pieces as one text; undefined if one of them is bytes. */
function joined(pieces: readonly Piece[]): string | undefined {
  let text = '';
  for (const piece of pieces) {
    if (typeof piece !== 'string') return undefined;
    text += piece;
  }
  return text;
}

/** End of the group that begins at `from`; even, counted from there, as pairs need it. */
function groupEnd(pieces: readonly Piece[], from: number, count: number): number {
  const last = Math.min(pieces.length, from + count);
  let chars = 0;
  for (let i = from; i < last; i++) {
    chars += pieces[i]!.length;
    if (chars > kGroupChars) return Math.min(last, i + 2 - ((i - from) % 2));
  }
  return last;
}
