/** The picture as a table, for screen readers and for whoever prefers numbers. */
import { element, formatNumber, setText } from './dom.ts';
import { type Frame, isPresent } from './frame.ts';
import { kPlaces } from './inspect-reply.ts';

const kRowsMost = 128;

function rowOf(frame: Frame, table: 0 | 1, index: number): HTMLTableRowElement {
  const range = frame.ranges[table];
  const fingerprints = Array.from(
    { length: kPlaces },
    (_, place) => range?.fingerprint(index, place) ?? 0,
  )
    .filter((fingerprint) => fingerprint !== 0)
    .map((fingerprint) => fingerprint.toString(16).padStart(2, '0'));
  return element(
    'tr',
    {},
    element('td', {}, String(table)),
    element('td', {}, formatNumber(index)),
    element('td', {}, String(range?.entries(index) ?? 0)),
    element('td', {}, String(range?.children(index) ?? 0)),
    element('td', {}, fingerprints.join(' ')),
  );
}

export function drawTable(caption: HTMLElement, body: HTMLElement, frame: Frame): void {
  const rows: HTMLTableRowElement[] = [];
  let total = 0;
  for (const table of [0, 1] as const) {
    const range = frame.ranges[table];
    if (range === null) continue;
    for (let index = range.first; index < range.first + range.count; index++) {
      if (!isPresent(frame.tables, table, index)) continue;
      total++;
      if (rows.length < kRowsMost) rows.push(rowOf(frame, table, index));
    }
  }
  const shown =
    frame.density !== null
      ? 'Zoom in to see single buckets.'
      : `${formatNumber(rows.length)} of ${formatNumber(total)} visible buckets.`;
  setText(caption, shown);
  body.replaceChildren(...rows);
}
