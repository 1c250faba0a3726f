/**
 * A limit of packed values: how much of it the value uses, as a bar, and the limit itself as a
 * slider. Moving it shows the number; letting it go sets it.
 */
import { element, formatBytes, formatNumber, setText } from './dom.ts';
import { nodeBytes, type Usage } from './value-limits.ts';
import type { Threshold } from './value-types.ts';

export class ValueSlider {
  readonly label: HTMLElement;
  readonly setting: string;
  readonly #threshold: Threshold;
  readonly #input: HTMLInputElement;
  readonly #output = element('output');
  readonly #fill = element('i');
  readonly #bar = element('span', { class: 'bar', 'aria-hidden': 'true' }, this.#fill);
  #usage: Usage | null = null;
  #isHeld = false;

  constructor(threshold: Threshold, set: (setting: string, value: number) => void) {
    const { setting, label, least, most } = threshold;
    this.#threshold = threshold;
    this.setting = setting;
    this.#input = element('input', { type: 'range', min: least, max: most, name: setting });
    this.#input.addEventListener('input', () => {
      this.#isHeld = true;
      this.#tell();
    });
    this.#input.addEventListener('change', () => {
      this.#isHeld = false;
      set(setting, this.#input.valueAsNumber);
    });
    const title = element('span', {}, label, this.#output);
    this.label = element(
      'label',
      { class: 'limit', title: setting },
      title,
      this.#bar,
      this.#input,
    );
  }

  show(value: number, usage: Usage | null): void {
    this.#usage = usage;
    if (!this.#isHeld && Number.isFinite(value)) {
      this.#input.max = String(Math.max(this.#threshold.most, value));
      this.#input.value = String(value);
    }
    this.#tell();
  }

  #tell(): void {
    const value = this.#input.valueAsNumber;
    const limit = (this.#threshold.words ?? formatNumber)(value);
    this.#bar.hidden = this.#usage === null;
    if (this.#usage === null) return setText(this.#output, `at most ${limit}`);
    const isBytes = this.#threshold.of === 'node' && value < 0;
    const most = isBytes ? nodeBytes(value) : value;
    const { used } = this.#usage;
    this.#fill.style.width = `${Math.min(100, (100 * used) / Math.max(1, most))}%`;
    this.#bar.dataset['state'] = used > most ? 'over' : used === most ? 'full' : 'room';
    const text = isBytes ? formatBytes(used) : formatNumber(used);
    return setText(this.#output, `${text} of ${limit}`);
  }
}
