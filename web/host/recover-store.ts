/** What a store is opened from: nothing, or what its storage holds and its witness knows of it. */

import type { Storage } from '../storage/storage.ts';
import type { HostOptions } from './host-options.ts';
import { cryptoBytes, kNothing, recover } from './recovery.ts';
import type { Recovered } from './recovery.ts';
import type { WitnessKeeper } from './witness-keeper.ts';

interface Opened {
  readonly storage: Storage | null;
  readonly witness: WitnessKeeper | null;
  readonly isLogged: boolean;
  /** See RecoveryOptions. */
  readonly goingOn: bigint | null;
  readonly now: () => number;
}

export async function recoverStore(options: HostOptions, opened: Opened): Promise<Recovered> {
  const { storage, witness, isLogged, goingOn, now } = opened;
  if (storage === null) return { ...kNothing, engine: await options.engine(), report: null };
  // Before the storage: another writer may still move both.
  const seen = (await witness?.read()) ?? null;
  return recover({
    makeEngine: options.engine,
    storage,
    facts: await storage.open(),
    mode: options.recover ?? 'refuse',
    seen,
    isLogged,
    goingOn,
    isShared: options.isShared ?? false,
    holdsLead: options.holdsLead,
    now,
    randomBytes: options.randomBytes ?? cryptoBytes,
  });
}
