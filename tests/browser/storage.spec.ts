import { expect, test } from '@playwright/test';

import type { CaseResult } from './storage/page.ts';
import { serve } from './storage/serve.ts';
import type { Served } from './storage/serve.ts';

interface TestWindow {
  caseNames: { contract: string[]; indexedDb: string[] };
  runCase: (group: 'contract' | 'indexedDb', name: string) => Promise<CaseResult>;
}

let served: Served;

test.beforeAll(async () => {
  served = await serve({ 'page.js': './page.ts' });
});
test.afterAll(() => served.close());

for (const group of ['contract', 'indexedDb'] as const) {
  test(`storage on IndexedDB: ${group} @P26 @P27`, async ({ page }) => {
    test.setTimeout(120_000);
    await page.goto(served.url);
    await page.waitForFunction(() => 'runCase' in globalThis);
    const names = await page.evaluate(
      (key) => (globalThis as unknown as TestWindow).caseNames[key],
      group,
    );
    expect(names.length).toBeGreaterThan(group === 'contract' ? 20 : 10);
    const failures: string[] = [];
    for (const name of names) {
      const result = await page.evaluate(
        (args) => (globalThis as unknown as TestWindow).runCase(args.group, args.name),
        { group, name },
      );
      if (result.error !== null) failures.push(`${name}\n  ${result.error}`);
    }
    expect(failures).toEqual([]);
  });
}
