/**
 * The value of the chosen key, if it is more than a text: in which of its type's encodings it is,
 * how near it is to the limits that end it (sliders), its elements and its bytes; of a large one
 * the tree or the nodes that it is made of. It notices when the value converts between two looks,
 * and says why.
 */
import type { Client } from '../client/client.ts';
import type { PublicReply } from '../client/reply-error.ts';
import { button, element, formatBytes, formatNumber, setText } from './dom.ts';
import type { KeyPlace } from './inspect-reply.ts';
import { printable, replyText } from './reply-text.ts';
import type { ValuePart } from './value-bytes.ts';
import { kValueExamples, type ValueAction } from './value-examples.ts';
import { decodeGroups, drawGroups, kPendingMost } from './value-groups.ts';
import { reasonOf, usageOf } from './value-limits.ts';
import { decodeChain, ValueNodes } from './value-nodes.ts';
import { ValueSlider } from './value-slider.ts';
import { decodeTree, memberButton, ValueTree } from './value-tree.ts';
import { kValueTypes, partsOf, type ValueType } from './value-types.ts';

interface Store {
  readonly db: Client;
  readonly database: number;
}

export interface ValueCardOptions {
  readonly card: HTMLElement;
  readonly store: () => Store | null;
  /** Types a line into the command line. */
  readonly run: (line: string) => Promise<void>;
}

const kElementsMost = 24;
const kPartsMost = 64;
/** A value of more elements is not read as a whole to find out why it converted. */
const kReadMost = 2000;

interface Looked {
  readonly key: Uint8Array;
  readonly name: string;
  readonly place: KeyPlace;
  readonly type: ValueType;
  readonly size: number;
  readonly limits: ReadonlyMap<string, number>;
  readonly parts: readonly ValuePart[];
}

export class ValueCard {
  readonly #options: ValueCardOptions;
  readonly #title = element('h3', { id: 'value-title' });
  readonly #ladder = element('ol', { class: 'ladder', 'aria-label': 'Encodings' });
  readonly #moment = element('p', { class: 'moment', role: 'status', id: 'value-moment' });
  readonly #settings = element('div', { class: 'limits' });
  readonly #actions = element('div', { class: 'row', role: 'group', 'aria-label': 'Try' });
  readonly #elements = element('ul', { class: 'value-elements', 'aria-label': 'Elements' });
  readonly #bytes = element('div', { class: 'fields', role: 'list', tabindex: 0 });
  readonly #groups = element('div', { class: 'groups' });
  readonly #tree: ValueTree;
  readonly #nodes = new ValueNodes(() => this.#again());
  #type = '';
  #sliders: ValueSlider[] = [];
  #looked: Looked | null = null;
  #looks = 0;
  #acting = Promise.resolve();

  constructor(options: ValueCardOptions) {
    this.#options = options;
    this.#tree = new ValueTree({
      db: options.store,
      run: options.run,
      look: () => this.#again(),
    });
    this.#bytes.setAttribute('aria-label', 'Bytes of the value');
    const left = element('div', {}, this.#title, this.#ladder, this.#moment);
    left.append(this.#settings, this.#actions, this.#elements, this.#groups);
    const right = element('div', {}, this.#tree.body, this.#nodes.body, this.#bytes);
    options.card.append(left, right);
  }

  /** Looks at the value of a key whose place is known; null: none is chosen. */
  async show(key: string | Uint8Array, place: KeyPlace | null): Promise<void> {
    const look = ++this.#looks;
    const type = kValueTypes[place?.type ?? ''];
    const store = this.#options.store();
    if (place === null || type === undefined || store === null) {
      this.#options.card.hidden = true;
      this.#looked = null;
      return;
    }
    const bytes = typeof key === 'string' ? new TextEncoder().encode(key) : key;
    const { db } = store;
    const [size, first, memory, full, ...settings] = await Promise.all([
      db.callBuffer(...type.size(bytes)),
      db.callBuffer(...type.first(bytes, kElementsMost)),
      db.callBuffer('MEMORY', 'USAGE', bytes),
      place.type === 'stream'
        ? db.callBuffer('XINFO', 'STREAM', bytes, 'FULL', 'COUNT', kPendingMost)
        : null,
      ...type.thresholds.map(({ setting }) => db.configGet(setting)),
    ]).catch(() => [null]); // it became another type meanwhile
    if (look !== this.#looks || typeof size !== 'number') return;
    const limits = new Map(
      type.thresholds.map(({ setting }, i) => {
        const answer = settings[i] as Readonly<Record<string, string>> | undefined;
        return [setting, Number(answer?.[setting])] as const;
      }),
    );
    const packed = partsOf(place.encoding, place.blob.subarray(place.valueOffset), Infinity);
    const parts = packed ?? [];
    const name = printable(bytes);
    const looked = { key: bytes, name, place, type, size, limits, parts };
    const inside = await this.#inside(store, looked);
    if (look !== this.#looks) return;
    this.#drawForm(looked, Number(memory));
    this.#drawSettings(looked);
    this.#drawElements(looked, first ?? null);
    this.#drawBytes(inside ?? (packed === null ? null : packed.slice(0, kPartsMost + 1)));
    const groups = full === null ? [] : decodeGroups(full as PublicReply);
    this.#groups.replaceChildren(
      ...drawGroups(groups, (group, id) => {
        void this.#options.run(`XACK ${quoted(name)} "${group}" ${id}`);
      }),
    );
    const before = this.#looked;
    this.#looked = looked;
    this.#options.card.hidden = false;
    await this.#tellMoment(before, looked, store);
  }

  #again(): void {
    if (this.#looked !== null) void this.show(this.#looked.key, this.#looked.place);
  }

  /** Draws tree or nodes; hands back the parts of the node that was chosen. */
  async #inside({ db, database }: Store, looked: Looked): Promise<ValuePart[] | null> {
    const { key, name, place, size } = looked;
    const isTree = place.type === 'zset';
    const at = isTree ? this.#tree.at(name, size) : this.#nodes.at(name);
    const ask = (from: number): Promise<PublicReply> =>
      db.callBuffer('INSPECT', 'NODES', database, key, from);
    const reply = await ask(at).catch(() => {
      this.#nodes.reset(); // it became shorter
      return ask(0).catch(() => null);
    });
    this.#tree.draw(isTree ? decodeTree(reply) : [], quoted(name));
    return this.#nodes.draw(isTree ? null : decodeChain(reply), place.type, kPartsMost);
  }

  #drawForm({ place, type, size }: Looked, memory: number): void {
    const [one, many] = type.element;
    const count = `${formatNumber(size)} ${size === 1 ? one : many}`;
    setText(this.#title, `${type.title} of ${count}, ${formatBytes(memory)}`);
    this.#ladder.replaceChildren(
      ...type.encodings.map((name) =>
        element('li', { 'aria-current': name === place.encoding ? 'step' : undefined }, name),
      ),
    );
  }

  async #tellMoment(before: Looked | null, now: Looked, { db }: Store): Promise<void> {
    if (before?.name !== now.name) {
      this.#moment.removeAttribute('data-converted');
      this.#moment.hidden = now.type.encodings.length === 1;
      setText(this.#moment, 'It has not converted since you look at it.');
      return;
    }
    const [from, to] = [before.place.encoding, now.place.encoding];
    if (from === to) return;
    const { type, size, limits, key } = now;
    const reply = size > kReadMost ? null : await db.callBuffer(...type.first(key, size));
    const texts = itemsOf(reply).filter((item) => item instanceof Uint8Array);
    const longest = Math.max(0, ...texts.map(({ length }) => length));
    const word = texts.map(printable).find((text) => !/^-?\d+$/.test(text)) ?? null;
    const reason = reasonOf(type, { from, to, size, limits, longest, word });
    this.#moment.setAttribute('data-converted', '');
    setText(this.#moment, `It went from ${from} to ${to}: ${reason}.`);
  }

  #drawSettings({ place, type, limits, size, parts, name }: Looked): void {
    if (place.type !== this.#type) {
      this.#type = place.type;
      this.#sliders = type.thresholds.map((threshold) => new ValueSlider(threshold, this.#set));
      this.#settings.replaceChildren(...this.#sliders.map(({ label }) => label));
    }
    type.thresholds.forEach((threshold, i) => {
      const limit = limits.get(threshold.setting) ?? NaN;
      this.#sliders[i]?.show(limit, usageOf(threshold, place.encoding, size, parts, limit));
    });
    if (this.#looked?.name === name && this.#looked.place.type === place.type) return;
    const actions = kValueExamples[place.type]?.actions ?? [];
    this.#actions.replaceChildren(
      ...actions.map(({ label, lines }) => button(label, () => this.#act(lines))),
    );
  }

  /** One after the other, so that the second of two quick clicks knows what the first did. */
  #act(lines: ValueAction['lines']): void {
    const looked = this.#looked;
    if (looked === null) return;
    const { key, name, type, limits } = looked;
    this.#acting = this.#acting.then(async () => {
      const db = this.#options.store()?.db;
      // Rejected: it became another type, whose card comes with the next look.
      const size = await db?.callBuffer(...type.size(key)).catch(() => null);
      if (typeof size !== 'number') return;
      for (const line of lines({ key: quoted(name), size, limits })) await this.#options.run(line);
    });
  }

  readonly #set = (setting: string, value: number): void => {
    void this.#options.run(`CONFIG SET ${setting} ${value}`);
  };

  #drawElements({ type, place, size }: Looked, reply: PublicReply): void {
    const { width } = type;
    const [, many] = type.element;
    const items = itemsOf(reply);
    const rows: HTMLElement[] = [];
    for (let at = 0; at < items.length && rows.length < kElementsMost; at += width) {
      const text = items
        .slice(at, at + width)
        .map(wordsOf)
        .join(' → ');
      const isWay = place.type === 'zset' && place.encoding === 'skiplist';
      const member = wordsOf(items[at] ?? null);
      const show = (): void => void this.#tree.showMember(member);
      rows.push(element('li', {}, isWay ? memberButton(text, show) : text));
    }
    if (size > rows.length) {
      const rest = `… ${formatNumber(size - rows.length)} more ${many}`;
      rows.push(element('li', { class: 'hint' }, rest));
    }
    this.#elements.replaceChildren(...rows);
  }

  #drawBytes(parts: readonly ValuePart[] | null): void {
    this.#bytes.hidden = parts === null || parts.length === 0;
    this.#bytes.replaceChildren(...(parts ?? []).map(rowOf));
  }
}

/** As it is typed into the command line. */
const quoted = (name: string): string => (/^[\w:./-]+$/.test(name) ? name : `"${name}"`);

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
