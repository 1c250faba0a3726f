/** A page and a Worker in one process: messages are cloned as postMessage clones them. */

import { Pipeline } from '../../../web/client/pipeline.ts';
import { Host } from '../../../web/host/host.ts';
import type { LockManagerLike } from '../../../web/host/leadership.ts';
import { MemoryDisk, MemoryStorage } from '../../../web/storage/memory-storage.ts';
import type { Backend } from '../../../web/transport.ts';
import type { FromWorker, ToWorker, WorkerOpenOptions } from '../../../web/worker/protocol.ts';
import { WorkerHost } from '../../../web/worker/worker-host.ts';
import { WorkerBackend } from '../../../web/worker/worker-transport.ts';
import type { WorkerLike } from '../../../web/worker/worker-transport.ts';
import { makeEngine } from '../host/harness.ts';
import { ManualScheduler } from '../host/manual-scheduler.ts';

/** Exclusive locks by name; `releaseAll` is what the browser does when a holder dies. */
export class FakeLocks implements LockManagerLike {
  readonly #held = new Map<string, () => void>();
  readonly #waiting = new Map<string, (() => void)[]>();

  request(
    name: string,
    _options: LockOptions,
    callback: (lock: unknown) => Promise<void> | undefined,
  ): Promise<unknown> {
    return new Promise((resolve) => {
      const grant = (): void => {
        this.#held.set(name, () => undefined);
        void Promise.resolve(callback({ name })).then((value) => {
          this.#held.delete(name);
          resolve(value);
          this.#waiting.get(name)?.shift()?.();
        });
      };
      if (!this.#held.has(name)) return grant();
      this.#waiting.set(name, [...(this.#waiting.get(name) ?? []), grant]);
    });
  }

  releaseAll(): void {
    this.#held.clear();
    for (const grants of this.#waiting.values()) grants.shift()?.();
  }
}

type Listener = (event: never) => void;

export class FakeWorker implements WorkerLike {
  readonly #listeners = new Map<string, Listener[]>();
  readonly #host: WorkerHost;
  readonly locks = new FakeLocks();
  readonly posted: ToWorker[] = [];
  isDead = false;
  /** Called with every message that leaves the Worker. */
  onMessage: (message: FromWorker) => void = () => undefined;

  constructor(open: (options: WorkerOpenOptions) => Promise<Backend>, hasLocks = true) {
    this.#host = new WorkerHost({
      port: {
        postMessage: (message, transfer) =>
          this.#deliver(structuredClone(message, { transfer: transfer as never })),
      },
      holdLock: async () => {
        if (!hasLocks) return null;
        void this.locks.request('life', {}, () => new Promise(() => undefined));
        return 'life';
      },
      open,
    });
  }

  postMessage(message: ToWorker, transfer: Transferable[]): void {
    const copy = structuredClone(message, { transfer: transfer as never });
    this.posted.push(copy);
    setImmediate(() => {
      if (!this.isDead) this.#host.receive(copy);
    });
  }

  #deliver(data: FromWorker): void {
    setImmediate(() => {
      if (this.isDead) return;
      this.onMessage(data);
      this.emit('message', { data });
    });
  }

  emit(type: string, event: unknown): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event as never);
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  terminate(): void {
    this.isDead = true;
  }

  /** As a crash: no event of its own, only its locks become free. */
  die(): void {
    this.isDead = true;
    this.locks.releaseAll();
  }
}

export interface Pair {
  readonly backend: WorkerBackend;
  readonly worker: FakeWorker;
  readonly scheduler: ManualScheduler;
  readonly disk: MemoryDisk;
  call(...argv: string[]): Promise<unknown>;
}

export async function openPair(
  options: { disk?: MemoryDisk; hasLocks?: boolean; open?: Partial<WorkerOpenOptions> } = {},
): Promise<Pair> {
  const { disk = new MemoryDisk(), hasLocks = true } = options;
  const worker = new FakeWorker(
    ({ durability }) =>
      Host.open({
        engine: makeEngine,
        storage: new MemoryStorage(disk),
        durability,
        scheduler: new ManualScheduler(),
      }),
    hasLocks,
  );
  const scheduler = new ManualScheduler();
  const backend = await WorkerBackend.open({
    worker,
    open: { name: 'app', ...options.open },
    locks: hasLocks ? worker.locks : undefined,
    scheduler,
  });
  const pipeline = new Pipeline(backend.connect());
  const call = (...argv: string[]): Promise<unknown> =>
    pipeline.call(argv, { command: argv[0] as string, key: undefined }, false, (reply) => reply);
  return { backend, worker, scheduler, disk, call };
}
