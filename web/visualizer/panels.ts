/**
 * The panels that follow the store: memory, persistence, latency, the chosen key. They look again
 * after changes, at most a few times a second, and not at all while nothing changes.
 */
import type { Client } from '../client/client.ts';
import { byId } from './dom.ts';
import { decodeLog, decodeMemory, decodeTables } from './inspect-reply.ts';
import { type InsidePanel, kInsideQuestions } from './inside-panel.ts';
import type { KeyPanel } from './key-panel.ts';
import { LatencyPanel } from './latency-panel.ts';
import { drawMemory } from './memory-panel.ts';
import type { PageClock } from './page-clock.ts';
import { decodePages } from './store-view.ts';
import { PersistencePanel } from './persistence-panel.ts';

export interface PanelsOptions {
  readonly clock: PageClock;
  readonly store: () => { readonly db: Client; readonly database: number } | null;
  readonly key: () => KeyPanel;
  readonly inside: () => InsidePanel;
}

const kEveryMs = 400;
const kRecords = 16;

export class Panels {
  readonly latency: LatencyPanel;
  readonly persistence: PersistencePanel;
  readonly #options: PanelsOptions;
  readonly #memory = byId('memory', HTMLElement);
  #isWanted = false;
  #isRunning = false;

  constructor(options: PanelsOptions) {
    this.#options = options;
    this.latency = new LatencyPanel(
      byId('latency', HTMLElement),
      byId('latency-text', HTMLOutputElement),
    );
    this.persistence = new PersistencePanel(byId('lane', HTMLElement));
  }

  /** Something changed. */
  request(): void {
    this.#isWanted = true;
    if (!this.#isRunning) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#isWanted) {
      this.#isWanted = false;
      await this.#look();
      await this.#options.clock.wait(kEveryMs);
    }
    this.#isRunning = false;
  }

  async #look(): Promise<void> {
    const store = this.#options.store();
    if (store === null) return;
    const { db, database } = store;
    try {
      const [kvstore, deadlines] = kInsideQuestions(database);
      const [tables, memory, position, info, pages, ...inside] = await Promise.all([
        db.callBuffer('INSPECT', 'DB', database),
        db.callBuffer('INSPECT', 'MEMORY'),
        db.callBuffer('INSPECT', 'LOG', Math.max(0, Number(db.status.position) - kRecords)),
        db.info('persistence'),
        db.callBuffer('INSPECT', 'ARENA'),
        db.callBuffer(...kvstore),
        db.callBuffer(...deadlines),
      ]);
      const seen = decodeTables(tables);
      const { keys, snapshotProgress } = seen;
      drawMemory(this.#memory, decodeMemory(memory), keys, decodePages(pages));
      this.#options.inside().draw(inside[0], inside[1], seen);
      const { next, records } = decodeLog(position);
      const field = (name: string): number =>
        Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
      this.persistence.setTail({
        next,
        records,
        logBytes: field('aof_current_size'),
        baseBytes: field('aof_base_size'),
        snapshotProgress,
      });
      if (snapshotProgress >= 0) this.#isWanted = true; // it goes on without anybody's commands
      this.latency.draw();
      await this.#options.key().refresh();
    } catch (error) {
      // A store that was closed or unplugged meanwhile says so elsewhere.
      if (this.#options.store()?.db === db) queueMicrotask(() => reportError(error));
    }
  }
}
