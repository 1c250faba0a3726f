/**
 * An opened store: typed methods for every command, `call` for any, and what is not a command
 * (flush, export, import, status, close). Works on any Backend: a Worker, a host in this thread.
 *
 * Every promise settles: by its reply, or with the error that ended the session. After `close()`
 * every call rejects with CLOSED. Errors are WadictErrors, those of arguments too (as rejections).
 */
import { WadictError } from '../errors.ts';
import type { Reply } from '../resp/reply.ts';
import type { Backend, FlushReport, ImportReport, StoreStatus } from '../transport.ts';
import type { Value } from './arguments.ts';
import { kMaxValueBytes, prepareCall, prepareMethod } from './call.ts';
import { commandMethods, type NamedSpec, RUN, type Runner } from './command-spec.ts';
import { type AsyncCommands, commandTable } from './commands.ts';
import { Pipeline } from './pipeline.ts';
import { type PublicReply, toPublicReply } from './reply-error.ts';
import { type RdbSource, toByteStream } from './rdb-source.ts';

export interface ClientOptions {
  /** Largest key or value accepted, in bytes; larger ones reject with VALUE_TOO_LARGE. */
  maxValueBytes?: number | undefined;
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
  #closing: Promise<void> | undefined;

  constructor(name: string, backend: Backend, options: ClientOptions = {}) {
    super();
    this.name = name;
    this.#backend = backend;
    this.#maxValueBytes = options.maxValueBytes ?? kMaxValueBytes;
    this.#pipeline = new Pipeline(backend.connect());
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
    const { argv, label } = prepareCall(args, this.#maxValueBytes);
    return this.#pipeline.call(argv, label, asBytes, toPublicReply);
  }

  /** @internal */
  [RUN](named: NamedSpec, args: readonly unknown[], asBytes: boolean): Promise<unknown> {
    try {
      const { argv, label } = prepareMethod(named, args, this.#maxValueBytes);
      return this.#pipeline.call(argv, label, asBytes, named.spec.decode ?? asItIs);
    } catch (error) {
      return Promise.reject(error);
    }
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

  /** Storage, durability, what is not yet safe, the last error. */
  get status(): StoreStatus {
    return this.#backend.status;
  }

  /** Calls `listener` after each change of `status`. Returns a function that stops it. */
  on(event: 'status', listener: (status: StoreStatus) => void): () => void {
    if (event !== 'status') {
      throw new WadictError(
        'UNSUPPORTED',
        `there is no event '${String(event)}'; there is 'status'`,
      );
    }
    return this.#backend.onStatus((status) => {
      try {
        listener(status);
      } catch (error) {
        // The listener's own problem: reported as uncaught, never felt by the store or by others.
        queueMicrotask(() => {
          throw error;
        });
      }
    });
  }

  /** Answers what was called, flushes, releases locks. Idempotent. Rejects if the flush failed. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    const closed = new WadictError('CLOSED', `the store '${this.name}' is closed`);
    this.#pipeline.end(closed);
    try {
      await this.#backend.close();
    } finally {
      this.#pipeline.fail(closed);
    }
  }

  #checkOpen(command: string): void {
    if (this.#closing === undefined) return;
    throw new WadictError('CLOSED', `the store '${this.name}' is closed`, { command });
  }
}
