/**
 * Where a key lives: the entries of a bucket, and of one key its hash bits, the way to its bucket,
 * the bytes of its entry and the clock of its time to live.
 */
import type { Client } from '../client/client.ts';
import { button, byId, element, formatDuration, formatNumber, svg } from './dom.ts';
import { entryFields } from './entry-bytes.ts';
import type { Tables } from './inspect-reply.ts';
import {
  type BucketEntry,
  decodeBucketEntries,
  decodeKey,
  decodeTables,
  type KeyPlace,
} from './inspect-reply.ts';
import { readHash } from './hash-bits.ts';
import type { Hit } from './layout.ts';
import type { PageClock } from './page-clock.ts';
import { printable } from './reply-text.ts';
import type { ValueCard } from './value-card.ts';

type Key = string | Uint8Array;

export interface KeyPanelOptions {
  readonly body: HTMLElement;
  readonly input: HTMLInputElement;
  readonly form: HTMLFormElement;
  readonly clock: PageClock;
  readonly store: () => { readonly db: Client; readonly database: number } | null;
  /** A key was found in this bucket. */
  readonly onFound: (hit: Hit | null) => void;
  /** Types a line into the command line. */
  readonly run: (line: string) => Promise<void>;
}

const kHexBytesMost = 48;
const kBytesPerHexGroup = 8;

export class KeyPanel {
  readonly #options: KeyPanelOptions;
  #bucket: Hit | null = null;
  #key: Key | null = null;
  /** Loaded with the first value that is more than a text. */
  #value: Promise<ValueCard> | null = null;
  #stopClock: () => void = () => {};

  constructor(options: KeyPanelOptions) {
    this.#options = options;
    options.form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (options.input.value !== '') void this.showKey(options.input.value);
    });
  }

  /** Something changed in the store: looks again at what is shown. */
  async refresh(): Promise<void> {
    if (this.#key !== null) await this.#drawKey(this.#key, this.#bucket);
    else if (this.#bucket !== null) await this.showBucket(this.#bucket);
  }

  async showBucket(hit: Hit): Promise<void> {
    this.#bucket = hit;
    this.#key = null;
    const entries = await this.#entries(hit);
    this.#stopClock();
    this.#options.body.replaceChildren(...this.#bucketParts(hit, entries));
    await this.#showValue('', null);
  }

  async showKey(key: Key): Promise<void> {
    this.#bucket = null;
    this.#key = key;
    if (typeof key === 'string') this.#options.input.value = key;
    const place = await this.#drawKey(key, null);
    this.#options.onFound(place === null ? null : { table: place.table, index: place.bucket });
  }

  async #drawKey(key: Key, bucket: Hit | null): Promise<KeyPlace | null> {
    const store = this.#options.store();
    if (store === null) return null;
    const { db, database } = store;
    const [reply, tables] = await Promise.all([
      db.callBuffer('INSPECT', 'KEY', database, key),
      db.callBuffer('INSPECT', 'DB', database),
    ]);
    const place = decodeKey(reply);
    const entries = bucket === null ? [] : await this.#entries(bucket);
    if (this.#key !== key) return place; // meanwhile something else was asked for
    this.#stopClock();
    const parts = bucket === null ? [] : this.#bucketParts(bucket, entries);
    if (place === null) parts.push(element('p', { class: 'hint' }, 'There is no such key.'));
    else parts.push(...this.#keyParts(place, decodeTables(tables)));
    this.#options.body.replaceChildren(...parts);
    await this.#showValue(key, place);
    return place;
  }

  async #showValue(key: Key, place: KeyPlace | null): Promise<void> {
    if (this.#value === null && (place === null || place.type === 'string')) return;
    this.#value ??= import('./value-card.ts').then(
      ({ ValueCard }) =>
        new ValueCard({
          card: byId('value-card', HTMLElement),
          store: this.#options.store,
          run: this.#options.run,
        }),
    );
    await (await this.#value).show(key, place);
  }

  /** Null: the bucket is in the other table now. */
  async #entries(hit: Hit): Promise<BucketEntry[] | null> {
    const store = this.#options.store();
    if (store === null) return null;
    try {
      const { db, database } = store;
      return decodeBucketEntries(
        await db.callBuffer('INSPECT', 'BUCKET', database, hit.table, hit.index),
      );
    } catch {
      return null; // the table became smaller
    }
  }

  #bucketParts({ table, index }: Hit, entries: BucketEntry[] | null): HTMLElement[] {
    const count = entries?.length ?? 0;
    const title = `Bucket ${formatNumber(index)} of table ${table}: ${count === 1 ? '1 entry' : `${count} entries`}`;
    const list = element('ul', { class: 'entries' });
    for (const entry of entries ?? []) list.append(element('li', {}, this.#entryButton(entry)));
    return [element('p', {}, element('b', {}, title)), list];
  }

  #entryButton(entry: BucketEntry): HTMLButtonElement {
    const isCurrent = this.#key instanceof Uint8Array && sameBytes(this.#key, entry.key);
    const chosen = button('', () => {
      this.#key = entry.key;
      void this.#drawKey(entry.key, this.#bucket);
    });
    if (isCurrent) chosen.setAttribute('aria-current', 'true');
    const depth = entry.depth === 0 ? '' : ` · child ${entry.depth}`;
    const fingerprint = entry.fingerprint.toString(16).padStart(2, '0');
    chosen.append(
      element('span', {}, printable(entry.key)),
      element('span', {}, `${fingerprint} · ${entry.blobBytes} B${depth}`),
    );
    return chosen;
  }

  #keyParts(place: KeyPlace, tables: Tables): HTMLElement[] {
    const reading = readHash(place.hash, tables);
    const parts = [
      this.#path(place, reading.bucketBits),
      this.#bits(place, tables),
      this.#legend(reading.bucketBits),
      this.#fields(place),
    ];
    if (place.deadline >= 0) parts.splice(1, 0, this.#clock(place.deadline));
    return parts;
  }

  #path(place: KeyPlace, bucketBits: number): HTMLElement {
    const stop = (label: string, value: string): HTMLElement =>
      element('span', { class: 'stop' }, `${label} `, element('b', {}, value));
    const arrow = (): HTMLElement =>
      element('span', { class: 'arrow', 'aria-hidden': 'true' }, '→');
    const child = place.childDepth === 0 ? '' : `, child ${place.childDepth}`;
    return element(
      'div',
      { class: 'path' },
      stop('hash', `0x${place.hash}`),
      arrow(),
      stop('slot', formatNumber(place.slot)),
      arrow(),
      stop(`table ${place.table}, low ${bucketBits} bits, bucket`, formatNumber(place.bucket)),
      arrow(),
      stop('place', `${place.place}${child}`),
      arrow(),
      stop('entry at', `0x${place.reference.toString(16)}`),
    );
  }

  #bits(place: KeyPlace, tables: Tables): HTMLElement {
    const { bits } = readHash(place.hash, tables);
    const row = element('div', {
      class: 'bits',
      role: 'img',
      'aria-label': `Hash 0x${place.hash}`,
    });
    for (let byte = 0; byte < 8; byte++) {
      const group = element('span', { class: 'byte' });
      for (const { value, use, number } of bits.slice(8 * byte, 8 * byte + 8)) {
        group.append(
          element('span', { 'data-use': use, title: `bit ${number}: ${use}` }, String(value)),
        );
      }
      row.append(group);
    }
    return row;
  }

  #legend(bucketBits: number): HTMLElement {
    const item = (use: string, text: string): HTMLElement =>
      element('span', { 'data-use': use }, text);
    return element(
      'p',
      { class: 'legend' },
      item('fingerprint', 'fingerprint'),
      item('spare', 'beside the reference'),
      item('extra', `bit ${bucketBits}: decides when the table doubles`),
      item('bucket', 'bucket'),
    );
  }

  #fields(place: KeyPlace): HTMLElement {
    const list = element('div', {
      class: 'fields',
      role: 'list',
      'aria-label': 'Bytes of the entry',
    });
    for (const { name, from, bytes, meaning } of entryFields(place)) {
      list.append(
        element(
          'div',
          { role: 'listitem' },
          element('span', { class: 'at' }, String(from)),
          element('span', { class: 'name' }, name),
          element('span', { class: 'bytes' }, hexText(bytes)),
          element('span', { class: 'meaning' }, meaningOf(name, meaning, bytes)),
        ),
      );
    }
    return list;
  }

  /** Ticks once a second, on the page alone. */
  #clock(deadline: number): HTMLElement {
    const { clock } = this.#options;
    const length = 2 * Math.PI * 18;
    const left = svg('circle', { class: 'left', cx: 22, cy: 22, r: 18 });
    const text = element('span');
    const whole = Math.max(1, deadline - clock.now());
    const draw = (): void => {
      const ms = deadline - clock.now();
      const share = Math.max(0, Math.min(1, ms / whole));
      left.setAttribute('stroke-dasharray', `${share * length} ${length}`);
      text.textContent = ms > 0 ? `expires in ${formatDuration(ms)}` : 'expired';
      if (ms <= 0) this.#stopClock();
    };
    const stop = clock.every(1000, draw);
    this.#stopClock = () => stop();
    draw();
    const face = svg(
      'svg',
      { viewBox: '0 0 44 44', 'aria-hidden': 'true' },
      svg('circle', { cx: 22, cy: 22, r: 18 }),
      left,
    );
    return element('div', { class: 'clock' }, face, text);
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function hexText(bytes: Uint8Array): string {
  const shown = bytes.subarray(0, kHexBytesMost);
  let text = '';
  shown.forEach((byte, i) => {
    const gap = i > 0 && i % kBytesPerHexGroup === 0 ? '  ' : i > 0 ? ' ' : '';
    text += gap + byte.toString(16).padStart(2, '0');
  });
  return bytes.length > shown.length ? `${text} … ${formatNumber(bytes.length)} bytes` : text;
}

function meaningOf(name: string, meaning: string, bytes: Uint8Array): string {
  if (name !== 'value' || !meaning.startsWith('text')) return meaning;
  const text = printable(bytes.subarray(0, 160));
  return `"${text}${bytes.length > 160 ? '…' : ''}"`;
}
