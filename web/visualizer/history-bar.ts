/**
 * The timeline below the picture: a slider over all operations with a mark where something
 * happened, and a sentence that says where one is. Marks differ by shape as well as by colour.
 */
import { byId, element, formatNumber, setText } from './dom.ts';
import type { History } from './history.ts';
import type { Mark, MarkKind } from './lab/lab-protocol.ts';

export interface HistoryBarOptions {
  readonly onSeek: (position: number) => void;
  readonly onBack: () => void;
  readonly onPresent: () => void;
}

/** Few operations show every insert; of many, only what is rare. */
const kEveryMarkUpTo = 300;
const kMarksMost = 240;
const kRare: ReadonlySet<MarkKind> = new Set(['grow', 'shrink', 'done', 'expire', 'flush']);
const kNames: Readonly<Record<MarkKind, string>> = {
  insert: 'insert',
  collision: 'a bucket overflows into a child',
  grow: 'growing begins',
  shrink: 'shrinking begins',
  done: 'rehash done',
  expire: 'keys expire',
  flush: 'all keys deleted',
};

export class HistoryBar {
  readonly #slider = byId('history', HTMLInputElement);
  readonly #text = byId('history-text', HTMLOutputElement);
  readonly #marks = byId('history-marks', HTMLElement);
  readonly #back = byId('back', HTMLButtonElement);
  readonly #present = byId('present', HTMLButtonElement);
  readonly #stage = byId('stage', HTMLElement);
  #drawnMarks = '';

  constructor(options: HistoryBarOptions) {
    this.#slider.addEventListener('input', () => options.onSeek(Number(this.#slider.value)));
    this.#back.addEventListener('click', options.onBack);
    this.#present.addEventListener('click', options.onPresent);
  }

  /** `position` null: the present. `operation`: what was executed last, as text. */
  draw(history: History, position: number | null, operation: string): void {
    const { count, endReason } = history;
    const isPast = position !== null;
    this.#slider.disabled = endReason !== null || count === 0;
    this.#back.disabled = endReason !== null || count === 0 || position === 0;
    this.#present.hidden = !isPast;
    this.#slider.max = String(count);
    this.#slider.value = String(position ?? count);
    this.#stage.dataset['time'] = isPast ? 'past' : 'present';
    const text = sentence(count, position, operation, endReason);
    setText(this.#text, text);
    this.#slider.setAttribute('aria-valuetext', text);
    this.#drawMarks(history.marks, count);
  }

  #drawMarks(marks: readonly Mark[], count: number): void {
    const drawn = `${marks.length} ${count}`;
    if (drawn === this.#drawnMarks) return;
    this.#drawnMarks = drawn;
    const wanted = count <= kEveryMarkUpTo ? marks : marks.filter(({ kind }) => kRare.has(kind));
    const items = wanted.slice(-kMarksMost).map(({ position, kind }) => {
      const title = `${kNames[kind]} at operation ${formatNumber(position)}`;
      const mark = element('i', { 'data-kind': kind, title });
      mark.style.left = `${(100 * position) / Math.max(1, count)}%`;
      return mark;
    });
    this.#marks.replaceChildren(...items);
  }
}

function sentence(
  count: number,
  position: number | null,
  operation: string,
  endReason: string | null,
): string {
  if (endReason !== null) return `No history now: ${endReason}.`;
  if (position === null)
    return count === 0
      ? 'Now. Nothing happened yet.'
      : `Now, after operation ${formatNumber(count)}`;
  const at = `Operation ${formatNumber(position)} of ${formatNumber(count)}`;
  return operation === '' ? `${at}: the beginning` : `${at}: ${operation}`;
}
