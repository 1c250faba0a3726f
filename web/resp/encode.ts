/**
 * Commands -> RESP request bytes (arrays of bulk strings).
 *
 * A batch grows as one text, assuming that every argument is ASCII, so that its length in bytes is
 * its length, and is encoded by one `encodeInto`. If the assumption fails, or an argument is bytes
 * or long, it is built again: text in runs, bytes copied between them, with exact lengths if need
 * be. Text rules: text.ts. Cost: 20-40 ns per argument; the buffer has exactly the size needed.
 */
import { byteLength, encodeAscii, encodeText } from './text.ts';

/** What may stand in a command. Numbers and bigints travel as their decimal text. */
export type Argument = string | Uint8Array | number | bigint;

/** A longer text is encoded on its own instead of being copied into the batch's text first. */
const kLongText = 4096;
/** A run of text is cut here, far below the longest string that engines allow. */
const kRunLength = 1 << 20;
/** Commands whose request heads are kept. */
const kMaxHeads = 256;

/** One request. */
export function encodeRequest(argv: readonly Argument[]): Uint8Array {
  return encodeRequests([argv]);
}

/** A pipeline in one buffer. REQUIRES: no argv is empty (the parser would skip it, unanswered). */
export function encodeRequests(batch: readonly (readonly Argument[])[]): Uint8Array {
  return build(batch, asciiLength) ?? build(batch, byteLength)!;
}

/** Requests that will leave in one message. */
export class RequestBatch {
  #requests: (readonly Argument[])[] = [];
  /** All of it, as long as it is short text. */
  #text = '';
  #isText = true;
  #otherBytes = 0;
  /** By command and number of arguments. */
  readonly #heads = new Map<string, string[]>();

  get count(): number {
    return this.#requests.length;
  }

  /** About the size of the message. */
  get bytes(): number {
    return this.#text.length + this.#otherBytes;
  }

  /** Takes bytes as they are now: the caller may reuse its buffer. REQUIRES: argv is not empty. */
  add(argv: readonly Argument[]): void {
    let text = this.#head(argv);
    for (let index = 1; index < argv.length; index++) {
      const argument = argv[index]!;
      if (typeof argument === 'string' && argument.length <= kLongText) {
        text += marker(argument.length) + argument + '\r\n';
      } else if (typeof argument === 'number' || typeof argument === 'bigint') {
        const digits = String(argument);
        text += marker(digits.length) + digits + '\r\n';
      } else {
        this.#isText = false;
        this.#otherBytes += argument.length;
      }
    }
    this.#requests.push(this.#isText ? argv : argv.map(copyBytes));
    this.#text += text;
  }

  /** The message; the batch is empty afterwards, also if there is no memory for it (throws). */
  take(): Uint8Array {
    const [requests, text, isText] = [this.#requests, this.#text, this.#isText];
    this.#requests = [];
    this.#text = '';
    this.#isText = true;
    this.#otherBytes = 0;
    if (!isText) return encodeRequests(requests);
    const out = new Uint8Array(text.length);
    return encodeAscii(text, out, 0) ? out : build(requests, byteLength)!;
  }

  /** The beginning of a request up to its first argument's end; most commands come again. */
  #head(argv: readonly Argument[]): string {
    const [name] = argv;
    if (typeof name !== 'string' || name.length > kLongText) {
      this.#isText = false;
      return '';
    }
    let heads = this.#heads.get(name);
    if (heads === undefined) {
      heads = [];
      if (this.#heads.size < kMaxHeads) this.#heads.set(name, heads);
    }
    const { length } = argv;
    if (length >= kMarkers) return `*${length}\r\n${marker(name.length)}${name}\r\n`;
    return (heads[length] ??= `*${length}\r\n${marker(name.length)}${name}\r\n`);
  }
}

const kMarkers = 256;
const markers = /* @__PURE__ */ Array.from({ length: kMarkers }, (_, n) => `$${n}\r\n`);

/** The line before an argument of `length` bytes. */
function marker(length: number): string {
  return length < kMarkers ? markers[length]! : `$${length}\r\n`;
}

function copyBytes(argument: Argument): Argument {
  return argument instanceof Uint8Array ? new Uint8Array(argument) : argument;
}

function asciiLength(text: string): number {
  return text.length;
}

/** Parts of a request in order; `bytes` is their total if every length was right. */
class Parts {
  readonly list: (string | Uint8Array)[] = [];
  bytes = 0;
  text = '';

  add(part: string | Uint8Array, bytes: number): void {
    this.bytes += bytes;
    if (typeof part === 'string' && part.length <= kLongText) {
      this.text += part;
      if (this.text.length > kRunLength) this.endRun();
      return;
    }
    this.endRun();
    this.list.push(part);
  }

  endRun(): void {
    if (this.text !== '') this.list.push(this.text);
    this.text = '';
  }
}

/** Null if `lengthOf` was asciiLength and a text is not ASCII. */
function build(
  batch: readonly (readonly Argument[])[],
  lengthOf: (text: string) => number,
): Uint8Array | null {
  const parts = new Parts();
  for (const argv of batch) {
    addText(parts, `*${argv.length}\r\n`);
    for (const argument of argv) addArgument(parts, argument, lengthOf);
  }
  parts.endRun();

  const out = new Uint8Array(parts.bytes);
  let at = 0;
  for (const part of parts.list) {
    if (typeof part !== 'string') {
      out.set(part, at);
      at += part.length;
    } else if (lengthOf !== asciiLength) at += encodeText(part, out, at);
    else if (encodeAscii(part, out, at)) at += part.length;
    else return null;
  }
  return out;
}

function addArgument(parts: Parts, argument: Argument, lengthOf: (text: string) => number): void {
  if (argument instanceof Uint8Array) {
    addText(parts, `$${argument.length}\r\n`);
    parts.add(argument, argument.length);
  } else {
    const text = typeof argument === 'string' ? argument : String(argument);
    const bytes = lengthOf(text);
    addText(parts, `$${bytes}\r\n`);
    parts.add(text, bytes);
  }
  addText(parts, '\r\n');
}

/** Protocol text: always ASCII. */
function addText(parts: Parts, text: string): void {
  parts.add(text, text.length);
}
