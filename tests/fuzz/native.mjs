// npm run fuzz:native: libFuzzer under ASan and UBSan, with seeds from redis-server 8.0.2 and from
// our engine. Prints executions and the share of lines that the corpus reaches; fails on a finding.
//
//   --target NAME    one of parser, rdb, restore, encodings, log, engine (default: all)
//   --seconds N      for each target (default 600)
//   --planted        compiles a known defect in, instead, which the target has to find in that time
//   --only-coverage  measures the corpus that is there
//   --missed         also lists the lines that were not reached
//
// What is found lies in build/fuzz-findings/<target>; `build/fuzz/fuzz_<target> FILE` repeats it.
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { at } from '../../web/build/steps.mjs';
import { execute } from '../run/process.mjs';
import { coverageOf } from './coverage.mjs';
import { makeSeeds } from './seeds.mjs';
import { TARGETS } from './targets.mjs';

const CORPUS = 'build/fuzz-corpus';
const { values } = parseArgs({
  options: {
    target: { type: 'string' },
    seconds: { type: 'string', default: '600' },
    planted: { type: 'boolean', default: false },
    'only-coverage': { type: 'boolean', default: false },
    missed: { type: 'boolean', default: false },
  },
});
const chosen = TARGETS.filter(({ name }) => [undefined, name].includes(values.target));
if (chosen.length === 0) throw new Error(`no target ${values.target}`);

async function build(preset, programs, { mutant = '', file = '' } = {}) {
  const launcher = (await execute('ccache', ['--version'])).status === 0 ? ['ccache'] : [];
  const steps = [
    [
      '--preset',
      preset,
      `-DWADICT_MUTANT=${mutant}`,
      `-DWADICT_MUTANT_FILE=${file}`,
      ...launcher.map((name) => `-DCMAKE_CXX_COMPILER_LAUNCHER=${name}`),
    ],
    [
      ...['--build', '--preset', preset, '-j', String(availableParallelism())],
      ...programs.flatMap((program) => ['--target', program]),
    ],
  ];
  for (const step of steps) {
    const output = await execute('cmake', step, { isYielding: true, minutes: 60 });
    if (output.status !== 0) throw new Error(output.stdout + output.stderr);
  }
}

/** True: nothing was found. */
async function fuzz({ name, longest }, folder, seconds) {
  const findings = `build/fuzz-findings/${name}/`;
  mkdirSync(at(findings), { recursive: true });
  mkdirSync(at(folder), { recursive: true });
  const output = await execute(
    at('build/fuzz', `fuzz_${name}`),
    [
      ...[`-max_total_time=${seconds}`, `-max_len=${longest}`, '-len_control=0', '-timeout=25'],
      ...['-print_final_stats=1', '-verbosity=1', `-artifact_prefix=${at(findings)}/`],
      ...(folder === `${CORPUS}/${name}` ? [] : [at(folder)]),
      at(CORPUS, name),
    ],
    { isYielding: true, minutes: Number(seconds) / 60 + 10 },
  );
  const text = output.stderr;
  const executions = /number_of_executed_units:\s*(\d+)/.exec(text)?.[1] ?? '?';
  const verdict = output.status === 0 ? 'nothing found' : 'FOUND';
  console.log(`${name}: ${executions} executions, ${verdict}`);
  if (output.status === 0) return true;
  const told = /broken promise|assertion failed|ERROR: |runtime error|SUMMARY|^\s+#\d+ .*wadict::/;
  const lines = text.split('\n').filter((line) => told.test(line));
  console.log(lines.slice(0, 12).join('\n'));
  return false;
}

function printCoverage(target) {
  const files = coverageOf(target, at(CORPUS, target.name));
  const sum = (key) => files.reduce((total, file) => total + file[key], 0);
  for (const { path, lines, covered, missed } of files) {
    console.log(`  ${((100 * covered) / lines).toFixed(1).padStart(5)} %  ${path}`);
    if (values.missed && missed.length > 0) console.log(`           not ${missed.join(' ')}`);
  }
  const share = ((100 * sum('covered')) / sum('lines')).toFixed(1);
  console.log(`${target.name}: ${share} % of ${sum('lines')} lines reached`);
}

let failed = 0;
const programs = chosen.map(({ name }) => `fuzz_${name}`);
if (!values['only-coverage']) {
  await build('fuzz', [...programs, 'fuzz_seeds']);
  await makeSeeds(at(CORPUS), TARGETS, at('build/fuzz/fuzz_seeds'));
}
if (values.planted) {
  for (const target of chosen) {
    console.log(`${target.name}: ${target.mutant} is compiled in`);
    await build('fuzz', [`fuzz_${target.name}`], target);
    // What it comes to with the defect is no part of the corpus.
    if (await fuzz(target, `build/fuzz-planted/${target.name}`, values.seconds)) failed++;
  }
  await build('fuzz', programs);
} else {
  if (!values['only-coverage'])
    for (const target of chosen)
      if (!(await fuzz(target, `${CORPUS}/${target.name}`, values.seconds))) failed++;
  await build('fuzz-coverage', programs);
  for (const target of chosen) printCoverage(target);
}
console.log(`${chosen.length - failed} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed > 0 ? 1 : 0;
