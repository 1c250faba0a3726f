/**
 * The nodes of a quicklist or a stream as boxes as wide as they are full, and the bytes of the one
 * that was chosen: a listpack's elements, a stream node's master entry and its entries.
 */
import type { PublicReply } from '../client/reply-error.ts';
import { element, formatBytes, formatNumber, setText } from './dom.ts';
import { arrayOf, bytesOf, numberOf, textOf } from './inspect-reply.ts';
import { streamNodeParts } from './stream-node.ts';
import { listpackParts, type ValuePart } from './value-bytes.ts';

export interface ChainNode {
  /** Of a stream's node: the id of its first entry. */
  readonly id: string;
  /** -1: one text that is too long to share a node. */
  readonly entries: number;
  readonly deleted: number;
  readonly bytes: number;
}
export interface Chain {
  readonly nodes: number;
  readonly first: number;
  readonly shown: readonly ChainNode[];
  /** Of the node that was asked for. */
  readonly chosen: Uint8Array;
}

/** INSPECT NODES of a list or a stream; null while it has none. */
export function decodeChain(reply: PublicReply): Chain | null {
  if (reply === null) return null;
  const [nodes, first, shown, chosen] = arrayOf(reply);
  return {
    nodes: numberOf(nodes),
    first: numberOf(first),
    shown: arrayOf(shown).map((row) => {
      const [id, entries, deleted, bytes] = arrayOf(row);
      return {
        id: textOf(id),
        entries: numberOf(entries),
        deleted: numberOf(deleted),
        bytes: numberOf(bytes),
      };
    }),
    chosen: bytesOf(chosen),
  };
}

export class ValueNodes {
  readonly body = element('div', { class: 'nodes' });
  readonly #title = element('h4');
  readonly #row = element('div', { class: 'node-row', role: 'group', 'aria-label': 'Nodes' });
  readonly #look: () => void;
  #key = '';
  #at = 0;

  /** `look`: another node was chosen. */
  constructor(look: () => void) {
    this.#look = look;
    this.body.append(this.#title, this.#row);
  }

  /** The node whose bytes are asked for. */
  at(key: string): number {
    if (key !== this.#key) this.#at = 0;
    this.#key = key;
    return this.#at;
  }

  /** There are fewer nodes than were thought. */
  reset(): void {
    this.#at = 0;
  }

  /** Draws the chain; hands back the parts of the chosen node's bytes, null without nodes. */
  draw(chain: Chain | null, type: string, most: number): ValuePart[] | null {
    this.body.hidden = chain === null;
    if (chain === null) return null;
    const order = type === 'stream' ? 'in the order of their ids' : 'from head to tail';
    const title = `${formatNumber(chain.nodes)} nodes ${order}, each one piece of memory`;
    setText(this.#title, chain.nodes === 1 ? 'One node, one piece of memory' : title);
    const fullest = Math.max(1, ...chain.shown.map(({ bytes }) => bytes));
    const buttons = chain.shown.map((node, i) => this.#button(node, chain.first + i, fullest));
    // The focus stays where it is while nodes come and go.
    const focused = [...this.#row.children].indexOf(document.activeElement as Element);
    this.#row.replaceChildren(...buttons);
    buttons[focused]?.focus({ preventScroll: true });
    const chosen = chain.shown[this.#at - chain.first];
    if (chosen === undefined || chosen.entries < 0) return [];
    return type === 'stream'
      ? streamNodeParts(chosen.id, chain.chosen, most)
      : listpackParts(chain.chosen, most);
  }

  #button(node: ChainNode, at: number, fullest: number): HTMLButtonElement {
    const entries = node.entries < 0 ? 'one long text' : formatNumber(node.entries);
    const deleted = node.deleted === 0 ? '' : `, ${formatNumber(node.deleted)} deleted`;
    const fill = element('i');
    fill.style.width = `${(100 * node.bytes) / fullest}%`;
    const made = element(
      'button',
      { type: 'button', 'aria-pressed': String(at === this.#at) },
      element('b', {}, node.id === '' ? `node ${at}` : node.id),
      element('span', {}, `${entries}${deleted} · ${formatBytes(node.bytes)}`),
      element('span', { class: 'bar' }, fill),
    );
    made.addEventListener('click', () => {
      this.#at = at;
      this.#look();
    });
    return made;
  }
}
