// npm run bench [-- --json FILE --keys 100000,1000000 --rounds 7 --seed N]
//
// Figures are ratios within one run (measure.mjs); the machine and its load are printed with them.
import { writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { at } from '../../web/build/steps.mjs';
import { buildAll } from '../../web/build/build.mjs';
import { Random } from '../oracle/random.mjs';
import { longestInsertRow, overheadRow } from './growth-rows.mjs';
import { mapRows } from './map-rows.mjs';

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    keys: { type: 'string', default: '100000,1000000' },
    rounds: { type: 'string', default: '7' },
    seed: { type: 'string', default: '1' },
  },
});

function show(row) {
  const name = `${row.id.padEnd(4)} ${String(row.keys).padStart(9)} keys  ${row.what.padEnd(44)}`;
  if (row.ratio !== undefined) {
    const each = Object.entries(row.ns).map(([who, ns]) => `${who} ${ns.toFixed(0)} ns`);
    return `${name} ${row.ratio.toFixed(2)}x  (${each.join(', ')})`;
  }
  if (row.id === 'E10')
    return `${name} average ${row.average.toFixed(1)}, worst ${row.worst.toFixed(1)}`;
  const each = ['engine', 'Map'].map((who) => {
    const { worst, p9999 } = row[who];
    return `${who} worst ${worst.toFixed(1)}, p99.99 ${p9999.toFixed(1)}`;
  });
  return `${name} ${each.join('; ')}`;
}

await buildAll();
const { createEngine } = await import(at('dist/engine-node.js'));
const rounds = Number(values.rounds);
const machine = {
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  v8: process.versions.v8,
  load: loadavg(),
};
console.log(`\n${machine.cpu}, ${machine.cores} cores, Node ${machine.node}`);
console.log(
  `load ${machine.load.map((value) => value.toFixed(2)).join(' ')}, seed ${values.seed}\n`,
);
const rows = [];
for (const count of values.keys.split(',').map(Number)) {
  const given = { createEngine, count, rounds, random: new Random(values.seed) };
  for (const row of await mapRows(given)) rows.push(row);
  rows.push(await overheadRow(given));
  rows.push(await longestInsertRow({ ...given, rounds: Math.min(rounds, 5) }));
  for (const row of rows.filter(({ keys }) => keys === count)) console.log(show(row));
}
if (values.json !== undefined) {
  const report = { machine, seed: values.seed, rounds, rows };
  writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
}
