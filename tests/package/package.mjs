// What users get: the tarball of `npm pack`, tried the way they use it. Last line: the sum.
//
//   npm run test:package                 everything
//   node tests/package/package.mjs --short      a few that need no bundler but esbuild
//   … --only 'Vite|webpack'
import { parseArgs } from 'node:util';
import { BUNDLERS } from './bundlers.mjs';
import { installTools, pack } from './folders.mjs';
import { PAGES } from './pages.mjs';
import { ADAPTERS } from './peers.mjs';
import { RUNTIMES } from './runtimes.mjs';
import { closeBrowsers } from './visit.mjs';

const { values } = parseArgs({
  options: { short: { type: 'boolean', default: false }, only: { type: 'string' } },
});

const CASES = [...RUNTIMES, ...BUNDLERS, ...PAGES, ...ADAPTERS];

function chosen() {
  const pattern = new RegExp(values.only ?? '.');
  return CASES.filter(({ name, short }) => pattern.test(name) && (short || !values.short));
}

async function run({ name, run: act }, packed) {
  const started = performance.now();
  let problem;
  try {
    await act(packed);
  } catch (error) {
    problem = error;
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(
    `${problem === undefined ? 'ok  ' : 'FAIL'} ${name.padEnd(56)} ${seconds.padStart(6)} s`,
  );
  if (problem !== undefined) console.log(problem.stack.replace(/^/gm, '     '));
  return problem === undefined;
}

const cases = chosen();
if (cases.some(({ tools }) => tools)) await installTools();
const packed = await pack();
let passed = 0;
for (const each of cases) if (await run(each, packed)) passed++;
await closeBrowsers();
console.log(`${passed} passed, ${cases.length - passed} failed, 0 skipped`);
process.exitCode = passed === cases.length && passed > 0 ? 0 : 1;
