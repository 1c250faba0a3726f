/** Opens a store inside a Worker: IndexedDB where it works, memory where it does not. */

import { engineMaker } from '../engine/load-browser.ts';
import { Host } from '../host/host.ts';
import type { HostOptions } from '../host/host.ts';
import { cryptoBytes } from '../host/recovery.ts';
import { systemScheduler } from '../host/scheduler.ts';
import { kBrowserRewrite } from '../host/snapshot-policy.ts';
import type { Channels } from '../host/tab-protocol.ts';
import { WadictError } from '../errors.ts';
import { IndexedDbStorage } from '../storage/indexeddb-storage.ts';
import { OpfsWitness } from '../storage/opfs-witness.ts';
import { StorageError } from '../storage/storage.ts';
import type { Backend } from '../transport.ts';
import { Member } from './member.ts';
import type { WorkerOpenOptions } from './protocol.ts';

/** Rejects with what Host.open rejects with; STORAGE_UNAVAILABLE only if storage is required. */
export async function openInWorker(options: WorkerOpenOptions): Promise<Backend> {
  const { storage, requireStorage = false } = options;
  if (storage === 'memory') return Host.open({ ...hostOptions(options), storage: null });
  try {
    return await openStored(options);
  } catch (error) {
    const isMissing =
      (error instanceof StorageError || error instanceof WadictError) &&
      error.code === 'STORAGE_UNAVAILABLE';
    if (!isMissing || requireStorage) throw error;
    return Host.open({ ...hostOptions(options), storage: null });
  }
}

/** One of the members of the store where there are locks and channels, else alone with it. */
function openStored(options: WorkerOpenOptions): Promise<Backend> {
  const { name, ifLocked, durability = 'commit' } = options;
  const scheduler = systemScheduler();
  const manager = globalThis.navigator?.locks;
  const hasOthers = manager !== undefined && typeof BroadcastChannel === 'function';
  // Without locks others may have it open all the same: then the last one to open it has it.
  const witness = OpfsWitness.of(name);
  const forHost = { ...hostOptions(options), scheduler, isShared: true, witness };
  const lead = (
    onEnded?: (reason: WadictError) => void,
    holdsLead?: () => Promise<boolean>,
  ): Promise<Host> => {
    const stored = new IndexedDbStorage({ name, timers: scheduler });
    return Host.open({ ...forHost, onEnded, holdsLead, storage: stored });
  };
  if (!hasOthers) return lead();
  const randomBytes = cryptoBytes;
  const channels = broadcastChannels();
  return Member.open({
    name,
    manager,
    channels,
    scheduler,
    randomBytes,
    lead,
    durability,
    ifLocked,
  });
}

function hostOptions(options: WorkerOpenOptions): Omit<HostOptions, 'storage'> {
  const { durability, recover, log, savePoints, wasm, seed, maxMemory, slots } = options;
  const engine = engineMaker({ wasm, seed, maxMemory, slots });
  return { engine, durability, recover, log, savePoints, rewrite: kBrowserRewrite };
}

function broadcastChannels(): Channels {
  return {
    open(name, receive) {
      const channel = new BroadcastChannel(name);
      channel.onmessage = ({ data }) => receive(data);
      return {
        post: (message) => channel.postMessage(message),
        close: () => channel.close(),
      };
    },
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
