/** What only IndexedDB can do wrong: lost connections, vanished databases, several connections. */

import { systemScheduler } from '../../../web/host/scheduler.ts';
import { IndexedDbStorage } from '../../../web/storage/indexeddb-storage.ts';
import { StorageError } from '../../../web/storage/storage.ts';
import type { ManifestSwitch, StorageTimers } from '../../../web/storage/storage.ts';

export interface IndexedDbCase {
  readonly name: string;
  run(database: string): Promise<void>;
}

function equal(actual: unknown, expected: unknown, what: string): void {
  const [a, e] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== e) throw new Error(`${what}: ${a} instead of ${e}`);
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'resolved',
    (error: unknown) => (error instanceof StorageError ? error.code : String(error)),
  );
}

const frame = (value: number): Uint8Array => new Uint8Array(200).fill(value);

const kManifest: ManifestSwitch = {
  bytes: new Uint8Array(100).fill(7),
  base: null,
  previous: null,
  logFrom: 1n,
  keepFrom: 1n,
};

/** The real factory, with the handles it gave out and what their transactions asked for. */
class Spy {
  readonly handles: IDBDatabase[] = [];
  readonly asked: { store: string; mode: string; durability: string }[] = [];
  /** Called with each readwrite transaction right after it was made. */
  onWrite: (transaction: IDBTransaction) => void = () => undefined;

  readonly factory = {
    open: (name: string, version: number): IDBOpenDBRequest => {
      const request = indexedDB.open(name, version);
      request.addEventListener('success', () => this.#watch(request.result));
      return request;
    },
  } as unknown as IDBFactory;

  #watch(db: IDBDatabase): void {
    this.handles.push(db);
    const original = db.transaction.bind(db);
    db.transaction = (stores, mode, options) => {
      const transaction = original(stores, mode, options);
      const [store = ''] = transaction.objectStoreNames;
      this.asked.push({ store, mode: transaction.mode, durability: transaction.durability });
      if (transaction.mode === 'readwrite') this.onWrite(transaction);
      return transaction;
    };
  }

  get last(): IDBDatabase {
    return this.handles[this.handles.length - 1] as IDBDatabase;
  }
}

/** Timers that fire at once when told to: a watchdog need not be waited for. */
class HastyTimers implements StorageTimers {
  readonly #armed = new Set<{ ms: number; run: () => void }>();

  setTimer(ms: number, run: () => void): () => void {
    const timer = { ms, run };
    if (ms < 10_000)
      setTimeout(run, 0); // back-off pauses
    else this.#armed.add(timer);
    return () => this.#armed.delete(timer);
  }

  barkAll(): void {
    for (const timer of [...this.#armed]) {
      this.#armed.delete(timer);
      timer.run();
    }
  }
}

async function open(
  name: string,
  options: { spy?: Spy; timers?: StorageTimers } = {},
): Promise<IndexedDbStorage> {
  const { spy, timers = systemScheduler() } = options;
  const storage = new IndexedDbStorage({ name, timers, factory: spy?.factory });
  const { manifest } = await storage.open();
  if (manifest === null) await storage.commitManifest(kManifest);
  return storage;
}

async function rows(storage: IndexedDbStorage): Promise<number[]> {
  const values: number[] = [];
  for await (const bytes of storage.readLog(1n)) values.push(bytes[0] as number);
  return values;
}

export const indexedDbCases: readonly IndexedDbCase[] = [
  {
    name: 'every write states its durability: strict appends and manifests, relaxed appends and chunks',
    async run(database) {
      const spy = new Spy();
      const storage = await open(database, { spy });
      await storage.append([frame(1)], 1n, 'strict');
      await storage.append([frame(2)], 2n, 'relaxed');
      await storage.writeSnapshot(1, 0, [frame(9)]);
      const writes = spy.asked
        .filter(({ mode }) => mode === 'readwrite')
        .map(({ store, durability }) => `${store} ${durability}`);
      equal(writes, ['meta strict', 'log strict', 'log relaxed', 'snap relaxed'], 'writes');
      await storage.close();
    },
  },
  {
    name: 'an append is one transaction in which every request is issued in one turn',
    async run(database) {
      const spy = new Spy();
      const storage = await open(database, { spy });
      const before = spy.asked.length;
      await storage.append([frame(1), frame(2), frame(3)], 1n, 'relaxed');
      equal(spy.asked.length - before, 1, 'transactions');
      equal(await rows(storage), [1, 2, 3], 'rows');
      await storage.close();
    },
  },
  {
    name: 'an append whose requests succeeded but whose transaction was aborted is not acknowledged',
    async run(database) {
      const spy = new Spy();
      const storage = await open(database, { spy });
      let aborts = 0;
      spy.onWrite = (transaction) => {
        if (aborts++ > 0) return;
        // commit() would end the transaction in this turn: hold it back, and abort once the add
        // succeeded.
        transaction.commit = () => undefined;
        const store = transaction.objectStore('log');
        const add = store.add.bind(store);
        store.add = (value, key) => {
          const request = add(value, key);
          request.addEventListener('success', () => transaction.abort());
          return request;
        };
        transaction.objectStore = () => store;
      };
      // found missing after the reopening, written again
      await storage.append([frame(1)], 1n, 'strict');
      equal(aborts >= 2, true, `transactions ${aborts}`);
      equal(await rows(storage), [1], 'rows');
      await storage.close();
    },
  },
  {
    name: 'a dead handle is dropped and the append goes through a new one',
    async run(database) {
      const spy = new Spy();
      const storage = await open(database, { spy });
      await storage.append([frame(1)], 1n, 'relaxed');
      spy.last.close();
      await storage.append([frame(2)], 2n, 'relaxed');
      spy.last.close();
      equal(await rows(storage), [1, 2], 'rows');
      equal(spy.handles.length, 3, 'handles');
      await storage.close();
    },
  },
  {
    name: 'when no event arrives, the watchdog reopens and finds out that the append is in',
    async run(database) {
      const spy = new Spy();
      const timers = new HastyTimers();
      const storage = await open(database, { spy, timers });
      let isDeaf = true;
      let isWritten: Promise<void> = Promise.resolve();
      spy.onWrite = (transaction) => {
        if (!isDeaf) return;
        isDeaf = false;
        isWritten = new Promise((resolve) =>
          transaction.addEventListener('complete', () => resolve()),
        );
        // the event gets lost
        Object.defineProperty(transaction, 'oncomplete', { set: () => undefined });
      };
      const appended = storage.append([frame(1), frame(2)], 1n, 'strict');
      await isWritten;
      timers.barkAll();
      await appended;
      equal(await rows(storage), [1, 2], 'rows, not doubled');
      await storage.append([frame(3)], 3n, 'strict');
      equal(await rows(storage), [1, 2, 3], 'rows');
      await storage.close();
    },
  },
  {
    name: 'a second writer that claims the next slot fences the first, also over a lost connection',
    async run(database) {
      const spy = new Spy();
      const first = await open(database, { spy });
      const second = await open(database);
      await first.append([frame(1)], 1n, 'relaxed');
      await second.append([frame(2)], 2n, 'strict');
      equal(await codeOf(first.append([frame(9), frame(9)], 2n, 'relaxed')), 'FENCED', 'fenced');
      spy.last.close();
      equal(await codeOf(first.append([frame(9)], 2n, 'relaxed')), 'FENCED', 'fenced after a loss');
      equal(await rows(second), [1, 2], 'rows');
      await first.close();
      await second.close();
    },
  },
  {
    name: 'a group of which a later LSN is taken leaves nothing behind',
    async run(database) {
      const storage = await open(database);
      await storage.append([frame(1)], 1n, 'relaxed');
      await storage.append([frame(4)], 4n, 'relaxed');
      equal(
        await codeOf(storage.append([frame(2), frame(3), frame(9)], 2n, 'relaxed')),
        'FENCED',
        'group',
      );
      const left = await rows(storage);
      // Firefox keeps the other rows of such a transaction: harmless only if it was not
      // acknowledged.
      equal(left.includes(9), false, `rows ${left.join()}`);
      await storage.close();
    },
  },
  {
    name: 'a database that vanished is noticed, and nothing is written into the new one',
    async run(database) {
      const spy = new Spy();
      const storage = await open(database, { spy });
      await storage.append([frame(1)], 1n, 'relaxed');
      spy.last.onversionchange = null;
      spy.last.close();
      await new Promise<void>((resolve, reject) => {
        const request = indexedDB.deleteDatabase(`wadict:${database}`);
        request.onsuccess = () => resolve();
        request.onerror = () => reject(request.error);
      });
      equal(await codeOf(storage.append([frame(2)], 2n, 'relaxed')), 'STORAGE_VANISHED', 'append');
      await storage.close();
      const next = new IndexedDbStorage({ name: database, timers: systemScheduler() });
      equal((await next.open()).holdsData, false, 'holdsData');
      await next.close();
    },
  },
  {
    name: 'a page that deletes the database is not blocked: the storage closes and says RELOAD_REQUIRED',
    async run(database) {
      const storage = await open(database);
      await storage.append([frame(1)], 1n, 'relaxed');
      const lost = new Promise<string>((resolve) => {
        storage.onlost = (error) => resolve(error.code);
      });
      await new Promise<void>((resolve, reject) => {
        const request = indexedDB.deleteDatabase(`wadict:${database}`);
        request.onsuccess = () => resolve();
        request.onblocked = () => reject(new Error('blocked'));
      });
      equal(await lost, 'RELOAD_REQUIRED', 'onlost');
      equal(await codeOf(storage.append([frame(2)], 2n, 'relaxed')), 'RELOAD_REQUIRED', 'append');
      await storage.close();
    },
  },
  {
    name: 'a newer layout is refused and left alone',
    async run(database) {
      await new Promise<void>((resolve, reject) => {
        const request = indexedDB.open(`wadict:${database}`, 99);
        request.onsuccess = () => {
          request.result.close();
          resolve();
        };
        request.onerror = () => reject(request.error);
      });
      const storage = new IndexedDbStorage({ name: database, timers: systemScheduler() });
      equal(await codeOf(storage.open()), 'FORMAT_TOO_NEW', 'open');
      await storage.close();
    },
  },
  {
    name: 'an open that never answers, or always fails, ends with STORAGE_UNAVAILABLE',
    async run(database) {
      const timers = new HastyTimers();
      const silent = { open: () => ({}) } as unknown as IDBFactory;
      const storage = new IndexedDbStorage({ name: database, timers, factory: silent });
      const opening = codeOf(storage.open());
      for (let attempt = 0; attempt < 8; attempt++) {
        timers.barkAll();
        await new Promise((resolve) => setTimeout(resolve, 0));
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
      equal(await opening, 'STORAGE_UNAVAILABLE', 'silent');
      const failing = {
        open: () => {
          throw new DOMException('not allowed here', 'SecurityError');
        },
      } as unknown as IDBFactory;
      const refused = new IndexedDbStorage({ name: database, timers, factory: failing });
      equal(await codeOf(refused.open()), 'STORAGE_UNAVAILABLE', 'failing');
    },
  },
];
