/**
 * An opened store: typed methods for every command, `call` for any, and what is not a command
 * (flush, export, import, status, close). Works on any Backend: a Worker, a host in this thread.
 *
 * Every promise settles: by its reply, or with the error that ended the session. After `close()`
 * every call rejects with CLOSED. Errors are WadictErrors, those of arguments too (as rejections).
 */
import { WadictError } from '../errors.ts';
import type { Reply } from '../resp/reply.ts';
import { decodeText } from '../resp/text.ts';
import type { Backend, FlushReport, ImportReport, StoreStatus, Transport } from '../transport.ts';
import { type Key, key, keys, type Value } from './arguments.ts';
import {
  type Codec,
  compareAndSet,
  type LockOptions,
  update,
  type UpdateOptions,
  withLock,
} from './atomic.ts';
import { kMaxValueBytes, mayBlock, type PreparedCall, prepareCall, prepareMethod } from './call.ts';
import {
  type ChangeListener,
  Changes,
  type ChangesOptions,
  observe,
  type ObserveOptions,
  type StopObserving,
  tell,
} from './changes.ts';
import { encodeValues, jsonCodec, valueDecoder } from './codec.ts';
import type { ExpiryOptions, ScanOptions } from './command-options.ts';
import { commandMethods, type NamedSpec, RUN, type Runner, signalOf } from './command-spec.ts';
import { type AsyncCommands, commandTable } from './commands.ts';
import {
  type ExportedEntry,
  exportEntries,
  importEntries,
  memberBatches,
  scanBatches,
} from './iterate.ts';
import { createMulti, type Multi, type QueuedCall } from './multi.ts';
import { Namespace } from './namespace.ts';
import { asWadictError, Pipeline } from './pipeline.ts';
import { popElements, type PopIteratorOptions } from './pop-iterator.ts';
import { type PublicReply, toPublicReply } from './reply-error.ts';
import { type RdbSource, toByteStream } from './rdb-source.ts';
import { systemTimers, type Timers } from './scheduler.ts';
import { SideSessions } from './side-sessions.ts';
import { type SubscribeCommand, type SubscribeOptions, Subscription } from './subscription.ts';
import { multiRunner, watch, type Watched, type WatchOptions } from './watch.ts';

export interface ClientOptions {
  /** Largest key or value accepted, in bytes; larger ones reject with VALUE_TOO_LARGE. */
  maxValueBytes?: number | undefined;
  /**
   * 'json': get, set and their kin take and give whatever JSON can hold; methods that end in Buffer
   * and `call` see the text. Default: text and bytes as they are.
   */
  codec?: 'json' | undefined;
  /** @internal */
  timers?: Timers | undefined;
}

export interface RoleChange {
  readonly role: StoreStatus['role'];
}

const CommandMethods = /* @__PURE__ */ commandMethods(
  commandTable,
) as abstract new () => AsyncCommands;

const asItIs = (reply: Reply): unknown => reply;

export class Client extends CommandMethods implements Runner {
  /** The name the store was opened by. */
  readonly name: string;
  readonly #backend: Backend;
  readonly #pipeline: Pipeline;
  readonly #maxValueBytes: number;
  readonly #codec: Codec | undefined;
  readonly #timers: Timers;
  readonly #sides: SideSessions;
  #database = '0';
  #closing: Promise<void> | undefined;

  constructor(name: string, backend: Backend, options: ClientOptions = {}) {
    super();
    this.name = name;
    this.#backend = backend;
    this.#maxValueBytes = options.maxValueBytes ?? kMaxValueBytes;
    this.#codec = options.codec === 'json' ? jsonCodec : undefined;
    this.#timers = options.timers ?? systemTimers;
    this.#pipeline = new Pipeline(backend.connect());
    this.#sides = new SideSessions({
      connect: () => backend.connect(),
      timers: this.#timers,
      call: (command, ...args) => this.call(command as string, ...args),
      database: () => this.#database,
    });
  }

  /** Any command: `await db.call('OBJECT', 'ENCODING', 'user:1')`. */
  call(command: string, ...args: Value[]): Promise<PublicReply> {
    return this.#call([command, ...args], false);
  }

  /** The same with bulk strings as bytes. */
  callBuffer(command: string, ...args: Value[]): Promise<PublicReply> {
    return this.#call([command, ...args], true);
  }

  async #call(args: Value[], asBytes: boolean): Promise<PublicReply> {
    const prepared = prepareCall(args, this.#maxValueBytes, true);
    return this.#send(prepared, asBytes, toPublicReply, undefined);
  }

  #send<R>(
    prepared: PreparedCall,
    asBytes: boolean,
    decode: (reply: Reply) => R,
    signal: AbortSignal | undefined,
  ): Promise<R> {
    const { argv, label } = prepared;
    if (mayBlock(argv)) return this.#sides.wait(prepared, asBytes, decode, signal);
    if (label.command !== 'SELECT') return this.#pipeline.call(argv, label, asBytes, decode);
    const database = String(argv[1]);
    return this.#pipeline.call(argv, label, asBytes, (reply) => {
      this.#database = database;
      return decode(reply);
    });
  }

  /** @internal */
  [RUN](named: NamedSpec, args: readonly unknown[], asBytes: boolean): Promise<unknown> {
    try {
      const prepared = this.#prepare(named, args, asBytes);
      const signal = named.spec.wait === undefined ? undefined : signalOf(args);
      return this.#send(prepared, asBytes, prepared.decode, signal);
    } catch (error) {
      return Promise.reject(asWadictError(error, { command: named.command, key: undefined }));
    }
  }

  #prepare(named: NamedSpec, args: readonly unknown[], asBytes: boolean): QueuedCall {
    const { command, spec } = named;
    const isCoded = this.#codec !== undefined && !asBytes;
    const given = isCoded ? encodeValues(command, args) : args;
    const decode = (isCoded ? valueDecoder(command, args) : undefined) ?? spec.decode ?? asItIs;
    return { ...prepareMethod(named, given, this.#maxValueBytes), asBytes, decode };
  }

  /**
   * A transaction: `const [n, ok] = await db.multi().incr('a').set('b', '1').exec()`. What it holds
   * happens at once for everybody, and is one record of the log.
   */
  multi(): Multi {
    return createMulti(multiRunner(this.#pipeline, this.#preparing));
  }

  /**
   * Reads, decides and writes as one: `decide` reads through the store that it is given and returns
   * a transaction (`store.multi()…`), which happens only if no watched key changed meanwhile; else
   * `decide` is asked again. Resolves with the transaction's results; null if `decide` returned
   * nothing.
   */
  watch<R extends unknown[]>(
    keys: Key | readonly Key[],
    decide: (store: Watched) => Promise<Multi<R> | null | undefined>,
    options: WatchOptions = {},
  ): Promise<R | null> {
    return watch(this.#sides, this.#preparing, keys, decide, options);
  }

  readonly #preparing = (...call: [NamedSpec, readonly unknown[], boolean]): QueuedCall =>
    this.#prepare(...call);

  /** The messages of channels: `for await (const { message } of db.subscribe('news'))`. */
  subscribe(channels: Value | readonly Value[], options: SubscribeOptions = {}): Subscription {
    return this.#subscribe('SUBSCRIBE', channels, false, options);
  }

  /** The same with messages as bytes. */
  subscribeBuffer(
    channels: Value | readonly Value[],
    options: SubscribeOptions = {},
  ): Subscription<Uint8Array> {
    return this.#subscribe('SUBSCRIBE', channels, true, options);
  }

  /** The messages of all channels that match a pattern. */
  psubscribe(patterns: Value | readonly Value[], options: SubscribeOptions = {}): Subscription {
    return this.#subscribe('PSUBSCRIBE', patterns, false, options);
  }

  /** The messages of shard channels. */
  ssubscribe(channels: Value | readonly Value[], options: SubscribeOptions = {}): Subscription {
    return this.#subscribe('SSUBSCRIBE', channels, false, options);
  }

  #subscribe<T>(
    command: SubscribeCommand,
    names: Value | readonly Value[],
    asBytes: boolean,
    options: SubscribeOptions,
  ): Subscription<T> {
    this.#checkOpen(command);
    const list = keys([Array.isArray(names) ? names : [names as Value]]);
    if (list.length === 0) throw new WadictError('WRONG_ARITY', 'subscribe to what?', { command });
    return new Subscription<T>(this.#backend.connect(), command, list, asBytes, options);
  }

  /**
   * Calls `listener` after every change of a key of this database that matches the pattern, made by
   * whichever tab, and with a 'resync' where changes may have been missed. Returns what stops it.
   * What the listener throws is reported as uncaught and harms nobody.
   */
  observe(pattern: Value, listener: ChangeListener, options: ObserveOptions = {}): StopObserving {
    return observe(this, pattern, listener, options);
  }

  /** The same as an iterator; it rejects if no changes can be told any more. */
  changes(pattern: Value, options: ChangesOptions = {}): Changes {
    this.#checkOpen('OBSERVE');
    const checked = key(pattern);
    return new Changes(this.#backend.connect(), this.#database, checked, options);
  }

  /** The keys that begin with `prefix`, as a store of their own. */
  namespace(prefix: string): Namespace {
    return new Namespace(prefix, this, this.#codec, this.#timers);
  }

  /**
   * Sets `next` if the value is `expected`, in one step; null: the key is missing, the key is to be
   * deleted. The time to live stays unless one is given. True if it was done.
   */
  cas(key: Key, expected: unknown, next: unknown, options: ExpiryOptions = {}): Promise<boolean> {
    return compareAndSet(this, this.#codec, key, expected, next, options);
  }

  /**
   * Computes a value from the present one (null: there is none) and stores it; calls `updater`
   * again if somebody else was faster. Resolves with the new value. The time to live stays.
   */
  update<T = string>(
    key: Key,
    updater: (current: T | null) => T | undefined,
    options: UpdateOptions = {},
  ): Promise<T> {
    return update(this, this.#codec, key, updater, options) as Promise<T>;
  }

  /** Runs `work` while nobody else (tab, Worker, process) holds the lock of that name. */
  lock<R>(
    key: Key,
    options: LockOptions,
    work: (signal: AbortSignal) => R | Promise<R>,
  ): Promise<Awaited<R>> {
    return withLock(this, this.#timers, key, options, work);
  }

  /** `for await (const keys of db.scanIterator({ match: 'user:*' }))`; a key may come twice. */
  async *scanIterator(options: ScanOptions = {}): AsyncGenerator<string[], void, undefined> {
    for await (const keys of scanBatches(this, options))
      yield keys.map((key) => decodeText(key, 0, key.length));
  }

  /** Members with their scores, batch by batch; one may come twice if the key changes meanwhile. */
  zscanIterator(
    key: Key,
    options: Omit<ScanOptions, 'type'> = {},
  ): AsyncGenerator<[member: string, score: number][], void, undefined> {
    return memberBatches(this, key, options);
  }

  /**
   * Elements as they come, from the first list that has one: `for await (const [key, job] of
   * db.popIterator('jobs'))`. One is taken for each turn of the loop; the signal ends it.
   */
  popIterator(
    keys: Key | readonly Key[],
    options: PopIteratorOptions = {},
  ): AsyncGenerator<[key: string, element: string], void, undefined> {
    return popElements(this, keys, options);
  }

  /** Every key, value and deadline, any type, in constant memory; `export` is of one instant. */
  exportAll(options: ScanOptions = {}): ReadableStream<ExportedEntry> {
    return exportEntries(this, options);
  }

  /** Writes what `exportAll` gave. Rejects with BUSY_KEY if a key exists, unless `replace`. */
  importAll(
    entries: ReadableStream<ExportedEntry> | AsyncIterable<ExportedEntry>,
    { replace = false }: { replace?: boolean | undefined } = {},
  ): Promise<number> {
    return importEntries(this, entries, replace);
  }

  /** Resolves when everything called so far is strictly durable. Rejects if that cannot be. */
  async flush(): Promise<FlushReport> {
    this.#checkOpen('flush');
    this.#pipeline.send();
    return this.#backend.flush();
  }

  /** An RDB file (Redis loads it) of everything called so far: a stream, or a Blob. */
  export(options?: { as?: 'stream' | undefined }): Promise<ReadableStream<Uint8Array>>;
  export(options: { as: 'blob' }): Promise<Blob>;
  async export(
    options: { as?: 'stream' | 'blob' | undefined } = {},
  ): Promise<ReadableStream<Uint8Array> | Blob> {
    this.#checkOpen('export');
    this.#pipeline.send();
    const stream = this.#backend.exportRdb();
    if (options.as !== 'blob') return stream;
    const parts = await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).blob();
    return new Blob([parts], { type: 'application/octet-stream' });
  }

  /** Replaces the contents by an RDB file, all or nothing. Rejects with IMPORT_REJECTED. */
  async import(file: RdbSource): Promise<ImportReport> {
    this.#checkOpen('import');
    const stream = toByteStream(file);
    this.#pipeline.send();
    return this.#backend.importRdb(stream);
  }

  /** A session of its own, as a stream of RESP bytes: what a server or a driver builds upon. */
  connect(): Transport {
    this.#checkOpen('connect');
    return this.#backend.connect();
  }

  /** Storage, durability, what is not yet safe, the last error. */
  get status(): StoreStatus {
    return this.#backend.status;
  }

  /** Of the tabs with this store open one leads, and has the engine. 'solo': there is only one. */
  get role(): StoreStatus['role'] {
    return this.#backend.status.role;
  }

  /** Calls `listener` after each change of `status`, or of `role`. Returns what stops it. */
  on(event: 'status', listener: (status: StoreStatus) => void): () => void;
  on(event: 'rolechange', listener: (change: RoleChange) => void): () => void;
  on(
    event: 'status' | 'rolechange',
    listener: ((status: StoreStatus) => void) & ((change: RoleChange) => void),
  ): () => void {
    if (event === 'status') return this.#backend.onStatus((status) => tell(listener, status));
    if (event !== 'rolechange') {
      const message = `there is no event '${String(event)}'; there are 'status' and 'rolechange'`;
      throw new WadictError('UNSUPPORTED', message);
    }
    let known = this.role;
    return this.#backend.onStatus(({ role }) => {
      if (role === known) return;
      known = role;
      tell(listener, { role });
    });
  }

  /** Answers what was called, flushes, releases locks. Idempotent. Rejects if the flush failed. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    const closed = new WadictError('CLOSED', `the store '${this.name}' is closed`);
    this.#pipeline.end(closed);
    this.#sides.end(closed);
    try {
      await this.#backend.close();
    } finally {
      this.#pipeline.fail(closed);
      this.#sides.fail(closed);
    }
  }

  #checkOpen(command: string): void {
    if (this.#closing === undefined) return;
    throw new WadictError('CLOSED', `the store '${this.name}' is closed`, { command });
  }
}
