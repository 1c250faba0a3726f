// TypeScript defects: one replacement in one source while a test file is bundled.
import { readFileSync } from 'node:fs';
import { bundleForNode } from '../run/bundle.mjs';
import { executeNode } from '../run/process.mjs';
import { readTap } from '../run/report.mjs';
import { at } from '../../web/build/steps.mjs';

const OUT = 'build/mutants-web';

async function runTest({ test, only }, replacements) {
  await bundleForNode({ entryPoints: [test], outdir: OUT, outbase: 'tests/web', replacements });
  const file = test.replace('tests/web', OUT).replace(/\.ts$/, '.mjs');
  const pattern = only === undefined ? [] : ['--test-name-pattern', only];
  const output = await executeNode(['--test', '--test-reporter=tap', ...pattern, file], {
    minutes: 3,
  });
  return readTap(output);
}

/** `find` occurs exactly once, and the test passes without the defect. */
export async function healthyWeb(mutants) {
  const wrong = [];
  for (const mutant of mutants) {
    const occurrences = readFileSync(at(mutant.file), 'utf8').split(mutant.find).length - 1;
    if (occurrences !== 1) {
      wrong.push(`${mutant.name}: "${mutant.find}" occurs ${occurrences} times in ${mutant.file}`);
      continue;
    }
    const result = await runTest(mutant, []);
    if (result.failed > 0 || result.passed === 0) wrong.push(`${mutant.name}: ${result.log}`);
  }
  return wrong;
}

export async function killsWeb(mutant) {
  const { file, find, replace } = mutant;
  return (await runTest(mutant, [{ file: at(file), find, replace }])).failed > 0;
}
