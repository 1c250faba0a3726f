/**
 * The value of the chosen key, if it is more than a text: in which of its type's encodings it is,
 * the settings that say when it goes on to the next one (as sliders), its first elements and the
 * bytes of a packed one. It notices when the value converts between two looks.
 */
import type { Client } from '../client/client.ts';
import type { PublicReply } from '../client/reply-error.ts';
import { element, formatBytes, formatNumber, messageOf, setText } from './dom.ts';
import type { KeyPlace } from './inspect-reply.ts';
import { printable, replyText } from './reply-text.ts';
import type { ValuePart } from './value-bytes.ts';
import { kValueTypes, partsOf, type Threshold, type ValueType } from './value-types.ts';

export interface ValueCardOptions {
  readonly card: HTMLElement;
  readonly store: () => { readonly db: Client; readonly database: number } | null;
}

const kElementsMost = 24;
const kPartsMost = 64;

interface Seen {
  readonly key: string;
  readonly encoding: string;
  readonly size: number;
}

export class ValueCard {
  readonly #options: ValueCardOptions;
  readonly #title = element('h2', { id: 'value-title' });
  readonly #ladder = element('ol', { class: 'ladder', 'aria-label': 'Encodings' });
  readonly #moment = element('p', { class: 'hint', role: 'status', id: 'value-moment' });
  readonly #settings = element('div', { class: 'fields-row' });
  readonly #elements = element('ul', { class: 'value-elements', 'aria-label': 'Elements' });
  readonly #bytes = element('div', {
    class: 'fields',
    role: 'list',
    'aria-label': 'Bytes of the value',
  });
  #type = '';
  #sliders: Slider[] = [];
  #seen: Seen | null = null;
  #looks = 0;

  constructor(options: ValueCardOptions) {
    this.#options = options;
    options.card.append(
      element('div', { class: 'card-head' }, this.#title),
      this.#ladder,
      this.#moment,
      this.#settings,
      this.#elements,
      this.#bytes,
    );
  }

  /** Looks at the value of a key whose place is known; null: none is chosen. */
  async show(key: string | Uint8Array, place: KeyPlace | null): Promise<void> {
    const look = ++this.#looks;
    const type = kValueTypes[place?.type ?? ''];
    const store = this.#options.store();
    if (place === null || type === undefined || store === null) {
      this.#options.card.hidden = true;
      this.#seen = null;
      return;
    }
    const bytes = typeof key === 'string' ? new TextEncoder().encode(key) : key;
    const { db } = store;
    const [size, first, memory, ...settings] = await Promise.all([
      db.callBuffer(...type.size(bytes)),
      db.callBuffer(...type.first(bytes, kElementsMost)),
      db.callBuffer('MEMORY', 'USAGE', bytes),
      ...type.thresholds.map(({ setting }) => db.configGet(setting)),
    ]).catch(() => [null]); // it became another type meanwhile
    if (look !== this.#looks || typeof size !== 'number') return;
    this.#drawSettings(place.type, type, settings as Record<string, string>[]);
    this.#drawForm(place, type, printable(bytes), size, Number(memory));
    this.#drawElements(type, first ?? null, size);
    this.#drawBytes(place);
    this.#options.card.hidden = false;
  }

  #drawForm(place: KeyPlace, type: ValueType, key: string, size: number, memory: number): void {
    const { encoding } = place;
    const [one, many] = type.element;
    const count = `${formatNumber(size)} ${size === 1 ? one : many}`;
    setText(this.#title, `A ${place.type} of ${count}, ${formatBytes(memory)}`);
    this.#ladder.replaceChildren(
      ...type.encodings.map((name) =>
        element('li', { 'aria-current': name === encoding ? 'step' : undefined }, name),
      ),
    );
    const before = this.#seen;
    if (before?.key !== key) {
      setText(this.#moment, 'It has not converted since you look at it.');
    } else if (before.encoding !== encoding) {
      const grew = `between ${formatNumber(before.size)} and ${count}`;
      const when = before.size === size ? `at ${count}` : grew;
      setText(this.#moment, `It went from ${before.encoding} to ${encoding}, ${when}.`);
    }
    this.#seen = { key, encoding, size };
  }

  #drawSettings(
    name: string,
    type: ValueType,
    values: readonly Readonly<Record<string, string>>[],
  ): void {
    if (name !== this.#type) {
      this.#type = name;
      this.#sliders = type.thresholds.map((threshold) => new Slider(threshold, this.#set));
      this.#settings.replaceChildren(...this.#sliders.map(({ label }) => label));
    }
    this.#sliders.forEach((slider, i) => {
      slider.show(Number(values[i]?.[slider.setting]));
    });
  }

  readonly #set = (setting: string, value: number): void => {
    const done = this.#options.store()?.db.configSet({ [setting]: value });
    done?.catch((error: unknown) => setText(this.#moment, messageOf(error)));
  };

  #drawElements({ width, element: [, many] }: ValueType, reply: PublicReply, size: number): void {
    const items = itemsOf(reply);
    const rows: string[] = [];
    for (let at = 0; at < items.length && rows.length < kElementsMost; at += width) {
      rows.push(
        items
          .slice(at, at + width)
          .map(wordsOf)
          .join(' → '),
      );
    }
    const children = rows.map((row) => element('li', {}, row));
    if (size > rows.length) {
      const rest = `… ${formatNumber(size - rows.length)} more ${many}`;
      children.push(element('li', { class: 'hint' }, rest));
    }
    this.#elements.replaceChildren(...children);
  }

  #drawBytes({ encoding, blob, valueOffset }: KeyPlace): void {
    const parts = partsOf(encoding, blob.subarray(valueOffset), kPartsMost);
    this.#bytes.hidden = parts === null;
    this.#bytes.replaceChildren(...(parts ?? []).map(rowOf));
  }
}

/** A setting as a slider. Moving it shows the number; letting it go sets it. */
class Slider {
  readonly label: HTMLElement;
  readonly setting: string;
  readonly #threshold: Threshold;
  readonly #input: HTMLInputElement;
  readonly #output = element('output');
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
    this.label = element('label', { title: setting }, `${label} `, this.#output, this.#input);
  }

  show(value: number): void {
    if (this.#isHeld || !Number.isFinite(value)) return;
    this.#input.max = String(Math.max(this.#threshold.most, value));
    this.#input.value = String(value);
    this.#tell();
  }

  #tell(): void {
    const value = this.#input.valueAsNumber;
    setText(this.#output, (this.#threshold.words ?? formatNumber)(value));
  }
}

/** The array of a range, pairs in it taken apart, or the second part of a scan's reply. */
function itemsOf(reply: PublicReply): PublicReply[] {
  if (!Array.isArray(reply)) return [];
  const [, found] = reply;
  const isScan = reply.length === 2 && Array.isArray(found) && !Array.isArray(reply[0]);
  return (isScan ? found : reply).flat() as PublicReply[];
}

function wordsOf(item: PublicReply): string {
  if (item instanceof Uint8Array) return printable(item);
  if (Array.isArray(item)) return item.map(wordsOf).join(' ');
  return typeof item === 'number' ? String(item) : replyText(item);
}

function rowOf({ kind, from, bytes, meaning }: ValuePart): HTMLElement {
  return element(
    'div',
    { role: 'listitem', 'data-kind': kind },
    element('span', { class: 'at' }, String(from)),
    element('span', { class: 'name' }, kind),
    element('span', { class: 'bytes' }, hex(bytes)),
    element('span', { class: 'meaning' }, meaning),
  );
}

function hex(bytes: Uint8Array): string {
  const shown = Array.from(bytes.subarray(0, 24), (byte) => byte.toString(16).padStart(2, '0'));
  return `${shown.join(' ')}${bytes.length > 24 ? ' …' : ''}`;
}
