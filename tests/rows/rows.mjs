// npm run rows: for every row of behaviour that we follow, the tests that show it and the verdict.
//
// Tests name their rows: [D05] among a Catch2 test's tags, @T14 in the name of a TypeScript test,
// a line "Shows @P14." in the first comment of a script.
// ledger.json has the rows, each with a verdict:
//   as is           the behaviour as the real one has it                        needs a test
//   better          the same observable by the better mechanism in `why`         needs a test
//   not applicable  no behaviour of the store; `why` says so
//   not yet         `why` says what it waits for
// `see`: rows whose tests show this one, too.
// A claimed row without a test, a tag without a row and a missing reason are failures.
//   --quiet   only what is wrong
import { readFileSync } from 'node:fs';
import { isCpp, isScript, isTypeScript, readProject } from '../tidy/files.mjs';
import { withoutComments } from '../tidy/source.mjs';

const quiet = process.argv.includes('--quiet');
const ledger = JSON.parse(readFileSync(new URL('ledger.json', import.meta.url), 'utf8'));
const CLAIMS = ['as is', 'better'];
const VERDICTS = [...CLAIMS, 'not applicable', 'not yet'];

const line = (text, index) => text.slice(0, index).split('\n').length;
const unquote = (literal) => literal.slice(1, -1);

/** TEST_CASE("name", "[tags][D05]"): strings may be split over lines. */
function catch2Tests({ path, text: source }) {
  const text = withoutComments(source);
  const pattern =
    /\b(?:TEMPLATE_)?TEST_CASE\w*\(\s*((?:"(?:\\.|[^"\\])*"\s*)+),\s*((?:"[^"]*"\s*)+)/g;
  return [...text.matchAll(pattern)].map((match) => ({
    where: `${path}:${line(text, match.index)}`,
    name: [...match[1].matchAll(/"((?:\\.|[^"\\])*)"/g)].map(([, part]) => part).join(''),
    rows: [...match[2].matchAll(/\[([A-Z]\d{2})\]/g)].map(([, id]) => id),
  }));
}

/** test('name @T14', ...): also it(...) and test.describe('... @T14', ...) for all tests inside. */
function typeScriptTests({ path, text: source }) {
  const text = withoutComments(source);
  const pattern =
    /\b(?:test|it|describe|test\.describe)\(\s*('(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`[^`]*`)/g;
  return [...text.matchAll(pattern)].map((match) => ({
    where: `${path}:${line(text, match.index)}`,
    name: unquote(match[1]),
    rows: [...match[1].matchAll(/@([A-Z]\d{2})\b/g)].map(([, id]) => id),
  }));
}

/** A script says in its first comment which rows it shows: "Shows @P14 @P25." */
function scripts({ path, text }) {
  const shows = /^\/\/ Shows ((?:@[A-Z]\d{2}[,.]? ?)+)/m.exec(text)?.[1] ?? '';
  const rows = [...shows.matchAll(/@([A-Z]\d{2})/g)].map(([, id]) => id);
  const name = text.split('\n')[0].replace(/^\/\/ /, '');
  return rows.length === 0 ? [] : [{ where: `${path}:1`, name, rows }];
}

const files = readProject().filter(({ path }) => path.startsWith('tests/'));
const tests = [
  ...files.filter(isCpp).flatMap(catch2Tests),
  ...files.filter(isTypeScript).flatMap(typeScriptTests),
  ...files.filter(isScript).flatMap(scripts),
];
const byRow = new Map(ledger.map(({ id }) => [id, []]));
const unknown = [];
for (const test of tests) {
  for (const id of test.rows) {
    if (byRow.has(id)) byRow.get(id).push(test);
    else unknown.push(`${test.where}: no row ${id}`);
  }
}

const testsOf = ({ id, see = [] }) => [id, ...see].flatMap((row) => byRow.get(row) ?? []);

if (!quiet) {
  for (const row of ledger) {
    const { id, what, verdict, why } = row;
    const shown = testsOf(row);
    console.log(`${id}  ${verdict.padEnd(14)} ${what}${why ? `\n     ${why}` : ''}`);
    for (const { where, name } of shown) console.log(`       ${where}  ${name}`);
  }
}

const claimed = ledger.filter(({ verdict }) => CLAIMS.includes(verdict));
const untested = claimed.filter((row) => testsOf(row).length === 0);
const checks = [
  ['every claimed row has a test', untested.map(({ id, what }) => `${id} ${what}`)],
  ['every tag names a row', unknown],
  [
    'every verdict is one of the four',
    ledger.filter(({ verdict }) => !VERDICTS.includes(verdict)).map(({ id }) => id),
  ],
  [
    'what is not as is has its reason',
    ledger.filter(({ verdict, why }) => verdict !== 'as is' && !why).map(({ id }) => id),
  ],
];
const broken = checks.filter(([, wrong]) => wrong.length > 0);
for (const [rule, wrong] of broken)
  console.log(`broken: ${rule} (${wrong.length})\n  ${wrong.join('\n  ')}`);

const count = (verdict) => ledger.filter((row) => row.verdict === verdict).length;
console.log(
  `${ledger.length} rows: ${VERDICTS.map((verdict) => `${count(verdict)} ${verdict}`).join(', ')}`,
);
console.log(
  `${tests.length} tests, ${tests.filter(({ rows }) => rows.length > 0).length} of them name rows`,
);
console.log(`${checks.length - broken.length} passed, ${broken.length} failed, 0 skipped`);
process.exitCode = broken.length > 0 ? 1 : 0;
