/**
 * The page's side of a store in a Worker: a Backend whose sessions are messages.
 *
 * A page gets no event when its Worker dies. The Worker therefore holds a Web Lock, and the page
 * asks for the same one: when it gets it, the Worker is gone, and everything that is pending
 * settles with WORKER_DIED. Where there are no Web Locks, the page asks for a sign of life while it
 * waits for something, and only then.
 */

import { WadictError } from '../errors.ts';
import { systemScheduler } from '../host/scheduler.ts';
import type { Scheduler } from '../host/scheduler.ts';
import type { LockManagerLike } from '../host/leadership.ts';
import type {
  Backend,
  FlushReport,
  ImportReport,
  StoreStatus,
  Transport,
  TransportListener,
} from '../transport.ts';
import { watchPage } from './page-life.ts';
import { kOpenId } from './protocol.ts';
import type { FromWorker, ToWorker, WorkerOpenOptions } from './protocol.ts';
import { fromWire, owned, toWire } from './wire.ts';

/** The part of Worker that is used. */
export interface WorkerLike {
  postMessage(message: ToWorker, transfer: Transferable[]): void;
  terminate(): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<FromWorker>) => void): void;
  addEventListener(type: 'error', listener: (event: ErrorEvent) => void): void;
  addEventListener(type: 'messageerror', listener: (event: MessageEvent) => void): void;
}

export interface WorkerBackendOptions {
  readonly worker: WorkerLike;
  readonly open: WorkerOpenOptions;
  readonly signal?: AbortSignal | undefined;
  /** Default: navigator.locks. Null: none, signs of life are asked for. */
  readonly locks?: LockManagerLike | null | undefined;
  readonly scheduler?: Scheduler | undefined;
}

interface Call {
  resolve(value: unknown): void;
  reject(error: WadictError): void;
  /** Chunks of a stream that the Worker sends. */
  onChunk?(bytes: Uint8Array): void;
  /** The Worker wants the next chunk of a stream. */
  onPull?(): void;
}

const kNoScript =
  'worker.js did not load. It must lie beside the bundle, with engine.wasm, and be served as ' +
  "JavaScript from the page's own origin; 'wadict/inline' needs no file";
const kPingEveryMs = 2_000;
const kSilenceMs = 10_000;

export class WorkerBackend implements Backend {
  readonly #worker: WorkerLike;
  readonly #scheduler: Scheduler;
  readonly #locks: LockManagerLike | undefined;
  readonly #sessions = new Map<number, WorkerSession>();
  readonly #calls = new Map<number, Call>();
  readonly #listeners = new Set<(status: StoreStatus) => void>();
  #status!: StoreStatus; // set by open() before anybody sees the backend
  #lastId = kOpenId;
  #isAlive = false;
  #ended: WadictError | null = null;
  #closing: Promise<void> | null = null;
  #hasLock = false;
  #heardAt = 0;
  #cancelPing: (() => void) | null = null;
  #stopPage: () => void = () => undefined;

  private constructor(options: WorkerBackendOptions) {
    this.#worker = options.worker;
    this.#scheduler = options.scheduler ?? systemScheduler();
    this.#locks =
      options.locks === null ? undefined : (options.locks ?? globalThis.navigator?.locks);
    this.#worker.addEventListener('message', ({ data }) => this.#receive(data));
    this.#worker.addEventListener('error', (event) => {
      const code = this.#isAlive ? 'WORKER_DIED' : 'WORKER_LOAD';
      const text = event.message || kNoScript;
      this.#end(new WadictError(code, `the Worker failed: ${text}`));
    });
    this.#worker.addEventListener('messageerror', () => {
      this.#end(new WadictError('WORKER_DIED', 'a message of the Worker could not be read'));
    });
  }

  /** Rejects with what opening in the Worker rejects with, WORKER_LOAD, WORKER_DIED or ABORTED. */
  static async open(options: WorkerBackendOptions): Promise<WorkerBackend> {
    const backend = new WorkerBackend(options);
    const { signal } = options;
    const abort = (): void => backend.#end(new WadictError('ABORTED', 'opening was aborted'));
    signal?.addEventListener('abort', abort, { once: true });
    try {
      const opened = backend.#call(kOpenId);
      if (signal?.aborted) abort();
      else backend.#post({ kind: 'open', options: options.open });
      backend.#stopPage = watchPage((life) => backend.#post({ kind: 'page', life }));
      await opened;
      return backend;
    } catch (error) {
      backend.#end(error as WadictError);
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  connect(): Transport {
    const number = ++this.#lastId;
    const session = new WorkerSession(
      (bytes) => {
        this.#post({ kind: 'request', session: number, bytes }, [bytes.buffer as ArrayBuffer]);
        this.#watch();
      },
      () => this.#post({ kind: 'disconnect', session: number }),
    );
    if (this.#ended !== null) session.end(this.#ended);
    else {
      this.#sessions.set(number, session);
      this.#post({ kind: 'connect', session: number });
    }
    return session;
  }

  flush(): Promise<FlushReport> {
    return this.#request('flush') as Promise<FlushReport>;
  }

  exportRdb(): ReadableStream<Uint8Array> {
    const id = ++this.#lastId;
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          const done = this.#call(id, { onChunk: (bytes) => controller.enqueue(bytes) });
          done.then(
            () => controller.close(),
            (error: unknown) => controller.error(error),
          );
          this.#post({ kind: 'export', id });
        },
        pull: () => {
          this.#post({ kind: 'pull', id });
          this.#watch();
        },
        cancel: () => {
          this.#calls.delete(id);
          this.#post({ kind: 'end', id, error: null });
        },
      },
      { highWaterMark: 1 },
    );
  }

  importRdb(file: ReadableStream<Uint8Array>): Promise<ImportReport> {
    const id = ++this.#lastId;
    const reader = file.getReader();
    const onPull = async (): Promise<void> => {
      try {
        const { value, done } = await reader.read();
        if (done) return this.#post({ kind: 'end', id, error: null });
        const bytes = owned(value);
        this.#post({ kind: 'chunk', id, bytes }, [bytes.buffer]);
      } catch (error) {
        this.#post({ kind: 'end', id, error: toWire(error) });
      }
    };
    const report = this.#call(id, { onPull: () => void onPull() }) as Promise<ImportReport>;
    this.#post({ kind: 'import', id });
    return report.finally(() => reader.cancel().catch(() => undefined));
  }

  get status(): StoreStatus {
    return this.#status;
  }

  onStatus(listener: (status: StoreStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Closes the store in the Worker, then the Worker. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  /** Ends it at once with `reason`; what is pending rejects. */
  abandon(reason: WadictError): void {
    this.#end(reason);
  }

  async #close(): Promise<void> {
    try {
      if (this.#ended === null) await this.#request('close');
    } finally {
      this.#end(new WadictError('CLOSED', 'the store is closed'));
    }
  }

  #request(method: 'flush' | 'close' | 'ping'): Promise<unknown> {
    const id = ++this.#lastId;
    const answer = this.#call(id);
    this.#post({ kind: 'call', id, method });
    return answer;
  }

  #call(id: number, streams: Pick<Call, 'onChunk' | 'onPull'> = {}): Promise<unknown> {
    if (this.#ended !== null) return Promise.reject(this.#ended);
    const answer = new Promise<unknown>((resolve, reject) =>
      this.#calls.set(id, { resolve, reject, ...streams }),
    );
    this.#watch();
    return answer;
  }

  #receive(message: FromWorker): void {
    if (this.#ended !== null) return;
    this.#heardAt = this.#scheduler.elapsed();
    switch (message.kind) {
      case 'alive':
        this.#isAlive = true;
        if (message.lockName !== null) this.#watchLock(message.lockName);
        return;
      case 'opened':
        this.#status = message.status;
        return this.#settle(kOpenId, (call) => call.resolve(null));
      case 'reply':
        return this.#sessions.get(message.session)?.reply(message.bytes);
      case 'session-closed': {
        const session = this.#sessions.get(message.session);
        this.#sessions.delete(message.session);
        return session?.end(fromWire(message.error));
      }
      case 'status':
        return this.#tell(message.status);
      case 'pull':
        return this.#calls.get(message.id)?.onPull?.();
      case 'chunk':
        return this.#calls.get(message.id)?.onChunk?.(message.bytes);
      case 'done':
        return this.#settle(message.id, (call) => call.resolve(message.value));
      case 'failed':
        return this.#settle(message.id, (call) => call.reject(fromWire(message.error)));
    }
  }

  #settle(id: number, run: (call: Call) => void): void {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (call !== undefined) run(call);
  }

  #tell(status: StoreStatus): void {
    this.#status = status;
    for (const listener of this.#listeners) listener(status);
  }

  #watchLock(name: string): void {
    if (this.#locks === undefined) return;
    this.#hasLock = true;
    this.#cancelPing?.();
    const died = (): undefined =>
      void this.#end(new WadictError('WORKER_DIED', 'the Worker is gone'));
    this.#locks.request(name, {}, died).catch(() => {
      this.#hasLock = false; // no way to watch: ask for signs of life instead
      this.#watch();
    });
  }

  /** Without a lock to watch: asks for a sign of life as long as something is pending. */
  #watch(): void {
    if (this.#hasLock || this.#cancelPing !== null || this.#ended !== null) return;
    this.#heardAt = this.#scheduler.elapsed();
    const look = (): void => {
      this.#cancelPing = null;
      const isPending =
        this.#calls.size > 0 || [...this.#sessions.values()].some((session) => session.isWaiting);
      if (this.#hasLock || !isPending || this.#ended !== null) return;
      if (this.#scheduler.elapsed() - this.#heardAt > kSilenceMs) {
        return this.#end(new WadictError('WORKER_DIED', 'the Worker has not answered for 10 s'));
      }
      this.#post({ kind: 'call', id: ++this.#lastId, method: 'ping' });
      this.#cancelPing = this.#scheduler.setTimer(kPingEveryMs, look);
    };
    this.#cancelPing = this.#scheduler.setTimer(kPingEveryMs, look);
  }

  #post(message: ToWorker, transfer: Transferable[] = []): void {
    if (this.#ended === null) this.#worker.postMessage(message, transfer);
  }

  #end(reason: WadictError): void {
    if (this.#ended !== null) return;
    this.#ended = reason;
    this.#stopPage();
    this.#cancelPing?.();
    this.#worker.terminate();
    for (const call of this.#calls.values()) call.reject(reason);
    this.#calls.clear();
    for (const session of this.#sessions.values()) session.end(reason);
    this.#sessions.clear();
    if (this.#status !== undefined && reason.code !== 'CLOSED') {
      const lastError = { code: reason.code, message: reason.message };
      this.#tell({ ...this.#status, storage: 'degraded', lastError });
    }
  }
}

/** A session in the Worker. */
class WorkerSession implements Transport {
  readonly #request: (bytes: Uint8Array) => void;
  readonly #disconnect: () => void;
  #listener: TransportListener | null = null;
  #reason: WadictError | null = null;
  #unanswered = 0;

  constructor(request: (bytes: Uint8Array) => void, disconnect: () => void) {
    this.#request = request;
    this.#disconnect = disconnect;
  }

  /** True after a request until something came back. */
  get isWaiting(): boolean {
    return this.#unanswered > 0;
  }

  attach(listener: TransportListener): void {
    this.#listener = listener;
    const reason = this.#reason;
    if (reason !== null) queueMicrotask(() => listener.onClose(reason));
  }

  send(request: Uint8Array): void {
    if (this.#reason !== null || request.length === 0) return;
    this.#unanswered++;
    this.#request(owned(request));
  }

  async close(): Promise<void> {
    if (this.#reason === null) this.#disconnect();
  }

  reply(bytes: Uint8Array): void {
    this.#unanswered = 0;
    this.#listener?.onReply(bytes);
  }

  end(reason: WadictError): void {
    if (this.#reason !== null) return;
    this.#reason = reason;
    this.#listener?.onClose(reason);
  }
}
