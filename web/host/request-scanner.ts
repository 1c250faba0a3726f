/**
 * Follows a session's request bytes without running them: how many requests a chunk completes (each
 * is owed one reply, if only an error), and which settings of the session a new engine must be
 * given after a rebuild (HELLO, SELECT, CLIENT SETNAME …). Knows RESP arrays of bulk strings and
 * inline commands. Cost: a few additions per argument; the bytes of arguments are skipped, and
 * copied only where a request is cut between two chunks.
 */

export interface ScannedRequest {
  /** Bytes of the request, a view into what was scanned. */
  readonly bytes: Uint8Array;
  /** Upper case. */
  readonly name: string;
}

const kCr = 13;
const kLf = 10;
const kStar = 42;
const kDollar = 36;
const kMinus = 45;
const kMaxDigits = 20;
const kMaxNameBytes = 32;
/** What matters here; told apart from nearly all other names by length and first two letters. */
const kListening = /^([SP]?)(UN)?SUBSCRIBE$/;
const kObserving = /^OBSERVE /;
const kSettingNames = [
  ...['HELLO', 'SELECT', 'AUTH', 'CLIENT', 'CONFIG', 'RESET'],
  ...['MULTI', 'EXEC', 'DISCARD', 'WATCH', 'UNWATCH'],
  ...['', 'S', 'P'].flatMap((kind) => [`${kind}SUBSCRIBE`, `${kind}UNSUBSCRIBE`]),
  'OBSERVE',
];
/** After these the engine may end the session; the last two come from a browser, not a client. */
const kEndingNames = ['QUIT', 'POST', 'HOST:'];
const kSettingMarks = new Set(
  [...kSettingNames, ...kEndingNames].map((name) =>
    mark(name.length, name.charCodeAt(0), name.charCodeAt(1)),
  ),
);

const decoder = new TextDecoder('latin1');

export class RequestScanner {
  /** A request whose end has not come yet. */
  #tail: Uint8Array[] = [];
  #tailBytes = 0;
  #neededBytes = 0;
  #isBroken = false;
  #settings = 0;
  #sawQuit = false;
  /** The last request of each kind that sets something, in the order in which they count. */
  readonly #setup = new Map<string, Uint8Array>();
  /** Requests since MULTI, that included; null: no transaction is open. */
  #transaction: Uint8Array[] | null = null;
  readonly #onConfigSet: (names: string, request: Uint8Array) => void;

  /** `onConfigSet` hears of CONFIG SET, which is not the session's but everybody's. */
  constructor(onConfigSet: (names: string, request: Uint8Array) => void = () => undefined) {
    this.#onConfigSet = onConfigSet;
  }

  /** How many requests `chunk` completes. After a protocol error: 1 for the error, then none. */
  feed(chunk: Uint8Array): number {
    if (this.#isBroken) return 0;
    let bytes = chunk;
    if (this.#tailBytes > 0) {
      this.#tail.push(chunk.slice());
      this.#tailBytes += chunk.length;
      if (this.#tailBytes < this.#neededBytes) return 0;
      bytes = concatenate(this.#tail, this.#tailBytes);
      this.#tail = [];
      this.#tailBytes = 0;
    }
    let count = 0;
    let at = 0;
    while (at < bytes.length) {
      const end = requestEnd(bytes, at);
      if (end === kProtocolError) {
        this.#isBroken = true;
        return count + 1;
      }
      if (end < 0 || end > bytes.length) {
        this.#tail = [bytes.slice(at)];
        this.#tailBytes = bytes.length - at;
        this.#neededBytes = Math.max(end, bytes.length + 1) - at;
        return count;
      }
      const nameMark = markOf(bytes, at, end);
      if (nameMark >= 0) count++; // an empty request is owed nothing
      if (kSettingMarks.has(nameMark)) this.#remember(bytes.subarray(at, end));
      else if (this.#transaction !== null) this.#queue(bytes.subarray(at, end));
      at = end;
    }
    return count;
  }

  /** True between requests: nothing of one has been fed yet. */
  get isAtStart(): boolean {
    return this.#tailBytes === 0 && !this.#isBroken;
  }

  /** How many requests so far set something of the session. */
  get settings(): number {
    return this.#settings;
  }

  /** True after a protocol error: nothing that follows is a request. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** True when the engine may want the session to end: after QUIT or a protocol error. */
  get mayClose(): boolean {
    return this.#sawQuit || this.#isBroken;
  }

  /** The next EXEC depends on watched keys: a new engine cannot know whether they changed. */
  get isWatching(): boolean {
    return this.#setup.has('WATCH');
  }

  /** The session has subscriptions: it wants to be served although it asks for nothing. */
  get isListening(): boolean {
    return this.isObserving || [...this.#setup.keys()].some((kind) => kListening.test(kind));
  }

  /** What the session hears is of changes: it must know if it misses any. */
  get isObserving(): boolean {
    return [...this.#setup.keys()].some((kind) => kObserving.test(kind));
  }

  /** What a new engine's session must be fed to stand where the old one stood. */
  replay(): { setup: Uint8Array[]; half: Uint8Array } {
    const setup = [...this.#setup.values(), ...(this.#transaction ?? [])];
    return { setup, half: concatenate(this.#tail, this.#tailBytes) };
  }

  #queue(request: Uint8Array): void {
    this.#transaction?.push(request.slice());
    this.#settings++;
  }

  #endTransaction(): void {
    this.#transaction = null;
    this.#setup.delete('WATCH');
    this.#settings++;
  }

  #remember(request: Uint8Array): void {
    const name = argument(request, 0);
    if (name === 'RESET') {
      this.#setup.clear();
      this.#endTransaction();
    }
    if (kEndingNames.includes(name)) this.#sawQuit = true;
    const queue = this.#transaction;
    if (queue === null && name === 'MULTI') {
      this.#transaction = [];
      return this.#queue(request);
    }
    if (name === 'EXEC' || name === 'DISCARD') {
      this.#endTransaction();
      // What was queued sets something only now.
      if (name === 'EXEC') for (const queued of queue ?? []) this.#set(queued);
      return;
    }
    if (queue !== null && !kEndingNames.includes(name)) return this.#queue(request);
    this.#set(request);
  }

  #set(request: Uint8Array): void {
    const name = argument(request, 0);
    if (name === 'CONFIG' && argument(request, 1) === 'SET') {
      let names = '';
      for (let index = 2; argument(request, index) !== ''; index += 2)
        names += ` ${argument(request, index)}`;
      this.#onConfigSet(names, request.slice());
    }
    if (name === 'UNWATCH') {
      this.#setup.delete('WATCH');
      this.#settings++;
    }
    if (kListening.test(name)) return this.#listen(name, request);
    if (name === 'OBSERVE') return this.#observe(request);
    const kind = name === 'CLIENT' ? `CLIENT ${argument(request, 1)}` : name;
    if (!/^(HELLO|SELECT|AUTH|WATCH|CLIENT (SETNAME|SETINFO|NO-TOUCH|NO-EVICT|REPLY))$/.test(kind))
      return;
    this.#settings++;
    this.#setup.delete(kind);
    this.#setup.set(kind, request.slice());
  }

  /** A pattern is one of the database that was selected then. */
  #observe(request: Uint8Array): void {
    const select = this.#setup.get('SELECT') ?? new Uint8Array(0);
    for (const pattern of argumentsOf(request)) {
      const kind = `OBSERVE ${decoder.decode(select)} ${decoder.decode(pattern)}`;
      const again = [select, requestOf('OBSERVE', [pattern])];
      this.#setup.delete(kind);
      this.#setup.set(
        kind,
        concatenate(
          again,
          again.reduce((sum, { length }) => sum + length, 0),
        ),
      );
    }
    this.#settings++;
  }

  /** A session's subscriptions are one request for each kind. */
  #listen(name: string, request: Uint8Array): void {
    const [, kind = '', isEnd] = kListening.exec(name) ?? [];
    const key = `${kind}SUBSCRIBE`;
    const known = this.#setup.get(key);
    const channels = new Map<string, Uint8Array>();
    const given = argumentsOf(request);
    for (const channel of known === undefined ? [] : argumentsOf(known))
      channels.set(decoder.decode(channel), channel);
    for (const channel of given) {
      if (isEnd === undefined) channels.set(decoder.decode(channel), channel.slice());
      else channels.delete(decoder.decode(channel));
    }
    if (isEnd !== undefined && given.length === 0) channels.clear();
    this.#settings++;
    this.#setup.delete(key);
    if (channels.size > 0) this.#setup.set(key, requestOf(key, [...channels.values()]));
  }
}

/** The requests in `bytes`, which starts at one; `rest` is what is not complete. */
export function splitRequests(bytes: Uint8Array): { requests: ScannedRequest[]; rest: Uint8Array } {
  const requests: ScannedRequest[] = [];
  let at = 0;
  while (at < bytes.length) {
    const end = requestEnd(bytes, at);
    if (end < 0 || end > bytes.length) break;
    const request = bytes.subarray(at, end);
    requests.push({ bytes: request, name: argument(request, 0) });
    at = end;
  }
  return { requests, rest: bytes.subarray(at) };
}

const kUnknown = -1;
const kProtocolError = -2;

/**
 * Position behind the request at `at`, which may lie behind the end of `bytes`; or one of the
 * above.
 */
function requestEnd(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== kStar) {
    const inlineEnd = bytes.indexOf(kLf, at);
    return inlineEnd < 0 ? kUnknown : inlineEnd + 1;
  }
  let end = endOfLine(bytes, at);
  if (end < 0) return end;
  let position = end + 1;
  const count = number(bytes, at + 1, end);
  if (Number.isNaN(count)) return kProtocolError;
  for (let left = count; left > 0; left--) {
    if (position >= bytes.length) return kUnknown;
    if (bytes[position] !== kDollar) return kProtocolError;
    end = endOfLine(bytes, position);
    if (end < 0) return end;
    const length = number(bytes, position + 1, end);
    if (!(length >= 0)) return kProtocolError;
    position = end + 1 + length + 2;
    if (position > bytes.length) return position;
  }
  return position;
}

/** Index of the LF that ends the short line at `at`; or one of the above. */
function endOfLine(bytes: Uint8Array, at: number): number {
  const limit = Math.min(bytes.length, at + kMaxDigits + 3);
  for (let position = at + 1; position < limit; position++) {
    if (bytes[position] === kLf) return position;
  }
  return bytes.length - at > kMaxDigits ? kProtocolError : kUnknown;
}

/** The decimal number between `at` and the CR before `lineEnd`; NaN if there is none. */
function number(bytes: Uint8Array, at: number, lineEnd: number): number {
  const end = lineEnd - 1;
  if (end <= at || end - at > kMaxDigits || bytes[end] !== kCr) return NaN;
  const isNegative = bytes[at] === kMinus;
  let value = 0;
  for (let position = isNegative ? at + 1 : at; position < end; position++) {
    const digit = (bytes[position] as number) - 48;
    if (digit < 0 || digit > 9) return NaN;
    value = value * 10 + digit;
  }
  return isNegative ? -value : value;
}

/** A number for a name's length and first two letters, whatever their case. */
function mark(length: number, first: number, second: number): number {
  return (Math.min(length, 255) << 16) | ((first | 32) << 8) | (second | 32);
}

/** The mark of the complete request's name; -1 if it has none, and is empty. */
function markOf(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at] !== kStar) {
    let from = at;
    while (from < end && (bytes[from] as number) <= 32) from++;
    let to = from;
    while (to < end && (bytes[to] as number) > 32) to++;
    return from === end ? -1 : mark(to - from, bytes[from] as number, bytes[from + 1] as number);
  }
  const lengthAt = endOfLine(bytes, at) + 1;
  if (lengthAt >= end) return -1;
  const nameEnd = endOfLine(bytes, lengthAt);
  const length = number(bytes, lengthAt + 1, nameEnd);
  return mark(length, bytes[nameEnd + 1] as number, bytes[nameEnd + 2] as number);
}

/**
 * Argument `index` of a complete request in upper case, at most kMaxNameBytes of it; '' if missing.
 */
function argument(request: Uint8Array, index: number): string {
  if (request[0] !== kStar) {
    const words = decoder.decode(request.subarray(0, 1024)).trim().split(/\s+/);
    return (words[index] ?? '').toUpperCase();
  }
  let position = request.indexOf(kLf) + 1;
  for (let left = index; position < request.length; left--) {
    const lineEnd = request.indexOf(kLf, position);
    const length = number(request, position + 1, lineEnd);
    const text = request.subarray(lineEnd + 1, lineEnd + 1 + Math.min(length, kMaxNameBytes));
    if (left === 0) return decoder.decode(text).toUpperCase();
    position = lineEnd + 1 + length + 2;
  }
  return '';
}

/** All arguments of a complete request but its name. */
function argumentsOf(request: Uint8Array): Uint8Array[] {
  if (request[0] !== kStar) {
    const words = decoder.decode(request).trim().split(/\s+/).slice(1);
    return words.map((word) => Uint8Array.from(word, (char) => char.charCodeAt(0)));
  }
  const found: Uint8Array[] = [];
  for (let position = request.indexOf(kLf) + 1; position < request.length;) {
    const lineEnd = request.indexOf(kLf, position);
    const length = number(request, position + 1, lineEnd);
    found.push(request.subarray(lineEnd + 1, lineEnd + 1 + length));
    position = lineEnd + 1 + length + 2;
  }
  return found.slice(1);
}

function requestOf(name: string, rest: readonly Uint8Array[]): Uint8Array {
  const encoder = new TextEncoder();
  const pieces: Uint8Array[] = [
    encoder.encode(`*${rest.length + 1}\r\n$${name.length}\r\n${name}\r\n`),
  ];
  for (const part of rest)
    pieces.push(encoder.encode(`$${part.length}\r\n`), part, Uint8Array.of(kCr, kLf));
  return concatenate(
    pieces,
    pieces.reduce((sum, { length }) => sum + length, 0),
  );
}

function concatenate(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
