/**
 * The contestants: wadict as an application uses it, idb-keyval, Dexie and localForage as their
 * documentation says. Each has a database of its own; the transactions of the peers are relaxed or
 * strict by the option that the library has for it (localForage has none: the browser's default).
 */
import Dexie from 'dexie';
import { entries, get, set, setMany, type UseStore } from 'idb-keyval';
import localforage from 'localforage';
import type { Client } from '../../../web/client/client.ts';
import { open } from '../../../web/index.ts';
import { type Contestant, type Durability, type Entry } from './contestant.ts';

const request = <T>(source: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    source.onsuccess = () => resolve(source.result);
    source.onerror = () => reject(source.error);
  });

function openDatabase(name: string): Promise<IDBDatabase> {
  const opening = indexedDB.open(name);
  opening.onupgradeneeded = () => opening.result.createObjectStore('rows');
  return request(opening);
}

/** The built Worker of the package; `script` may name another one. */
export const startWorker = (script = 'worker.js'): Worker =>
  new Worker(new URL(script, location.href), { type: 'module' });

export class WadictStore implements Contestant {
  db!: Client;
  readonly #makeWorker: () => Worker;

  constructor(makeWorker: () => Worker = startWorker) {
    this.#makeWorker = makeWorker;
  }

  async open(name: string, durability: Durability): Promise<void> {
    this.db = await open(name, {
      durability: durability === 'strict' ? 'always' : 'commit',
      requireStorage: true,
      worker: this.#makeWorker,
    });
  }
  set = (key: string, value: string): Promise<unknown> => this.db.set(key, value);
  get = (key: string): Promise<unknown> => this.db.get(key);
  setMany = (list: Entry[]): Promise<unknown> => this.db.mset(list);
  async readAll(): Promise<readonly unknown[]> {
    return this.db.mget(await this.db.keys('*'));
  }
  async settle(): Promise<void> {
    await this.db.flush();
  }
  close = (): Promise<void> => this.db.close();
}

export class IdbKeyval implements Contestant {
  #db!: IDBDatabase;
  #store!: UseStore;

  async open(name: string, durability: Durability): Promise<void> {
    const db = await openDatabase(name);
    this.#db = db;
    // What createStore() makes, with the durability said.
    this.#store = async (mode, callback) =>
      callback(db.transaction('rows', mode, { durability }).objectStore('rows'));
  }
  set = (key: string, value: string): Promise<unknown> => set(key, value, this.#store);
  get = (key: string): Promise<unknown> => get(key, this.#store);
  setMany = (list: Entry[]): Promise<unknown> => setMany(list, this.#store);
  async readAll(): Promise<readonly unknown[]> {
    return (await entries(this.#store)).map(([, value]) => value);
  }
  async settle(): Promise<void> {
    await get('none', this.#store);
  }
  async close(): Promise<void> {
    this.#db.close();
  }
}

export class DexieStore implements Contestant {
  #db!: Dexie;

  async open(name: string, durability: Durability): Promise<void> {
    this.#db = new Dexie(name, { chromeTransactionDurability: durability });
    this.#db.version(1).stores({ rows: '' });
    await this.#db.open();
  }
  get #rows() {
    return this.#db.table<string, string>('rows');
  }
  set = async (key: string, value: string): Promise<unknown> => this.#rows.put(value, key);
  get = async (key: string): Promise<unknown> => this.#rows.get(key);
  setMany = async (list: Entry[]): Promise<unknown> =>
    this.#rows.bulkPut(
      list.map(([, value]) => value),
      list.map(([key]) => key),
    );
  readAll = async (): Promise<readonly unknown[]> => this.#rows.toArray();
  async settle(): Promise<void> {
    await this.#rows.get('none');
  }
  async close(): Promise<void> {
    this.#db.close();
  }
}

export class ForageStore implements Contestant {
  #store!: ReturnType<typeof localforage.createInstance>;

  async open(name: string): Promise<void> {
    this.#store = localforage.createInstance({ name, driver: localforage.INDEXEDDB });
    await this.#store.ready();
  }
  set = (key: string, value: string): Promise<unknown> => this.#store.setItem(key, value);
  get = (key: string): Promise<unknown> => this.#store.getItem(key);
  setMany = (list: Entry[]): Promise<unknown> =>
    Promise.all(list.map(([key, value]) => this.#store.setItem(key, value)));
  async readAll(): Promise<readonly unknown[]> {
    const values: unknown[] = [];
    await this.#store.iterate((value) => void values.push(value));
    return values;
  }
  async settle(): Promise<void> {
    await this.#store.getItem('none');
  }
  async close(): Promise<void> {}
}

/** IndexedDB itself, for the rows that compare with it. */
export class RawIndexedDb implements Contestant {
  #db!: IDBDatabase;
  #durability: Durability = 'relaxed';

  async open(name: string, durability: Durability): Promise<void> {
    this.#db = await openDatabase(name);
    this.#durability = durability;
  }
  #write(run: (rows: IDBObjectStore) => void): Promise<void> {
    const { transaction, rows } = this.#rows('readwrite');
    run(rows);
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
    });
  }
  #rows(mode: IDBTransactionMode): { transaction: IDBTransaction; rows: IDBObjectStore } {
    const transaction = this.#db.transaction('rows', mode, { durability: this.#durability });
    return { transaction, rows: transaction.objectStore('rows') };
  }
  set = (key: string, value: string): Promise<unknown> =>
    this.#write((rows) => rows.put(value, key));
  get = (key: string): Promise<unknown> => request(this.#rows('readonly').rows.get(key));
  setMany = (list: Entry[]): Promise<unknown> =>
    this.#write((rows) => {
      for (const [key, value] of list) rows.put(value, key);
    });
  readAll = (): Promise<readonly unknown[]> => request(this.#rows('readonly').rows.getAll());
  async settle(): Promise<void> {
    await this.get('none');
  }
  async close(): Promise<void> {
    this.#db.close();
  }
}
