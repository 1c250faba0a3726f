// The picture of the README: the inserts of a growing table, a dot for the longest of some hundred
// neighbours, on a logarithmic axis.
import { writeFileSync } from 'node:fs';
import { at } from '../../web/build/steps.mjs';

const PATH = 'tests/bench/inserts.svg';
const SIZE = { width: 860, height: 340, left: 62, right: 150, top: 40, bottom: 44 };
const COLOURS = { 'JS Map': '#d97706', 'redis wasm': '#dc2626', 'wadict wasm': '#2563eb' };
const NAMES = { 'JS Map': 'JS Map', 'redis wasm': 'Redis 8.0 dict', 'wadict wasm': 'wadict' };
const LOW_US = 0.03;
const HIGH_US = 100_000;
const DOTS = 1600;

const decades = Math.log10(HIGH_US / LOW_US);
const plotWidth = SIZE.width - SIZE.left - SIZE.right;
const plotHeight = SIZE.height - SIZE.top - SIZE.bottom;
const y = (us) =>
  SIZE.top +
  plotHeight * (1 - Math.log10(Math.min(HIGH_US, Math.max(LOW_US, us)) / LOW_US) / decades);

function axis(count) {
  const lines = [];
  for (const [us, text] of [
    [0.1, '100 ns'],
    [1, '1 µs'],
    [10, '10 µs'],
    [100, '100 µs'],
    [1000, '1 ms'],
    [10_000, '10 ms'],
  ]) {
    const at_ = y(us).toFixed(1);
    lines.push(
      `<line x1="${SIZE.left}" x2="${SIZE.left + plotWidth}" y1="${at_}" y2="${at_}" stroke="#8884"/>`,
      `<text x="${SIZE.left - 8}" y="${Number(at_) + 4}" text-anchor="end">${text}</text>`,
    );
  }
  for (let share = 0; share <= 1; share += 0.25) {
    const x = SIZE.left + plotWidth * share;
    const text = `${Math.round((count * share) / 1000)}k`;
    lines.push(`<text x="${x}" y="${SIZE.height - 22}" text-anchor="middle">${text}</text>`);
  }
  lines.push(
    `<text x="${SIZE.left + plotWidth / 2}" y="${SIZE.height - 6}" text-anchor="middle">keys in the table</text>`,
  );
  return lines;
}

/** Each dot is a short upright line of the path, so that one element holds thousands. */
function dots(list, colour) {
  const bucket = Math.max(1, Math.ceil(list.length / DOTS));
  let path = '';
  for (let from = 0; from < list.length; from += bucket) {
    let longest = 0;
    for (let i = from; i < Math.min(list.length, from + bucket); i++)
      longest = Math.max(longest, list[i]);
    const x = SIZE.left + (plotWidth * from) / list.length;
    path += `M${x.toFixed(1)} ${y(longest).toFixed(1)}v1.6`;
  }
  return `<path d="${path}" stroke="${colour}" stroke-width="1.6" fill="none"/>`;
}

export function drawInserts(times) {
  const drawn = Object.keys(COLOURS).filter((name) => times.has(name));
  const count = times.get(drawn[0]).length;
  const legend = drawn.map((name, index) => {
    const worst = times.get(name).reduce((most, value) => Math.max(most, value), 0);
    const said = worst >= 1000 ? `${(worst / 1000).toFixed(1)} ms` : `${worst.toFixed(1)} µs`;
    const x = SIZE.left + plotWidth + 14;
    const top = SIZE.top + 14 + index * 42;
    return (
      `<circle cx="${x}" cy="${top}" r="4" fill="${COLOURS[name]}"/>` +
      `<text x="${x + 10}" y="${top + 4}">${NAMES[name]}</text>` +
      `<text x="${x + 10}" y="${top + 20}" opacity=".7">worst ${said}</text>`
    );
  });
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE.width} ${SIZE.height}" font-family="system-ui, sans-serif" font-size="12" fill="#808080">`,
    `<text x="${SIZE.left}" y="20" font-size="14">Every insert while growing to ${count.toLocaleString('en')} keys</text>`,
    ...axis(count),
    ...drawn.map((name) => dots(times.get(name), COLOURS[name])),
    ...legend,
    '</svg>',
  ];
  writeFileSync(at(PATH), `${svg.join('\n')}\n`);
  console.log(`wrote ${PATH}`);
}
