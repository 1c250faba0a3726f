/** Bytes by owner, as bars: what the engine's arena is used for, and what is free in its pages. */
import { element, formatBytes, formatNumber } from './dom.ts';
import type { MemoryReport } from './inspect-reply.ts';
import type { ArenaPage } from './store-view.ts';

const kNames: Readonly<Record<string, string>> = {
  table: 'buckets',
  entry: 'entries',
  value: 'large values',
  index: 'deadline index',
  log: 'log buffers',
  other: 'other',
};

const kPagesMost = 512;

/** One cell per page of 64 KiB, filled as far as live blobs fill it. */
function drawPages(pages: readonly ArenaPage[]): HTMLElement {
  const label = `${formatNumber(pages.length)} pages in use, each filled by its live share`;
  const map = element('div', { class: 'pages', role: 'img', 'aria-label': label });
  for (const { page, sizeClass, liveShare } of pages.slice(0, kPagesMost)) {
    const percent = Math.round(100 * liveShare);
    const fill = element('i');
    fill.style.height = `${percent}%`;
    const title = `page ${page}: size class ${sizeClass}, ${percent} % live`;
    map.append(element('span', { title, 'data-sparse': liveShare < 0.5 }, fill));
  }
  return map;
}

export function drawMemory(
  host: HTMLElement,
  report: MemoryReport,
  keys: number,
  pages: readonly ArenaPage[],
): void {
  const rows: (readonly [name: string, bytes: number, kind: string])[] = [
    ...report.owners.map(([name, bytes]) => [kNames[name] ?? name, bytes, 'used'] as const),
    ['log tail', report.logTail, 'log'],
    ['free in pages', report.freeInPages, 'free'],
  ];
  const most = Math.max(1, ...rows.map(([, bytes]) => bytes));
  const bars = element('div', { class: 'bars', role: 'list', 'aria-label': 'Memory by owner' });
  for (const [name, bytes, kind] of rows) {
    const fill = element('i');
    fill.style.width = `${(100 * bytes) / most}%`;
    bars.append(
      element('span', { class: 'name', role: 'listitem' }, name),
      element('span', { class: 'bar', 'data-kind': kind, 'aria-hidden': 'true' }, fill),
      element('span', { class: 'amount' }, formatBytes(bytes)),
    );
  }
  const used = report.owners.reduce((sum, [, bytes]) => sum + bytes, 0);
  const perKey = keys > 0 ? `, ${(used / keys).toFixed(1)} bytes for each key and its value` : '';
  const text = `${formatNumber(report.pageCount)} pages of 64 KiB${perKey}.`;
  const moves = ` The compactor has moved ${formatNumber(report.compactionMoves)} blobs.`;
  host.replaceChildren(bars, drawPages(pages), element('p', { class: 'hint' }, text + moves));
}
