// npm run bench:browser [-- --json FILE --browsers chromium,firefox --rows B1,B7,F1 --quick
//                           --rounds 3 --share 0.3]   (of the full run's operations)
//
// wadict's path (page, Worker, engine, IndexedDB) against what web developers use, in one run in
// real browsers. What counts and why: README.md.
import { writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { buildAll } from '../../web/build/build.mjs';
import { BenchBrowser } from './browser/launch.mjs';
import { measureReopen, measureRow } from './browser/measure.mjs';
import { PAGE_ROWS } from './browser/page-rows.mjs';
import { REOPEN, ROWS } from './browser/rows.mjs';
import { serveBench } from './browser/serve.mjs';

const FULL = {
  rounds: 5,
  isMore: true,
  share: 1,
  reopenRounds: 5,
  operations: 1_000_000,
  gets: 2_000,
  idleMs: 10_000,
  frameMs: 2_000,
  keys: [
    ['1k', 8_000],
    ['64k', 600_000],
    ['1M', 6_000_000],
  ],
};
const QUICK = {
  rounds: 2,
  isMore: false,
  share: 0.1,
  reopenRounds: 1,
  operations: 100_000,
  gets: 300,
  idleMs: 2_000,
  frameMs: 1_000,
  keys: [
    ['1k', 8_000],
    ['64k', 600_000],
  ],
};
/** Only whether everything still runs. */
const SMOKE = {
  ...QUICK,
  rounds: 1,
  share: 0.01,
  operations: 4_000,
  gets: 20,
  idleMs: 200,
  keys: [['1k', 8_000]],
};

const { values: options } = parseArgs({
  options: {
    json: { type: 'string' },
    browsers: { type: 'string', default: 'chromium,firefox' },
    rows: { type: 'string' },
    rounds: { type: 'string' },
    share: { type: 'string' },
    quick: { type: 'boolean', default: false },
    smoke: { type: 'boolean', default: false },
  },
});
const size = { ...(options.smoke ? SMOKE : options.quick ? QUICK : FULL) };
if (options.rounds !== undefined) {
  size.rounds = size.reopenRounds = Number(options.rounds);
  size.isMore = false;
}
if (options.share !== undefined) size.share = Number(options.share);
const wanted = options.rows?.split(',');
const isWanted = (id) => wanted === undefined || wanted.includes(id) || wanted.includes(id[0]);

function show(row) {
  const value = `${row.value.toFixed(row.value < 10 ? 2 : 1)} ${row.unit}`;
  const name = `${row.id.padEnd(4)} ${row.browser.padEnd(9)} ${row.what.padEnd(38)}`;
  const who = row.contestant.padEnd(28);
  let text = `${name} ${who} ${value.padStart(16)}`;
  if (row.ratio !== null && row.contestant !== 'wadict')
    text += `  ${row.ratio.toFixed(2)}x (median ${row.ratioMedian.toFixed(2)}x)`;
  if (row.loneUs) text += `  alone ${row.loneUs.toFixed(0)} us`;
  if (row.target !== null)
    text += `  ${row.met ? 'met' : 'NOT MET'} (${row.ratio === null ? '<=' : '>='} ${row.target})`;
  console.log(text);
}

async function benchBrowser(name, url) {
  const browser = new BenchBrowser(name, url);
  const lines = [];
  const add = (rows) => {
    for (const row of rows) show(row);
    lines.push(...rows);
  };
  try {
    await browser.start();
    for (const row of ROWS.filter(({ id }) => isWanted(id))) {
      const n = Math.max(20, Math.round(row.n * size.share));
      add(await measureRow(browser, row, { ...size, n }));
    }
    for (const [id, measure] of Object.entries(PAGE_ROWS))
      if (isWanted(id)) add(await measure(browser, size));
    if (isWanted(REOPEN.id)) {
      const n = Math.round(REOPEN.n * size.share);
      add(await measureReopen(browser, { rounds: size.reopenRounds, n }));
    }
  } finally {
    await browser.end();
  }
  return { version: browser.version, lines };
}

await buildAll();
const machine = {
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  load: loadavg(),
  browsers: {},
};
const server = await serveBench();
const rows = [];
try {
  const load = machine.load.map((value) => value.toFixed(2)).join(' ');
  console.log(`\n${machine.cpu}, ${machine.cores} cores, load ${load}`);
  for (const name of options.browsers.split(',')) {
    const { version, lines } = await benchBrowser(name, server.url);
    machine.browsers[name] = version;
    rows.push(...lines);
    console.log(`${name} ${version}, load ${loadavg()[0].toFixed(2)}\n`);
  }
} finally {
  server.close();
}
if (options.json !== undefined)
  writeFileSync(options.json, `${JSON.stringify({ machine, rows }, null, 2)}\n`);
console.log(`${rows.length} passed, 0 failed, 0 skipped`);
