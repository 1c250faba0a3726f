/**
 * When a reply may leave, and how its effect reaches the medium.
 *
 *            reply waits   group      strict barrier        requests wait when the oldest
 *            for the log   is         after a relaxed one   unsynced effect is older than
 *   always   yes           strict     -                     -
 *   commit   yes           relaxed    within 1 s            -
 *   everysec no            relaxed    within 0.5 s          0.8 s
 *   no       no            relaxed    never                 never
 *
 * Under `always` and `commit` every reply waits for the log position at its execution, reads too: a
 * read must not show what a crash would take back. `everysec` blocks rather than break its second.
 * Redis's words: appendfsync everysec is our `commit` (Redis writes before it replies, too).
 */

import type { Sync } from '../storage/storage.ts';

export type Durability = 'always' | 'commit' | 'everysec' | 'no';

export interface DurabilityRules {
  readonly repliesWait: boolean;
  readonly sync: Sync;
  readonly barrierAfterMs: number | null;
  readonly blockAfterMs: number | null;
  /** False: the log is written when no request came for a turn. */
  readonly eager: boolean;
}

export const kDurabilityRules: Readonly<Record<Durability, DurabilityRules>> = {
  always: {
    repliesWait: true,
    sync: 'strict',
    barrierAfterMs: null,
    blockAfterMs: null,
    eager: true,
  },
  commit: {
    repliesWait: true,
    sync: 'relaxed',
    barrierAfterMs: 1000,
    blockAfterMs: null,
    eager: true,
  },
  everysec: {
    repliesWait: false,
    sync: 'relaxed',
    barrierAfterMs: 500,
    blockAfterMs: 800,
    eager: true,
  },
  no: {
    repliesWait: false,
    sync: 'relaxed',
    barrierAfterMs: null,
    blockAfterMs: null,
    eager: false,
  },
};

/** Which promise holds more. */
export const kStrictness: Readonly<Record<Durability, number>> = {
  no: 0,
  everysec: 1,
  commit: 2,
  always: 3,
};

/** CONFIG SET appendfsync; undefined for an unknown word. */
export function durabilityOfAppendFsync(word: string): Durability | undefined {
  const words: Record<string, Durability> = { always: 'always', everysec: 'commit', no: 'no' };
  return words[word.toLowerCase()];
}

/** CONFIG GET appendfsync. */
export function appendFsyncOf(durability: Durability): string {
  if (durability === 'commit') return 'everysec';
  return durability;
}
