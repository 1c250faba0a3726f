/**
 * From what lies in the storage to a running engine:
 *
 *   manifest -> base snapshot -> log frames behind it -> cut off a torn tail -> claim a new epoch
 *
 * Damage is never passed over: a damaged base falls back to the spare generation, which its log
 * leads up to the present; a damaged frame with good ones behind it refuses with CORRUPT, naming
 * place and LSN, unless the caller chose `before-damage` (give up what follows) or `skip-damaged`
 * (give up what is damaged). What is given up goes to quarantine. A half-loaded engine is thrown
 * away.
 */

import { EngineError } from '../engine/engine-error.ts';
import type { EngineMaker, EnginePort, ReplayReport } from '../engine/engine-port.ts';
import { WadictError } from '../errors.ts';
import { crc32c } from '../storage/crc32c.ts';
import { equalBytes } from '../storage/equal-bytes.ts';
import { StorageError } from '../storage/storage.ts';
import type { SnapshotTarget, Storage, StoredFacts } from '../storage/storage.ts';
import type { WitnessRecord } from '../storage/witness.ts';
import { kNoMarks } from './client-marks.ts';
import { claim, dropUnused } from './claim.ts';
import type { MarksRecord } from './client-marks.ts';
import { allBytes } from './exchange.ts';
import { isBeginFrame } from './frame-header.ts';
import { decodeManifest, emptyGeneration, manifestSwitch } from './manifest.ts';
import type { Generation, Manifest } from './manifest.ts';
import { lossOf, rollbackOf } from './loss.ts';
import { rebase } from './rebase.ts';
import { kChunkBytes } from './snapshot-writer.ts';

export type RecoverMode = 'refuse' | 'before-damage' | 'skip-damaged' | 'accept-loss';

export interface RecoveryOptions {
  readonly makeEngine: EngineMaker;
  readonly storage: Storage;
  readonly facts: StoredFacts;
  readonly mode: RecoverMode;
  /** What the witness saw of this store; null: nothing. Read before `facts`. */
  readonly seen: WitnessRecord | null;
  /** Whether a log is to be kept (appendonly). */
  readonly isLogged: boolean;
  /**
   * The epoch that goes on, after an append that surely wrote nothing: no claim needs the room that
   * is missing. Null: a new one is claimed.
   */
  readonly goingOn: bigint | null;
  /**
   * Whether others may hold the same store open: then the manifest is claimed, too, and what no
   * manifest refers to is removed only behind that claim.
   */
  readonly isShared: boolean;
  /** See HostOptions. */
  readonly holdsLead: (() => Promise<boolean>) | undefined;
  readonly now: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
}

/** What had to be done; shown in the host's status. All zero: nothing was wrong. */
export interface RecoveryReport {
  frames: number;
  records: number;
  /** Bytes behind the last good frame that were cut off, and the LSN that was to come there. */
  tornBytes: number;
  tornLsn: bigint;
  /** The newest snapshot was damaged, the one before it and its log were used. */
  usedSpare: boolean;
  /** Places where damaged bytes were left out, by choice. */
  damage: { lsn: bigint; offset: number; reason: string }[];
  /** A dump.rdb without a log became the base. */
  adoptedDump: boolean;
  /** What the browser lost and the caller accepted; null: nothing. */
  loss: string | null;
}

export interface Recovered {
  readonly engine: EnginePort;
  /** Null when nothing but a dump file is kept. */
  readonly manifest: Manifest | null;
  readonly nextLsn: bigint;
  readonly epoch: bigint;
  /** Bytes of log behind the base. */
  readonly logBytes: number;
  readonly report: RecoveryReport | null;
  /** Which requests are in it. */
  readonly marks: MarksRecord;
}

const kClaimAttempts = 5;

export async function recover(options: RecoveryOptions): Promise<Recovered> {
  let { facts } = options;
  for (let attempt = 1; ; attempt++) {
    try {
      return await recoverOnce({ ...options, facts });
    } catch (error) {
      const isFenced = error instanceof StorageError && error.code === 'FENCED';
      const mayHaveMoved = isFenced || (options.isShared && isDamage(error));
      if (!mayHaveMoved || attempt === kClaimAttempts) throw error;
      const known = facts.manifest;
      facts = await options.storage.open(); // somebody moved: read again
      // What looked like damage was read while somebody switched - or it is damage.
      if (!isFenced && equalBytes(known, facts.manifest)) throw error;
    }
  }
}

async function recoverOnce(options: RecoveryOptions): Promise<Recovered> {
  const { storage, facts, isLogged } = options;
  const report: RecoveryReport = {
    frames: 0,
    records: 0,
    tornBytes: 0,
    tornLsn: 0n,
    usedSpare: false,
    damage: [],
    adoptedDump: false,
    loss: null,
  };
  if (storage.separateDump && !isLogged) {
    const engine = await options.makeEngine();
    if (facts.hasDump) await load(engine, storage, 'dump', null);
    return { ...kNothing, engine, report };
  }
  if (facts.manifest === null && facts.holdsData) {
    throw new WadictError('CORRUPT', 'the store has a log or snapshots but no manifest');
  }
  const known = facts.manifest === null ? null : decodeManifest(facts.manifest);
  report.loss = lossOf(options, known?.dbId ?? null);
  const start =
    known === null ? await create(options, report) : await restore(options, known, report);
  report.loss ??= rollbackOf(options, start.nextLsn - 1n);
  if (isLogged) start.engine.setLogging(true);
  const { goingOn } = options;
  if (goingOn !== null) {
    if (start.epoch === goingOn) return start;
    throw new WadictError('FENCED', `epoch ${start.epoch} has begun, ours was ${goingOn}`);
  }
  // What is listed after the claim may be of a writer that has come after us.
  const listed = known === null ? [] : await storage.listSnapshots();
  const claimed = isLogged ? await claim(options, start) : start;
  await dropUnused(storage, listed, claimed.manifest);
  return claimed;
}

/** What is recovered where no log is kept. */
export const kNothing = {
  manifest: null,
  nextLsn: 1n,
  epoch: 0n,
  logBytes: 0,
  marks: kNoMarks,
} as const;

// -- a new store
// -----------------------------------------------------------------------------------

async function create(options: RecoveryOptions, report: RecoveryReport): Promise<Recovered> {
  const { storage, facts } = options;
  const dbId = options.randomBytes(16);
  const engine = await options.makeEngine(dbId);
  engine.setIdentity(dbId);
  const base = emptyGeneration(engine.logState().chain);
  let manifest: Manifest = {
    dbId,
    epoch: 0n,
    wallMs: options.now(),
    chunkBytes: kChunkBytes,
    base,
    previous: null,
    marks: kNoMarks,
  };
  await storage.commitManifest(manifestSwitch(manifest));
  if (facts.hasDump) {
    await load(engine, storage, 'dump', null);
    engine.resumeLog({ chain: base.chain, position: engine.loadedPosition() });
    manifest = await rebase(engine, storage, { ...manifest, wallMs: options.now() }, 0n);
    report.adoptedDump = true;
  }
  return { ...kNothing, engine, manifest, report };
}

// -- an existing one
// -------------------------------------------------------------------------------

async function restore(
  options: RecoveryOptions,
  known: Manifest,
  report: RecoveryReport,
): Promise<Recovered> {
  let manifest = known;
  let engine: EnginePort;
  try {
    engine = await engineWith(options, manifest, manifest.base);
  } catch (error) {
    if (!isDamage(error) || manifest.previous === null) throw error;
    report.usedSpare = true;
    manifest = { ...manifest, base: manifest.previous, previous: null };
    engine = await engineWith(options, manifest, manifest.base);
  }
  const log = await followLog(options, engine, manifest, report);
  if (report.usedSpare && log.manifest === manifest) {
    await options.storage.commitManifest(manifestSwitch(manifest));
  }
  return { ...log, report, marks: marksOf(known, log.engine) };
}

/** The marks of the manifest and of what was replayed behind it. */
function marksOf({ marks }: Manifest, engine: EnginePort): MarksRecord {
  const clients = new Map(marks.clients);
  for (const [client, request] of engine.clientMarks())
    clients.set(client, Math.max(request, clients.get(client) ?? 0));
  return { clients, forgottenEpoch: marks.forgottenEpoch };
}

async function engineWith(
  options: RecoveryOptions,
  manifest: Manifest,
  generation: Generation,
): Promise<EnginePort> {
  // The same hash in each life of the store: a SCAN that one leader began goes on with the next.
  const engine = await options.makeEngine(manifest.dbId);
  engine.setLogging(false);
  engine.setIdentity(manifest.dbId);
  if (generation.generation > 0)
    await load(engine, options.storage, generation.generation, generation);
  return engine;
}

/** @throws EngineError or WadictError CORRUPT when the snapshot is damaged or incomplete. */
async function load(
  engine: EnginePort,
  storage: Storage,
  target: SnapshotTarget,
  expected: Generation | null,
): Promise<void> {
  let bytes = 0;
  let crc = 0;
  engine.loadBegin();
  for await (const chunk of storage.readSnapshot(target)) {
    bytes += chunk.length;
    crc = crc32c(chunk, crc);
    engine.loadChunk(chunk);
  }
  if (expected !== null && (bytes !== expected.bytes || crc !== expected.crc)) {
    throw new WadictError(
      'CORRUPT',
      `snapshot ${target} is damaged (${bytes} of ${expected.bytes} bytes)`,
    );
  }
  engine.loadEnd();
}

function isDamage(error: unknown): boolean {
  return (
    (error instanceof WadictError || error instanceof StorageError) && error.code === 'CORRUPT'
  );
}

interface Replay {
  readonly nextLsn: bigint;
  readonly chain: bigint;
  readonly salvage?: boolean;
}

/** What the engine found, and how many bytes it was given. */
async function replayLog(
  engine: EnginePort,
  storage: Storage,
  expect: Replay,
): Promise<{ log: ReplayReport; bytes: number }> {
  let bytes = 0;
  engine.replayBegin(expect);
  for await (const piece of storage.readLog(expect.nextLsn)) {
    bytes += piece.length;
    engine.replayChunk(piece);
  }
  const log = engine.replayEnd();
  // Positions count over restarts: what the snapshot holds, and what came after it.
  const position = engine.loadedPosition() + BigInt(log.records);
  engine.resumeLog({ chain: engine.logState().chain, position });
  return { log, bytes };
}

type LogEnd = Pick<Recovered, 'engine' | 'manifest' | 'nextLsn' | 'epoch' | 'logBytes'>;

/**
 * Replays the log onto a loaded engine and decides what its end means. Whenever something is cut
 * off, the rest is replayed anew on a fresh engine, so that its chain ends where the log does.
 * @throws CORRUPT, FORMAT_TOO_NEW, FOREIGN_STORE.
 */
async function followLog(
  options: RecoveryOptions,
  engine: EnginePort,
  manifest: Manifest,
  report: RecoveryReport,
): Promise<LogEnd> {
  const { storage } = options;
  const fromLsn = manifest.base.lsn + 1n;
  const { log, bytes } = await replayLog(engine, storage, {
    nextLsn: fromLsn,
    chain: manifest.base.chain,
  });
  const place = `at byte ${log.errorOffset}, LSN ${log.errorLsn}: ${log.reason}`;
  const lastLsn = log.lastLsn < manifest.base.lsn ? manifest.base.lsn : log.lastLsn;
  switch (log.status) {
    case 'ok':
    case 'torn': {
      if (log.validBytes < bytes) {
        report.tornBytes = await storage.cutLog(fromLsn, log.validBytes, `torn tail ${place}`);
        report.tornLsn = lastLsn + 1n;
        return followLog(
          options,
          await engineWith(options, manifest, manifest.base),
          manifest,
          report,
        );
      }
      Object.assign(report, { frames: log.frames, records: log.records });
      const epoch = log.lastEpoch > manifest.epoch ? log.lastEpoch : manifest.epoch;
      return { engine, manifest, nextLsn: lastLsn + 1n, epoch, logBytes: bytes };
    }
    case 'too-new':
      throw new WadictError('FORMAT_TOO_NEW', `the log ${place}`);
    case 'foreign':
      throw new WadictError('FOREIGN_STORE', `the log has foreign bytes ${place}`);
    case 'corrupt':
      break;
    default: // the engine could not go on: out of memory
      throw new EngineError(log.status, log.reason);
  }
  if (options.mode === 'refuse') {
    const advice =
      "open with recover: 'before-damage' or 'skip-damaged' to go on without what is damaged";
    throw new WadictError('CORRUPT', `the log is damaged ${place}; ${advice}`);
  }
  report.damage.push({ lsn: log.errorLsn, offset: log.errorOffset, reason: log.reason });
  if (options.mode === 'skip-damaged') return salvage(options, manifest, report);
  await storage.cutLog(fromLsn, log.validBytes, `damaged ${place}`);
  return followLog(options, await engineWith(options, manifest, manifest.base), manifest, report);
}

// -- salvage
// ---------------------------------------------------------------------------------------

/**
 * Replays everything that verifies, before and behind the damage, then makes what was rescued a new
 * base: the damaged log is of no use to the next start.
 */
async function salvage(
  options: RecoveryOptions,
  manifest: Manifest,
  report: RecoveryReport,
): Promise<LogEnd> {
  const { storage } = options;
  const fromLsn = manifest.base.lsn + 1n;
  const engine = await engineWith(options, manifest, manifest.base);
  const { log } = await replayLog(engine, storage, {
    nextLsn: fromLsn,
    chain: manifest.base.chain,
    salvage: true,
  });
  Object.assign(report, { frames: log.frames, records: log.records });
  const lastLsn = log.lastLsn < manifest.base.lsn ? manifest.base.lsn : log.lastLsn;
  const epoch = log.lastEpoch > manifest.epoch ? log.lastEpoch : manifest.epoch;
  const damaged = await allBytes(storage.readLog(fromLsn));
  await storage.quarantine(
    damaged,
    `log from LSN ${fromLsn}, damaged at LSN ${log.errorLsn}: ${log.reason}`,
  );
  const rebased = await rebase(
    engine,
    storage,
    { ...manifest, epoch, wallMs: options.now(), marks: marksOf(manifest, engine) },
    lastLsn,
  );
  await storage.cutLog(lastLsn + 1n, 0, 'behind the last good frame');
  await storage.trimLog(lastLsn + 1n, isBeginFrame);
  return { engine, manifest: rebased, nextLsn: lastLsn + 1n, epoch, logBytes: 0 };
}

export function cryptoBytes(count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count));
}
