/**
 * Going back in time: an engine of its own executes the session's operations again, with the same
 * seed and the same times. Every few thousand operations it takes an image of itself, a keyframe;
 * to be at any position it goes back to the nearest keyframe before and executes the rest.
 *
 * Invariants: the engine is at #at, exactly as after the first #at operations, unless #isDirty
 * (somebody asked it something that changes it); keyframes are in the order of their positions, the
 * first at 0; #head is the highest position ever reached, and what is below is replayed, never
 * looked at anew.
 * Cost of a seek: at most `interval` operations and one restore, however long the history is. When
 * the images need more than kImageBytesMost, every second one goes and the interval doubles.
 */
import { INCOMPLETE, ReplyDecoder } from '../../resp/decode.ts';
import { type Argument, encodeRequest } from '../../resp/encode.ts';
import { type EngineImage, type ImageMaker, kImagePageBytes } from '../../engine/engine-image.ts';
import type { EnginePort } from '../../engine/engine-port.ts';
import { decodeTables, type Tables } from '../inspect-reply.ts';
import { toPublicReply, type PublicReply } from '../../client/reply-error.ts';
import type { Mark, MarkKind, Seen, SeekReport } from './lab-protocol.ts';
import { OperationLog, requestEnds, splitRequests } from './operation-log.ts';

/** The instance that is driven. */
export interface Driven {
  readonly port: EnginePort;
  readonly images: ImageMaker;
}

interface Keyframe {
  readonly position: number;
  /** Extras of its position that had been executed when it was taken. */
  readonly extras: number;
  readonly image: EngineImage;
}

export const kKeyframeInterval = 4096;
const kImageBytesMost = 192 * 2 ** 20;
/** Commands that write much are worth a keyframe of their own. */
const kBytesPerKeyframe = 8 * 2 ** 20;
/** Up to so many operations at once each is looked at for marks; of more, every 32nd. */
const kFewOperations = 64;
const kLookEvery = 32;
const kDueMost = 4096;

export class TimeMachine {
  readonly #engine: Driven;
  readonly #log: OperationLog;
  readonly #keyframes: Keyframe[] = [];
  readonly #elapsed: () => number;
  readonly #session: number;
  readonly #beganMs: number;
  #interval = kKeyframeInterval;
  #at = 0;
  #head = 0;
  /** Where `ask` answers; null: where the engine is. */
  #sought: number | null = null;
  #isDirty = false;
  #database = 0;
  #seen: Tables | null = null;
  /** Steps that the live engine had made when the history began. */
  #stepsBefore: number | undefined;
  #usedAtKeyframe = 0;
  #marks: Mark[] = [];

  /**
   * The engine as it is now, at Unix ms `beganMs`, is the beginning. `elapsed`: monotonic ms.
   * `log`: that of another machine, whose operations are executed here too.
   */
  constructor(engine: Driven, beganMs: number, elapsed: () => number, log = new OperationLog()) {
    this.#engine = engine;
    this.#log = log;
    this.#beganMs = beganMs;
    this.#elapsed = elapsed;
    this.#session = engine.port.openSession();
    this.#answer(['HELLO', 3], beganMs);
    this.#answer(['INSPECT', 'MOVES', 0, 0], beganMs); // it listens from the beginning
    this.#seen = this.#tables(0);
    this.#keyframe();
  }

  /** The operations, for whoever executes them elsewhere. */
  get log(): OperationLog {
    return this.#log;
  }
  get count(): number {
    return this.#log.count;
  }
  get executed(): number {
    return this.#head;
  }
  get keyframes(): number {
    return this.#keyframes.length;
  }
  get interval(): number {
    return this.#interval;
  }
  get imageBytes(): number {
    return kImagePageBytes * new Set(this.#keyframes.flatMap(({ image }) => image.pages)).size;
  }

  takeMarks(): Mark[] {
    const marks = this.#marks;
    this.#marks = [];
    return marks;
  }

  /** Whole requests that were sent; they are executed by `advance`. */
  record(bytes: Uint8Array, timeMs: number): void {
    let from = 0;
    for (const end of requestEnds(bytes)) {
      this.#log.add(bytes.subarray(from, end), timeMs);
      from = end;
    }
  }

  /** A request that is no operation of the session, behind all operations so far. */
  recordExtra(request: Uint8Array, timeMs: number): void {
    const isHere = this.#head === this.#log.count;
    if (isHere) this.#seek(this.#head);
    this.#log.addExtra(this.#log.count, { request, timeMs });
    if (isHere) this.#execute(request, timeMs);
  }

  /** Executes for the first time what lies below `position`. */
  advance(position: number): void {
    this.#sought = null;
    this.#advance(position);
  }

  #advance(position: number): void {
    const to = Math.min(position, this.#log.count);
    if (to <= this.#head) return;
    this.#seek(this.#head);
    const isFew = to - this.#head <= kFewOperations;
    while (this.#at < to) {
      const most = Math.min(to, this.#at + (isFew ? 1 : kLookEvery), this.#nextKeyframe());
      this.#run(most);
      this.#head = this.#at;
      this.#look();
      if (this.#at === this.#nextKeyframe() || this.#grewMuch()) this.#keyframe();
    }
  }

  /**
   * The live engine was seen behind `position` operations. What it did by itself is done here too:
   * rehash steps between commands, keys whose time was over. Returns why the two differ, if they
   * do.
   */
  seen({ position, database, keys, stepsTotal, timeMs }: Seen): string | null {
    if (position < this.#head) return null; // looked at too late: a later look will tell
    this.#advance(position);
    this.#seek(this.#head);
    let tables = this.#tables(database);
    if (tables.keys > keys) {
      this.#expire(database, timeMs);
      tables = this.#tables(database);
    }
    if (tables.keys !== keys) return `the replay has ${tables.keys} keys, the store ${keys}`;
    this.#stepsBefore ??= stepsTotal - tables.stepsTotal;
    if (stepsTotal < this.#stepsBefore) this.#stepsBefore = stepsTotal - tables.stepsTotal;
    const missing = stepsTotal - this.#stepsBefore - tables.stepsTotal;
    if (missing > 0 && tables.direction !== 'none') {
      this.#extra(['INSPECT', 'STEP', database, missing], timeMs);
    }
    this.#look();
    return null;
  }

  /** The engine is at `position` now. */
  seek(position: number): SeekReport {
    const began = this.#elapsed();
    const to = Math.max(0, Math.min(position, this.#log.count));
    if (to > this.#head) this.#advance(to);
    const { replayed, restoredBytes } = this.#seek(to);
    this.#sought = to;
    return {
      position: to,
      replayed,
      restoredBytes,
      tookMs: this.#elapsed() - began,
      text: to === 0 ? '' : this.#log.textOf(to - 1),
      timeMs: this.#now(),
    };
  }

  /**
   * Answers requests at the position that was sought last: a look at the live engine may have moved
   * on meanwhile. What may change the engine, the next seek undoes.
   */
  ask(bytes: Uint8Array): Uint8Array {
    if (this.#sought !== null && this.#at !== this.#sought) this.#seek(this.#sought);
    if (!splitRequests(bytes).every(onlyLooks)) this.#isDirty = true;
    return this.#engine.port.execute(this.#session, bytes, this.#now()).bytes;
  }

  #now(): number {
    return this.#at === 0 ? this.#beganMs : this.#log.timeOf(this.#at - 1);
  }

  #seek(to: number): { replayed: number; restoredBytes: number } {
    const keyframe = this.#keyframes.findLast(({ position }) => position <= to);
    const isBehind = this.#at > to || this.#isDirty;
    const isNearer = keyframe !== undefined && keyframe.position > this.#at;
    let restoredBytes = 0;
    if (keyframe !== undefined && (isBehind || isNearer)) {
      restoredBytes = this.#engine.images.restore(keyframe.image);
      this.#at = keyframe.position;
      this.#isDirty = false;
      this.#runExtras(keyframe.extras);
    }
    const replayed = to - this.#at;
    this.#run(to);
    return { replayed, restoredBytes };
  }

  #run(to: number): void {
    while (this.#at < to) {
      const end = this.#log.runEnd(this.#at, to);
      this.#execute(this.#log.requests(this.#at, end), this.#log.timeOf(this.#at));
      this.#at = end;
      this.#runExtras(0);
    }
  }

  /** Those of this position, from the `first` on. */
  #runExtras(first: number): void {
    const extras = this.#log.extrasAt(this.#at).slice(first);
    for (const { request, timeMs } of extras) this.#execute(request, timeMs);
  }

  #execute(requests: Uint8Array, timeMs: number): void {
    this.#engine.port.execute(this.#session, requests, timeMs);
  }

  #extra(words: readonly Argument[], timeMs: number): void {
    const request = encodeRequest(words);
    this.#log.addExtra(this.#at, { request, timeMs });
    this.#execute(request, timeMs);
  }

  /** Removes what the live engine's timer removed: asking for a key that is due ends it. */
  #expire(database: number, timeMs: number): void {
    const reply = this.#answer(['INSPECT', 'DEADLINES', database, kDueMost], timeMs);
    const due = (reply as PublicReply[])
      .map((row) => row as [number, Uint8Array])
      .filter(([deadline]) => deadline < timeMs)
      .map(([, key]) => key);
    if (due.length === 0) return;
    this.#extra(['EXISTS', ...due], timeMs);
    this.#mark('expire');
  }

  #tables(database: number): Tables {
    const tables = decodeTables(this.#answer(['INSPECT', 'DB', database], this.#now()));
    this.#database = database;
    return tables;
  }

  #answer(words: (string | number)[], timeMs: number): PublicReply {
    const decoder = new ReplyDecoder();
    decoder.push(this.#engine.port.execute(this.#session, encodeRequest(words), timeMs).bytes);
    const reply = decoder.next(true);
    if (reply === INCOMPLETE) throw new Error('half a reply');
    return toPublicReply(reply);
  }

  #mark(kind: MarkKind): void {
    this.#marks.push({ position: this.#at, kind });
  }

  #look(): void {
    const before = this.#seen;
    const after = this.#tables(this.#database);
    this.#seen = after;
    if (before === null) return;
    if (after.keys === 0 && before.keys > 1) return this.#mark('flush');
    if (before.direction === 'none' && after.direction !== 'none') this.#mark(after.direction);
    else if (before.direction !== 'none' && after.direction === 'none') this.#mark('done');
    else if (before.size0 > 0 && before.size0 < after.size0) this.#mark('grow');
    else if (after.children > before.children) this.#mark('collision');
    else if (after.keys > before.keys) this.#mark('insert');
    return undefined;
  }

  // -- keyframes

  #nextKeyframe(): number {
    return (this.#keyframes.at(-1)?.position ?? 0) + this.#interval;
  }

  #grewMuch(): boolean {
    return (this.#seen?.usedMemory ?? 0) > this.#usedAtKeyframe + kBytesPerKeyframe;
  }

  #keyframe(): void {
    const image = this.#engine.images.take(this.#keyframes.at(-1)?.image ?? null);
    const extras = this.#log.extrasAt(this.#at).length;
    this.#keyframes.push({ position: this.#at, image, extras });
    this.#usedAtKeyframe = this.#seen?.usedMemory ?? 0;
    if (this.imageBytes > kImageBytesMost && this.#keyframes.length > 3) this.#thin();
  }

  #thin(): void {
    const kept = this.#keyframes.filter((_, i) => i % 2 === 0);
    this.#keyframes.splice(0, this.#keyframes.length, ...kept);
    this.#interval *= 2;
  }
}

const kNoLooks: ReadonlySet<string> = new Set(['STEP', 'PAUSE']);

/** Whether a request changes nothing: INSPECT, but for the two that move or hold a rehash. */
function onlyLooks([command, what]: readonly Uint8Array[]): boolean {
  const text = (word: Uint8Array | undefined): string =>
    new TextDecoder().decode(word).toUpperCase();
  return text(command) === 'INSPECT' && !kNoLooks.has(text(what));
}
