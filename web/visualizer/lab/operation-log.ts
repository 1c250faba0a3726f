/**
 * The operations of a session, as the requests that were sent, in one growing buffer: what a replay
 * needs and nothing else. Position p lies before operation p; the log covers positions 0 .. count.
 *
 * Between operations lie extras: requests that nobody sent and that happened all the same (the
 * engine's own rehash steps, keys whose time was over). They belong to the position at which they
 * are found out and are replayed there.
 */
const kFirstBytes = 64 * 1024;
const kFirstOperations = 1024;
const kWordMost = 60;

export interface Extra {
  readonly request: Uint8Array;
  readonly timeMs: number;
}

export class OperationLog {
  #bytes = new Uint8Array(kFirstBytes);
  /** Where each operation's request ends in #bytes. */
  #ends = new Uint32Array(kFirstOperations);
  #timesMs = new Float64Array(kFirstOperations);
  readonly #extras = new Map<number, Extra[]>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get byteLength(): number {
    return this.#startOf(this.#count);
  }

  /** One request, whole, and the Unix ms at which it is executed again. */
  add(request: Uint8Array, timeMs: number): void {
    const from = this.byteLength;
    const to = from + request.length;
    if (to > this.#bytes.length) {
      this.#bytes = grown(this.#bytes, Math.max(to, 2 * this.#bytes.length));
    }
    if (this.#count === this.#ends.length) {
      this.#ends = grown(this.#ends, 2 * this.#count);
      this.#timesMs = grown(this.#timesMs, 2 * this.#count);
    }
    this.#bytes.set(request, from);
    this.#ends[this.#count] = to;
    this.#timesMs[this.#count] = timeMs;
    this.#count++;
  }

  addExtra(position: number, extra: Extra): void {
    const extras = this.#extras.get(position);
    if (extras === undefined) this.#extras.set(position, [extra]);
    else extras.push(extra);
  }

  extrasAt(position: number): readonly Extra[] {
    return this.#extras.get(position) ?? [];
  }

  /** REQUIRES: operation < count. */
  timeOf(operation: number): number {
    return this.#timesMs[operation] ?? 0;
  }

  /**
   * The end of the longest run from operation `from` on that can be executed in one call: of one
   * time, without extras in between, not beyond `to`.
   */
  runEnd(from: number, to: number): number {
    const timeMs = this.timeOf(from);
    let end = from + 1;
    while (end < to && this.timeOf(end) === timeMs && !this.#extras.has(end)) end++;
    return end;
  }

  /** The requests of operations [from, to), a view that lives until the next add. */
  requests(from: number, to: number): Uint8Array {
    return this.#bytes.subarray(this.#startOf(from), this.#startOf(to));
  }

  /** An operation as text, long words cut. */
  textOf(operation: number): string {
    const [words = []] = splitRequests(this.requests(operation, operation + 1));
    return words.map(shortened).join(' ');
  }

  #startOf(operation: number): number {
    return operation === 0 ? 0 : (this.#ends[operation - 1] ?? 0);
  }
}

const kCr = 13;
const kZero = 48;

/** Where each request of a pipeline ends. REQUIRES: whole requests, arrays of bulk strings. */
export function requestEnds(bytes: Uint8Array): number[] {
  const ends: number[] = [];
  for (let at = 0; at < bytes.length;) {
    at = eachWord(bytes, at, () => {});
    ends.push(at);
  }
  return ends;
}

/** The words of each request of a pipeline, as views. REQUIRES: as above. */
export function splitRequests(bytes: Uint8Array): Uint8Array[][] {
  const requests: Uint8Array[][] = [];
  for (let at = 0; at < bytes.length;) {
    const words: Uint8Array[] = [];
    at = eachWord(bytes, at, (from, to) => words.push(bytes.subarray(from, to)));
    requests.push(words);
  }
  return requests;
}

/** Calls `take` for each word of the request at `at`; returns where the next one begins. */
function eachWord(bytes: Uint8Array, at: number, take: (from: number, to: number) => void): number {
  const count = readLine(bytes, at);
  let next = count.next;
  for (let i = 0; i < count.value; i++) {
    const length = readLine(bytes, next);
    take(length.next, length.next + length.value);
    next = length.next + length.value + 2;
  }
  if (next > bytes.length) throw new RangeError('the requests are not whole');
  return next;
}

/** The number behind a type byte, and where the next line begins. */
function readLine(bytes: Uint8Array, at: number): { value: number; next: number } {
  let value = 0;
  let next = at + 1;
  for (; bytes[next] !== kCr; next++) {
    if (next >= bytes.length) throw new RangeError('the requests are not whole');
    value = 10 * value + (bytes[next] ?? kZero) - kZero;
  }
  return { value, next: next + 2 };
}

function grown<T extends Uint8Array | Uint32Array | Float64Array>(from: T, length: number): T {
  const made = new (from.constructor as new (length: number) => T)(length);
  made.set(from);
  return made;
}

function shortened(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes.subarray(0, kWordMost));
  return bytes.length > kWordMost ? `${text}…` : text;
}
