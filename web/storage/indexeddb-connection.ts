/**
 * A connection to one IndexedDB database that may be lost at any time, and transactions on it.
 *
 * Facts of real browsers that shape this file: - a request's `success` proves nothing; only the
 * transaction's `complete` does; - WebKit loses its connection for hours while the old handle stays
 * useless: drop it and open anew; - a frozen tab with an open readwrite transaction blocks all
 * tabs, unless `commit()` was called in
 *    the same turn: so all requests of a transaction are issued at once, then `commit()`;
 *  - Firefox completes a transaction in which a request that is not the last one failed: any failed
 *    request counts as failure of the whole, whatever the transaction says;
 *  - sometimes no event arrives at all: a watchdog of 10 s.
 */

import { StorageError } from './storage.ts';
import type { StorageErrorCode, StorageTimers } from './storage.ts';

export const kStores = ['meta', 'log', 'snap', 'quarantine'] as const;
export type StoreName = (typeof kStores)[number];

/** The layout's version. It changes only with the object stores. */
const kLayoutVersion = 1;
const kWatchdogMs = 10_000;
const kFirstBackOffMs = 50;
const kMaxBackOffMs = 5_000;

/** The connection, not the data, failed: open again, look, and decide. */
export class ConnectionLost extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'ConnectionLost';
  }
}

export interface ConnectionOptions {
  readonly name: string;
  readonly factory: IDBFactory;
  readonly timers: StorageTimers;
  /** A newer page wants the database: the handle was closed, nothing works any more. */
  readonly onVersionChange: () => void;
}

/** What a failed request or transaction means for its caller. */
function meaningOf(error: DOMException | null, message: string): Error {
  const codes: Record<string, StorageErrorCode> = {
    QuotaExceededError: 'QUOTA_EXCEEDED',
    ConstraintError: 'FENCED',
    VersionError: 'FORMAT_TOO_NEW',
    SecurityError: 'STORAGE_UNAVAILABLE',
  };
  const code = codes[error?.name ?? ''];
  if (code === undefined)
    return new ConnectionLost(`${message}: ${error?.message ?? 'no reason given'}`, error);
  return new StorageError(code, error?.message || message, { cause: error });
}

/** Chromium's own extension: it deletes a database that it finds damaged, and says so once. */
function lossOf(event: IDBVersionChangeEvent): string | null {
  const { dataLoss, dataLossMessage } = event as { dataLoss?: string; dataLossMessage?: string };
  if (dataLoss === undefined || dataLoss === 'none') return null;
  return dataLossMessage || dataLoss;
}

export class IndexedDbConnection {
  readonly #options: ConnectionOptions;
  #db: IDBDatabase | null = null;
  #dropped: string | null = null;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** Why the browser began this database anew, if it said so when it was opened. */
  get dropped(): string | null {
    return this.#dropped;
  }

  get isOpen(): boolean {
    return this.#db !== null;
  }

  /**
   * Opens the database, creating its four object stores. Rejects with ConnectionLost or
   * StorageError.
   */
  async open(): Promise<void> {
    const db = await this.#request();
    db.onclose = () => {
      if (this.#db === db) this.#db = null;
    };
    db.onversionchange = () => {
      this.close();
      this.#options.onVersionChange();
    };
    this.#db = db;
  }

  #request(): Promise<IDBDatabase> {
    return new Promise((resolve, reject) => {
      let settled = false;
      const settle = (run: () => void): void => {
        if (settled) return;
        settled = true;
        cancel();
        run();
      };
      const cancel = this.#options.timers.setTimer(kWatchdogMs, () =>
        settle(() => reject(new ConnectionLost('IndexedDB did not answer within 10 s'))),
      );
      let request: IDBOpenDBRequest;
      try {
        request = this.#options.factory.open(this.#options.name, kLayoutVersion);
      } catch (error) {
        const cause = error instanceof DOMException ? error : null;
        settle(() => reject(meaningOf(cause, 'IndexedDB cannot be opened')));
        return;
      }
      request.onupgradeneeded = (event) => {
        this.#dropped = lossOf(event);
        for (const store of kStores) request.result.createObjectStore(store);
      };
      request.onerror = () =>
        settle(() => reject(meaningOf(request.error, 'IndexedDB cannot be opened')));
      request.onsuccess = () => {
        if (settled) request.result.close(); // came after the watchdog: nobody owns it
        settle(() => resolve(request.result));
      };
    });
  }

  /**
   * Runs one transaction. `issue` places all its requests in this turn and returns what to read
   * from them; that is called after `complete`. Rejects with StorageError (nothing was written) or
   * ConnectionLost (unknown; the handle is dropped).
   */
  transact<T>(
    store: StoreName,
    mode: IDBTransactionMode,
    durability: 'strict' | 'relaxed',
    issue: (store: IDBObjectStore) => () => T,
  ): Promise<T> {
    const db = this.#db;
    if (db === null) return Promise.reject(new ConnectionLost('the connection was lost'));
    return new Promise((resolve, reject) => {
      let settled = false;
      let failed: DOMException | null = null;
      const finish = (run: () => void): void => {
        if (settled) return;
        settled = true;
        cancel();
        run();
      };
      const lose = (error: Error): void => {
        if (error instanceof ConnectionLost) this.#drop(db);
        reject(error);
      };
      const cancel = this.#options.timers.setTimer(kWatchdogMs, () =>
        finish(() => lose(new ConnectionLost('a transaction did not end within 10 s'))),
      );
      try {
        const transaction = db.transaction([store], mode, { durability });
        let read: (() => T) | undefined;
        transaction.addEventListener('error', (event) => {
          failed ??= (event.target as IDBRequest).error;
        });
        transaction.onabort = () =>
          finish(() => lose(meaningOf(failed ?? transaction.error, 'the transaction was aborted')));
        transaction.oncomplete = () =>
          finish(() => {
            if (failed !== null) lose(meaningOf(failed, 'a request failed'));
            else if (read !== undefined) resolve(read());
          });
        read = issue(transaction.objectStore(store));
        if (mode === 'readwrite') transaction.commit?.();
      } catch (error) {
        finish(() => lose(meaningOf(error instanceof DOMException ? error : null, String(error))));
      }
    });
  }

  /** Opens again with growing pauses until it works or `attempts` are used up. */
  async reopen(attempts: number): Promise<void> {
    this.close();
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.open();
      } catch (error) {
        if (!(error instanceof ConnectionLost) || attempt >= attempts) throw error;
        await this.#pause(Math.min(kFirstBackOffMs * 2 ** (attempt - 1), kMaxBackOffMs));
      }
    }
  }

  /** Idempotent. Transactions already committed still complete. */
  close(): void {
    if (this.#db !== null) this.#drop(this.#db);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#options.timers.setTimer(ms, resolve);
    });
  }

  #drop(db: IDBDatabase): void {
    if (this.#db === db) this.#db = null;
    db.onclose = null;
    db.onversionchange = null;
    db.close();
  }
}
