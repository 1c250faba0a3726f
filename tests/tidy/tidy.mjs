// npm run tidy: the countable rules, then the measures that are looked at rather than enforced.
//   --below cpp/dict   only what lies there
import { parseArgs } from 'node:util';
import { readProject } from './files.mjs';
import { printMeasures } from './measures.mjs';
import { RULES } from './rules.mjs';

const { values } = parseArgs({ options: { below: { type: 'string', default: '' } } });
const SHOWN_MAX = 20;

const files = readProject();
let failed = 0;
for (const { name, check } of RULES) {
  const lines = (await check(files)).filter((line) => line.includes(values.below));
  if (lines.length === 0) continue;
  failed++;
  console.log(`broken: ${name} (${lines.length})`);
  for (const line of lines.slice(0, SHOWN_MAX)) console.log(`  ${line}`);
  if (lines.length > SHOWN_MAX) console.log(`  and ${lines.length - SHOWN_MAX} more`);
}
printMeasures(files.filter(({ path }) => path.startsWith(values.below)));
console.log(`${RULES.length - failed} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed > 0 ? 1 : 0;
