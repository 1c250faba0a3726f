/** "Pull the plug": the button, the choice of writes under way, the report. */
import type { Client } from '../client/client.ts';
import { byId, element, messageOf } from './dom.ts';
import type { PageClock } from './page-clock.ts';
import type { Durability } from './page-options.ts';
import { drawPlugReport, pullPlug } from './plug.ts';

export interface PlugPanelOptions {
  readonly clock: PageClock;
  readonly store: () => Client | null;
  readonly durability: () => Durability;
  readonly before: () => Promise<void>;
  readonly pull: () => void;
  readonly reopen: () => Promise<Client>;
  readonly after: (error?: unknown) => void;
}

const kWrites = 500;

export class PlugPanel {
  readonly #options: PlugPanelOptions;
  readonly #plug = byId('plug', HTMLButtonElement);
  readonly #report = byId('plug-report', HTMLElement);

  constructor(options: PlugPanelOptions) {
    this.#options = options;
    this.#plug.addEventListener('click', () => void this.#pull());
  }

  async #pull(): Promise<void> {
    const { clock, store, durability, before, pull, reopen, after } = this.#options;
    const db = store();
    if (db === null) return;
    this.#plug.disabled = true;
    let failure: unknown;
    try {
      await before();
      const writes = byId('plug-writes', HTMLInputElement).checked ? kWrites : 0;
      const how = { clock, durability: durability(), writes, db, pull, reopen };
      drawPlugReport(this.#report, await pullPlug(how));
    } catch (error) {
      failure = error;
      this.#report.replaceChildren(element('p', {}, messageOf(error)));
    } finally {
      this.#plug.disabled = false;
      after(failure);
    }
  }
}
