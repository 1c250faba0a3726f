/**
 * RESP2 and RESP3 reply bytes -> values, incrementally: bytes come by `push` in any cut, replies go
 * out by `next`, one at a time, as text or as bytes.
 *
 * Invariants: nothing is read twice except a header line that was cut; aggregates that are not
 * complete wait on an explicit stack, so depth costs no call stack and resuming costs nothing.
 * Text is decoded once per window of 16 KiB where it is ASCII and then cut into strings, which is
 * three times faster than one decode per value; a kept string keeps at most its window alive.
 * Errors inside replies are ErrorReply values; bytes that are no RESP throw ProtocolError, and the
 * decoder is then of no further use.
 */
import { ErrorReply, ProtocolError, type Reply } from './reply.ts';
import { decodeAsciiWindow, decodeText } from './text.ts';

export const INCOMPLETE: unique symbol = Symbol('incomplete');

const kWindowBytes = 16 * 1024;
/** Below this, a window is not worth its set-up. */
const kWindowMinBytes = 256;
/** Texts longer than this are decoded on their own. */
const kWindowTextMax = 1024;
const kMaxDepth = 128;
const kMaxLine = 64 * 1024;
/** Redis's own limits: 512 MB a string, and a count that fits 32 bits. */
const kMaxBulkBytes = 512 * 1024 * 1024;
const kMaxCount = 0x7fffffff;

const kCr = 13;
const kLf = 10;

interface Aggregate {
  /** Type byte: '*', '~', '>', '%' or '|'. */
  readonly type: number;
  left: number;
  readonly items: Reply[];
}

const kArray = 42; // *
const kSet = 126; // ~
const kPush = 62; // >
const kMap = 37; // %
const kAttribute = 124; // |
const kBulk = 36; // $
const kVerbatim = 61; // =
const kBulkError = 33; // !
const kSimple = 43; // +
const kError = 45; // -
const kInteger = 58; // :
const kBigNumber = 40; // (
const kDouble = 44; // ,
const kBoolean = 35; // #
const kNull = 95; // _

export class ReplyDecoder {
  #bytes = new Uint8Array(0);
  #at = 0;
  #end = 0;
  /** True if #bytes was made here and may be written to. */
  #owned = false;
  /** Total bytes from #at without which trying again is pointless. */
  #needed = 0;
  #stack: Aggregate[] = [];
  #asBytes = false;
  #isPush = false;
  readonly #pushesAsBytes: boolean;
  #window: string | undefined;
  #windowFrom = 0;
  #windowTo = 0;

  /** `pushesAsBytes`: `asBytes` of `next` is meant for pushes, too; else they are text. */
  constructor(pushesAsBytes = false) {
    this.#pushesAsBytes = pushesAsBytes;
  }

  /** Takes the next bytes of the stream over; the caller must not write to them afterwards. */
  push(chunk: Uint8Array): void {
    const left = this.#end - this.#at;
    this.#windowTo = 0;
    if (left === 0) {
      this.#bytes = chunk as Uint8Array<ArrayBuffer>;
      this.#at = 0;
      this.#end = chunk.length;
      this.#owned = false;
      return;
    }
    if (!this.#owned || this.#end + chunk.length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(2 * (left + chunk.length), this.#needed));
      grown.set(this.#bytes.subarray(this.#at, this.#end));
      this.#bytes = grown;
      this.#at = 0;
      this.#end = left;
      this.#owned = true;
    }
    this.#bytes.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** True if the value that `next` returned last was a push message, not a reply. */
  get isPush(): boolean {
    return this.#isPush;
  }

  /** True while part of a reply has arrived and the rest has not. */
  get isMidway(): boolean {
    return this.#stack.length > 0 || this.#at < this.#end;
  }

  /**
   * The next complete value, or INCOMPLETE. Push messages are always text. @throws ProtocolError
   */
  next(asBytes = false): Reply | typeof INCOMPLETE {
    for (;;) {
      if (this.#end - this.#at < Math.max(1, this.#needed)) return INCOMPLETE;
      if (this.#stack.length === 0) {
        this.#isPush = this.#bytes[this.#at] === kPush;
        this.#asBytes = asBytes && (!this.#isPush || this.#pushesAsBytes);
      }
      let value = this.#readItem();
      if (value === INCOMPLETE) return INCOMPLETE;
      if (value === undefined) continue; // an aggregate was opened
      for (;;) {
        const top = this.#stack.at(-1);
        if (top === undefined) return value;
        top.items.push(value);
        if (--top.left > 0) break;
        this.#stack.pop();
        if (top.type === kAttribute) break; // says something about the value that follows it
        value = top.type === kMap ? toMap(top.items) : top.items;
      }
    }
  }

  /**
   * One leaf or one empty aggregate; undefined if an aggregate was opened. Advances if complete.
   */
  #readItem(): Reply | undefined | typeof INCOMPLETE {
    const type = this.#bytes[this.#at]!;
    const lineEnd = this.#findLineEnd();
    if (lineEnd < 0) return INCOMPLETE;
    const from = this.#at + 1;
    switch (type) {
      case kBulk:
      case kVerbatim:
      case kBulkError:
        return this.#readBulk(type, this.#readCount(from, lineEnd, kMaxBulkBytes), lineEnd + 2);
      case kArray:
      case kSet:
      case kPush:
      case kMap:
      case kAttribute:
        this.#at = lineEnd + 2;
        return this.#open(type, this.#readCount(from, lineEnd, kMaxCount));
      default:
        this.#at = lineEnd + 2;
        return this.#readLine(type, from, lineEnd);
    }
  }

  #open(type: number, count: number): Reply | undefined {
    if (count < 0) return null;
    const isPairs = type === kMap || type === kAttribute;
    if (count === 0 && type !== kAttribute) return type === kMap ? new Map() : [];
    if (count === 0) return undefined;
    if (this.#stack.length >= kMaxDepth) throw new ProtocolError('reply is nested too deeply');
    this.#stack.push({ type, left: isPairs ? 2 * count : count, items: [] });
    return undefined;
  }

  #readBulk(type: number, count: number, from: number): Reply | typeof INCOMPLETE {
    if (count < 0) {
      this.#at = from;
      return null;
    }
    const to = from + count;
    if (to + 2 > this.#end) {
      this.#needed = to + 2 - this.#at;
      return INCOMPLETE;
    }
    if (this.#bytes[to] !== kCr || this.#bytes[to + 1] !== kLf) {
      throw new ProtocolError(`bulk string of ${count} bytes is not followed by CR LF`);
    }
    this.#needed = 0;
    this.#at = to + 2;
    if (type === kBulkError) return new ErrorReply(this.#text(from, to));
    // A verbatim string begins with its format and a colon: "txt:".
    const start = type === kVerbatim ? Math.min(from + 4, to) : from;
    return this.#asBytes ? this.#bytes.slice(start, to) : this.#text(start, to);
  }

  #readLine(type: number, from: number, to: number): Reply {
    switch (type) {
      case kSimple:
        if (to - from === 2 && this.#bytes[from] === 79 && this.#bytes[from + 1] === 75)
          return 'OK';
        return this.#text(from, to);
      case kError:
        return new ErrorReply(this.#text(from, to));
      case kInteger:
        return this.#readInteger(from, to);
      case kBigNumber:
        return parseBigInt(this.#text(from, to));
      case kDouble:
        return parseDouble(this.#text(from, to));
      case kBoolean:
        if (to - from === 1 && this.#bytes[from] === 116) return true;
        if (to - from === 1 && this.#bytes[from] === 102) return false;
        throw new ProtocolError('boolean is neither t nor f');
      case kNull:
        return null;
      default:
        throw new ProtocolError(`unexpected type byte 0x${type.toString(16).padStart(2, '0')}`);
    }
  }

  /** Index of the CR that ends the line at #at, or -1. */
  #findLineEnd(): number {
    const bytes = this.#bytes;
    const end = this.#end - 1;
    for (let i = this.#at + 1; i < end; i++) {
      if (bytes[i] !== kCr) continue;
      if (bytes[i + 1] !== kLf) throw new ProtocolError('CR without LF in a reply line');
      this.#needed = 0;
      return i;
    }
    if (this.#end - this.#at > kMaxLine) throw new ProtocolError('reply line is too long');
    return -1;
  }

  #readInteger(from: number, to: number): number | bigint {
    if (to - from > 15) {
      const exact = parseBigInt(this.#text(from, to));
      const number = Number(exact);
      return Number.isSafeInteger(number) ? number : exact;
    }
    const sign = this.#bytes[from];
    const isNegative = sign === 45;
    let at = isNegative || sign === 43 ? from + 1 : from;
    if (at === to) throw new ProtocolError('integer without digits');
    let value = 0;
    for (; at < to; at++) {
      const digit = this.#bytes[at]! - 48;
      if (digit < 0 || digit > 9) throw new ProtocolError('integer with something else in it');
      value = value * 10 + digit;
    }
    return isNegative ? 0 - value : value;
  }

  #readCount(from: number, to: number, max: number): number {
    const count = this.#readInteger(from, to);
    if (typeof count !== 'number' || count > max || count < -1) {
      throw new ProtocolError(`length ${count} is out of range`);
    }
    return count;
  }

  #text(from: number, to: number): string {
    if (from >= this.#windowFrom && to <= this.#windowTo) {
      if (this.#window !== undefined) {
        return this.#window.slice(from - this.#windowFrom, to - this.#windowFrom);
      }
    } else if (to - from <= kWindowTextMax && this.#end - from >= kWindowMinBytes) {
      this.#windowFrom = from;
      this.#windowTo = Math.min(this.#end, from + kWindowBytes);
      this.#window = decodeAsciiWindow(this.#bytes, from, this.#windowTo);
      if (this.#window !== undefined) return this.#window.slice(0, to - from);
    }
    return decodeText(this.#bytes, from, to);
  }
}

function toMap(items: readonly Reply[]): Map<Reply, Reply> {
  const map = new Map<Reply, Reply>();
  for (let i = 0; i + 1 < items.length; i += 2) map.set(items[i]!, items[i + 1]!);
  return map;
}

function parseBigInt(text: string): bigint {
  if (!/^[+-]?\d+$/.test(text)) throw new ProtocolError('big number with something else in it');
  return BigInt(text.startsWith('+') ? text.slice(1) : text);
}

function parseDouble(text: string): number {
  if (text === 'inf' || text === '+inf') return Infinity;
  if (text === '-inf') return -Infinity;
  if (text === 'nan' || text === '-nan') return NaN;
  const value = Number(text);
  if (text === '' || Number.isNaN(value)) throw new ProtocolError('double that is no number');
  return value;
}
