// npm test: runs the suites, prints one line for each as it ends and, last, the sum. There are two
// lanes side by side, each one suite after another: browsers, which mostly wait, and all others.
// The whole log of every suite lies in build/test-logs/; that of a failing one is printed as well.
//
//   npm test                          everything
//   npm test -- --suite web,tidy      some of it
//   npm test -- --suite web --only client/     TypeScript tests whose path matches
//   npm test -- --verbose             every suite's log
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { at } from '../../web/build/steps.mjs';
import { executeNode } from './process.mjs';
import { add, broken, emptyResult, totals } from './report.mjs';
import { SUITES } from './suites.mjs';

const { values } = parseArgs({
  options: {
    suite: { type: 'string' },
    only: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});

function chosenSuites() {
  if (values.suite === undefined) return SUITES.filter(({ when }) => when === 'test');
  const names = values.suite.split(',');
  const unknown = names.filter((name) => !SUITES.some((suite) => suite.name === name));
  if (unknown.length > 0) {
    const known = SUITES.map(({ name }) => name).join(', ');
    console.error(`no such suite: ${unknown.join(', ')}; there are: ${known}`);
    process.exit(2);
  }
  return SUITES.filter(({ name }) => names.includes(name));
}

const secondsSince = (started) => `${((performance.now() - started) / 1000).toFixed(1)} s`;

function printLine(verdict, name, text, started) {
  const time = started === undefined ? '' : secondsSince(started).padStart(9);
  console.log(`${verdict.padEnd(4)} ${name.padEnd(16)} ${text.padEnd(36)} ${time}`);
}

/** What suites with `needs: 'build'` need: the wasm engine, the package and the page. */
async function build() {
  const started = performance.now();
  const { status, stdout, stderr } = await executeNode(['web/build/build.mjs']);
  writeFileSync(at('build/test-logs/build.log'), `${stdout}${stderr}`);
  if (status !== 0) console.log(`\n${stdout}${stderr}`);
  printLine(status === 0 ? 'ok' : 'FAIL', 'build', 'wasm, package, page', started);
  return status === 0;
}

async function runSuite({ name, needs, run }, built) {
  const isReady = needs !== 'build' || (await built);
  const started = performance.now();
  const options = values.only === undefined ? {} : { pattern: new RegExp(values.only) };
  const result = isReady
    ? await run(options).catch((error) => broken(error.stack ?? String(error)))
    : broken('needs the build, which failed');
  writeFileSync(at('build/test-logs', `${name}.log`), result.log);
  if (result.failed > 0 || values.verbose) console.log(`\n${result.log.trimEnd()}\n`);
  printLine(result.failed > 0 ? 'FAIL' : 'ok', name, totals(result), started);
  return result;
}

async function runLane(suites, built) {
  let sum = emptyResult();
  for (const suite of suites) sum = add(sum, await runSuite(suite, built));
  return sum;
}

async function main() {
  const started = performance.now();
  mkdirSync(at('build/test-logs'), { recursive: true });
  const suites = chosenSuites();
  const built = suites.some(({ needs }) => needs === 'build') ? build() : false;
  const isBrowser = ({ lane }) => lane === 'browsers';
  const lanes = [suites.filter(isBrowser), suites.filter((suite) => !isBrowser(suite))];
  const sums = await Promise.all(lanes.map((lane) => runLane(lane, built)));
  const sum = sums.reduce(add);
  console.log(`all of it in ${secondsSince(started)}`);
  console.log(totals(sum));
  process.exitCode = sum.failed > 0 || sum.passed === 0 ? 1 : 0;
}

await main();
