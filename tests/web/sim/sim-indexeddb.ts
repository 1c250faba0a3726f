/**
 * IndexedDB as far as web/storage uses it: transactions one after the other, `success` before
 * `complete`, and the ways in which browsers fail (persistence.md 1 and 2). One SimDatabase is
 * shared by all tabs of a world; each tab has a factory of its own.
 */

import type { SimTab, World } from './world.ts';

export type SimKey = number | string | readonly (number | readonly never[])[];

function rank(key: unknown): number {
  return typeof key === 'number' ? 0 : typeof key === 'string' ? 1 : 2;
}

function compare(a: unknown, b: unknown): number {
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  if (!Array.isArray(a) || !Array.isArray(b)) {
    return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0;
  }
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const order = compare(a[index], b[index]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

export class SimKeyRange {
  readonly lower: unknown;
  readonly upper: unknown;
  readonly lowerOpen: boolean;
  readonly upperOpen: boolean;

  constructor(lower: unknown, upper: unknown, lowerOpen: boolean, upperOpen: boolean) {
    this.lower = lower;
    this.upper = upper;
    this.lowerOpen = lowerOpen;
    this.upperOpen = upperOpen;
  }
  static bound(lower: unknown, upper: unknown, lowerOpen = false, upperOpen = false): SimKeyRange {
    return new SimKeyRange(lower, upper, lowerOpen, upperOpen);
  }
  static lowerBound(lower: unknown, isOpen = false): SimKeyRange {
    return new SimKeyRange(lower, undefined, isOpen, false);
  }
  static upperBound(upper: unknown, isOpen = false): SimKeyRange {
    return new SimKeyRange(undefined, upper, false, isOpen);
  }
  includes(key: unknown): boolean {
    if (this.lower !== undefined) {
      const order = compare(key, this.lower);
      if (order < 0 || (order === 0 && this.lowerOpen)) return false;
    }
    if (this.upper === undefined) return true;
    const order = compare(key, this.upper);
    return order < 0 || (order === 0 && !this.upperOpen);
  }
}

/** Rows in the order of their keys. */
class Rows {
  readonly keys: unknown[] = [];
  readonly values: unknown[] = [];
  /** Of the transaction that is running. */
  journal: (() => void)[] = [];

  #at(key: unknown): number {
    let low = 0;
    let high = this.keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(this.keys[middle], key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
  has(key: unknown): boolean {
    const at = this.#at(key);
    return at < this.keys.length && compare(this.keys[at], key) === 0;
  }
  get(key: unknown): unknown {
    return this.has(key) ? this.values[this.#at(key)] : undefined;
  }
  set(key: unknown, value: unknown): void {
    const at = this.#at(key);
    const isThere = this.has(key);
    const before = this.values[at];
    this.journal.push(() => (isThere ? this.#put(key, before) : this.#remove(this.#at(key))));
    this.#put(key, value);
  }
  delete(range: unknown): void {
    for (let at = this.keys.length - 1; at >= 0; at--) {
      const isHit =
        range instanceof SimKeyRange
          ? range.includes(this.keys[at])
          : compare(this.keys[at], range) === 0;
      if (!isHit) continue;
      const [key, value] = [this.keys[at], this.values[at]];
      this.journal.push(() => this.#put(key, value));
      this.#remove(at);
    }
  }
  #put(key: unknown, value: unknown): void {
    const at = this.#at(key);
    const isThere = this.has(key);
    this.keys.splice(at, isThere ? 1 : 0, key);
    this.values.splice(at, isThere ? 1 : 0, value);
  }
  #remove(at: number): void {
    this.keys.splice(at, 1);
    this.values.splice(at, 1);
  }
  select(range: unknown, limit = Infinity): number[] {
    const found: number[] = [];
    for (let at = 0; at < this.keys.length && found.length < limit; at++) {
      if (!(range instanceof SimKeyRange) || range.includes(this.keys[at])) found.push(at);
    }
    return found;
  }
}

/** How often what goes wrong, drawn per seed. */
export interface DiskFaults {
  quota: number;
  /** The transaction is in, and says that it failed. */
  lying: number;
  /** The connection is gone; the transaction is in or not. */
  lost: number;
  /** No event comes. */
  silent: number;
  slow: number;
  isFirefox: boolean;
}

export const kNoFaults: DiskFaults = {
  quota: 0,
  lying: 0,
  lost: 0,
  silent: 0,
  slow: 0,
  isFirefox: false,
};

export class SimDatabase {
  readonly stores = new Map<string, Rows>();
  faults: DiskFaults = kNoFaults;
  readonly #queue: SimTransaction[] = [];
  #isBusy = false;

  readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  enqueue(transaction: SimTransaction): void {
    this.#queue.push(transaction);
    if (!this.#isBusy) this.#next();
  }

  #next(): void {
    const transaction = this.#queue.shift();
    this.#isBusy = transaction !== undefined;
    if (transaction === undefined) return;
    const { rng } = this.world;
    const isSlow = rng.chance(this.faults.slow);
    const toSuccess = 0.05 + rng.next() * (isSlow ? 60 : 0.6);
    const toComplete = transaction.isWriting ? 0.05 + rng.next() * (isSlow ? 60 : 1.5) : 0;
    this.world.after(toSuccess, null, () => {
      // A tab that died before its transaction began takes it along, perhaps.
      if (!transaction.tab.isAlive && rng.chance(0.5)) return this.#next();
      const outcome = transaction.execute(this);
      this.world.after(toComplete, null, () => {
        transaction.finish(outcome, this);
        this.#next();
      });
    });
  }
}

type Operation = (rows: Rows) => unknown;

class SimRequest {
  result: unknown = undefined;
  error: DOMException | null = null;
  onsuccess: (() => void) | null = null;
  readonly store: string;
  readonly operation: Operation;
  readonly isWrite: boolean;

  constructor(store: string, operation: Operation, isWrite: boolean) {
    this.store = store;
    this.operation = operation;
    this.isWrite = isWrite;
  }
}

interface Outcome {
  failed: DOMException | null;
  /** What takes back what was done, in the order in which it was done. */
  undo: (() => void)[];
}

class SimTransaction {
  onabort: (() => void) | null = null;
  oncomplete: (() => void) | null = null;
  error: DOMException | null = null;
  readonly #requests: SimRequest[] = [];
  readonly #onError: ((event: { target: SimRequest }) => void)[] = [];

  readonly db: SimConnection;
  readonly isWriting: boolean;

  constructor(db: SimConnection, isWriting: boolean) {
    this.db = db;
    this.isWriting = isWriting;
  }

  get tab(): SimTab {
    return this.db.tab;
  }

  addEventListener(_type: 'error', listener: (event: { target: SimRequest }) => void): void {
    this.#onError.push(listener);
  }

  commit(): void {
    // all requests are issued in one turn: nothing to do
  }

  objectStore(store: string): object {
    const ask = (operation: Operation, isWrite = false): SimRequest => {
      const request = new SimRequest(store, operation, isWrite);
      this.#requests.push(request);
      return request;
    };
    const found = (rows: Rows, range: unknown, limit?: number): number[] =>
      rows.select(range, limit);
    return {
      add: (value: unknown, key: unknown) =>
        ask((rows) => {
          if (rows.has(key)) throw new DOMException('the key is taken', 'ConstraintError');
          rows.set(key, value);
        }, true),
      put: (value: unknown, key: unknown) => ask((rows) => rows.set(key, value), true),
      delete: (range: unknown) => ask((rows) => rows.delete(range), true),
      get: (key: unknown) => ask((rows) => rows.get(key)),
      count: () => ask((rows) => rows.keys.length),
      getAll: (range: unknown, limit?: number) =>
        ask((rows) => found(rows, range, limit).map((at) => rows.values[at])),
      getAllKeys: (range: unknown, limit?: number) =>
        ask((rows) => found(rows, range, limit).map((at) => rows.keys[at])),
    };
  }

  execute(database: SimDatabase): Outcome {
    const outcome: Outcome = { failed: null, undo: [] };
    for (const [index, request] of this.#requests.entries()) {
      const rows = database.stores.get(request.store) as Rows;
      if (request.isWrite) rows.journal = outcome.undo;
      try {
        request.result = request.operation(rows);
        this.#tell(() => request.onsuccess?.());
      } catch (error) {
        request.error = error as DOMException;
        this.#tell(() => this.#onError.forEach((listener) => listener({ target: request })));
        // Firefox keeps what was done if the failing request is not the last one.
        const isKept = database.faults.isFirefox && index < this.#requests.length - 1;
        if (isKept) continue;
        outcome.failed = request.error;
        break;
      }
    }
    return outcome;
  }

  finish(outcome: Outcome, database: SimDatabase): void {
    const { rng } = database.world;
    const { quota, lying, lost, silent } = database.faults;
    const undo = (): void => {
      for (const takeBack of outcome.undo.reverse()) takeBack();
    };
    const abort = (error: DOMException): void =>
      this.#tell(() => {
        this.error = error;
        this.onabort?.();
      });
    if (outcome.failed !== null) {
      undo();
      return abort(outcome.failed);
    }
    if (this.isWriting && rng.chance(quota)) {
      undo();
      return abort(new DOMException('no room', 'QuotaExceededError'));
    }
    if (rng.chance(lying)) return abort(new DOMException('internal error', 'UnknownError'));
    if (rng.chance(lost)) {
      if (rng.chance(0.5)) undo();
      this.db.lose();
      return abort(new DOMException('Connection to Indexed Database server lost', 'UnknownError'));
    }
    if (rng.chance(silent)) {
      if (rng.chance(0.5)) undo();
      return;
    }
    this.#tell(() => this.oncomplete?.());
  }

  #tell(run: () => void): void {
    this.db.database.world.after(0.01, this.tab, run);
  }
}

class SimConnection {
  onclose: (() => void) | null = null;
  onversionchange: (() => void) | null = null;
  #isClosed = false;

  readonly database: SimDatabase;
  readonly tab: SimTab;

  constructor(database: SimDatabase, tab: SimTab) {
    this.database = database;
    this.tab = tab;
  }

  createObjectStore(name: string): void {
    this.database.stores.set(name, new Rows());
  }

  transaction(_stores: readonly string[], mode: string): SimTransaction {
    if (this.#isClosed) throw new DOMException('the connection is closed', 'InvalidStateError');
    const transaction = new SimTransaction(this, mode === 'readwrite');
    this.database.enqueue(transaction);
    return transaction;
  }

  close(): void {
    this.#isClosed = true;
  }

  lose(): void {
    this.#isClosed = true;
    this.database.world.after(0.01, this.tab, () => this.onclose?.());
  }
}

interface OpenRequest {
  result: SimConnection;
  error: DOMException | null;
  onupgradeneeded: ((event: { oldVersion: number }) => void) | null;
  onsuccess: (() => void) | null;
  onerror: (() => void) | null;
}

export function simFactory(database: SimDatabase, tab: SimTab): IDBFactory {
  const open = (): OpenRequest => {
    const request: OpenRequest = {
      result: new SimConnection(database, tab),
      error: null,
      onupgradeneeded: null,
      onsuccess: null,
      onerror: null,
    };
    database.world.after(0.1 + database.world.rng.next(), tab, () => {
      if (database.stores.size === 0) request.onupgradeneeded?.({ oldVersion: 0 });
      request.onsuccess?.();
    });
    return request;
  };
  return { open } as unknown as IDBFactory;
}
