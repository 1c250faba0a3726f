/**
 * A large sorted set as the engine has it: a B+tree whose nodes count what is below each child. One
 * node of each level is drawn, the one on the way to a rank; widths are counts. A place of the
 * picture, a rank, a member or a range of scores chooses the way.
 */
import type { Client } from '../client/client.ts';
import type { PublicReply } from '../client/reply-error.ts';
import { button, element, formatNumber, setText, svg } from './dom.ts';
import { arrayOf, bytesOf, numberOf } from './inspect-reply.ts';
import { printable } from './reply-text.ts';

/** A child of an inner node, or an item of a leaf. */
export interface TreeChild {
  readonly score: string;
  readonly member: string;
  /** Items below. */
  readonly count: number;
}
export interface TreeNode {
  readonly taken: number;
  readonly children: readonly TreeChild[];
}

function scoreText(reply: PublicReply | undefined): string {
  if (reply instanceof Uint8Array) return printable(reply);
  return String(reply).replace('Infinity', 'inf');
}

/** INSPECT NODES of a sorted set, from the root to a leaf; none while it is packed. */
export function decodeTree(reply: PublicReply): TreeNode[] {
  if (reply === null) return [];
  return arrayOf(reply).map((level) => {
    const [taken, ...rest] = arrayOf(level);
    const children: TreeChild[] = [];
    for (let i = 0; i < rest.length; i += 3) {
      children.push({
        score: scoreText(rest[i]),
        member: printable(bytesOf(rest[i + 1])),
        count: numberOf(rest[i + 2]),
      });
    }
    return { taken: numberOf(taken), children };
  });
}

const countOf = (children: readonly TreeChild[]): number =>
  children.reduce((sum, { count }) => sum + count, 0);

/** Items before the one that is taken, level by level: their sum is its rank. */
export function countsBefore(tree: readonly TreeNode[]): number[] {
  return tree.map(({ taken, children }) => countOf(children.slice(0, taken)));
}

export interface ValueTreeOptions {
  readonly db: () => { readonly db: Client; readonly database: number } | null;
  /** Types a line. */
  readonly run: (line: string) => Promise<void>;
  /** Another rank was chosen: looks again. */
  readonly look: () => void;
}

const kLabelsMost = 14;

export class ValueTree {
  readonly body = element('div', { class: 'tree' });
  readonly #options: ValueTreeOptions;
  readonly #levels = element('div', { class: 'tree-levels' });
  readonly #sum = element('p', { class: 'hint', role: 'status', id: 'tree-sum' });
  readonly #rank = element('input', { type: 'range', min: 0, max: 0, name: 'rank' });
  readonly #rankText = element('output');
  readonly #least = element('input', { type: 'text', inputmode: 'decimal', value: '-inf' });
  readonly #most = element('input', { type: 'text', inputmode: 'decimal', value: '+inf' });
  #key = '';
  #typedKey = '';
  #range: readonly [first: number, end: number] | null = null;

  constructor(options: ValueTreeOptions) {
    this.#options = options;
    this.#rank.addEventListener('input', () => this.#choose(this.#rank.valueAsNumber, null));
    const form = element(
      'form',
      { class: 'tree-range', autocomplete: 'off' },
      element('label', { class: 'stacked' }, element('span', {}, 'Scores from'), this.#least),
      element('label', { class: 'stacked' }, element('span', {}, 'to'), this.#most),
      element('button', { type: 'submit' }, 'Show the range'),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#showRange();
    });
    const title = element('span', {}, 'Rank ', this.#rankText);
    this.body.append(
      element('h4', {}, 'A tree that counts: one node of each level, on the way to a rank'),
      element('label', { class: 'stacked' }, title, this.#rank),
      this.#levels,
      this.#sum,
      form,
    );
  }

  /** The rank to whose item the way is asked for. */
  at(key: string, size: number): number {
    if (key !== this.#key) {
      this.#key = key;
      this.#range = null;
      this.#rank.max = String(size);
      this.#rank.value = String(size >> 1); // a way that has something on either side
    }
    this.#rank.max = String(Math.max(0, size - 1));
    return Math.min(this.#rank.valueAsNumber, Math.max(0, size - 1));
  }

  draw(tree: readonly TreeNode[], typedKey: string): void {
    this.#typedKey = typedKey;
    this.body.hidden = tree.length === 0;
    if (tree.length === 0) return;
    const before = countsBefore(tree);
    const rank = before.reduce((sum, count) => sum + count, 0);
    setText(this.#rankText, formatNumber(rank));
    const parts: (Element | string)[] = [];
    let first = 0;
    tree.forEach((node, level) => {
      if (level > 0) parts.push(funnel(tree[level - 1] as TreeNode));
      parts.push(this.#level(node, level, tree.length, first));
      first += before[level] ?? 0;
    });
    this.#levels.replaceChildren(...parts);
    const item = tree.at(-1)?.children[tree.at(-1)?.taken ?? 0];
    const sum = before.map(formatNumber).join(' + ');
    setText(
      this.#sum,
      `“${item?.member}” with score ${item?.score} has rank ${formatNumber(rank)} = ${sum}: ` +
        `what the ${tree.length} nodes count before the way${this.#rangeText()}.`,
    );
  }

  /** The way to a member, by its rank. */
  async showMember(member: string): Promise<void> {
    await this.#options.run(`ZRANK ${this.#typedKey} "${member}"`);
    const rank = await this.#ask(`ZRANK`, member);
    if (rank !== null) this.#choose(rank, null);
  }

  #rangeText(): string {
    if (this.#range === null) return '';
    const [first, end] = this.#range;
    return `; ${formatNumber(end - first)} members are in the range`;
  }

  #level({ taken, children }: TreeNode, level: number, levels: number, first: number): HTMLElement {
    const isLeaf = level === levels - 1;
    const items = countOf(children);
    const name = isLeaf ? 'Leaf' : level === 0 ? 'Root' : `Level ${level}`;
    const what = isLeaf ? `${children.length} of at most 63 items` : `${children.length} children`;
    const label = isLeaf ? `${name}: ${what}` : `${name}: ${what}, ${formatNumber(items)} members`;
    const row = element('div', { class: 'tree-row', role: 'img', 'aria-label': label });
    let rank = first;
    children.forEach((child, index) => {
      const from = rank;
      const count = formatNumber(child.count);
      const cell = element('i', {
        title: isLeaf ? `${child.member}, score ${child.score}` : `${count} from ${child.score} on`,
        'data-taken': index === taken,
        'data-in': this.#isIn(from, from + child.count),
      });
      cell.style.width = `${(100 * child.count) / items}%`;
      if (children.length <= kLabelsMost) cell.append(isLeaf ? child.score : count);
      cell.addEventListener('click', () => this.#choose(from, this.#range));
      row.append(cell);
      rank += child.count;
    });
    return element('div', {}, element('p', { class: 'hint' }, label), row);
  }

  #isIn(first: number, end: number): boolean {
    return this.#range !== null && first < this.#range[1] && end > this.#range[0];
  }

  #choose(rank: number, range: readonly [number, number] | null): void {
    this.#range = range;
    this.#rank.value = String(rank);
    this.#options.look();
  }

  async #ask(...[command = '', ...args]: readonly string[]): Promise<number | null> {
    const reply = await this.#options.db()?.db.callBuffer(command, this.#key, ...args);
    return typeof reply === 'number' ? reply : null;
  }

  async #showRange(): Promise<void> {
    const [least, most] = [this.#least.value || '-inf', this.#most.value || '+inf'];
    await this.#options.run(`ZRANGEBYSCORE ${this.#typedKey} ${least} ${most} LIMIT 0 5`);
    const before = least.startsWith('(') ? least.slice(1) : `(${least}`;
    try {
      const first = await this.#ask('ZCOUNT', '-inf', before);
      const count = await this.#ask('ZCOUNT', least, most);
      if (first !== null && count !== null) this.#choose(first, [first, first + count]);
    } catch {
      // The command line shows why the bounds are none.
    }
  }
}

/** From the child that is taken to the whole row below. */
function funnel({ taken, children }: TreeNode): SVGElement {
  const all = countOf(children);
  const left = (100 * countOf(children.slice(0, taken))) / all;
  const right = left + (100 * (children[taken]?.count ?? 0)) / all;
  const points = `${left},0 ${right},0 100,16 0,16`;
  return svg(
    'svg',
    { class: 'funnel', viewBox: '0 0 100 16', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    svg('polygon', { points }),
  );
}

/** A button that shows the way to a member. */
export const memberButton = (text: string, show: () => void): HTMLButtonElement =>
  button(text, show, 'plain');
