/**
 * Where a store's bytes lie. One interface, three media (memory, IndexedDB, files), one contract
 * suite (tests/web/storage/contract.ts). Imports nothing from the rest of the project.
 *
 * A medium holds: one manifest (a few hundred opaque bytes, switched atomically), a log of frames
 * numbered by LSN from 1, snapshots by generation in chunks, and a quarantine for damaged bytes.
 * It never looks inside a frame, a chunk or the manifest.
 *
 * Rules every medium keeps:
 *  - `append` resolves only when the medium says the group is in (IndexedDB: `complete`; files: the
 *    write, and for 'strict' the fdatasync, returned). A rejection with QUOTA_EXCEEDED or FENCED
 *    means: nothing of the group was written. Any other rejection: unknown, reopen before going on.
 *  - at most one `append` runs at a time (the commit queue sees to it).
 *  - `commitManifest` is one atomic, strict switch: after a kill the old or the new one is there.
 *  - fencing: of two writers that opened the same state only one can append the next LSN, and only
 *    one can make the next switch; whatever else a writer deletes lies behind its own last switch.
 *  - rejections are StorageErrors.
 */

/** 'strict': survives power loss. 'relaxed': survives the death of the process. */
export type Sync = 'strict' | 'relaxed';

/**
 * A generation, or the separate dump file of media that have one ('new-dump': not yet published).
 */
export type SnapshotTarget = number | 'dump' | 'new-dump';

export type StorageErrorCode =
  | 'QUOTA_EXCEEDED'
  | 'STORAGE_UNAVAILABLE'
  | 'STORAGE_LOST'
  | 'STORAGE_VANISHED'
  | 'ROLLBACK_DETECTED'
  | 'FOREIGN_STORE'
  | 'LOCKED'
  | 'ABORTED'
  | 'FENCED'
  | 'OUTCOME_UNKNOWN'
  | 'RELOAD_REQUIRED'
  | 'CORRUPT'
  | 'FORMAT_TOO_NEW'
  | 'CLOSED';

export class StorageError extends Error {
  readonly code: StorageErrorCode;
  /** True when opening the same store again cannot help (a failed fsync, a missing medium). */
  readonly final: boolean;

  constructor(
    code: StorageErrorCode,
    message: string,
    details: { cause?: unknown; final?: boolean } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'StorageError';
    this.code = code;
    this.final = details.final ?? false;
  }
}

/** What a medium found when it was opened. */
export interface StoredFacts {
  /** The manifest as it was committed, or null when there is none. */
  readonly manifest: Uint8Array | null;
  /** Frames or snapshots lie there. With a null manifest that means damage, not a new store. */
  readonly holdsData: boolean;
  /** A published dump file lies there (only media with `separateDump`). */
  readonly hasDump: boolean;
  /** The medium says that it dropped what was there, and why; null: it says nothing of the kind. */
  readonly dropped: string | null;
}

/** A manifest with the facts a medium needs to know which of its parts are in use. */
export interface ManifestSwitch {
  readonly bytes: Uint8Array;
  /** The generation recovery starts from; null: from an empty store. */
  readonly base: number | null;
  /** The generation before it, kept as a spare. */
  readonly previous: number | null;
  /** First LSN that is not in `base`; the log from here on must be kept. */
  readonly logFrom: bigint;
  /** First LSN that is not in `previous` (equals `logFrom` without one). */
  readonly keepFrom: bigint;
}

export interface StorageUsage {
  readonly usedBytes: number | null;
  readonly quotaBytes: number | null;
  /** True when the browser promised not to evict the store. */
  readonly persisted: boolean;
}

/** What a medium needs of time: back-off and watchdogs. The host's Scheduler fits. */
export interface StorageTimers {
  /** Calls `run` once after `ms`; returns a function that cancels it. */
  setTimer(ms: number, run: () => void): () => void;
}

export interface Storage {
  readonly medium: 'memory' | 'indexeddb' | 'file';
  /** True when BGSAVE has a file of its own (dump.rdb) beside the log's base. */
  readonly separateDump: boolean;
  /** Called once when the medium was taken away (deleted, upgraded by a newer page). */
  onlost: ((error: StorageError) => void) | null;

  /**
   * Takes the medium's own lock if it has one. Rejects with LOCKED, FOREIGN_STORE,
   * STORAGE_UNAVAILABLE.
   */
  open(): Promise<StoredFacts>;

  /**
   * Rejects with FENCED if another storage switched the manifest since this one was opened (media
   * with a lock of their own need not look).
   */
  commitManifest(next: ManifestSwitch): Promise<void>;

  /** Whether another writer has appended at `nextLsn` or behind it. */
  isOvertaken(nextLsn: bigint): Promise<boolean>;

  /**
   * Appends `frames` as LSN firstLsn, firstLsn + 1, …: all or nothing. FENCED if firstLsn is taken.
   */
  append(frames: readonly Uint8Array[], firstLsn: bigint, sync: Sync): Promise<void>;
  /** Later frames start a new part of the log. REQUIRES: no append in flight. */
  startSegment(nextLsn: bigint): Promise<void>;
  /** The bytes of all frames from `fromLsn` (1, or the first LSN of a segment) on, in order. */
  readLog(fromLsn: bigint): AsyncIterable<Uint8Array>;
  /**
   * Moves everything from `offset` of readLog(fromLsn)'s bytes on to quarantine. Returns how much.
   */
  cutLog(fromLsn: bigint, offset: number, reason: string): Promise<number>;
  /** Drops frames below `beforeLsn` but those for which `keep` is true (claims of an epoch). */
  trimLog(beforeLsn: bigint, keep: (frame: Uint8Array) => boolean): Promise<void>;

  /** Writes chunks firstIndex, firstIndex + 1, … of a snapshot that is not in use yet. */
  writeSnapshot(
    target: SnapshotTarget,
    firstIndex: number,
    chunks: readonly Uint8Array[],
  ): Promise<void>;
  /** Makes a written snapshot safe to refer to: everything of it is on the medium. */
  sealSnapshot(target: SnapshotTarget): Promise<void>;
  /** Replaces the dump by 'new-dump' in one step. REQUIRES: sealed. */
  publishDump(): Promise<void>;
  /** Chunks in order; how they are cut may differ from how they were written. Empty if absent. */
  readSnapshot(target: SnapshotTarget): AsyncIterable<Uint8Array>;
  listSnapshots(): Promise<number[]>;
  deleteSnapshot(target: SnapshotTarget): Promise<void>;

  /** Keeps damaged bytes for inspection, bounded by kQuarantineBytes in total. */
  quarantine(bytes: Uint8Array, reason: string): Promise<void>;
  /** Rejects with QUOTA_EXCEEDED when `bytes` more bytes do not fit now. */
  probe(bytes: number): Promise<void>;
  usage(): Promise<StorageUsage>;
  /** Idempotent. Releases the lock. Every later call rejects with CLOSED. */
  close(): Promise<void>;
}

/** Most bytes kept in quarantine; what does not fit is dropped. */
export const kQuarantineBytes = 8 * 1024 * 1024;

/** Snapshots are read in pieces of about this size. */
export const kReadBytes = 1024 * 1024;
