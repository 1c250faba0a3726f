/**
 * A leader's store as a follower uses it for what is not a session: flush, export, import. Speaks
 * the messages of page and Worker (protocol.ts) over the member's channel, from the first use on.
 */

import { WadictError } from '../errors.ts';
import type { Scheduler } from '../host/scheduler.ts';
import type { Backend } from '../transport.ts';
import type { FromWorker, ToWorker } from './protocol.ts';
import { WorkerBackend } from './worker-transport.ts';
import type { WorkerLike } from './worker-transport.ts';

export class RemoteStore {
  readonly #scheduler: Scheduler;
  readonly #worker: WorkerLike;
  #deliver: (body: FromWorker) => void = () => undefined;
  #backend: Promise<WorkerBackend> | null = null;
  #opened: WorkerBackend | null = null;
  #isEnded = false;

  constructor(scheduler: Scheduler, post: (body: ToWorker) => void) {
    this.#scheduler = scheduler;
    const listen = (type: string, listener: (event: never) => void): void => {
      if (type === 'message') this.#deliver = (data) => listener({ data } as never);
    };
    this.#worker = { postMessage: post, terminate: () => undefined, addEventListener: listen };
  }

  receive(body: FromWorker): void {
    this.#deliver(body);
  }

  /** Rejects when the leader does not answer for 10 s, or is gone. */
  backend(): Promise<Backend> {
    this.#backend ??= this.#open().catch((error: unknown) => {
      this.#backend = null;
      throw error;
    });
    return this.#backend;
  }

  async #open(): Promise<WorkerBackend> {
    const controller = new AbortController();
    this.#abort = () => controller.abort();
    const backend = await WorkerBackend.open({
      worker: this.#worker,
      open: { name: '' }, // it is open already
      locks: null,
      scheduler: this.#scheduler,
      signal: controller.signal,
    });
    this.#opened = backend;
    if (this.#isEnded) this.end();
    return backend;
  }

  #abort: () => void = () => undefined;

  /** The leader is gone: what is pending rejects. */
  end(): void {
    this.#isEnded = true;
    this.#abort();
    this.#opened?.abandon(new WadictError('STORAGE_LOST', 'the tab that led the store is gone'));
  }
}
