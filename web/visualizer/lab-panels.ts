/** What the lab Worker is behind (other layouts, the race, slots, chapters), and the types. */
import { ChaptersPanel } from './chapters-panel.ts';
import type { History } from './history.ts';
import { InsidePanel } from './inside-panel.ts';
import type { PageClock } from './page-clock.ts';
import { RacePanel } from './race-panel.ts';
import { ReferencePanel } from './reference-panel.ts';
import type { Repl } from './repl.ts';
import { SharePanel } from './share.ts';
import { TypesPanel } from './types-panel.ts';

export interface LabPanelsOptions {
  readonly clock: PageClock;
  readonly history: History;
  /** Operations behind which the picture is. */
  readonly position: () => number;
  readonly repl: Repl;
  /** Shows where a key lives, and its value. */
  readonly show: (key: string) => Promise<void>;
}

export class LabPanels {
  readonly inside: InsidePanel;
  readonly #race: RacePanel;
  readonly #reference: ReferencePanel;

  constructor({ clock, history, position, repl, show }: LabPanelsOptions) {
    const run = (lines: readonly string[]): Promise<void> => repl.runAll(lines);
    this.inside = new InsidePanel({ clock, history, position });
    this.#race = new RacePanel(history);
    this.#reference = new ReferencePanel({ history, position, run });
    new SharePanel(history);
    new TypesPanel({ run, ask: (line) => repl.ask(line), show });
    new ChaptersPanel({
      run,
      ask: (line) => repl.ask(line),
      play: (scenario) => history.play(scenario),
    });
  }

  /** Another moment is looked at, or something was done. */
  request(): void {
    this.#reference.request();
    this.inside.requestSlots();
  }

  themeChanged(): void {
    this.#race.themeChanged();
  }
}
