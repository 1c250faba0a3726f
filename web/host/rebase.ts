/** The present state as the only generation: where the log does not lead from the one before. */

import type { EnginePort } from '../engine/engine-port.ts';
import type { Storage } from '../storage/storage.ts';
import { manifestSwitch, nextGeneration } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { writeWholeSnapshot } from './snapshot-writer.ts';

/**
 * Makes the engine's present state the only generation, with `lsn` as its last LSN. What was before
 * is no spare for it: the log does not lead from there to here.
 */
export async function rebase(
  engine: EnginePort,
  storage: Storage,
  manifest: Manifest,
  lsn: bigint,
): Promise<Manifest> {
  const generation = nextGeneration(manifest, await storage.listSnapshots(), null);
  const written = await writeWholeSnapshot(engine, storage, generation);
  const { chain } = engine.logState();
  const base = { generation, lsn, chain, ...written };
  const rebased = { ...manifest, base, previous: null };
  await storage.startSegment(lsn + 1n);
  await storage.commitManifest(manifestSwitch(rebased));
  for (const listed of await storage.listSnapshots()) {
    if (listed < generation) await storage.deleteSnapshot(listed);
  }
  return rebased;
}
