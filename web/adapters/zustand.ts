/**
 * `wadict/zustand`: storage for Zustand's persist middleware.
 *
 *   create(persist(slice, { name: 'settings', storage: zustandStorage(db) }));
 */
import { asyncStorage, type StorageOptions } from './storage.ts';
import type { TextStore } from './store.ts';

/** Zustand's StorageValue. */
export interface PersistedState<S> {
  state: S;
  version?: number;
}

export interface ZustandStorage<S> {
  getItem(name: string): Promise<PersistedState<S> | null>;
  setItem(name: string, value: PersistedState<S>): Promise<void>;
  removeItem(name: string): Promise<void>;
}

/** State as JSON under `zustand:<name>`. Writes are stored in the order made. */
export function zustandStorage<S = unknown>(
  db: TextStore,
  { prefix = 'zustand:' }: StorageOptions = {},
): ZustandStorage<S> {
  const storage = asyncStorage(db, { prefix });
  return {
    getItem: async (name) => {
      const text = await storage.getItem(name);
      return text === null ? null : (JSON.parse(text) as PersistedState<S>);
    },
    setItem: (name, value) => storage.setItem(name, JSON.stringify(value)),
    removeItem: (name) => storage.removeItem(name),
  };
}
