/**
 * A reference layout at any position of the history: it executes the same operations, as far as
 * they are about keys and strings, and takes images of itself as the engine does.
 *
 * Followed: SET and its kin, MSET, INCR and its kin (a number is counted up), DEL and its kin,
 * reads (which pay rehash steps), FLUSHALL, DEBUG POPULATE. Anything else leaves the layout as it
 * is. All databases are one here.
 */
import type { EngineImage } from '../../engine/engine-image.ts';
import type { TeachingModule, TeachingOptions } from '../../engine/teaching-module.ts';
import { type OperationLog, splitRequests } from './operation-log.ts';

interface Keyframe {
  readonly position: number;
  readonly image: EngineImage;
}

const kInterval = 4096;
const kSets: Readonly<Record<string, number>> = {
  SET: 2,
  SETNX: 2,
  GETSET: 2,
  SETEX: 3,
  PSETEX: 3,
};
const kPairs: ReadonlySet<string> = new Set(['MSET', 'MSETNX']);
const kErases: ReadonlySet<string> = new Set(['DEL', 'UNLINK', 'GETDEL']);
const kCounts: ReadonlySet<string> = new Set(['INCR', 'DECR', 'INCRBY', 'DECRBY']);
const kReads: ReadonlySet<string> = new Set(['GET', 'EXISTS', 'STRLEN', 'TTL', 'PTTL', 'MGET']);
const kFlushes: ReadonlySet<string> = new Set(['FLUSHALL', 'FLUSHDB']);

const textOf = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

export class LayoutMachine {
  readonly #module: TeachingModule;
  readonly #log: OperationLog;
  #keyframes: Keyframe[] = [];
  #at = 0;

  constructor(module: TeachingModule, log: OperationLog, options: TeachingOptions) {
    this.#module = module;
    this.#log = log;
    module.open(options);
    this.#keyframe();
  }

  /** What it looks like behind `position` operations. At most one interval is executed again. */
  viewAt(position: number): Uint8Array {
    const to = Math.max(0, Math.min(position, this.#log.count));
    const keyframe = this.#keyframes.findLast((each) => each.position <= to);
    if (keyframe !== undefined && (this.#at > to || keyframe.position > this.#at)) {
      this.#module.images.restore(keyframe.image);
      this.#at = keyframe.position;
    }
    while (this.#at < to) {
      const next = (this.#keyframes.at(-1)?.position ?? 0) + kInterval;
      const end = this.#at < next ? Math.min(to, next) : to;
      const requests = splitRequests(this.#log.requests(this.#at, end));
      for (const [name, ...words] of requests) this.#apply(textOf(name).toUpperCase(), words);
      this.#at = end;
      if (end === next) this.#keyframe();
    }
    return this.#module.view();
  }

  #keyframe(): void {
    const image = this.#module.images.take(this.#keyframes.at(-1)?.image ?? null);
    this.#keyframes.push({ position: this.#at, image });
  }

  #apply(name: string, words: readonly Uint8Array[]): void {
    const [key, second] = words;
    if (kFlushes.has(name)) this.#module.clear();
    else if (name === 'DEBUG' && textOf(key).toUpperCase() === 'POPULATE') {
      this.#populate(Number(textOf(second)), textOf(words[2]) || 'key');
    } else if (key === undefined) return;
    else if (kSets[name] !== undefined) this.#set(name, key, words);
    else if (kPairs.has(name)) {
      for (let i = 0; i + 1 < words.length; i += 2) this.#module.set(words[i]!, words[i + 1]!);
    } else if (kErases.has(name)) for (const each of words) this.#module.erase(each);
    else if (kCounts.has(name)) this.#module.increment(key);
    else if (kReads.has(name)) for (const each of words) this.#module.has(each);
  }

  #set(name: string, key: Uint8Array, words: readonly Uint8Array[]): void {
    const value = words[(kSets[name] ?? 2) - 1];
    if (value === undefined) return;
    const options = name === 'SET' ? words.slice(2).map((word) => textOf(word).toUpperCase()) : [];
    if ((name === 'SETNX' || options.includes('NX')) && this.#module.has(key)) return;
    if (options.includes('XX') && !this.#module.has(key)) return;
    this.#module.set(key, value);
  }

  #populate(count: number, prefix: string): void {
    for (let i = 0; i < count; i++) this.#module.set(`${prefix}:${i}`, `value:${i}`);
  }
}
