/**
 * `wadict/idb-keyval`: the thirteen exports of idb-keyval 6 over wadict. Change the import; keys of
 * every kind that IndexedDB has, in its order, and values as structuredClone sees them stay.
 *
 * What differs: nothing is read from idb-keyval's own databases (wadict/migrate copies them); a
 * store made by `createStore` takes no callback of one's own, since there is no IDBObjectStore; and
 * values without bytes (CryptoKey, file handles) reject with DataCloneError.
 */
import type { Client } from '../client/client.ts';
import { WadictError } from '../errors.ts';
import { open } from '../index.ts';
import { decodeClone, encodeClone } from './clone.ts';
import { compareBytes, decodeKey, encodeKey } from './idb-key.ts';

/** As idb-keyval's; called with a callback it rejects with UNSUPPORTED. */
export type UseStore = (<T>(
  txMode: IDBTransactionMode,
  callback: (store: IDBObjectStore) => T | PromiseLike<T>,
) => Promise<T>) & {
  /** @internal */
  readonly wadict?: KeyvalStore;
};

/** Promise of an IDBRequest or IDBTransaction: as idb-keyval's, for code that uses it itself. */
export function promisifyRequest<T = undefined>(
  request: IDBRequest<T> | IDBTransaction,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const either = request as IDBRequest<T> & IDBTransaction;
    either.oncomplete = either.onsuccess = () => resolve(either.result);
    either.onabort = either.onerror = () => reject(either.error);
  });
}

/** One store of one database; opened at its first use, once per page however often it is made. */
class KeyvalStore {
  readonly #database: string;
  readonly #prefix: Uint8Array;

  constructor(database: string, name: string) {
    this.#database = database;
    // Quoted, so that no store's name is the beginning of another's.
    this.#prefix = new TextEncoder().encode(JSON.stringify(name));
  }

  client(): Promise<Client> {
    let opened = databases.get(this.#database);
    if (opened === undefined) {
      opened = open(this.#database);
      databases.set(this.#database, opened);
      opened.catch(() => databases.delete(this.#database)); // the next call may have more luck
    }
    return opened;
  }

  /** The key's name in the store. @throws DOMException DataError */
  nameOf(key: IDBValidKey): Uint8Array {
    const own = encodeKey(key);
    const name = new Uint8Array(this.#prefix.length + own.length);
    name.set(this.#prefix);
    name.set(own, this.#prefix.length);
    return name;
  }

  keyOf(name: Uint8Array): IDBValidKey {
    return decodeKey(name.subarray(this.#prefix.length));
  }

  /** All names, in the order of their keys. */
  async names(): Promise<Uint8Array[]> {
    const client = await this.client();
    const found = new Map<string, Uint8Array>();
    const own = new TextDecoder().decode(this.#prefix);
    const match = `${own.replace(/[\\*?[\]^-]/g, '\\$&')}*`;
    let cursor = '0';
    do {
      const [next, names] = await client.scanBuffer(cursor, { match, count: 1000 });
      for (const name of names) found.set(name.join(), name);
      cursor = next;
    } while (cursor !== '0');
    return [...found.values()].sort(compareBytes);
  }
}

const databases = new Map<string, Promise<Client>>();

export function createStore(dbName: string, storeName: string): UseStore {
  const use = (): Promise<never> => {
    const message = 'wadict/idb-keyval has no IDBObjectStore to hand out; use get, set, update …';
    return Promise.reject(new WadictError('UNSUPPORTED', message));
  };
  return Object.assign(use, { wadict: new KeyvalStore(dbName, storeName) }) as UseStore;
}

let defaultStore: UseStore | undefined;

/** @throws WadictError UNSUPPORTED for a store that idb-keyval itself made */
function keyval(custom: UseStore | undefined): KeyvalStore {
  const { wadict } = custom ?? (defaultStore ??= createStore('keyval-store', 'keyval'));
  if (wadict !== undefined) return wadict;
  const message = "this store was not made by createStore of 'wadict/idb-keyval'";
  throw new WadictError('UNSUPPORTED', message);
}

const valueOf = (bytes: Uint8Array | null): unknown =>
  bytes === null ? undefined : decodeClone(bytes);

export async function get<T = unknown>(
  key: IDBValidKey,
  customStore?: UseStore,
): Promise<T | undefined> {
  return (await getMany<T>([key], customStore))[0];
}

/** The value is copied before this returns. Rejects with DataError, DataCloneError. */
export function set(key: IDBValidKey, value: unknown, customStore?: UseStore): Promise<void> {
  return setMany([[key, value]], customStore);
}

/** All or none. */
export async function setMany(
  entries: [IDBValidKey, unknown][],
  customStore?: UseStore,
): Promise<void> {
  const store = keyval(customStore);
  const pairs = entries.map(([key, value]) => [store.nameOf(key), encodeClone(value)] as const);
  const encoded = await Promise.all(pairs.map(([, bytes]) => bytes));
  const client = await store.client();
  if (pairs.length > 0) await client.mset(pairs.map(([name], place) => [name, encoded[place]!]));
}

export async function getMany<T = unknown>(
  keys: IDBValidKey[],
  customStore?: UseStore,
): Promise<(T | undefined)[]> {
  const store = keyval(customStore);
  const names = keys.map((key) => store.nameOf(key));
  const client = await store.client();
  const found = names.length === 0 ? [] : await client.mgetBuffer(names);
  return found.map(valueOf) as (T | undefined)[];
}

/** `updater` is called again if another tab was faster. */
export async function update<T = unknown>(
  key: IDBValidKey,
  updater: (oldValue: T | undefined) => T,
  customStore?: UseStore,
): Promise<void> {
  const store = keyval(customStore);
  const name = store.nameOf(key);
  const client = await store.client();
  for (;;) {
    const before = await client.getBuffer(name);
    const after = await encodeClone(updater(valueOf(before) as T | undefined));
    if (await client.cas(name, before, after)) return;
  }
}

export function del(key: IDBValidKey, customStore?: UseStore): Promise<void> {
  return delMany([key], customStore);
}

export async function delMany(keys: IDBValidKey[], customStore?: UseStore): Promise<void> {
  const store = keyval(customStore);
  const names = keys.map((key) => store.nameOf(key));
  const client = await store.client();
  if (names.length > 0) await client.unlink(names);
}

/** Of this store alone. */
export async function clear(customStore?: UseStore): Promise<void> {
  const store = keyval(customStore);
  const names = await store.names();
  if (names.length > 0) await (await store.client()).unlink(names);
}

/** In IndexedDB's order. */
export async function keys<K extends IDBValidKey>(customStore?: UseStore): Promise<K[]> {
  const store = keyval(customStore);
  return (await store.names()).map((name) => store.keyOf(name) as K);
}

/** In the order of their keys. */
export async function values<T = unknown>(customStore?: UseStore): Promise<T[]> {
  return (await entries<IDBValidKey, T>(customStore)).map(([, value]) => value);
}

export async function entries<K extends IDBValidKey, T = unknown>(
  customStore?: UseStore,
): Promise<[K, T][]> {
  const store = keyval(customStore);
  const names = await store.names();
  const client = await store.client();
  const found = names.length === 0 ? [] : await client.mgetBuffer(names);
  return names.flatMap((name, place): [K, T][] => {
    const bytes = found[place] ?? null;
    return bytes === null ? [] : [[store.keyOf(name) as K, decodeClone(bytes) as T]];
  });
}
