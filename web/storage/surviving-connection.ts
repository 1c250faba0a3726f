/**
 * A connection that is opened again when it is lost. After each loss the manifest is compared with
 * the one known: a wiped database would accept anything, and another writer's must not be touched.
 * What may be done twice is done again; what may not asks first whether it is in.
 */

import { ConnectionLost, IndexedDbConnection } from './indexeddb-connection.ts';
import type { StoreName } from './indexeddb-connection.ts';
import { equalBytes } from './equal-bytes.ts';
import { StorageError } from './storage.ts';
import type { StorageTimers } from './storage.ts';

export interface SurvivingConnectionOptions {
  readonly name: string;
  readonly factory: IDBFactory;
  readonly timers: StorageTimers;
  /** The database was taken away for good. */
  readonly onLost: (error: StorageError) => void;
}

/** Key of the manifest in `meta`. */
export const kManifestKey = 'M';
const kOpenAttempts = 4;
const kReopenAttempts = 8; // pauses add up to about 6 s

export class SurvivingConnection {
  /** The manifest that must be found after a loss. */
  manifest: Uint8Array | null = null;
  readonly #connection: IndexedDbConnection;
  readonly #onLost: (error: StorageError) => void;
  #ended: StorageError | null = new StorageError('CLOSED', 'the storage is not open');

  constructor({ name, factory, timers, onLost }: SurvivingConnectionOptions) {
    this.#onLost = onLost;
    const onVersionChange = (): void => this.#taken();
    this.#connection = new IndexedDbConnection({ name, factory, timers, onVersionChange });
  }

  /** Opens, and returns the manifest. Rejects with ConnectionLost or StorageError. */
  async open(): Promise<Uint8Array | null> {
    await this.#connection.reopen(kOpenAttempts);
    this.#ended = null;
    this.manifest = await this.#readManifest();
    return this.manifest;
  }

  /** See IndexedDbConnection. */
  get dropped(): string | null {
    return this.#connection.dropped;
  }

  /** Idempotent. */
  close(): void {
    this.#ended ??= new StorageError('CLOSED', 'the storage is closed');
    this.#connection.close();
  }

  /** @throws StorageError when it is closed or was taken away. */
  check(): void {
    if (this.#ended !== null) throw this.#ended;
  }

  /** One transaction, once; see IndexedDbConnection. */
  transact<T>(
    store: StoreName,
    mode: IDBTransactionMode,
    durability: 'strict' | 'relaxed',
    issue: (store: IDBObjectStore) => () => T,
  ): Promise<T> {
    return this.#connection.transact(store, mode, durability, issue);
  }

  /** Runs something that may be run twice. */
  repeating<T>(run: () => Promise<T>): Promise<T> {
    return this.#surviving(run, async (stored) => {
      this.compare(stored);
      return undefined;
    });
  }

  /** Runs a write that must not be done twice; `decide` says after a loss whether it is in. */
  async deciding(
    run: () => Promise<void>,
    decide: (stored: Uint8Array | null) => Promise<boolean> | boolean,
  ): Promise<void> {
    await this.#surviving(run, async (stored) => {
      return (await decide(stored)) ? { value: undefined } : undefined;
    });
  }

  /** Is this still our store? @throws STORAGE_VANISHED, FENCED. Returns false: "not done yet". */
  compare(stored: Uint8Array | null): false {
    if (equalBytes(stored, this.manifest)) return false;
    if (stored === null) {
      throw new StorageError('STORAGE_VANISHED', 'the browser removed the store', { final: true });
    }
    throw new StorageError('FENCED', 'another writer switched the store');
  }

  async #surviving<T>(
    run: () => Promise<T>,
    afterLoss: (stored: Uint8Array | null) => Promise<{ value: T } | undefined>,
  ): Promise<T> {
    this.check();
    let isUnknown = false;
    for (let round = 0; ; round++) {
      try {
        if (isUnknown || !this.#connection.isOpen) {
          if (!this.#connection.isOpen) await this.#connection.reopen(kReopenAttempts);
          const done = await afterLoss(await this.#readManifest());
          if (done !== undefined) return done.value;
        }
        return await run();
      } catch (error) {
        this.check();
        if (!(error instanceof ConnectionLost)) throw error;
        if (round > 0) {
          const message = `IndexedDB: ${error.message}`;
          throw new StorageError('OUTCOME_UNKNOWN', message, { cause: error });
        }
        isUnknown = true;
      }
    }
  }

  #readManifest(): Promise<Uint8Array | null> {
    return this.#connection.transact('meta', 'readonly', 'relaxed', (meta) => {
      const request: IDBRequest<Uint8Array | undefined> = meta.get(kManifestKey);
      return () => request.result ?? null;
    });
  }

  #taken(): void {
    const message = 'another page changes or deletes this database';
    const error = new StorageError('RELOAD_REQUIRED', message, { final: true });
    this.#ended ??= error;
    this.#onLost(error);
  }
}
