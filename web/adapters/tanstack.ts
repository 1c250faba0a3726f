/**
 * `wadict/tanstack`: TanStack Query's cache in a store.
 *
 *   persistQueryClient({ queryClient, persister: tanstackPersister(db) });          // as a whole
 *   experimental_createQueryPersister({ storage: tanstackStorage(db) });            // per query
 */
import { asyncStorage, type AsyncStorage, type StorageOptions } from './storage.ts';
import type { TextStore } from './store.ts';

export interface TanstackPersister<C> {
  persistClient(client: C): Promise<void>;
  restoreClient(): Promise<C | undefined>;
  removeClient(): Promise<void>;
}

const kClientKey = 'client';

/**
 * The whole client as one JSON value. Calls made while one is being stored share the next: a cache
 * that changes often is stored as fast as the store takes it, and its last state always.
 */
export function tanstackPersister<C = never>(
  db: TextStore,
  { prefix = 'tanstack:' }: StorageOptions = {},
): TanstackPersister<C> {
  const storage = asyncStorage(db, { prefix });
  let last: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  let newest: C;
  return {
    persistClient(client) {
      newest = client;
      next ??= last = last
        .catch(() => undefined)
        .then(() => {
          next = undefined;
          return storage.setItem(kClientKey, JSON.stringify(newest));
        });
      return next;
    },
    async restoreClient() {
      const text = await storage.getItem(kClientKey);
      return text === null ? undefined : (JSON.parse(text) as C);
    },
    async removeClient() {
      await last.catch(() => undefined);
      await storage.removeItem(kClientKey);
    },
  };
}

/** For experimental_createQueryPersister and createAsyncStoragePersister. */
export function tanstackStorage(
  db: TextStore,
  { prefix = 'tanstack:q:' }: StorageOptions = {},
): AsyncStorage {
  return asyncStorage(db, { prefix });
}
