/** Opens a store inside a Worker: IndexedDB where it works, memory where it does not. */

import { engineMaker } from '../engine/load-browser.ts';
import { Host } from '../host/host.ts';
import type { HostOptions } from '../host/host.ts';
import { webLocks } from '../host/leadership.ts';
import { systemScheduler } from '../host/scheduler.ts';
import { kBrowserRewrite } from '../host/snapshot-policy.ts';
import { WadictError } from '../errors.ts';
import { IndexedDbStorage } from '../storage/indexeddb-storage.ts';
import { StorageError } from '../storage/storage.ts';
import type { Backend } from '../transport.ts';
import type { WorkerOpenOptions } from './protocol.ts';

/** Rejects with what Host.open rejects with; STORAGE_UNAVAILABLE only if storage is required. */
export async function openInWorker(options: WorkerOpenOptions): Promise<Backend> {
  const { name, storage, requireStorage = false } = options;
  if (storage === 'memory') return Host.open({ ...hostOptions(options), storage: null });
  const scheduler = systemScheduler();
  const manager = globalThis.navigator?.locks;
  const locks = manager === undefined ? undefined : webLocks(manager);
  try {
    const medium = new IndexedDbStorage({ name, timers: scheduler });
    return await Host.open({ ...hostOptions(options), scheduler, locks, storage: medium });
  } catch (error) {
    const isMissing =
      (error instanceof StorageError || error instanceof WadictError) &&
      error.code === 'STORAGE_UNAVAILABLE';
    if (!isMissing || requireStorage) throw error;
    return Host.open({ ...hostOptions(options), storage: null });
  }
}

function hostOptions(options: WorkerOpenOptions): Omit<HostOptions, 'storage'> {
  const { name, durability, ifLocked, recover, log, savePoints, wasm, seed, maxMemory, slots } =
    options;
  return {
    engine: engineMaker({ wasm, seed, maxMemory, slots }),
    name,
    durability,
    ifLocked,
    recover,
    log,
    savePoints,
    rewrite: kBrowserRewrite,
  };
}

/** Holds a lock that nobody else has until this Worker is gone; null where there are no locks. */
export function holdLifeLock(name: string): Promise<string | null> {
  const manager = globalThis.navigator?.locks;
  if (manager === undefined) return Promise.resolve(null);
  const id = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
  const lockName = `wadict:${name}:h:${id}`;
  return new Promise((resolve) => {
    manager
      .request(lockName, () => {
        resolve(lockName);
        return new Promise(() => undefined);
      })
      .catch(() => resolve(null));
  });
}
