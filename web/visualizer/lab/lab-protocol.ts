/** What the page and its lab Worker say to each other. Wire types only. */

import type { ScenarioResult } from './scenario.ts';
import type { InsertRun, TeachingOptions } from '../../engine/teaching-module.ts';

/** The same inserts twice: a resize in many small steps, and all at once. */
export interface Race {
  readonly insertsPerRun: number;
  readonly incremental: readonly InsertRun[];
  readonly atOnce: readonly InsertRun[];
}

/** What happened at an operation that is worth a mark on the timeline. */
export type MarkKind = 'insert' | 'collision' | 'grow' | 'shrink' | 'done' | 'expire' | 'flush';

export interface Mark {
  /** The position behind the operation. */
  readonly position: number;
  readonly kind: MarkKind;
}

/** What a seek cost, in work. */
export interface SeekReport {
  readonly position: number;
  /** Operations executed again. */
  readonly replayed: number;
  /** Bytes of memory written back from a keyframe; 0: none was needed. */
  readonly restoredBytes: number;
  readonly tookMs: number;
  /** The operation before the position, as text; '' at the beginning. */
  readonly text: string;
  readonly timeMs: number;
}

export interface Progress {
  /** Operations known and executed at least once. */
  readonly count: number;
  readonly executed: number;
  readonly keyframes: number;
  readonly imageBytes: number;
  /** New marks since the last progress. */
  readonly marks: readonly Mark[];
}

export type ToLab =
  | {
      readonly kind: 'reset';
      readonly seed: bigint;
      /** An RDB file of what is there already; null: nothing. */
      readonly base: Uint8Array | null;
      readonly timeMs: number;
    }
  | {
      readonly kind: 'record';
      /** Whole requests; an extra is a single one and no operation of the session. */
      readonly bytes: Uint8Array;
      readonly isExtra: boolean;
      readonly timeMs: number;
    }
  | ({ readonly kind: 'seen' } & Seen)
  | { readonly kind: 'seek'; readonly id: number; readonly position: number }
  | { readonly kind: 'ask'; readonly bytes: Uint8Array }
  | { readonly kind: 'layout'; readonly options: TeachingOptions }
  | { readonly kind: 'view'; readonly id: number; readonly position: number }
  /** Requests to an engine with 16,384 slots that does the same operations. */
  | {
      readonly kind: 'slots';
      readonly id: number;
      readonly position: number;
      readonly bytes: Uint8Array;
    }
  | { readonly kind: 'race'; readonly id: number; readonly count: number }
  | { readonly kind: 'log'; readonly id: number }
  | { readonly kind: 'play'; readonly id: number; readonly scenario: string };

/** What a look at the live engine showed, of the moment behind `position` operations. */
export interface Seen {
  readonly position: number;
  readonly database: number;
  readonly keys: number;
  readonly stepsTotal: number;
  readonly timeMs: number;
}

export type FromLab =
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'sought'; readonly id: number; readonly report: SeekReport }
  | { readonly kind: 'reply'; readonly bytes: Uint8Array }
  | { readonly kind: 'viewed'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: 'played'; readonly id: number; readonly result: ScenarioResult }
  /** All operations, as their requests. */
  | { readonly kind: 'logged'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: 'slotted'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: 'raced'; readonly id: number; readonly race: Race }
  /** The replay is not the live engine any more, or has no room: there is no history for now. */
  | { readonly kind: 'ended'; readonly reason: string };
