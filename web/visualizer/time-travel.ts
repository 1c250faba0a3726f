/**
 * Which moment is looked at: the present, drawn from the live store, or the past, drawn from the
 * lab's engine at the position that was sought. Nothing is ever sent to the store from the past:
 * whoever wants to goes back to the present first.
 *
 * One seek is under way at a time; while it is, the last wish wins.
 */
import type { Client } from '../client/client.ts';
import type { Frame } from './frame.ts';
import { History } from './history.ts';
import { HistoryBar } from './history-bar.ts';
import type { SeekReport } from './lab/lab-protocol.ts';
import type { PageClock } from './page-clock.ts';
import { scriptUrl } from './script-url.ts';

interface Store {
  readonly db: Client;
  readonly database: number;
}

export interface TimeTravelOptions {
  readonly clock: PageClock;
  readonly live: () => Store | null;
  readonly stop: () => Promise<void>;
  /** Another moment is looked at. `isNext`: the one after the last, so that it can be seen to move. */
  readonly look: (isNext: boolean) => Promise<Frame | null>;
  readonly tell: (sentence: string) => void;
}

/** A larger file of what was there before is not executed again. */
const kBaseKeysMost = 2_000_000;

export class TimeTravel {
  readonly history: History;
  readonly #options: TimeTravelOptions;
  readonly #bar: HistoryBar;
  #position: number | null = null;
  #operation = '';
  #wish: number | null = null;
  #seeking: Promise<void> | null = null;
  #isDrawPlanned = false;
  /** The position that is drawn, null: the present. */
  shown: number | null = null;
  /** What the last seek cost. */
  lastSeek: SeekReport | null = null;

  constructor(options: TimeTravelOptions) {
    this.#options = options;
    this.history = new History({
      clock: options.clock,
      worker: () => new Worker(scriptUrl('lab.js'), { type: 'module' }),
      onProgress: () => this.#draw(),
    });
    this.#bar = new HistoryBar({
      onSeek: (position) => void this.seek(position),
      onBack: () => void this.back(),
      onPresent: () => void this.toPresent(),
    });
  }

  get isPast(): boolean {
    return this.#position !== null;
  }

  /** Operations behind which the picture is. */
  get position(): number {
    return this.#position ?? this.history.count;
  }

  /** What is looked at now. */
  viewed(): Store | null {
    const live = this.#options.live();
    if (this.#position === null || live === null) return live;
    const { db } = this.history;
    return db === null ? null : { db, database: live.database };
  }

  /** A store was opened, or its contents exchanged as a whole. */
  async begin(seed: bigint): Promise<void> {
    this.#position = null;
    this.shown = null;
    const live = this.#options.live();
    if (live === null) return this.history.end('no store is open');
    const keys = await live.db.dbsize();
    if (keys > kBaseKeysMost) return this.history.end('too much is stored');
    // Always with a file, empty or not: other databases may have keys where this one has none.
    const base = live.db.export({ as: 'blob' }).then(async (file) => bytesOf(file));
    return this.history.begin(seed, base);
  }

  /** A frame of the live store. */
  seen({ position, database, tables }: Frame): void {
    if (this.isPast) return;
    const { keys, stepsTotal } = tables;
    this.history.seen({ position, database, keys, stepsTotal });
    this.#draw();
  }

  async back(): Promise<void> {
    await this.#options.stop();
    await this.seek((this.#wish ?? this.#position ?? this.history.count) - 1);
  }

  /** False: this is the present, there is nothing after it. */
  async forward(): Promise<boolean> {
    if (this.#position === null) return false;
    await this.seek((this.#wish ?? this.#position) + 1);
    return true;
  }

  /** To where the next resize begins, or to the present. False: it is the present already. */
  async toNextResize(): Promise<boolean> {
    const from = this.#position;
    if (from === null) return false;
    const isResize = (kind: string): boolean => kind === 'grow' || kind === 'shrink';
    const next = this.history.marks.find((mark) => mark.position > from && isResize(mark.kind));
    await this.seek(next?.position ?? this.history.count);
    return true;
  }

  /** Looks at the moment behind `position` operations; the last one is the present. */
  async seek(position: number): Promise<void> {
    this.#wish = Math.max(0, Math.min(position, this.history.count));
    this.#seeking ??= this.#seekWishes();
    await this.#seeking;
  }

  async toPresent(): Promise<void> {
    this.#wish = null;
    await this.#seeking;
    if (this.#position === null) return;
    this.#position = null;
    this.#draw();
    await this.#options.look(false);
    this.shown = null;
  }

  async #seekWishes(): Promise<void> {
    try {
      await this.#options.stop();
      while (this.#wish !== null) {
        const wish = this.#wish;
        if (wish >= this.history.count) await this.#arrive(null, null);
        else {
          const report = await this.history.seek(wish);
          await this.#arrive(report === null ? null : wish, report);
        }
        if (this.#wish === wish) this.#wish = null;
      }
    } finally {
      this.#seeking = null;
    }
  }

  async #arrive(position: number | null, report: SeekReport | null): Promise<void> {
    const isNext = position !== null && position - 1 === this.#position;
    this.#position = position;
    this.#operation = report?.text ?? '';
    this.lastSeek = report ?? this.lastSeek;
    this.#draw();
    await this.#options.look(isNext);
    this.shown = position;
    if (report !== null)
      this.#options.tell(`Operation ${position}: ${report.text || 'the beginning'}`);
  }

  #draw(): void {
    if (this.isPast && this.history.endReason !== null) {
      this.#position = null;
      void this.#options.look(false);
    }
    if (this.#isDrawPlanned) return;
    this.#isDrawPlanned = true;
    this.#options.clock.frame(() => {
      this.#isDrawPlanned = false;
      this.#bar.draw(this.history, this.#position, this.#operation);
    });
  }
}

async function bytesOf(file: Blob): Promise<Uint8Array> {
  return new Uint8Array(await file.arrayBuffer());
}
