/** CONFIG SET of the parameters that are the host's: durability, the log, when it is rewritten. */

import type { Storage } from '../storage/storage.ts';
import { kNoMarks } from './client-marks.ts';
import { durabilityOfAppendFsync } from './durability.ts';
import { decodeManifest, emptyGeneration, kDbIdBytes, manifestSwitch } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { rebase } from './rebase.ts';
import { cryptoBytes } from './recovery.ts';
import { kChunkBytes } from './snapshot-writer.ts';
import type { StoreCore } from './store-core.ts';

/** Applies what the engine has already checked. Null: done, or not the host's. */
export function configure(
  core: StoreCore,
  name: string,
  value: string,
): Promise<string | null> | null {
  const { policy } = core;
  switch (name) {
    case 'appendfsync': {
      const durability = durabilityOfAppendFsync(value);
      if (durability !== undefined) core.setDurability(durability);
      return null;
    }
    case 'auto-aof-rewrite-percentage':
      policy.rule = { ...policy.rule, factor: Number(value) / 100 };
      return null;
    case 'auto-aof-rewrite-min-size':
      policy.rule = { ...policy.rule, minBytes: bytesOf(value) };
      return null;
    case 'appendonly':
      return value.toLowerCase() === 'yes' ? startLog(core) : stopLog(core);
    default:
      return null;
  }
}

/** '64mb' and its kin, as Redis reads them. */
function bytesOf(text: string): number {
  const [, digits = '0', unit = ''] = /^(\d+)([a-z]*)$/i.exec(text) ?? [];
  const units: Record<string, number> = {
    k: 1e3,
    kb: 2 ** 10,
    m: 1e6,
    mb: 2 ** 20,
    g: 1e9,
    gb: 2 ** 30,
  };
  return Number(digits) * (units[unit.toLowerCase()] ?? 1);
}

/** BGREWRITEAOF where no log is kept: one is written, and nothing follows it. */
export async function writeLogOnce(core: StoreCore): Promise<void> {
  const { storage } = core;
  if (core.isLogged || storage === null) return;
  await core.paused(async () => {
    await begin(core, storage);
    await end(core);
  });
}

/** No log is kept any more, and the engine says so. REQUIRES: the store is paused. */
export async function endLog(core: StoreCore): Promise<void> {
  await end(core);
  core.life.engine.configure('appendonly', 'no');
}

async function stopLog(core: StoreCore): Promise<string | null> {
  if (core.isLogged) await core.paused(() => end(core));
  return null;
}

async function end(core: StoreCore): Promise<void> {
  await core.life.stopLog();
  core.isLogged = false;
}

async function startLog(core: StoreCore): Promise<string | null> {
  const { storage } = core;
  if (core.isLogged) return null;
  if (storage === null) return 'ERR this store has no storage';
  await core.paused(() => begin(core, storage));
  return null;
}

/**
 * What happened while no log was kept is in no log: the present state becomes the only base before
 * the first frame is written. REQUIRES: the store is paused.
 */
async function begin(core: StoreCore, storage: Storage): Promise<void> {
  const { life } = core;
  await life.writer.idle();
  const known = life.manifest ?? (await superseded(core, storage));
  const nextLsn = life.manifest === null ? known.base.lsn + 1n : life.nextLsn;
  life.engine.setIdentity(known.dbId);
  life.engine.resumeLog({ chain: known.base.chain, position: life.position });
  const wallMs = core.clock.now();
  const manifest = await rebase(
    life.engine,
    storage,
    { ...known, wallMs, marks: core.marks.record(life.epoch) },
    nextLsn - 1n,
  );
  core.isLogged = true;
  life.beginLog(manifest, nextLsn);
}

/** A folder opened without its log: the log that lies there has no part in what is served. */
async function superseded(core: StoreCore, storage: Storage): Promise<Manifest> {
  const facts = await storage.open();
  if (facts.manifest !== null) {
    const manifest = decodeManifest(facts.manifest);
    await storage.cutLog(
      manifestSwitch(manifest).logFrom,
      0,
      'appendonly was turned on without it',
    );
    return manifest;
  }
  const dbId = cryptoBytes(kDbIdBytes);
  const { engine } = core.life;
  engine.setIdentity(dbId);
  const base = emptyGeneration(engine.logState().chain);
  const epoch = 1n;
  const manifest: Manifest = {
    dbId,
    epoch,
    wallMs: core.clock.now(),
    chunkBytes: kChunkBytes,
    base,
    previous: null,
    marks: kNoMarks,
  };
  await storage.commitManifest(manifestSwitch(manifest));
  return manifest;
}
