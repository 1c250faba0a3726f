/**
 * "Resize all at once" against "incremental": the same inserts into the same dict twice, and what
 * the unluckiest insert of each run had to do. Entries moved are counted, not timed: the same on
 * every machine; the milliseconds beside are this one's.
 */
import uPlot from 'uplot';
import { chartAxis, chartSize } from './chart.ts';
import { byId, formatNumber, setText } from './dom.ts';
import type { History } from './history.ts';
import type { Race } from './lab/lab-protocol.ts';

const kInserts = 200_000;
const kHeight = 260;

export class RacePanel {
  readonly #history: History;
  readonly #host = byId('race', HTMLElement);
  readonly #text = byId('race-text', HTMLElement);
  readonly #start = byId('race-start', HTMLButtonElement);
  #race: Race | null = null;
  #chart: uPlot | null = null;

  constructor(history: History) {
    this.#history = history;
    this.#start.addEventListener('click', () => void this.#run());
    new ResizeObserver(() => this.#chart?.setSize(this.#size())).observe(this.#host);
  }

  themeChanged(): void {
    this.#chart?.destroy();
    this.#chart = null;
    if (this.#race !== null) this.#draw(this.#race);
  }

  async #run(): Promise<void> {
    this.#start.disabled = true;
    setText(this.#text, `Inserting ${formatNumber(kInserts)} keys, twice…`);
    this.#race = await this.#history.race(kInserts);
    this.#start.disabled = false;
    if (this.#race === null) setText(this.#text, 'The lab was interrupted; try again.');
    else this.#draw(this.#race);
  }

  #draw(race: Race): void {
    const numbers = race.incremental.map((_, i) => (i + 1) * race.insertsPerRun);
    // A logarithmic axis has no zero: an insert that moves nothing is drawn at 1.
    const moved = (runs: Race['atOnce']): number[] => runs.map((run) => Math.max(1, run.moved));
    this.#chart ??= new uPlot(this.#options(), [[], [], []], this.#host);
    this.#chart.setData([numbers, moved(race.atOnce), moved(race.incremental)]);
    const worst = (runs: Race['atOnce']): string => {
      const most = Math.max(...runs.map((run) => run.moved));
      const ms = Math.max(...runs.map((run) => run.ms));
      return `${formatNumber(most)} entries in one insert (its ${race.insertsPerRun} took ${ms.toFixed(1)} ms)`;
    };
    setText(
      this.#text,
      `At once: ${worst(race.atOnce)}. One bucket at a time: ${worst(race.incremental)}. ` +
        'Both moved the same keys; only who waits for it differs.',
    );
  }

  #size(): { width: number; height: number } {
    return chartSize(this.#host, kHeight);
  }

  #options(): uPlot.Options {
    const { theme, axis } = chartAxis(this.#host);
    const powerOfTen = (tick: number | null): string =>
      tick !== null && Number.isInteger(Math.log10(tick)) ? thousands(tick) : '';
    const thousands = (value: number): string => (value >= 1000 ? `${value / 1000}k` : `${value}`);
    return {
      ...this.#size(),
      cursor: { y: false },
      scales: {
        x: { time: false },
        y: { distr: 3, log: 10, range: (_, __, most) => [1, most * 1.5] },
      },
      axes: [
        { ...axis, values: (_, ticks) => ticks.map(thousands) },
        { ...axis, size: 58, values: (_, ticks) => ticks.map(powerOfTen) },
      ],
      series: [
        { label: 'keys' },
        { label: 'all at once', stroke: theme.move, width: 2, points: { show: false } },
        {
          label: 'incremental',
          stroke: theme.accent,
          width: 2,
          dash: [6, 4],
          points: { show: false },
        },
      ],
    };
  }
}
