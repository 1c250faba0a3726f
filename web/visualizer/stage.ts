/**
 * The stage around the picture: facts in its head, the sentence below it, pointing and choosing
 * buckets by mouse, touch and keys, zoom.
 */
import { CanvasView, type CanvasViewOptions } from './canvas-view.ts';
import { byId, element, formatBytes, formatNumber, setText } from './dom.ts';
import { type Frame, isPresent, largestSize, loadOf, sizeOf } from './frame.ts';
import type { TableNumber, Tables } from './inspect-reply.ts';
import { type Hit, windowOf, zoom } from './layout.ts';
import { tellChange, tellMove, tellTables } from './narration.ts';
import type { PageClock } from './page-clock.ts';
import { drawTable } from './table-view.ts';

export interface StageOptions {
  readonly clock: PageClock;
  readonly isReduced: () => boolean;
  readonly onLook: () => void;
  readonly onPick: (hit: Hit) => void;
  readonly onDrawn?: CanvasViewOptions['onDrawn'];
}

const kStoryMost = 60;

export class Stage {
  readonly view: CanvasView;
  readonly #options: StageOptions;
  readonly #host = byId('stage', HTMLElement);
  readonly #tip = byId('stage-tip', HTMLElement);
  readonly #facts = byId('facts', HTMLElement);
  readonly #narration = byId('narration', HTMLElement);
  readonly #story = byId('story', HTMLElement);
  readonly #table = byId('table-view', HTMLDetailsElement);
  #frame: Frame | null = null;

  constructor(options: StageOptions) {
    this.#options = options;
    this.view = new CanvasView({
      host: this.#host,
      ground: byId('ground', HTMLCanvasElement),
      air: byId('air', HTMLCanvasElement),
      clock: options.clock,
      isReduced: options.isReduced,
      onLook: options.onLook,
      onDrawn: options.onDrawn,
    });
    this.#listen();
  }

  /** A new frame. `isTold`: worth a sentence, at teaching speed. */
  show(before: Frame | null, frame: Frame, msPerMove: number, isTold: boolean): void {
    this.#frame = frame;
    this.view.show(before, frame, msPerMove);
    this.#drawFacts(frame.tables);
    if (this.#table.open) this.#drawTable();
    const change = before === null ? undefined : tellChange(before.tables, frame.tables);
    const lastMove = frame.moves.at(-1);
    const tables =
      before !== null && frame.tables.direction === 'none' ? before.tables : frame.tables;
    const move = isTold && lastMove !== undefined ? tellMove(lastMove, tables) : undefined;
    if (move !== undefined) this.tell(move);
    if (change !== undefined) this.tell(change);
    if (move === undefined && change === undefined && !isTold) {
      // A look that shows nothing new leaves the last sentence to be read.
      const summary = tellTables(frame.tables);
      if (before === null || tellTables(before.tables) !== summary)
        setText(this.#narration, summary);
    }
  }

  /** A sentence, seen and heard. */
  tell(sentence: string): void {
    setText(this.#narration, sentence);
    this.#story.append(element('p', {}, sentence));
    while (this.#story.childElementCount > kStoryMost) this.#story.firstElementChild?.remove();
  }

  zoomBy(factor: number): void {
    const { tables } = this.#frame ?? {};
    if (tables === undefined) return;
    const centre = this.view.selected?.index ?? windowOf(this.view.view, largestSize(tables)).first;
    this.view.view = zoom(this.view.view, largestSize(tables), factor, centre);
  }

  fit(): void {
    this.view.view = { first: 0, count: null };
  }

  /** Marks a bucket and brings it into the picture. */
  pick(hit: Hit): void {
    this.view.select(hit);
    const { tables } = this.#frame ?? {};
    if (tables === undefined) return;
    const { first, count } = windowOf(this.view.view, sizeOf(tables, hit.table));
    if (hit.index >= first && hit.index < first + count) return;
    this.view.view = { first: Math.max(0, hit.index - (count >> 1)), count };
  }

  #listen(): void {
    const hitAt = (event: PointerEvent | MouseEvent): Hit | null => {
      const box = this.#host.getBoundingClientRect();
      return this.view.hit(
        event.clientX - box.left - this.#host.clientLeft,
        event.clientY - box.top - this.#host.clientTop,
      );
    };
    this.#host.addEventListener('pointermove', (event) => {
      const hit = hitAt(event);
      this.view.hover(hit);
      this.#drawTip(hit, event);
    });
    this.#host.addEventListener('pointerleave', () => {
      this.view.hover(null);
      this.#tip.hidden = true;
    });
    this.#host.addEventListener('click', (event) => {
      const hit = hitAt(event);
      if (hit !== null) this.#choose(hit);
    });
    this.#host.addEventListener('keydown', (event) => this.#key(event));
    this.#table.addEventListener('toggle', () => this.#drawTable());
    byId('zoom-in', HTMLButtonElement).addEventListener('click', () => this.zoomBy(0.5));
    byId('zoom-out', HTMLButtonElement).addEventListener('click', () => this.zoomBy(2));
    byId('zoom-fit', HTMLButtonElement).addEventListener('click', () => this.fit());
  }

  #choose(hit: Hit): void {
    this.pick(hit);
    this.#options.onPick(hit);
  }

  #key(event: KeyboardEvent): void {
    const tables = this.#frame?.tables;
    if (tables === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const selected = this.view.selected ?? { table: 0 as TableNumber, index: 0 };
    const pane = this.view.layout?.panes.find(({ table }) => table === selected.table);
    const size = sizeOf(tables, selected.table);
    const columns = pane?.columns ?? 1;
    const isNew = this.view.selected === null;
    const wanted: Readonly<Record<string, number>> = {
      ArrowLeft: isNew ? 0 : selected.index - 1,
      ArrowRight: isNew ? 0 : selected.index + 1,
      ArrowUp: isNew ? 0 : selected.index - columns,
      ArrowDown: isNew ? 0 : selected.index + columns,
      Home: 0,
      End: size - 1,
    };
    const index = wanted[event.key];
    if (event.key === 'Enter' && !isNew) this.#choose(selected);
    else if (index !== undefined && size > 0) {
      this.pick({ ...selected, index: Math.max(0, Math.min(size - 1, index)) });
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #drawTip(hit: Hit | null, event: PointerEvent): void {
    const text = hit === null ? '' : this.#tipText(hit);
    this.#tip.hidden = text === '';
    if (text === '') return;
    setText(this.#tip, text);
    const box = this.#host.getBoundingClientRect();
    const width = this.#tip.offsetWidth;
    const x = Math.min(event.clientX - box.left + 12, box.width - width - 6);
    const y = event.clientY - box.top + 16;
    const top = y > box.height - 34 ? y - 48 : y;
    this.#tip.style.transform = `translate(${Math.max(4, x)}px, ${top}px)`;
  }

  #tipText({ table, index }: Hit): string {
    const range = this.#frame?.ranges[table];
    const tables = this.#frame?.tables;
    if (tables !== undefined && this.view.layout?.scale !== 'density') {
      const other = table === 0 ? 1 : 0;
      if (!isPresent(tables, table, index))
        return `bucket ${formatNumber(index)}: in table ${other}`;
    }
    if (range === undefined || range === null || !range.has(index)) {
      return `bucket ${formatNumber(index)}`;
    }
    const children = range.children(index);
    const chain = children === 0 ? '' : `, ${children === 1 ? '1 child' : `${children} children`}`;
    const entries = range.entries(index);
    return `bucket ${formatNumber(index)}: ${entries === 1 ? '1 entry' : `${entries} entries`}${chain}`;
  }

  #drawTable(): void {
    const frame = this.#frame;
    if (!this.#table.open || frame === null) return;
    drawTable(byId('table-caption', HTMLElement), byId('table-body', HTMLElement), frame);
  }

  #drawFacts(tables: Tables): void {
    const { size0, size1, direction, rehashIndex } = tables;
    const buckets =
      direction === 'none'
        ? formatNumber(size0)
        : `${formatNumber(size0)} → ${formatNumber(size1)}`;
    const facts: [string, string][] = [
      ['keys', formatNumber(tables.keys)],
      ['buckets', buckets],
      ['load', loadOf(tables).toFixed(2)],
      ['children', formatNumber(tables.children)],
      ['rehash index', rehashIndex < 0 ? 'none' : formatNumber(rehashIndex)],
      ['used', formatBytes(tables.usedMemory)],
    ];
    const shown = [...this.#facts.querySelectorAll('dd')];
    if (shown.length === facts.length) {
      facts.forEach(([, value], i) => setText(shown[i] as HTMLElement, value));
      return;
    }
    this.#facts.replaceChildren(
      ...facts.map(([name, value]) =>
        element('div', {}, element('dt', {}, name), element('dd', {}, value)),
      ),
    );
  }
}
