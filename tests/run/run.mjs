// npm test: runs the suites one after another, prints one line for each and, last, the sum. The
// whole log of every suite lies in build/test-logs/; that of a failing one is printed as well.
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

async function runSuite({ name, needs, run }, isBuilt) {
  const started = performance.now();
  const options = values.only === undefined ? {} : { pattern: new RegExp(values.only) };
  const result =
    needs === 'build' && !isBuilt
      ? broken('needs the build, which failed')
      : await run(options).catch((error) => broken(error.stack ?? String(error)));
  writeFileSync(at('build/test-logs', `${name}.log`), result.log);
  if (result.failed > 0 || values.verbose) console.log(`\n${result.log.trimEnd()}\n`);
  printLine(result.failed > 0 ? 'FAIL' : 'ok', name, totals(result), started);
  return result;
}

async function main() {
  const started = performance.now();
  mkdirSync(at('build/test-logs'), { recursive: true });
  const suites = chosenSuites();
  const isBuilt = suites.some(({ needs }) => needs === 'build') && (await build());
  let sum = emptyResult();
  for (const suite of suites) sum = add(sum, await runSuite(suite, isBuilt));
  console.log(`all of it in ${secondsSince(started)}`);
  console.log(totals(sum));
  process.exitCode = sum.failed > 0 || sum.passed === 0 ? 1 : 0;
}

await main();
