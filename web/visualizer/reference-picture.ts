/** The reference layouts as elements: chains of tagged pointers, and bytes behind offsets. */
import { element, formatNumber } from './dom.ts';
import {
  type ArenaEntry,
  type ArenaView,
  type ChainedTable,
  type ChainedView,
  type ChainEntry,
  lengthsOf,
  poisson,
} from './reference-view.ts';

const kLengthsMost = 12;
const kArenaRowsMost = 48;

/** What the low bits of a pointer say, and how they are written. */
export function tagName(tag: number): { bits: string; meaning: string; kind: string } {
  const bits = tag.toString(2).padStart(3, '0');
  if ((tag & 1) === 1)
    return { bits: 'XX1', meaning: 'the key itself, at an odd address', kind: 'key' };
  if (tag === 2) return { bits, meaning: 'the key itself', kind: 'key' };
  if (tag === 4) return { bits, meaning: 'an entry without a value', kind: 'no-value' };
  return { bits, meaning: 'an entry: value, key, next', kind: 'entry' };
}

export function drawChained(host: HTMLElement, view: ChainedView): void {
  const parts = view.isDetailed
    ? view.tables.map((table, i) => chainedTable(table, i, i === 0 ? view.rehashIndex : -1))
    : [];
  const rehash =
    view.rehashIndex < 0
      ? 'No rehash: every key is in ht[0].'
      : `rehashidx ${formatNumber(view.rehashIndex)}: the buckets of ht[0] below it are empty; ` +
        'lookups probe both tables, inserts go to ht[1].';
  host.replaceChildren(
    element('p', { class: 'hint' }, rehash),
    element('div', { class: 'ht' }, ...parts),
    chainLengths(view),
  );
}

function chainedTable(table: ChainedTable, number: number, rehashIndex: number): HTMLElement {
  const title = `ht[${number}]: ${formatNumber(table.size)} buckets, ${formatNumber(table.used)} keys`;
  const rows = table.chains.map(({ entries }, i) => {
    const isNext = i === rehashIndex;
    const row = element(
      'li',
      { 'data-next': isNext, 'data-moved': rehashIndex > i },
      element('span', { class: 'index' }, isNext ? `rehashidx ▸ ${i}` : String(i)),
    );
    row.append(...entries.map(chainNode));
    if (entries.length === 0) row.append(element('span', { class: 'null' }, '·'));
    return row;
  });
  const list = element('ol', { 'aria-label': title }, ...rows);
  return element('div', {}, element('h3', {}, title), list);
}

function chainNode({ tag, hash, key }: ChainEntry): HTMLElement {
  const { bits, meaning, kind } = tagName(tag);
  const title = `${key}: hash 0x${hash.replace(/^0+(?=.)/, '')}, tag ${bits}: ${meaning}`;
  return element('span', { class: 'node', 'data-kind': kind, title }, element('i', {}, bits), key);
}

/** Bars of the chain lengths, and beside each what Poisson expects of a good hash. */
function chainLengths(view: ChainedView): HTMLElement {
  const buckets = view.tables.reduce((sum, { chains }) => sum + chains.length, 0);
  const keys = view.tables.reduce((sum, { used }) => sum + used, 0);
  const counts = lengthsOf(view, kLengthsMost);
  const load = buckets === 0 ? 0 : keys / buckets;
  const expected = poisson(load, buckets, kLengthsMost);
  const last = Math.max(
    1,
    counts.findLastIndex((count) => count > 0),
  );
  const most = Math.max(1, ...counts, ...expected);
  const rows = counts.slice(0, last + 1).map((count, length) => {
    const bar = element('i');
    bar.style.width = `${(100 * count) / most}%`;
    const mark = element('b');
    mark.style.left = `${(100 * (expected[length] ?? 0)) / most}%`;
    const name = length === kLengthsMost ? `${length}+` : String(length);
    return element(
      'li',
      {},
      element('span', {}, name),
      element('span', { class: 'bar' }, bar, mark),
      element(
        'span',
        {},
        `${formatNumber(count)} (${formatNumber(Math.round(expected[length] ?? 0))})`,
      ),
    );
  });
  const caption = `Chain lengths at load ${load.toFixed(2)}: buckets (and what Poisson expects, marked)`;
  return element(
    'div',
    { class: 'lengths' },
    element('h3', {}, caption),
    element('ol', { 'aria-label': caption }, ...rows),
  );
}

export function drawArena(host: HTMLElement, view: ArenaView): void {
  const facts =
    `${formatNumber(view.live)} live keys, ${formatNumber(view.usedBytes)} bytes used, ` +
    `${formatNumber(view.wastedBytes)} of them wasted by tombstones.` +
    (view.cursor > 0 ? ` Compaction is copying live entries, now at offset ${view.cursor}.` : '');
  const buckets = view.buckets.map((offset, i) =>
    element(
      'li',
      {},
      element('span', { class: 'index' }, String(i)),
      offset === 0 ? '·' : `→ ${offset}`,
    ),
  );
  host.replaceChildren(
    element('p', { class: 'hint' }, facts),
    element('h3', {}, 'Buckets: each the offset of the newest entry of its chain'),
    element('ol', { class: 'offsets', 'aria-label': 'Buckets' }, ...buckets),
    element('h3', {}, 'Arena: [key length | value length | next | key | value]'),
    arenaRows(view.now, view.cursor),
    ...(view.next.length > 0
      ? [element('h3', {}, 'New arena, while the old one is compacted'), arenaRows(view.next, 0)]
      : []),
  );
}

function arenaRows(entries: readonly ArenaEntry[], cursor: number): HTMLElement {
  const rows = entries.slice(-kArenaRowsMost).map((entry) => {
    const { offset, keyBytes, valueBytes, next, isDeleted, key, value } = entry;
    const text = `[${keyBytes}|${valueBytes}|${next}|${key}|${value}]`;
    const state = isDeleted ? (offset < cursor ? 'copied or dead' : 'tombstone') : 'live';
    return element(
      'li',
      { 'data-deleted': isDeleted, 'data-cursor': cursor > 0 && offset >= cursor },
      element('span', { class: 'index' }, String(offset)),
      element('code', {}, text),
      element('span', { class: 'state' }, state),
    );
  });
  return element(
    'ol',
    { class: 'arena', 'aria-label': 'Entries in the order of their bytes' },
    ...rows,
  );
}
