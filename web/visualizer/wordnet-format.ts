/**
 * The packed WordNet: every lemma with its glosses in one stream, made for loading while it
 * arrives.
 *
 * A gloss belongs to a synset and many lemmas share one, so it is written where it is first used
 * and afterwards referred to by number; a lemma repeats of its predecessor only the length of the
 * common prefix. A reader therefore needs no table in advance and can hand out the first lemma as
 * soon as its bytes are there.
 *
 *     file   = "WDWN" version:u8(1) lemmas:varint glosses:varint lemma* end:u8(0xff)
 *     lemma  = shared:varint suffix_length:varint suffix:byte* senses:varint sense*
 *     sense  = 0 part_of_speech:u8 ('n' 'v' 'a' 'r') gloss_length:varint gloss:byte*  a new gloss
 *            | number + 1 : varint                                                  an earlier one
 *     varint = 7 bits a byte, least significant first, high bit: more follow
 *
 * Text is UTF-8; lemmas are in ascending order of bytes, words joined by "_" as in WordNet's index
 * files. The build packs the file and gzips it; `readWordnet` takes it either way.
 */

export interface WordnetEntry {
  readonly lemma: string;
  /** One line for each sense, in WordNet's order: "n: a tall perennial woody plant ...". */
  readonly glosses: string;
}

export interface WordnetSense {
  readonly partOfSpeech: 'n' | 'v' | 'a' | 'r';
  readonly gloss: string;
}

/** The file is damaged or something else altogether. */
export class WordnetFormatError extends Error {
  override readonly name = 'WordnetFormatError';
}

const MAGIC = 'WDWN';
const VERSION = 1;
const END = 0xff;
const encoder = new TextEncoder();

class ByteSink {
  #bytes = new Uint8Array(1 << 20);
  #length = 0;

  byte(value: number): void {
    this.bytes(Uint8Array.of(value));
  }

  varint(value: number): void {
    while (value >= 0x80) {
      this.byte((value & 0x7f) | 0x80);
      value >>>= 7;
    }
    this.byte(value);
  }

  bytes(more: Uint8Array): void {
    if (this.#length + more.length > this.#bytes.length) {
      const grown = new Uint8Array(2 * (this.#length + more.length));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(more, this.#length);
    this.#length += more.length;
  }

  text(value: string): void {
    const bytes = encoder.encode(value);
    this.varint(bytes.length);
    this.bytes(bytes);
  }

  result(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function sharedPrefix(a: Uint8Array, b: Uint8Array): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}

/** Packs a dictionary; the inverse of `readWordnet`, without gzip. */
export function packWordnet(words: ReadonlyMap<string, readonly WordnetSense[]>): Uint8Array {
  const lemmas = [...words.keys()].map((text) => ({ text, bytes: encoder.encode(text) }));
  lemmas.sort((a, b) => compareBytes(a.bytes, b.bytes));
  const numbers = new Map<string, number>();
  const body = new ByteSink();
  let previous: Uint8Array = new Uint8Array();
  for (const { text, bytes } of lemmas) {
    const shared = sharedPrefix(previous, bytes);
    body.varint(shared);
    body.varint(bytes.length - shared);
    body.bytes(bytes.subarray(shared));
    const senses = words.get(text) ?? [];
    body.varint(senses.length);
    for (const sense of senses) writeSense(body, numbers, sense);
    previous = bytes;
  }
  const file = new ByteSink();
  file.bytes(encoder.encode(MAGIC));
  file.byte(VERSION);
  file.varint(lemmas.length);
  file.varint(numbers.size);
  file.bytes(body.result());
  file.byte(END);
  return file.result();
}

function writeSense(body: ByteSink, numbers: Map<string, number>, sense: WordnetSense): void {
  const identity = `${sense.partOfSpeech}: ${sense.gloss}`;
  const number = numbers.get(identity);
  if (number !== undefined) {
    body.varint(number + 1);
    return;
  }
  numbers.set(identity, numbers.size);
  body.varint(0);
  body.byte(sense.partOfSpeech.charCodeAt(0));
  body.text(sense.gloss);
}

/** Thrown inside the reader alone: the record goes on in the next chunk. */
const NEED_MORE = Symbol('need more bytes');

/** Incremental reader: `push` bytes as they come, take the entries that became complete. */
export class WordnetReader {
  #buffer: Uint8Array = new Uint8Array();
  #at = 0;
  #glosses: string[] = [];
  #lemma: Uint8Array = new Uint8Array();
  #total = -1;
  #read = 0;
  #ended = false;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });

  /** Lemmas in the file, known after the first bytes; -1 until then. */
  get total(): number {
    return this.#total;
  }

  /** Lemmas handed out so far. */
  get read(): number {
    return this.#read;
  }

  /** @throws WordnetFormatError when the bytes cannot be a packed WordNet. */
  push(chunk: Uint8Array): WordnetEntry[] {
    this.#append(chunk);
    const entries: WordnetEntry[] = [];
    for (;;) {
      const start = this.#at;
      const known = this.#glosses.length;
      try {
        if (this.#total < 0) this.#header();
        else if (this.#read < this.#total) entries.push(this.#entry());
        else return this.#finish(entries);
      } catch (error) {
        if (error !== NEED_MORE) throw error;
        this.#at = start; // the same record again, from its first byte, when more is there
        this.#glosses.length = known;
        return entries;
      }
    }
  }

  /** To be called after the last byte. @throws WordnetFormatError when the file was cut. */
  end(): void {
    if (!this.#ended) {
      throw new WordnetFormatError(`cut after ${this.#read} of ${this.#total} lemmas`);
    }
  }

  #append(chunk: Uint8Array): void {
    const rest = this.#buffer.length - this.#at;
    const joined = new Uint8Array(rest + chunk.length);
    joined.set(this.#buffer.subarray(this.#at));
    joined.set(chunk, rest);
    this.#buffer = joined;
    this.#at = 0;
  }

  #header(): void {
    const magic = String.fromCharCode(...this.#bytes(MAGIC.length));
    if (magic !== MAGIC) throw new WordnetFormatError('not a packed WordNet');
    const version = this.#byte();
    if (version !== VERSION) throw new WordnetFormatError(`version ${version} is unknown`);
    const total = this.#varint();
    this.#varint(); // the number of glosses: for other readers that want to size a table
    this.#total = total;
  }

  #entry(): WordnetEntry {
    const shared = this.#varint();
    if (shared > this.#lemma.length) throw new WordnetFormatError('prefix longer than its lemma');
    const suffix = this.#bytes(this.#varint());
    const lemma = new Uint8Array(shared + suffix.length);
    lemma.set(this.#lemma.subarray(0, shared));
    lemma.set(suffix, shared);
    const lines: string[] = [];
    for (let senses = this.#varint(); senses > 0; senses--) lines.push(this.#sense());
    this.#lemma = lemma;
    this.#read++;
    return { lemma: this.#text(lemma), glosses: lines.join('\n') };
  }

  #sense(): string {
    const code = this.#varint();
    if (code > 0) {
      const gloss = this.#glosses[code - 1];
      if (gloss === undefined) throw new WordnetFormatError(`gloss ${code - 1} is not there yet`);
      return gloss;
    }
    const partOfSpeech = String.fromCharCode(this.#byte());
    const gloss = `${partOfSpeech}: ${this.#text(this.#bytes(this.#varint()))}`;
    this.#glosses.push(gloss);
    return gloss;
  }

  #finish(entries: WordnetEntry[]): WordnetEntry[] {
    if (!this.#ended) {
      if (this.#byte() !== END) throw new WordnetFormatError('no end mark after the last lemma');
      this.#ended = true;
    }
    if (this.#at < this.#buffer.length) throw new WordnetFormatError('bytes after the end mark');
    return entries;
  }

  #text(bytes: Uint8Array): string {
    try {
      return this.#decoder.decode(bytes);
    } catch {
      throw new WordnetFormatError('text is not UTF-8');
    }
  }

  #byte(): number {
    const value = this.#buffer[this.#at];
    if (value === undefined) throw NEED_MORE;
    this.#at++;
    return value;
  }

  #bytes(length: number): Uint8Array {
    if (this.#at + length > this.#buffer.length) throw NEED_MORE;
    const bytes = this.#buffer.subarray(this.#at, this.#at + length);
    this.#at += length;
    return bytes;
  }

  #varint(): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new WordnetFormatError('a number is longer than 28 bits');
  }
}

export interface WordnetBatch {
  readonly entries: readonly WordnetEntry[];
  /** Lemmas handed out so far, this batch included, and in the whole file. */
  readonly read: number;
  readonly total: number;
}

/**
 * Entries as they arrive, in batches. Takes the file packed with gzip or, when a server has already
 * unpacked it, plain. Leaving the loop early cancels the stream.
 * @throws WordnetFormatError when the file is damaged, cut or something else.
 */
export async function* readWordnet(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<WordnetBatch, void, undefined> {
  const reader = new WordnetReader();
  const chunks = (await unzipped(stream)).getReader();
  try {
    for (;;) {
      const { done, value } = await chunks.read();
      if (done) break;
      const entries = reader.push(value);
      if (entries.length > 0) yield { entries, read: reader.read, total: reader.total };
    }
    reader.end();
  } finally {
    await chunks.cancel().catch(() => undefined); // a stream that failed has told so already
  }
}

async function unzipped(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const [peeked, whole] = stream.tee();
  const peek = peeked.getReader();
  const first = await peek.read();
  void peek.cancel();
  const isGzip = first.value?.[0] === 0x1f && (first.value.length < 2 || first.value[1] === 0x8b);
  return isGzip ? whole.pipeThrough(new DecompressionStream('gzip')) : whole;
}
