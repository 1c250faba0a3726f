/**
 * A part of a store: all its keys begin with a prefix that nobody has to write, and nothing done
 * through it reaches a key that does not. Only methods whose every key is known by its place exist
 * here (the letters of command-spec.ts), each key gets the prefix; patterns are escaped.
 */
import { WadictError } from '../errors.ts';
import { decodeText, textToBytes } from '../resp/text.ts';
import { describe, type Key, type Value } from './arguments.ts';
import {
  type AtomicStore,
  type Codec,
  compareAndSet,
  type LockOptions,
  update,
  type UpdateOptions,
  withLock,
} from './atomic.ts';
import {
  type ChangeListener,
  type Changes,
  type ChangesOptions,
  type Inside,
  type Observable,
  observe,
  type ObserveOptions,
  type StopObserving,
} from './changes.ts';
import type { ExpiryOptions, ScanOptions } from './command-options.ts';
import {
  type AsyncMethods,
  commandMethods,
  type NamedSpec,
  RUN,
  type Runner,
} from './command-spec.ts';
import { type NamespacedTable, namespacedTable } from './commands.ts';
import { type ExportedEntry, exportEntries, scanBatches } from './iterate.ts';
import type { Timers } from './scheduler.ts';

/** What a namespace is made of: the store's own methods, its codec, its timers. */
export interface NamespaceParent extends Runner, AtomicStore, Observable {}

const NamespacedMethods = /* @__PURE__ */ commandMethods(
  namespacedTable,
) as abstract new () => AsyncMethods<NamespacedTable>;

export class Namespace extends NamespacedMethods implements Runner {
  /** What every key begins with. */
  readonly prefix: string;
  readonly #store: NamespaceParent;
  readonly #codec: Codec | undefined;
  readonly #timers: Timers;
  readonly #prefixBytes: Uint8Array;

  /** @internal @throws WadictError INVALID_KEY for an empty prefix, which would be everything */
  constructor(prefix: string, store: NamespaceParent, codec: Codec | undefined, timers: Timers) {
    super();
    if (typeof prefix !== 'string' || prefix === '') {
      const message = `namespace() takes a prefix that is not empty, not ${describe(prefix)}`;
      throw new WadictError('INVALID_KEY', message);
    }
    this.prefix = prefix;
    this.#store = store;
    this.#codec = codec;
    this.#timers = timers;
    this.#prefixBytes = textToBytes(prefix);
  }

  /** A part of this part. */
  namespace(prefix: string): Namespace {
    if (prefix === '') return new Namespace('', this.#store, this.#codec, this.#timers);
    return new Namespace(this.prefix + prefix, this.#store, this.#codec, this.#timers);
  }

  /** @internal */
  [RUN](named: NamedSpec, args: readonly unknown[], asBytes: boolean): unknown {
    return this.#store[RUN](named, this.#inside(named.spec.letters, args), asBytes);
  }

  #inside(letters: string, args: readonly unknown[]): unknown[] {
    return args.flatMap((argument, place) => {
      const letter = letters.endsWith('K') && place >= letters.length ? 'K' : letters[place];
      if (letter === 'k') return [this.#full(argument as Key)];
      if (letter === 'K') return [argument].flat().map((key) => this.#full(key as Key));
      if (letter !== 'E' || argument === null || typeof argument !== 'object') return [argument];
      const pairs = Symbol.iterator in argument ? argument : Object.entries(argument);
      const inside = Array.from(pairs as Iterable<[Key, unknown]>, ([key, value]) => [
        this.#full(key),
        value,
      ]);
      return [inside];
    });
  }

  /** The whole key. What is no key stays as it is, for the check that names it. */
  #full(key: Key): Key {
    if (key instanceof Uint8Array) {
      const whole = new Uint8Array(this.#prefixBytes.length + key.length);
      whole.set(this.#prefixBytes);
      whole.set(key, this.#prefixBytes.length);
      return whole;
    }
    const isKey = typeof key === 'string' || typeof key === 'bigint' || Number.isFinite(key);
    return isKey ? `${this.prefix}${key}` : key;
  }

  #pattern(match: Value = '*'): Value {
    const escaped = this.prefix.replace(/[\\*?[\]^-]/g, '\\$&');
    if (!(match instanceof Uint8Array)) return `${escaped}${match}`;
    const before = textToBytes(escaped);
    return Uint8Array.from([...before, ...match]);
  }

  async *#batches(options: ScanOptions): AsyncGenerator<Uint8Array[], void, undefined> {
    const own = { ...options, match: this.#pattern(options.match) };
    for await (const keys of scanBatches(this.#store, own)) yield keys.filter(this.#isOwn);
  }

  readonly #isOwn = (key: Uint8Array): boolean =>
    this.#prefixBytes.every((byte, place) => key[place] === byte);

  /** Batches of keys without the prefix; a key may come twice if the store changes meanwhile. */
  async *scanIterator(options: ScanOptions = {}): AsyncGenerator<string[], void, undefined> {
    const { length } = this.#prefixBytes;
    for await (const keys of this.#batches(options))
      yield keys.map((key) => decodeText(key, length, key.length));
  }

  /** Every key, value and deadline of this part, any type, in constant memory; whole keys. */
  exportAll(options: ScanOptions = {}): ReadableStream<ExportedEntry> {
    return exportEntries(this.#store, { ...options, match: this.#pattern(options.match) });
  }

  /** How many keys there are. O(keys of the store). */
  async count(): Promise<number> {
    const seen = new Set<string>();
    for await (const keys of this.scanIterator()) for (const key of keys) seen.add(key);
    return seen.size;
  }

  /** Deletes this part, and nothing else. Resolves with the number of keys deleted. */
  async clear(): Promise<number> {
    let deleted = 0;
    for await (const keys of this.#batches({}))
      if (keys.length > 0) deleted += (await this.#store.call('UNLINK', ...keys)) as number;
    return deleted;
  }

  /** As the store's `observe`, of this part: keys are told without the prefix. */
  observe(pattern: Value, listener: ChangeListener, options: ObserveOptions = {}): StopObserving {
    return observe(this, pattern, listener, options);
  }

  /** As the store's `changes`, of this part. */
  changes(pattern: Value = '*', options: ChangesOptions = {}): Changes {
    const inside: ChangesOptions & Inside = { ...options, cut: this.prefix.length };
    return this.#store.changes(this.#pattern(pattern), inside);
  }

  /** As the store's `cas`. */
  cas(key: Key, expected: unknown, next: unknown, options: ExpiryOptions = {}): Promise<boolean> {
    return compareAndSet(this.#store, this.#codec, this.#full(key), expected, next, options);
  }

  /** As the store's `update`. */
  update<T = string>(
    key: Key,
    updater: (current: T | null) => T | undefined,
    options: UpdateOptions = {},
  ): Promise<T> {
    return update(this.#store, this.#codec, this.#full(key), updater, options) as Promise<T>;
  }

  /** As the store's `lock`. */
  lock<R>(
    key: Key,
    options: LockOptions,
    work: (signal: AbortSignal) => R | Promise<R>,
  ): Promise<Awaited<R>> {
    return withLock(this.#store, this.#timers, this.#full(key), options, work);
  }
}
