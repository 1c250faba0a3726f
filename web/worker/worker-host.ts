/**
 * The Worker's side: runs the host and answers one page's messages. Replies leave as they come,
 * their buffers are transferred. Messages that come before the store is open wait.
 */

import { WadictError } from '../errors.ts';
import { piecesOf } from '../host/exchange.ts';
import type { Backend, Transport } from '../transport.ts';
import { Member } from './member.ts';
import { kOpenId } from './protocol.ts';
import type { FromWorker, ToWorker, WorkerOpenOptions } from './protocol.ts';
import { fromWire, owned, toWire } from './wire.ts';
import type { Port } from './wire.ts';

export interface WorkerHostOptions {
  readonly port: Port<FromWorker>;
  /**
   * Takes the lock whose release tells the page that this Worker is gone; null if there are none.
   */
  readonly holdLock: (name: string) => Promise<string | null>;
  readonly open: (options: WorkerOpenOptions) => Promise<Backend>;
}

/** An import under way: chunks as they come, one for each pull. */
interface Inflow {
  give(bytes: Uint8Array): void;
  end(error: WadictError | null): void;
}

export class WorkerHost {
  readonly #options: WorkerHostOptions;
  readonly #sessions = new Map<number, Transport>();
  readonly #outflows = new Map<number, AsyncGenerator<Uint8Array>>();
  readonly #inflows = new Map<number, Inflow>();
  #backend: Backend | null = null;
  #failure: WadictError | null = null;
  #waiting: ToWorker[] = [];

  constructor(options: WorkerHostOptions) {
    this.#options = options;
  }

  receive(message: ToWorker): void {
    if (message.kind === 'open') void this.#open(message.options);
    else if (this.#backend !== null) this.#handle(this.#backend, message);
    else if (this.#failure !== null) this.#refuse(message, this.#failure);
    else this.#waiting.push(message);
  }

  /** Whoever asked is gone: streams under way end. */
  dispose(): void {
    const gone = new WadictError('ABORTED', 'the other side went away');
    for (const inflow of this.#inflows.values()) inflow.end(gone);
    this.#inflows.clear();
    for (const outflow of this.#outflows.values()) void outflow.return(undefined);
    this.#outflows.clear();
  }

  async #open(options: WorkerOpenOptions): Promise<void> {
    try {
      const lockName = await this.#options.holdLock(options.name);
      this.#post({ kind: 'alive', lockName });
      const backend = await this.#options.open(options);
      this.#backend = backend;
      backend.onStatus((status) => this.#post({ kind: 'status', status }));
      this.#post({ kind: 'opened', status: backend.status });
    } catch (error) {
      const wire = toWire(error);
      this.#failure = fromWire(wire);
      this.#post({ kind: 'failed', id: kOpenId, error: wire });
    }
    for (const message of this.#waiting.splice(0)) this.receive(message);
  }

  #handle(backend: Backend, message: Exclude<ToWorker, { kind: 'open' }>): void {
    switch (message.kind) {
      case 'connect':
        return this.#connect(backend, message.session);
      case 'request':
        return this.#sessions.get(message.session)?.send(message.bytes);
      case 'disconnect':
        void this.#sessions.get(message.session)?.close();
        return;
      case 'page':
        return backend instanceof Member ? backend.pageChanged(message.life) : undefined;
      case 'call':
        return this.#answer(message.id, this.#call(backend, message.method));
      case 'export':
        this.#outflows.set(message.id, piecesOf(backend.exportRdb()));
        return;
      case 'import':
        return this.#answer(message.id, backend.importRdb(this.#inflow(message.id)));
      case 'pull':
        return void this.#pull(message.id);
      case 'chunk':
        return this.#inflows.get(message.id)?.give(message.bytes);
      case 'end':
        return this.#end(message.id, message.error === null ? null : fromWire(message.error));
    }
  }

  async #call(backend: Backend, method: 'flush' | 'close' | 'ping'): Promise<unknown> {
    if (method === 'ping') return null;
    if (method === 'flush') return backend.flush();
    await backend.close();
    return null;
  }

  #connect(backend: Backend, session: number): void {
    const transport = backend.connect();
    this.#sessions.set(session, transport);
    transport.attach({
      onReply: (bytes) => {
        const whole = owned(bytes);
        this.#post({ kind: 'reply', session, bytes: whole }, [whole.buffer]);
      },
      onClose: (reason) => {
        this.#sessions.delete(session);
        this.#post({ kind: 'session-closed', session, error: toWire(reason) });
      },
    });
  }

  async #pull(id: number): Promise<void> {
    const outflow = this.#outflows.get(id);
    if (outflow === undefined) return;
    try {
      const { value, done } = await outflow.next();
      if (done) {
        this.#outflows.delete(id);
        this.#post({ kind: 'done', id, value: null });
      } else {
        const bytes = owned(value);
        this.#post({ kind: 'chunk', id, bytes }, [bytes.buffer]);
      }
    } catch (error) {
      this.#outflows.delete(id);
      this.#post({ kind: 'failed', id, error: toWire(error) });
    }
  }

  #inflow(id: number): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#inflows.set(id, {
            give: (bytes) => controller.enqueue(bytes),
            end: (error) => (error === null ? controller.close() : controller.error(error)),
          });
        },
        pull: () => this.#post({ kind: 'pull', id }),
        cancel: () => void this.#inflows.delete(id),
      },
      { highWaterMark: 1 },
    );
  }

  /** The page has sent the last chunk of an import, or does not want an export any more. */
  #end(id: number, error: WadictError | null): void {
    this.#inflows.get(id)?.end(error);
    this.#inflows.delete(id);
    void this.#outflows.get(id)?.return(undefined);
    this.#outflows.delete(id);
  }

  #answer(id: number, work: Promise<unknown>): void {
    work.then(
      (value) => this.#post({ kind: 'done', id, value }),
      (error: unknown) => this.#post({ kind: 'failed', id, error: toWire(error) }),
    );
  }

  #refuse(message: ToWorker, failure: WadictError): void {
    const error = toWire(failure);
    if (message.kind === 'connect')
      this.#post({ kind: 'session-closed', session: message.session, error });
    else if (message.kind === 'call' && message.method === 'close')
      this.#post({ kind: 'done', id: message.id, value: null });
    else if ('id' in message) this.#post({ kind: 'failed', id: message.id, error });
  }

  #post(message: FromWorker, transfer: Transferable[] = []): void {
    this.#options.port.postMessage(message, transfer);
  }
}
