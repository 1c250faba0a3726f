/** How a store is opened. */

import type { WadictError } from '../errors.ts';
import type { EngineMaker } from '../engine/engine-port.ts';
import type { Storage } from '../storage/storage.ts';
import type { Witness } from '../storage/witness.ts';
import type { Durability } from './durability.ts';
import type { Locks } from './leadership.ts';
import type { RecoverMode } from './recovery.ts';
import type { Scheduler } from './scheduler.ts';
import type { RewriteRule } from './snapshot-policy.ts';

export interface HostOptions {
  /** Makes an engine; called again whenever one must be replaced. */
  readonly engine: EngineMaker;
  /** Null: nothing is stored, a failure of the engine loses everything. */
  readonly storage: Storage | null;
  /** Tells when the medium lost the store or brought back an older state. Default: none. */
  readonly witness?: Witness | null | undefined;
  /**
   * Whether others may hold the same storage open and take it over at any time (tabs do). Then the
   * host proves again and again that it is the writer.
   */
  readonly isShared?: boolean | undefined;
  /**
   * Whether what elects the writer still elects this host; asked before it claims the store, and
   * with each proof. Default: nothing elects.
   */
  readonly holdsLead?: (() => Promise<boolean>) | undefined;
  /** The host serves nothing any more; called once. */
  readonly onEnded?: ((reason: WadictError) => void) | undefined;
  /** Names the lock. */
  readonly name?: string | undefined;
  /** Where stores exclude each other; a storage with a lock of its own needs none. */
  readonly locks?: Locks | undefined;
  /** 'fail' (default): LOCKED. 'wait': until the holder is gone. */
  readonly ifLocked?: 'fail' | 'wait' | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly scheduler?: Scheduler | undefined;
  /** Default 'commit'. */
  readonly durability?: Durability | undefined;
  /** Whether a log is kept (appendonly). Default true. */
  readonly log?: boolean | undefined;
  /** Save points in Redis's words, '3600 1 300 100'. Default none. */
  readonly savePoints?: string | undefined;
  /** Parameters of CONFIG that every engine begins with, e.g. where the files lie. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  /** When the log is rewritten by itself. */
  readonly rewrite?: RewriteRule | undefined;
  /** What to do about damage in the middle of the log. Default 'refuse'. */
  readonly recover?: RecoverMode | undefined;
  /** Default: crypto.getRandomValues. */
  readonly randomBytes?: ((count: number) => Uint8Array) | undefined;
}
