// Playwright: the same tests in real Chromium and Firefox.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { at } from '../../../web/build/steps.mjs';
import { executeNode } from '../process.mjs';
import { readPlaywright } from '../report.mjs';

export const browser = (project) => async () => {
  const file = `build/playwright-${project}.json`;
  rmSync(at(file), { force: true });
  const output = await executeNode(
    [
      'node_modules/@playwright/test/cli.js',
      'test',
      `--project=${project}`,
      `--output=test-results/${project}`,
      '--reporter=list,json',
    ],
    { env: { PLAYWRIGHT_JSON_OUTPUT_NAME: at(file), FORCE_COLOR: '0' } },
  );
  const report = existsSync(at(file)) ? JSON.parse(readFileSync(at(file), 'utf8')) : undefined;
  return readPlaywright(report, output);
};
