/** The test's side of worker-page.ts. */
import type { Page } from '@playwright/test';

import type { WorkerPage } from './worker-page.ts';

/** One call of the page's test API. */
export function ask<K extends keyof WorkerPage>(
  page: Page,
  method: K,
  ...args: Parameters<WorkerPage[K]>
): Promise<Awaited<ReturnType<WorkerPage[K]>>> {
  return page.evaluate(
    async ({ method: name, args: given }) => {
      const api = (
        globalThis as unknown as { wadictTest: Record<string, (...rest: unknown[]) => unknown> }
      ).wadictTest;
      return api[name]?.(...given);
    },
    { method: method as string, args: args as unknown[] },
  ) as Promise<Awaited<ReturnType<WorkerPage[K]>>>;
}

/** Goes to the page, and waits until it can be asked. */
export async function visit(page: Page, url: string): Promise<Page> {
  await page.goto(url);
  await page.waitForFunction(() => 'wadictTest' in globalThis);
  return page;
}
