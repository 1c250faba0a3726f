/**
 * `wadict/react`: a value of a store as state, in every component and tab that shows it.
 *
 *   const storage = await createStorage(db);              // of 'wadict/storage'
 *   const [cart, setCart] = useWadict(storage, 'cart', []);
 *
 * The first render already has the value. On a server, and while hydrating, it is `initial`, so
 * that both sides agree; pass `null` as the storage there.
 */
import { useCallback, useMemo, useSyncExternalStore } from 'react';
import type { StorageChange } from './storage.ts';

/** What the hook needs of a WadictStorage. */
export interface ReactiveStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
  subscribe(listener: (change: StorageChange) => void): () => void;
}

type SetValue<T> = (next: T | undefined | ((current: T) => T | undefined)) => void;

/** `[value, set]`; `set(undefined)` removes the key. Values are JSON. */
export function useWadict<T>(
  storage: ReactiveStorage | null,
  key: string,
  initial: T,
): [value: T, set: SetValue<T>] {
  const subscribe = useCallback(
    (changed: () => void) =>
      storage === null
        ? () => {}
        : storage.subscribe((change) => {
            if (change.key === key || change.key === null) changed();
          }),
    [storage, key],
  );
  const text = useSyncExternalStore<string | null>(
    subscribe,
    () => storage?.getItem(key) ?? null,
    () => null,
  );
  // The same text is the same value: React compares by identity.
  const value = useMemo(() => parse(text, initial), [text]);
  const set = useCallback<SetValue<T>>(
    (next) => {
      if (storage === null) return;
      const current = (): T => parse(storage.getItem(key), initial);
      const given =
        typeof next === 'function' ? (next as (now: T) => T | undefined)(current()) : next;
      if (given === undefined) storage.removeItem(key);
      else storage.setItem(key, JSON.stringify(given));
    },
    [storage, key],
  );
  return [value, set];
}

function parse<T>(text: string | null, initial: T): T {
  return text === null ? initial : (JSON.parse(text) as T);
}
