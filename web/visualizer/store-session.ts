/**
 * The page's store: opens it, lets go of it, and pulls its plug. There is at most one Client at a
 * time; who holds an old one sees its calls reject with WORKER_DIED or CLOSED.
 */
import { open, type Client } from '../index.ts';
import type { StoreStatus } from '../transport.ts';
import type { Durability } from './page-options.ts';
import { scriptUrl } from './script-url.ts';

export interface SessionOptions {
  readonly name: string;
  readonly seed: number;
}

/** The engine's hash takes 128 bits; both halves of ours come from the address's seed. */
export function hashSeed(seed: number): bigint {
  const golden = 0x9e3779b97f4a7c15n;
  const half = BigInt.asUintN(64, (BigInt(seed) + 1n) * golden);
  return (half << 64n) | BigInt.asUintN(64, half * golden + 1n);
}

export class StoreSession {
  readonly #options: SessionOptions;
  readonly #listeners = new Set<(status: StoreStatus | null) => void>();
  #db: Client | null = null;
  #worker: Worker | null = null;
  #stop: () => void = () => {};
  /** Database that the command line selected. */
  database = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** Null while no store is open. */
  get db(): Client | null {
    return this.#db;
  }

  /** Calls `listener` with each change of status, and null when the store goes. */
  onStatus(listener: (status: StoreStatus | null) => void): void {
    this.#listeners.add(listener);
  }

  /** Rejects with what open() rejects with. */
  async open(durability: Durability, ifLocked: 'fail' | 'wait' = 'fail'): Promise<Client> {
    const { name, seed } = this.#options;
    let worker: Worker | null = null;
    const db = await open(name, {
      durability,
      ifLocked,
      seed: hashSeed(seed),
      worker: () => (worker = new Worker(scriptUrl('worker.js'), { type: 'module' })),
    });
    this.#db = db;
    this.#worker = worker;
    this.database = 0;
    this.#stop = db.on('status', (status) => {
      if (this.#db === db) this.#tell(status);
    });
    this.#tell(db.status);
    return db;
  }

  /** Ends the Worker between two instructions: no flush, no goodbye. */
  pullPlug(): void {
    const worker = this.#worker;
    this.#forget();
    worker?.terminate();
  }

  async close(): Promise<void> {
    const db = this.#db;
    this.#forget();
    await db?.close();
  }

  #forget(): void {
    this.#stop();
    this.#db = null;
    this.#worker = null;
    this.#tell(null);
  }

  #tell(status: StoreStatus | null): void {
    for (const listener of this.#listeners) listener(status);
  }
}
