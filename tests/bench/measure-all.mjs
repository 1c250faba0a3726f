// One run of the bench; started by bench.mjs.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { at } from '../../web/build/steps.mjs';
import { Random } from '../oracle/random.mjs';
import { jsMap, nativeContestants, wasmContestants } from './build-contestants.mjs';
import { drawInserts } from './draw-inserts.mjs';
import { CHUNK } from './contestants.mjs';
import { phaseRows, targetRows } from './engine-rows.mjs';
import { churnRows, overheadRows } from './memory-rows.mjs';
import { mapRows } from './map-rows.mjs';
import { orderRows } from './order-rows.mjs';
import { lmdbStore, lruCache } from './npm-peers.mjs';
import { growthRow, pauseRows } from './pause-rows.mjs';
import { outside } from './peer-ranges.mjs';
import { serveRows } from './serve-rows.mjs';
import { serverRows } from './server-rows.mjs';
import { isMet, machine, printPhases, printTargets, progress } from './report.mjs';

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    keys: { type: 'string' },
    rounds: { type: 'string' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: 'phases,memory,pause,order,js,server,serve' },
    quick: { type: 'boolean', default: false },
    large: { type: 'boolean', default: false },
    svg: { type: 'boolean', default: false },
  },
});
const only = values.only.split(',');
const rounds = Number(values.rounds ?? (values.quick ? 2 : 5));
const counts = (
  values.keys ??
  (values.quick ? '100000' : values.large ? '100000,1000000,10000000' : '100000,1000000')
)
  .split(',')
  .map(Number);
// Operations of a phase after the inserts.
const chunksMax = values.quick ? 128 : 1024;

const versions = { redis: '8.0.2', valkey: '8.1.1', abseil: '20220623', seed: values.seed };
const host = machine(versions);
console.log(`\n${host.cpu}, ${host.cores} cores, ${host.memoryGiB} GiB, Node ${host.node}`);
console.log(`load ${host.load.map((value) => value.toFixed(2)).join(' ')}, seed ${values.seed}`);

const phases = [];
const targets = [];

async function measurePhases(keys, kind) {
  const large = keys >= 10_000_000;
  const contestants = large
    ? [...wasmContestants(['wadict', 'redis', 'valkey']), jsMap()]
    : [
        ...wasmContestants(),
        ...nativeContestants(),
        jsMap(),
        lruCache(),
        ...(keys <= 100_000 ? [lmdbStore()] : []),
      ];
  const chunks = Math.min(Math.ceil(keys / CHUNK), chunksMax);
  const given = { keys, kind, rounds: large ? 3 : rounds, chunks, progress };
  const rows = await phaseRows(contestants, given);
  phases.push(...rows);
  if (kind === 'uniform') targets.push(...targetRows(rows, keys));
  progress('');
  printPhases(rows);
}

if (only.includes('phases')) {
  for (const keys of counts) await measurePhases(keys, 'uniform');
  if (!values.quick) await measurePhases(100_000, 'zipf');
}
if (only.includes('memory')) {
  for (const keys of counts) targets.push(...(await overheadRows({ keys, progress })));
  targets.push(
    ...(await churnRows({
      keys: values.quick ? 50_000 : 500_000,
      rounds: Math.min(rounds, 3),
      progress,
    })),
  );
}
if (only.includes('pause')) {
  for (const keys of counts.filter((count) => count <= 1_000_000)) {
    const { rows, times } = await pauseRows({ keys, rounds: Math.min(rounds, 5), progress });
    targets.push(...rows);
    if (values.svg && keys === counts.at(-1)) drawInserts(times);
  }
}
if (only.includes('order'))
  for (const keys of counts.filter((count) => count <= 1_000_000))
    targets.push(...orderRows({ keys, rounds: Math.min(rounds, 3), progress }));
if (only.includes('js')) {
  const { createEngine } = await import(at('dist/engine-node.js'));
  for (const keys of counts) targets.push(await growthRow({ createEngine, keys, progress }));
  for (const keys of counts.filter((count) => count <= 1_000_000)) {
    progress(`J rows, ${keys} keys`);
    const random = new Random(values.seed);
    targets.push(...(await mapRows({ createEngine, count: keys, rounds: rounds + 2, random })));
  }
}
if (only.includes('server')) {
  for (const keys of counts.filter((count) => count <= 1_000_000)) {
    const random = new Random(values.seed);
    targets.push(...(await serverRows({ keys, random, rounds, progress })));
  }
}
if (only.includes('serve')) {
  const random = new Random(values.seed);
  targets.push(
    ...(await serveRows({ keys: 100_000, rounds, random, quick: values.quick, progress })),
  );
}
progress('');
printTargets(targets);
console.log(
  `\nload at the end ${machine()
    .load.map((value) => value.toFixed(2))
    .join(' ')}`,
);
if (values.json !== undefined) {
  const report = { machine: { ...host, loadAtEnd: machine().load }, rounds };
  writeFileSync(
    values.json,
    `${JSON.stringify({ ...report, rows: [...targets, ...phases] }, null, 2)}\n`,
  );
}
const open = targets.filter((row) => row.target !== undefined && !isMet(row));
console.log(`${open.length} rows with a target are not met in this run`);
const odd = outside(phases);
if (odd.length > 0) {
  console.error(`VOID: peers outside their known range:\n  ${odd.join('\n  ')}`);
  process.exitCode = 1;
}
