/**
 * What the browser lost: the storage beside what the witness saw of it (storage/witness.ts). A loss
 * that is not accepted refuses the store before anything is written to it.
 */

import { WadictError } from '../errors.ts';
import { equalBytes } from '../storage/equal-bytes.ts';
import type { StoredFacts } from '../storage/storage.ts';
import type { WitnessRecord } from '../storage/witness.ts';
import type { RecoverMode } from './recovery.ts';

interface Looked {
  readonly facts: StoredFacts;
  readonly seen: WitnessRecord | null;
  readonly mode: RecoverMode;
}

/**
 * What is gone as a whole; null: nothing. `dbId`: of the store that is there.
 * @throws STORAGE_VANISHED, FOREIGN_STORE unless the loss is accepted.
 */
export function lossOf({ facts, seen, mode }: Looked, dbId: Uint8Array | null): string | null {
  if (dbId === null && (facts.dropped !== null || seen !== null)) {
    const why = facts.dropped === null ? '' : ` (${facts.dropped})`;
    return refused(mode, 'STORAGE_VANISHED', `the browser dropped this store${why}`);
  }
  if (dbId !== null && seen !== null && !equalBytes(dbId, seen.dbId))
    return refused(mode, 'FOREIGN_STORE', 'another store lies where this one was');
  return null;
}

/**
 * What is missing at the end of the log; null: nothing, or damage was given up by choice.
 * @throws ROLLBACK_DETECTED unless the loss is accepted.
 */
export function rollbackOf({ seen, mode }: Looked, lastLsn: bigint): string | null {
  if (seen === null || seen.lsn <= lastLsn) return null;
  if (mode === 'before-damage' || mode === 'skip-damaged') return null;
  const ends = `the log ends at LSN ${lastLsn}, it had reached ${seen.lsn}`;
  const what = `the browser brought back an older state: ${ends}`;
  return refused(mode, 'ROLLBACK_DETECTED', what);
}

function refused(
  mode: RecoverMode,
  code: 'STORAGE_VANISHED' | 'ROLLBACK_DETECTED' | 'FOREIGN_STORE',
  what: string,
): string {
  if (mode === 'accept-loss') return what;
  throw new WadictError(code, `${what}; open with recover: 'accept-loss' to go on without it`);
}
