// npm run test:mutants: compiles named defects in, one at a time, and runs the test that has to
// fail. --short        only those of `npm test` --only NAME    one of them
import { parseArgs } from 'node:util';
import { healthyBrowser, killsBrowser } from './browser.mjs';
import { healthyCpp, killsCpp, unlisted } from './cpp.mjs';
import { BROWSER_MUTANTS, CPP_MUTANTS, WEB_MUTANTS } from './list.mjs';
import { healthyWeb, killsWeb } from './web.mjs';

const { values } = parseArgs({
  options: { short: { type: 'boolean', default: false }, only: { type: 'string' } },
});
const chosen = ({ name, short }) =>
  (values.only === undefined || name === values.only) && (short === true || !values.short);

const cpp = CPP_MUTANTS.filter(chosen);
const web = WEB_MUTANTS.filter(chosen);
const browser = BROWSER_MUTANTS.filter(chosen);
let killed = 0;
let failed = 0;

function fail(message) {
  failed++;
  console.log(message);
}

async function attempt(mutant, kills) {
  const started = performance.now();
  const verdict = await kills(mutant).catch((error) => error);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (verdict === true) killed++;
  else failed++;
  const word = verdict === true ? 'killed  ' : verdict === false ? 'SURVIVED' : 'BROKEN  ';
  console.log(`${word} ${mutant.name.padEnd(32)} ${mutant.what} (${seconds} s)`);
  console.log(`         by ${mutant.test}`);
  if (verdict instanceof Error) console.log(verdict.message);
}

for (const problem of unlisted(CPP_MUTANTS)) fail(problem);
for (const problem of await healthyCpp(cpp)) fail(problem);
for (const problem of await healthyWeb(web)) fail(problem);
for (const problem of await healthyBrowser(browser)) fail(problem);
if (failed === 0) {
  for (const mutant of cpp) await attempt(mutant, killsCpp);
  for (const mutant of web) await attempt(mutant, killsWeb);
  for (const mutant of browser) await attempt(mutant, killsBrowser);
}
console.log(`${killed} of ${cpp.length + web.length + browser.length} defects were noticed`);
console.log(`${killed} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed > 0 ? 1 : 0;
