/** How long requests take, from the page through the Worker and the storage and back (uPlot). */
import uPlot from 'uplot';
import { chartAxis, chartSize } from './chart.ts';
import { formatNumber, setText } from './dom.ts';

const kRoundsMost = 400;
const kHeight = 220;

interface Round {
  readonly commands: number;
  readonly ms: number;
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

export class LatencyPanel {
  readonly #host: HTMLElement;
  readonly #output: HTMLOutputElement;
  readonly #rounds: Round[] = [];
  #first = 0;
  #chart: uPlot | null = null;

  constructor(host: HTMLElement, output: HTMLOutputElement) {
    this.#host = host;
    this.#output = output;
    new ResizeObserver(() => this.#chart?.setSize(this.#size())).observe(host);
  }

  add(commands: number, ms: number): void {
    this.#rounds.push({ commands, ms });
    if (this.#rounds.length > kRoundsMost) {
      this.#rounds.shift();
      this.#first++;
    }
  }

  themeChanged(): void {
    this.#chart?.destroy();
    this.#chart = null;
    this.draw();
  }

  draw(): void {
    if (this.#rounds.length === 0) return;
    const numbers = this.#rounds.map((_, i) => this.#first + i + 1);
    const times = this.#rounds.map(({ ms }) => ms);
    this.#chart ??= new uPlot(this.#options(), [[], []], this.#host);
    this.#chart.setData([numbers, times]);
    const sorted = [...times].sort((a, b) => a - b);
    const commands = this.#rounds.reduce((sum, round) => sum + round.commands, 0);
    const busyMs = times.reduce((sum, ms) => sum + ms, 0);
    const ms = (value: number): string => `${value.toFixed(value < 10 ? 2 : 0)} ms`;
    const each = ((1000 * busyMs) / commands).toFixed(1);
    setText(
      this.#output,
      `median ${ms(quantile(sorted, 0.5))} · 99 % ${ms(quantile(sorted, 0.99))} · ` +
        `${formatNumber(commands)} commands, ${each} µs each`,
    );
  }

  #size(): { width: number; height: number } {
    return chartSize(this.#host, kHeight);
  }

  #options(): uPlot.Options {
    const { theme, axis } = chartAxis(this.#host);
    return {
      ...this.#size(),
      legend: { show: false },
      cursor: { y: false },
      scales: { x: { time: false }, y: { range: (_, __, most) => [0, Math.max(1, most * 1.1)] } },
      axes: [
        { ...axis, incrs: [1, 2, 5, 10, 20, 50, 100, 200] },
        { ...axis, values: (_, ticks) => ticks.map((tick) => `${tick} ms`), size: 62 },
      ],
      series: [
        { label: 'request' },
        {
          label: 'round trip',
          stroke: theme.accent,
          width: 1.5,
          fill: `color-mix(in srgb, ${theme.accent} 14%, transparent)`,
          points: { show: true, size: 4 },
        },
      ],
    };
  }
}
