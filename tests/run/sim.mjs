// npm run test:sim -- [--seeds N] [--from N]: many histories of the simulation (tests/web/sim),
// each of a seed of its own, on all cores. --mutants: with defects put into the sources, each of
// which has to be noticed; prints after how many seeds, and which share of them. --first: only
// until then.
import { availableParallelism } from 'node:os';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { at } from '../../web/build/steps.mjs';
import { bundleForNode } from './bundle.mjs';
import { executeNode, mapParallel } from './process.mjs';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    from: { type: 'string', default: '1' },
    mutants: { type: 'boolean', default: false },
    first: { type: 'boolean', default: false },
  },
});
const ENTRY = 'tests/web/sim/run-sim.ts';

const MUTANTS = [
  {
    name: 'no fencing',
    file: 'web/storage/indexeddb-storage.ts',
    find: 'log.add(frames[0], first); // the claim',
    replace: 'log.put(frames[0], first);',
  },
  {
    name: 'no dedup',
    file: 'web/host/tab-leader.ts',
    find: 'const mark = marks.last(hello.client);',
    replace: 'const mark = 0;',
  },
  {
    name: 'no term check',
    file: 'web/worker/member.ts',
    find: 'if (leader === null || message.epoch !== leader.epoch) return;',
    replace: 'if (leader === null) return;',
  },
  {
    name: 'acknowledged on success',
    file: 'web/storage/indexeddb-connection.ts',
    find: 'read = issue(transaction.objectStore(store));',
    replace: `const objects = transaction.objectStore(store);
        read = issue(objects);
        objects.count().onsuccess = () => finish(() => resolve(read!()));`,
  },
];

async function build(outdir, mutant) {
  const replacements = mutant === undefined ? [] : [{ ...mutant, file: at(mutant.file) }];
  await bundleForNode({ entryPoints: [ENTRY], outdir, outbase: 'tests/web/sim', replacements });
  return at(outdir, 'run-sim.mjs');
}

/** Runs seeds from `from` on; returns [seeds run, seeds with something wrong, output]. */
async function run(program, from, seeds, isFirst) {
  const args = [program, '--from', String(from), '--seeds', String(seeds)];
  const { stdout, stderr } = await executeNode(isFirst ? [...args, '--first'] : args, {
    minutes: 24 * 60,
  });
  const line = /^(\d+) seeds, (\d+) violating/m.exec(stdout);
  if (line === null) throw new Error(`no result\n${stdout}${stderr}`);
  return [Number(line[1]), Number(line[2]), stdout];
}

async function runMutants() {
  const seeds = Number(values.seeds ?? 3_000);
  let missed = 0;
  for (const mutant of MUTANTS) {
    const occurrences = readFileSync(at(mutant.file), 'utf8').split(mutant.find).length - 1;
    if (occurrences !== 1) throw new Error(`${mutant.name}: found ${occurrences} times`);
    const program = await build('build/sim-mutant', mutant);
    const [ran, violating] = await run(program, Number(values.from), seeds, values.first);
    if (violating === 0) missed++;
    const rate = ((100 * violating) / ran).toFixed(2);
    const word = violating > 0 ? 'noticed' : 'MISSED ';
    console.log(`${word} ${mutant.name.padEnd(24)} ${violating} of ${ran} seeds (${rate} %)`);
  }
  console.log(`${MUTANTS.length - missed} passed, ${missed} failed, 0 skipped`);
  process.exitCode = missed > 0 ? 1 : 0;
}

async function runSeeds() {
  const seeds = Number(values.seeds ?? 1_000_000);
  const program = await build('build/sim');
  const batch = Math.min(1_000, Math.ceil(seeds / availableParallelism()));
  const starts = [];
  for (let done = 0; done < seeds; done += batch) starts.push(Number(values.from) + done);
  let total = 0;
  let wrong = 0;
  await mapParallel(starts, availableParallelism(), async (from) => {
    const [ran, violating, output] = await run(program, from, batch, false);
    total += ran;
    wrong += violating;
    if (violating > 0) console.log(output);
    console.log(`${total} seeds, ${wrong} violating`);
  });
  console.log(`${total - wrong} passed, ${wrong} failed, 0 skipped`);
  process.exitCode = wrong > 0 ? 1 : 0;
}

await (values.mutants ? runMutants() : runSeeds());
