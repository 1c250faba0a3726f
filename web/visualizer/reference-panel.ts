/**
 * "Beside ours": a reference layout that is fed with the same operations, at the moment that is
 * looked at. It is loaded when one is chosen, and asked only while it is shown.
 */
import type { TeachingHash, TeachingLayout, TeachingOptions } from '../engine/teaching-module.ts';
import { byId, element, setText } from './dom.ts';
import type { History } from './history.ts';
import { drawArena, drawChained } from './reference-picture.ts';
import { decodeArena, decodeChained } from './reference-view.ts';

export interface ReferencePanelOptions {
  readonly history: History;
  /** Operations behind which the picture is. */
  readonly position: () => number;
  /** Runs commands on the store, as if they had been typed. */
  readonly run: (lines: readonly string[]) => Promise<void>;
}

const kAbout: Readonly<Record<TeachingLayout, string>> = {
  chained:
    "Redis's dict: an array of pointers, each to a chain of entries. New ones go to the head. " +
    'While it resizes there are two tables, and rehashidx says how far the first is emptied.',
  'chained-set':
    "Redis's dict as a set: no values, so a key alone in its bucket is the pointer itself (tag 010); " +
    'in a chain it needs an entry without a value (tag 100).',
  'chained-odd-set':
    'The same with keys at odd addresses: the lowest bit of the address is the tag (XX1).',
  arena:
    "memdb's arena: one array of bytes, appended to only. A bucket holds an offset, an entry the " +
    'offset of the next. What is overwritten or deleted stays as a tombstone until compaction.',
};

/** "Ez" and "FY" have one hash under times 33, and so has every mixture of them. */
export function collidingKeys(count: number): string[] {
  const bits = Math.ceil(Math.log2(Math.max(2, count)));
  return Array.from({ length: count }, (_, number) =>
    Array.from({ length: bits }, (__, bit) => ((number >> bit) & 1 ? 'Ez' : 'FY')).join(''),
  );
}

const kFloodKeys = 48;

export class ReferencePanel {
  readonly #options: ReferencePanelOptions;
  readonly #body = byId('reference', HTMLElement);
  readonly #about = byId('reference-about', HTMLElement);
  readonly #layout = byId('reference-layout', HTMLSelectElement);
  readonly #hash = byId('reference-hash', HTMLSelectElement);
  readonly #atOnce = byId('reference-at-once', HTMLInputElement);
  readonly #avoid = byId('reference-avoid', HTMLInputElement);
  #isAsking = false;
  #isStale = false;

  constructor(options: ReferencePanelOptions) {
    this.#options = options;
    for (const control of [this.#layout, this.#hash, this.#atOnce, this.#avoid]) {
      control.addEventListener('change', () => this.#choose());
    }
    byId('three-keys', HTMLButtonElement).addEventListener('click', () => {
      this.#set('chained', 'constant');
      void options.run(['SET one 1', 'SET two 2', 'SET three 3']);
    });
    byId('flood', HTMLButtonElement).addEventListener('click', () => {
      this.#set('chained', 'times33');
      const pairs = collidingKeys(kFloodKeys).map((key) => `${key} x`);
      void options.run([`MSET ${pairs.join(' ')}`]);
    });
  }

  get isShown(): boolean {
    return this.#layout.value !== '';
  }

  /** Another moment, or another operation. */
  request(): void {
    if (!this.isShown) return;
    this.#isStale = true;
    if (!this.#isAsking) void this.#ask();
  }

  #set(layout: TeachingLayout, hash: TeachingHash): void {
    this.#layout.value = layout;
    this.#hash.value = hash;
    this.#choose();
  }

  #choose(): void {
    const layout = this.#layout.value as TeachingLayout | '';
    const isChained = layout !== '' && layout !== 'arena';
    for (const control of [this.#hash, this.#atOnce, this.#avoid]) control.disabled = !isChained;
    setText(this.#about, layout === '' ? '' : kAbout[layout]);
    if (layout === '') return this.#body.replaceChildren();
    const options: TeachingOptions = {
      layout,
      hash: this.#hash.value as TeachingHash,
      isAllAtOnce: this.#atOnce.checked,
      avoidResize: this.#avoid.checked,
    };
    this.#options.history.chooseLayout(options);
    this.request();
    return undefined;
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    while (this.#isStale) {
      this.#isStale = false;
      const layout = this.#layout.value;
      const bytes = await this.#options.history.viewLayout(this.#options.position());
      if (layout !== this.#layout.value || layout === '') continue;
      if (bytes === null)
        this.#body.replaceChildren(element('p', { class: 'hint' }, 'No history now.'));
      else if (layout === 'arena') drawArena(this.#body, decodeArena(bytes));
      else drawChained(this.#body, decodeChained(bytes));
    }
    this.#isAsking = false;
  }
}
