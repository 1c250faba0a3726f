// TypeScript defects that only a real browser notices: the web side is copied with the defect in
// it, and Playwright runs there, in Chromium.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { at } from '../../web/build/steps.mjs';
import { executeNode } from '../run/process.mjs';
import { readPlaywright } from '../run/report.mjs';

const FOLDER = 'build/mutants-browser';
const COPIED = ['web', 'tests', 'playwright.config.ts', 'package.json'];
const LINKED = ['node_modules', 'dist', 'cpp', 'index.html', 'README.md', 'tsconfig.json'];

function copyProject() {
  rmSync(at(FOLDER), { recursive: true, force: true });
  for (const path of COPIED) cpSync(at(path), at(FOLDER, path), { recursive: true });
  for (const path of LINKED) symlinkSync(at(path), at(FOLDER, path));
}

async function runTest(test) {
  const report = join(at(FOLDER), 'report.json');
  const output = await executeNode(
    [
      at('node_modules/@playwright/test/cli.js'),
      ...['test', '--project=chromium', '--reporter=json', '-g', test],
    ],
    { cwd: at(FOLDER), env: { PLAYWRIGHT_JSON_OUTPUT_NAME: report }, minutes: 5 },
  );
  return readPlaywright(
    existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined,
    output,
  );
}

export async function healthyBrowser(mutants) {
  const wrong = [];
  for (const { name, file, find } of mutants) {
    const occurrences = readFileSync(at(file), 'utf8').split(find).length - 1;
    if (occurrences !== 1) wrong.push(`${name}: "${find}" occurs ${occurrences} times in ${file}`);
  }
  for (const test of new Set(mutants.map((mutant) => mutant.test))) {
    mkdirSync(at('build'), { recursive: true });
    copyProject();
    const result = await runTest(test);
    if (result.failed > 0 || result.passed === 0) wrong.push(`${test}: ${result.log}`);
  }
  return wrong;
}

export async function killsBrowser({ file, find, replace, test }) {
  copyProject();
  const source = readFileSync(at(file), 'utf8');
  writeFileSync(
    at(FOLDER, file),
    source.replace(find, () => replace),
  );
  return (await runTest(test)).failed > 0;
}
