// Redis 8.0.2's own Tcl suite against `wadict serve`: external mode, a fresh server for each unit.
//
//   node tests/tcl/tcl.mjs [--unit NAME,...] [--only TEST] [--redis] [--json FILE] [--log]
//
// --redis runs the real redis-server in our place, --log prints the suite's own output. Left out
// are the tests of skip.txt, which has names with reasons, and those whose body runs scripts, which
// are found by reading it. A name in skip.txt that the unit does not have is a failure.
// A table ours/redis ends it, what was left out by reason, and whether the bound for reasons of our
// own holds. The last line counts; exits 1 when anything failed or the bound is broken.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readSkips } from './skips.mjs';
import { copySuite, runUnit, startServer, suiteSource } from './suite.mjs';
import { skipPattern, testsOf, usesScripting } from './tcl-words.mjs';
import { TAGS, UNITS } from './units.mjs';

const { values } = parseArgs({
  options: {
    unit: { type: 'string' },
    only: { type: 'string', multiple: true },
    redis: { type: 'boolean' },
    json: { type: 'string' },
    log: { type: 'boolean' },
  },
});

const source = suiteSource();
const skips = readSkips();

function scripted(unit) {
  const text = readFileSync(join(source, 'tests', `${unit}.tcl`), 'latin1');
  const found = testsOf(text).filter(({ body }) => usesScripting(body));
  return [...new Set(found.map(({ name }) => skipPattern(name)))];
}

async function run(suite, { name: unit, internal = false }) {
  const listed = skips.filter((skip) => skip.unit === unit).map((skip) => skip.name);
  const scripts = scripted(unit);
  const server = internal ? null : await startServer(values.redis, source);
  const result = await runUnit({
    suite,
    unit,
    port: server?.port,
    tags: TAGS,
    skip: values.redis ? scripts : [...listed, ...scripts],
    only: values.only,
  });
  const end = await server?.close();
  if (end?.isAlive === false) result.errors.push(`the server died:\n${end.output}`);
  if (values.only === undefined && !values.redis) {
    const stale = listed.filter((name) => !result.skipped.includes(name));
    for (const name of stale) result.errors.push(`skip.txt: ${unit} has no test '${name}'`);
  }
  const own = result.skipped.filter((name) => listed.includes(name)).length;
  return { ...result, listed: own, scripts: result.skip - own };
}

const chosen = values.unit?.split(',');
const units = UNITS.filter(
  ({ name }) =>
    chosen === undefined || chosen.some((word) => name === word || name.endsWith(`/${word}`)),
);
const copy = copySuite(source, values.redis);
const results = [];
console.log(
  `${'unit'.padEnd(30)}     ok    err  later  script  redis    s   (tags ${TAGS}, ${values.redis ? 'redis-server' : 'wadict serve'})`,
);
try {
  for (const unit of units) {
    const started = Date.now();
    const result = await run(copy.folder, unit);
    results.push({ unit: unit.name, ...result });
    const cells = [result.ok, result.errors.length, result.listed, result.scripts, unit.redis];
    const seconds = Math.round((Date.now() - started) / 1000);
    console.log(
      unit.name.padEnd(30) + [...cells, seconds].map((cell) => String(cell).padStart(7)).join(''),
    );
    if (values.log) console.log(result.log);
    for (const error of result.errors) console.log(`    ${error.split('\n').join('\n    ')}`);
  }
} finally {
  copy.close();
}
if (values.json !== undefined) {
  const rows = results.map(({ log, ...row }) => row);
  writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
}
// ---- the table at the end -----------------------------------------------------------------------

const sum = (pick) => results.reduce((total, result) => total + pick(result), 0);
const redisTotal = UNITS.reduce((total, { redis }) => total + redis, 0);
const OTHER_SHARE = 0.01; // of all tests may be left out for a reason of our own

/** Tests left out, by the kind of reason that skip.txt gives. */
function countReasons() {
  const counts = { scripts: sum(({ scripts }) => scripts), later: 0, tables: 0, other: 0 };
  for (const { unit, skipped } of results)
    for (const skip of skips)
      if (skip.unit === unit && skipped.includes(skip.name)) counts[skip.kind]++;
  return counts;
}

console.log(`\n${'unit'.padEnd(30)}   ours  redis`);
for (const { unit, ok } of results) {
  const { redis } = UNITS.find(({ name }) => name === unit);
  console.log(`${unit.padEnd(30)}${String(ok).padStart(7)}${String(redis).padStart(7)}`);
}
const ok = sum((result) => result.ok);
const whole = results.length === UNITS.length && values.only === undefined;
const compared = results.reduce(
  (total, { unit }) => total + UNITS.find(({ name }) => name === unit).redis,
  0,
);
console.log(`${'all'.padEnd(30)}${String(ok).padStart(7)}${String(compared).padStart(7)}`);
// What the unit asks the server first, its allocator say, decides whether it tries a test at all.
const absent =
  values.only === undefined
    ? results.reduce((total, result) => {
        const { redis } = UNITS.find(({ name }) => name === result.unit);
        return total + Math.max(0, redis - result.ok - result.err - result.listed - result.scripts);
      }, 0)
    : 0;
let failed = sum(({ errors }) => errors.length);
if (!values.redis) {
  const { scripts, later, tables, other: named } = countReasons();
  const other = named + absent;
  const bound = Math.floor(redisTotal * OTHER_SHARE);
  console.log(
    `left out: ${scripts} need scripts, ${later} need what comes later, ${tables} name exact table sizes, ` +
      `${other} for another reason (${absent} of them the unit did not try here; at most ${bound}: ${other <= bound ? 'holds' : 'BROKEN'})`,
  );
  if (other > bound) failed++;
  if (!whole) console.log('not the whole suite');
}
console.log(`${ok} passed, ${failed} failed, ${sum(({ skip }) => skip)} skipped`);
process.exitCode = failed > 0 || results.length === 0 ? 1 : 0;
