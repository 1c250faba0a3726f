/**
 * What is safe: commands executed, waiting, durable; each commit as it completes; the tail of the
 * log with what of it is durable; the progress of a snapshot.
 */
import type { StoreStatus } from '../transport.ts';
import { element, formatBytes, formatNumber } from './dom.ts';

const kCommitsMost = 240;
const kTailMost = 12;

export interface LogTail {
  /** Position after the last record. */
  readonly next: number;
  readonly records: readonly string[];
  /** Bytes of log and base, from INFO persistence. */
  readonly logBytes: number;
  readonly baseBytes: number;
  /** 0..1000, -1: none. */
  readonly snapshotProgress: number;
}

export class PersistencePanel {
  readonly #host: HTMLElement;
  readonly #commits: number[] = [];
  #status: StoreStatus | null = null;
  #tail: LogTail | null = null;
  #durable = 0;
  #commitCount = 0;
  #isPlanned = false;

  constructor(host: HTMLElement) {
    this.#host = host;
  }

  setStatus(status: StoreStatus | null): void {
    const isNew = this.#status === null;
    this.#status = status;
    if (status === null) this.#durable = 0;
    else {
      const durable = Number(status.durablePosition);
      if (!isNew && durable > this.#durable) this.#addCommit(durable - this.#durable);
      this.#durable = durable;
    }
    this.#plan();
  }

  setTail(tail: LogTail): void {
    this.#tail = tail;
    this.#plan();
  }

  #addCommit(records: number): void {
    this.#commitCount++;
    this.#commits.push(records);
    if (this.#commits.length > kCommitsMost) this.#commits.shift();
  }

  #plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    queueMicrotask(() => {
      this.#isPlanned = false;
      this.#draw();
    });
  }

  #draw(): void {
    const status = this.#status;
    const body = element('div', { class: 'lane-body' });
    if (status !== null) {
      body.append(this.#pipe(status), this.#commitBars(), this.#note(status));
      if (this.#tail !== null) {
        body.append(...this.#snapshotParts(this.#tail), ...this.#tailParts(this.#tail));
      }
    }
    this.#host.replaceChildren(body);
  }

  #pipe(status: StoreStatus): HTMLElement {
    const done = Number(status.position);
    const durable = Number(status.durablePosition);
    const step = (value: string, label: string, className = ''): HTMLElement =>
      element('div', { class: className }, element('b', {}, value), label);
    const arrow = (): HTMLElement =>
      element('span', { class: 'arrow', 'aria-hidden': 'true' }, '→');
    const waiting = Math.max(0, done - durable);
    return element(
      'div',
      { class: 'pipe' },
      step(formatNumber(done), 'writes executed'),
      arrow(),
      step(formatNumber(waiting), `waiting (${formatBytes(status.unflushedBytes)})`),
      arrow(),
      step(formatNumber(durable), status.storage === 'none' ? 'in memory only' : 'durable', 'safe'),
    );
  }

  #commitBars(): HTMLElement {
    const most = Math.max(1, ...this.#commits.map(Math.log1p));
    const label = `${this.#commitCount} commits seen, most recent last`;
    const row = element('div', { class: 'commits', role: 'img', 'aria-label': label });
    for (const records of this.#commits.slice(-60)) {
      const bar = element('i', { title: `a commit of ${formatNumber(records)} records` });
      bar.style.height = `${Math.max(8, (100 * Math.log1p(records)) / most)}%`;
      row.append(bar);
    }
    return row;
  }

  #note(status: StoreStatus): HTMLElement {
    const commits = this.#commitCount === 1 ? 'commit' : 'commits';
    const seen = `${formatNumber(this.#commitCount)} ${commits} seen (bars: records in each)`;
    const words = [seen];
    const tail = this.#tail;
    if (tail !== null && tail.logBytes + tail.baseBytes > 0) {
      words.push(
        `log ${formatBytes(tail.logBytes)} after a base of ${formatBytes(tail.baseBytes)}`,
      );
    }
    if (status.usageBytes !== null) words.push(`${formatBytes(status.usageBytes)} stored`);
    if (status.lastError !== null) words.push(`last error: ${status.lastError.message}`);
    return element('p', { class: 'note' }, `${words.join(' · ')}.`);
  }

  #snapshotParts({ snapshotProgress }: LogTail): HTMLElement[] {
    if (snapshotProgress < 0) return [];
    const percent = Math.round(snapshotProgress / 10);
    const label = element('span', {}, `Snapshot: ${percent} % of the table written`);
    const bar = element('progress', {
      max: 1000,
      value: snapshotProgress,
      'aria-label': 'Snapshot',
    });
    return [element('div', { class: 'note' }, label, bar)];
  }

  #tailParts({ next, records }: LogTail): HTMLElement[] {
    const list = element('ol', {
      class: 'tail',
      tabindex: 0,
      'aria-label': 'Last records of the log, newest first',
    });
    const shown = records.slice(-kTailMost).reverse();
    shown.forEach((record, i) => {
      const isSafe = next - i <= this.#durable;
      const state = element('span', { class: 'sr-only' }, isSafe ? 'durable' : 'waiting');
      list.append(
        element('li', { 'data-safe': String(isSafe) }, element('span', {}, record), state),
      );
    });
    if (shown.length === 0) return [];
    return [list, element('p', { class: 'hint' }, 'Newest first. ● durable, ○ on its way')];
  }
}
