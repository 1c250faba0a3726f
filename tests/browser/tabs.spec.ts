import { expect, test } from '@playwright/test';
import type { Page } from '@playwright/test';

import { serve } from './storage/serve.ts';
import type { Served } from './storage/serve.ts';
import type { WorkerPage } from './storage/worker-page.ts';

let served: Served;
let stores = 0;

test.beforeAll(async () => {
  served = await serve(
    { 'page.js': './worker-page.ts', 'worker.js': '../../../web/worker/entry.ts' },
    { 'engine.wasm': '../../../web/engine/generated/engine.wasm' },
  );
});
test.afterAll(() => served.close());

/** One call of the page's test API. */
function ask<K extends keyof WorkerPage>(
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

async function ready(page: Page): Promise<Page> {
  await page.goto(served.url);
  await page.waitForFunction(() => 'wadictTest' in globalThis);
  return page;
}

const store = (): string => `tabs${++stores}`;

test('tabs that open the same name see one store; when the leader closes another one leads', async ({
  page,
  context,
}) => {
  await ready(page);
  const name = store();
  const other = await ready(await context.newPage());
  const third = await ready(await context.newPage());
  expect(await ask(page, 'openStore', name)).toBe('open');
  expect(await ask(other, 'openStore', name)).toBe('open');
  expect(await ask(third, 'openStore', name)).toBe('open');
  expect(await ask(page, 'roleOf', name)).toBe('leader');
  expect(await ask(other, 'roleOf', name)).toBe('follower');
  expect((await ask(page, 'call', name, 'SET', 'k', 'from the first')).value).toBe('OK');
  expect((await ask(other, 'call', name, 'GET', 'k')).value).toBe('from the first');
  expect((await ask(other, 'call', name, 'INCR', 'n')).value).toBe(1);
  expect((await ask(third, 'call', name, 'INCR', 'n')).value).toBe(2);
  expect((await ask(page, 'call', name, 'GET', 'n')).value).toBe('2');
  expect(await ask(other, 'flush', name)).toBe('resolved');
  expect((await ask(other, 'call', name, 'SELECT', '3')).value).toBe('OK');
  expect((await ask(other, 'call', name, 'SET', 'k', 'three')).value).toBe('OK');
  await page.close();
  expect((await ask(other, 'call', name, 'GET', 'k')).value).toBe('three'); // the session's database
  expect((await ask(third, 'call', name, 'INCR', 'n')).value).toBe(3);
  const roles = [await ask(other, 'roleOf', name), await ask(third, 'roleOf', name)];
  expect(roles.sort()).toEqual(['follower', 'leader']);
  expect(await ask(other, 'close', name)).toBe('closed');
  expect((await ask(third, 'call', name, 'INCR', 'n')).value).toBe(4);
  expect(await ask(third, 'roleOf', name)).toBe('leader');
});
