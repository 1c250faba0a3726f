/**
 * How a writer takes over: a begin frame in the next slot, strict, fences whoever wrote before,
 * whose next append finds its LSN taken. Where others may hold the store open, a switch of the
 * manifest follows, which fences their next switch in the same way.
 *
 * Whoever was elected and is not any more claims nothing: a successor that has the lock may have
 * claimed before, was read, and would answer from what it has in memory for a while.
 */

import { EngineError } from '../engine/engine-error.ts';
import type { Storage } from '../storage/storage.ts';
import { manifestSwitch } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import type { Recovered, RecoveryOptions } from './recovery.ts';
import { kOvertaken } from './validity.ts';

/** REQUIRES: the engine logs. @throws StorageError FENCED if somebody moved since it was read. */
export async function claim(options: RecoveryOptions, start: Recovered): Promise<Recovered> {
  const { engine, nextLsn } = start;
  if ((await options.holdsLead?.()) === false) throw kOvertaken;
  const epoch = start.epoch + 1n;
  const frame = engine.takeLog({ lsn: nextLsn, epoch, wallMs: options.now(), begin: true });
  if (frame === null) throw new EngineError('WORKER_DIED', 'the engine did not seal a begin frame');
  await options.storage.append([frame.bytes], nextLsn, 'strict');
  const claimed = { nextLsn: nextLsn + 1n, epoch, logBytes: start.logBytes + frame.bytes.length };
  if (!options.isShared || start.manifest === null) return { ...start, ...claimed };
  // The marks stay those of the base's cut: the log brings the rest.
  const manifest = { ...start.manifest, epoch, wallMs: options.now() };
  await options.storage.commitManifest(manifestSwitch(manifest));
  return { ...start, ...claimed, manifest };
}

/** Removes those of the listed snapshots that the manifest does not refer to. */
export async function dropUnused(
  storage: Storage,
  listed: readonly number[],
  manifest: Manifest | null,
): Promise<void> {
  if (manifest === null) return;
  const { base, previous } = manifestSwitch(manifest);
  for (const generation of listed) {
    if (generation !== base && generation !== previous) await storage.deleteSnapshot(generation);
  }
}
