/**
 * "Inside the store": how large its keys' values are, what expires next, which buckets a running
 * snapshot has written, and, in an engine of the lab that does the same operations, the 16,384
 * slots of a cluster with their rehash queue and tree of sums.
 */
import type { PublicReply } from '../client/reply-error.ts';
import { byId, element, formatBytes, formatDuration, formatNumber, setText } from './dom.ts';
import type { History } from './history.ts';
import type { Tables } from './inspect-reply.ts';
import type { PageClock } from './page-clock.ts';
import {
  decodeDeadlines,
  decodeFenwick,
  decodeKvstore,
  isWalked,
  type KvstoreReport,
} from './store-view.ts';

export interface InsidePanelOptions {
  readonly clock: PageClock;
  readonly history: History;
  readonly position: () => number;
}

const kDeadlines = 8;
const kStripCells = 64;
const kSide = 128;

/** What is asked for with every look. */
export const kInsideQuestions = (database: number) =>
  [
    ['INSPECT', 'KVSTORE', database],
    ['INSPECT', 'DEADLINES', database, kDeadlines],
  ] as const;

export class InsidePanel {
  readonly #options: InsidePanelOptions;
  readonly #sizes = byId('key-sizes', HTMLElement);
  readonly #deadlines = byId('deadlines', HTMLElement);
  readonly #snapshot = byId('snapshot-walk', HTMLElement);
  readonly #slots = byId('slots', HTMLElement);
  readonly #slotsText = byId('slots-text', HTMLElement);
  readonly #map = byId('slots-map', HTMLCanvasElement);
  readonly #queue = byId('slots-queue', HTMLElement);
  #isAsking = false;
  #isStale = false;

  constructor(options: InsidePanelOptions) {
    this.#options = options;
    byId('slots-view', HTMLDetailsElement).addEventListener('toggle', () => this.requestSlots());
  }

  draw(kvstore: PublicReply, deadlines: PublicReply, tables: Tables): void {
    this.#drawSizes(decodeKvstore(kvstore));
    this.#drawDeadlines(decodeDeadlines(deadlines));
    this.#drawSnapshot(tables);
  }

  /** Another moment, or another operation. */
  requestSlots(): void {
    if (!byId('slots-view', HTMLDetailsElement).open) return;
    this.#isStale = true;
    if (!this.#isAsking) void this.#askSlots();
  }

  #drawSizes(report: KvstoreReport): void {
    const bins = [...report.sizes].flatMap(([type, sizes]) =>
      sizes.map(([bin, keys]) => ({ type, bin, keys })),
    );
    const most = Math.max(1, ...bins.map(({ keys }) => keys));
    const rows = bins.map(({ type, bin, keys }) => {
      const bar = element('i');
      bar.style.width = `${(100 * keys) / most}%`;
      const isText = type === 'string';
      const size = isText ? formatBytes(2 ** bin) : formatNumber(2 ** bin);
      const many = type === 'hash' ? 'hashes' : `${type}s`;
      const name = `${isText ? '' : `${many} `}${bin === 0 ? 'empty' : `under ${size}`}`;
      return element(
        'li',
        {},
        element('span', {}, name),
        element('span', { class: 'bar' }, bar),
        element('span', {}, formatNumber(keys)),
      );
    });
    this.#sizes.replaceChildren(...rows);
    if (rows.length === 0) this.#sizes.append(element('li', { class: 'hint' }, 'No keys yet.'));
  }

  #drawDeadlines(deadlines: readonly (readonly [number, string])[]): void {
    const now = this.#options.clock.now();
    const rows = deadlines.map(([deadline, key]) =>
      element(
        'li',
        {},
        element('span', {}, key),
        element('span', {}, deadline <= now ? 'due' : `in ${formatDuration(deadline - now)}`),
      ),
    );
    this.#deadlines.replaceChildren(...rows);
    if (rows.length === 0) {
      this.#deadlines.append(element('li', { class: 'hint' }, 'No key has a time to live.'));
    }
  }

  #drawSnapshot({ snapshotCursor, snapshotProgress, size0 }: Tables): void {
    if (snapshotProgress < 0) {
      const idle = 'No snapshot is being written.';
      this.#snapshot.replaceChildren(element('p', { class: 'hint' }, idle));
      return;
    }
    const cells = Math.min(kStripCells, Math.max(1, size0));
    const strip = element('div', { class: 'strip', role: 'img' });
    let walked = 0;
    for (let cell = 0; cell < cells; cell++) {
      const index = Math.floor((cell * size0) / cells);
      const isDone = isWalked(index, snapshotCursor, size0);
      walked += isDone ? 1 : 0;
      strip.append(element('i', { 'data-walked': isDone }));
    }
    const text =
      `Cursor ${formatNumber(snapshotCursor)} of ${formatNumber(size0)} buckets; ` +
      `${snapshotProgress / 10} % of the keys are written. The cursor counts its highest bit first, ` +
      'so it is right whichever way the table is resized meanwhile.';
    strip.setAttribute('aria-label', `${walked} of ${cells} parts written`);
    this.#snapshot.replaceChildren(strip, element('p', { class: 'hint' }, text));
  }

  async #askSlots(): Promise<void> {
    this.#isAsking = true;
    setText(this.#slotsText, 'The lab is doing the operations again, with slots…');
    while (this.#isStale) {
      this.#isStale = false;
      const { history, position } = this.#options;
      const answer = await history.askSlots(position(), [['INSPECT', 'KVSTORE', 0]]);
      if (answer === null) {
        setText(
          this.#slotsText,
          `No slots now: ${history.endReason ?? 'the lab was interrupted'}.`,
        );
        continue;
      }
      const report = decodeKvstore(answer[0] ?? null);
      this.#drawSlots(report, await this.#fenwickOf(report));
    }
    this.#isAsking = false;
  }

  /** The path of the tree to the fullest slot. */
  async #fenwickOf(report: KvstoreReport): Promise<string> {
    let [slot, most] = [-1, 0];
    for (const [index, keys] of report.dicts) if (keys > most) [slot, most] = [index, keys];
    if (slot < 0) return '';
    const { history, position } = this.#options;
    const answer = await history.askSlots(position(), [['INSPECT', 'FENWICK', 0, slot]]);
    if (answer === null) return '';
    const nodes = decodeFenwick(answer[0] ?? null);
    const sum = nodes.reduce((total, [, keys]) => total + keys, 0);
    const path = nodes.map(([node, keys]) => `node ${node}: ${formatNumber(keys)}`).join(' + ');
    return (
      `Keys in the slots 0 to ${formatNumber(slot)} (the fullest, ${formatNumber(most)} keys), from ` +
      `${nodes.length} nodes of the Fenwick tree: ${path} = ${formatNumber(sum)}.`
    );
  }

  #drawSlots(report: KvstoreReport, fenwick: string): void {
    setText(
      this.#slotsText,
      `${formatNumber(report.keys)} keys in ${formatNumber(report.nonEmptyDicts)} of ` +
        `${formatNumber(report.dictCount)} dicts, ${formatNumber(report.buckets)} buckets.`,
    );
    const queue =
      report.queue.length === 0
        ? 'No dict is rehashing.'
        : `Rehash queue: ${report.queue.slice(0, 12).join(' → ')}${report.queue.length > 12 ? ' …' : ''}.`;
    setText(this.#queue, `${queue} ${fenwick}`);
    this.#slots.hidden = false;
    this.#paint(report);
  }

  /** One pixel per slot, 128 by 128, the more keys the stronger. */
  #paint(report: KvstoreReport): void {
    const pen = this.#map.getContext('2d');
    if (pen === null) return;
    const image = pen.createImageData(kSide, kSide);
    const most = Math.max(1, ...report.dicts.map(([, keys]) => keys));
    for (const [index, keys] of report.dicts) {
      const share = 0.35 + 0.65 * (keys / most);
      image.data.set([31, 95, 191, Math.round(255 * share)], 4 * index);
    }
    for (const index of report.queue) image.data.set([194, 87, 12, 255], 4 * index);
    pen.putImageData(image, 0, 0);
  }
}
