/**
 * Pulls frames from the engine. Nothing pushes: whoever changes something calls `request`, and the
 * next animation frame asks once, in one message, so that all its parts are of one moment. At most
 * one message is under way; none while nothing changes.
 */
import type { Client } from '../client/client.ts';
import { type Frame, largestSize, sizeOf } from './frame.ts';
import {
  type BucketMove,
  decodeBuckets,
  decodeDensity,
  decodeMoves,
  decodeTables,
  type TableNumber,
  type Tables,
} from './inspect-reply.ts';
import { areaOf, densityCells, kCellsMax, scaleOf, type View, windowOf } from './layout.ts';
import type { PageClock } from './page-clock.ts';

/** What is looked at: the answer decides how much is asked for. */
export interface Looked {
  readonly view: View;
  readonly width: number;
  readonly height: number;
}

export interface FrameSourceOptions {
  readonly clock: PageClock;
  readonly store: () => { readonly db: Client; readonly database: number } | null;
  readonly looked: () => Looked;
  /** Operations sent so far. */
  readonly position: () => number;
  readonly onFrame: (before: Frame | null, after: Frame) => void;
}

interface Waiter {
  resolve(frame: Frame | null): void;
}

const kLongMs = 12;

export class FrameSource {
  readonly #options: FrameSourceOptions;
  #current: Frame | null = null;
  #since = 0;
  #database = -1;
  #isWanted = false;
  #isPlanned = false;
  #isUnderWay = false;
  #waiters: Waiter[] = [];
  #restUntilMs = 0;
  /** Messages asked so far, for whoever checks that idle means idle. */
  asked = 0;

  constructor(options: FrameSourceOptions) {
    this.#options = options;
  }

  get current(): Frame | null {
    return this.#current;
  }

  /** Something changed: the next animation frame looks again. */
  request(): void {
    this.#isWanted = true;
    this.#plan();
  }

  /** A frame taken after this call; null if the store went away. */
  pull(): Promise<Frame | null> {
    return new Promise((resolve) => {
      this.#waiters.push({ resolve });
      this.request();
    });
  }

  /** Another store, or the same one reopened: what was seen no longer counts. */
  reset(): void {
    this.#current = null;
    this.#database = -1;
    this.request();
  }

  #plan(): void {
    if (this.#isPlanned || this.#isUnderWay || !this.#isWanted) return;
    this.#isPlanned = true;
    void this.#next();
  }

  /**
   * A look that took long (a large table, a busy store) is not repeated at once: at most a third.
   */
  async #next(): Promise<void> {
    const { clock } = this.#options;
    const restMs = this.#waiters.length > 0 ? 0 : this.#restUntilMs - clock.elapsed();
    if (restMs > 0) await clock.wait(restMs);
    clock.frame(() => {
      this.#isPlanned = false;
      void this.#look();
    });
  }

  async #look(): Promise<void> {
    const store = this.#options.store();
    const waiters = this.#waiters;
    this.#waiters = [];
    this.#isWanted = false;
    if (store === null) return waiters.forEach(({ resolve }) => resolve(null));
    this.#isUnderWay = true;
    const { clock } = this.#options;
    const beganMs = clock.elapsed();
    let frame: Frame | null = null;
    try {
      const isNew = store.database !== this.#database;
      frame = await this.#ask(store.db, store.database, isNew);
      if (this.#options.store()?.db !== store.db) frame = null;
      else {
        const before = isNew ? null : this.#current;
        this.#current = frame;
        this.#database = store.database;
        this.#options.onFrame(before, frame);
      }
    } catch (error) {
      // A store that went away has told so by its status; anything else must be seen.
      if (this.#options.store()?.db === store.db) queueMicrotask(() => reportError(error));
      frame = null;
    } finally {
      this.#isUnderWay = false;
      const tookMs = clock.elapsed() - beganMs;
      this.#restUntilMs = tookMs > kLongMs ? clock.elapsed() + 2 * tookMs : 0;
      waiters.forEach(({ resolve }) => resolve(frame));
      this.#plan();
    }
  }

  async #ask(db: Client, database: number, isNew: boolean): Promise<Frame> {
    const looked = this.#options.looked();
    const area = areaOf(looked.width, looked.height);
    const moves: BucketMove[] = [];
    let known = this.#current?.tables;
    // Asked for what fits the sizes last seen; once more if the tables have grown meanwhile.
    for (;;) {
      const frame = await this.#askOnce(db, database, known, looked);
      moves.push(...frame.moves);
      const { tables, density } = frame;
      const cells = densityCells(Math.max(1, largestSize(tables)), area);
      const isRight =
        scaleOf(tables, looked.view) === 'density' ? density?.length === cells : density === null;
      if (isRight) return { ...frame, moves: isNew ? [] : moves };
      known = tables;
    }
  }

  async #askOnce(
    db: Client,
    database: number,
    known: Tables | undefined,
    looked: Looked,
  ): Promise<Frame> {
    this.asked++;
    const position = this.#options.position();
    const inspect = (what: string, ...rest: number[]) => db.callBuffer('INSPECT', what, ...rest);
    const isDensity = known !== undefined && scaleOf(known, looked.view) === 'density';
    const tables = inspect('DB', database);
    const moves = inspect('MOVES', database, this.#since);
    const range = (table: TableNumber) => {
      const { first } = windowOf(looked.view, known === undefined ? 0 : sizeOf(known, table));
      return inspect('BUCKETS', database, table, first, looked.view.count ?? kCellsMax);
    };
    const density = () => {
      const size = known === undefined ? 1 : Math.max(1, largestSize(known));
      const cells = densityCells(size, areaOf(looked.width, looked.height));
      return inspect('DENSITY', database, cells);
    };
    const parts = isDensity ? [density()] : [range(0), range(1)];
    const [tablesReply, movesReply, first, second] = await Promise.all([tables, moves, ...parts]);
    const { next, moves: found } = decodeMoves(movesReply);
    this.#since = next;
    return {
      position,
      database,
      tables: decodeTables(tablesReply),
      ranges: isDensity
        ? [null, null]
        : [decodeBuckets(first ?? null), decodeBuckets(second ?? null)],
      density: isDensity ? decodeDensity(first ?? null) : null,
      moves: found,
    };
  }
}
