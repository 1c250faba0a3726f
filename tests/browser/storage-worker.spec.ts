import { expect, test } from '@playwright/test';
import type { Page, PlaywrightWorkerArgs } from '@playwright/test';

import { serve } from './storage/serve.ts';
import type { Served } from './storage/serve.ts';
import { ask, visit } from './storage/worker-page-client.ts';
import type { WorkerPage } from './storage/worker-page.ts';

let served: Served;
let stores = 0;

test.beforeAll(async () => {
  served = await serve(
    {
      'page.js': './worker-page.ts',
      'worker.js': '../../../web/worker/entry.ts',
      'counting-worker.js': './counting-worker.ts',
      'worker-without-storage.js': './worker-without-storage.ts',
    },
    { 'engine.wasm': '../../../web/engine/generated/engine.wasm' },
  );
});
test.afterAll(() => served.close());

const ready = (page: Page): Promise<Page> => visit(page, served.url);

const store = (): string => `app${++stores}`;

test('a page opens a store, writes, reloads and finds everything; the rows lie in IndexedDB', async ({
  page,
}) => {
  await ready(page);
  const name = store();
  expect(await ask(page, 'openStore', name)).toBe('open');
  expect(await ask(page, 'call', name, 'SET', 'fruit', 'apple')).toEqual({
    value: 'OK',
    code: null,
  });
  expect(await ask(page, 'storageOf', name)).toEqual({
    storage: 'ok',
    medium: 'indexeddb',
    lastError: null,
  });
  const rows = await ask(page, 'rows', name);
  expect(rows.stores.sort()).toEqual(['log', 'meta', 'quarantine', 'snap']);
  expect(rows.meta).toBeGreaterThan(100);
  expect(rows.frames.length).toBeGreaterThanOrEqual(2);
  expect(rows.first).toBe('#WD1:');
  await ready(page);
  expect(await ask(page, 'openStore', name)).toBe('open');
  expect((await ask(page, 'call', name, 'GET', 'fruit')).value).toBe('apple');
  expect((await ask(page, 'call', name, 'SAVE')).value).toBe('OK');
  expect((await ask(page, 'rows', name)).chunks).toBeGreaterThan(0);
  await ready(page);
  expect(await ask(page, 'openStore', name)).toBe('open');
  expect((await ask(page, 'call', name, 'GET', 'fruit')).value).toBe('apple');
});

test('when the Worker dies everything pending settles, and the store opens again @P27', async ({
  page,
}) => {
  await ready(page);
  const name = store();
  await ask(page, 'openStore', name);
  await ask(page, 'call', name, 'SET', 'k', 'v');
  await page.evaluate((key) => {
    const api = (globalThis as unknown as { wadictTest: WorkerPage }).wadictTest;
    api.killWorker(key);
    api.start(key, 'GET', 'k');
    api.start(key, 'SET', 'k', 'w');
  }, name);
  expect(await ask(page, 'settled')).toEqual(['WORKER_DIED', 'WORKER_DIED']);
  expect((await ask(page, 'call', name, 'GET', 'k')).code).toBe('WORKER_DIED');
  expect(await ask(page, 'flush', name)).toBe('WORKER_DIED');
  expect(await ask(page, 'openStore', name, { ifLocked: 'wait' })).toBe('open');
  expect((await ask(page, 'call', name, 'GET', 'k')).value).toBe('v');
});

test('who does not want to share gets LOCKED, or waits and takes over when the first is gone @P27', async ({
  page,
  context,
}) => {
  await ready(page);
  const name = store();
  await ask(page, 'openStore', name);
  await ask(page, 'call', name, 'SET', 'k', 'first');
  const other = await ready(await context.newPage());
  expect(await ask(other, 'openStore', name, { ifLocked: 'fail' })).toBe('LOCKED');
  const waiting = ask(other, 'openStore', name, { ifLocked: 'wait' });
  await ask(page, 'call', name, 'SET', 'k', 'last words');
  await page.close();
  expect(await waiting).toBe('open');
  expect((await ask(other, 'call', name, 'GET', 'k')).value).toBe('last words');
  await other.close();
});

test('two stores live side by side; closing is final for one of them', async ({ page }) => {
  await ready(page);
  const [one, two] = [store(), store()];
  await ask(page, 'openStore', one);
  await ask(page, 'openStore', two);
  await ask(page, 'call', one, 'SET', 'k', '1');
  await ask(page, 'call', two, 'SET', 'k', '2');
  expect(await ask(page, 'close', one)).toBe('closed');
  expect(await ask(page, 'close', one)).toBe('closed');
  expect((await ask(page, 'call', one, 'GET', 'k')).code).toBe('CLOSED');
  expect((await ask(page, 'call', two, 'GET', 'k')).value).toBe('2');
  expect(await ask(page, 'openStore', one)).toBe('open');
  expect((await ask(page, 'call', one, 'GET', 'k')).value).toBe('1');
});

test('without IndexedDB the store is in memory and says so, or refuses if storage is required', async ({
  page,
}) => {
  await ready(page);
  const name = store();
  expect(
    await ask(page, 'openStore', name, { requireStorage: true }, 'worker-without-storage.js'),
  ).toBe('STORAGE_UNAVAILABLE');
  expect(await ask(page, 'openStore', name, {}, 'worker-without-storage.js')).toBe('open');
  expect((await ask(page, 'call', name, 'SET', 'k', 'v')).value).toBe('OK');
  expect((await ask(page, 'storageOf', name)).storage).toBe('none');
});

test('a Worker script that is missing is WORKER_LOAD', async ({ page }) => {
  await ready(page);
  expect(await ask(page, 'openStore', store(), {}, 'nowhere.js')).toBe('WORKER_LOAD');
});

/**
 * A page whose origin may store 3 MB; `lift` takes the limit away where the browser can do that.
 */
async function limited(
  page: Page,
  browserName: string,
  playwright: PlaywrightWorkerArgs['playwright'],
  launch: object,
): Promise<{ page: Page; lift: (() => Promise<void>) | null; close: () => Promise<void> }> {
  if (browserName === 'chromium') {
    const cdp = await page.context().newCDPSession(page);
    const { origin } = new URL(served.url);
    await cdp.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 3 * 1024 * 1024 });
    return {
      page,
      lift: async () => void (await cdp.send('Storage.overrideQuotaForOrigin', { origin })),
      close: async () => undefined,
    };
  }
  const firefoxUserPrefs = { 'dom.quotaManager.temporaryStorage.fixedLimit': 3 * 1024 };
  const browser = await playwright.firefox.launch({ ...launch, firefoxUserPrefs });
  return { page: await browser.newPage(), lift: null, close: () => browser.close() };
}

test('over quota: QUOTA_EXCEEDED, the state is what is stored, reads go on, and a later start finds it @P26', async ({
  page: given,
  browserName,
  playwright,
  launchOptions,
  channel,
}) => {
  const { page, lift, close } = await limited(given, browserName, playwright, {
    ...launchOptions,
    channel,
  });
  await ready(page);
  const name = store();
  await ask(page, 'openStore', name);
  await ask(page, 'call', name, 'SET', 'kept', 'v');
  const codes = await page.evaluate(async (key) => {
    const api = (globalThis as unknown as { wadictTest: WorkerPage }).wadictTest;
    const seen: (string | null)[] = [];
    for (let round = 0; round < 200; round++) {
      const bytes = crypto.getRandomValues(new Uint8Array(60_000));
      const value = Array.from(bytes, (byte) => String.fromCharCode(33 + (byte % 90))).join('');
      seen.push((await api.call(key, 'SET', `big${round}`, value)).code);
      if (seen.at(-1) !== null) break;
    }
    return seen;
  }, name);
  expect(codes.at(-1)).toBe('QUOTA_EXCEEDED');
  const written = codes.length - 1;
  expect((await ask(page, 'storageOf', name)).storage).toBe('full');
  expect((await ask(page, 'call', name, 'GET', 'kept')).value).toBe('v');
  expect((await ask(page, 'call', name, 'EXISTS', `big${written}`)).value).toBe(0);
  expect((await ask(page, 'call', name, 'STRLEN', `big${written - 1}`)).value).toBe(60_000);
  expect((await ask(page, 'call', name, 'SET', 'more', 'v')).code).toBe('QUOTA_EXCEEDED');
  if (lift !== null) {
    await lift();
    await expect
      .poll(async () => (await ask(page, 'storageOf', name)).storage, { timeout: 20_000 })
      .toBe('ok');
    expect((await ask(page, 'call', name, 'SET', 'more', 'v')).code).toBe(null);
    expect((await ask(page, 'call', name, 'DEL', 'more')).value).toBe(1);
    await ready(page);
    await ask(page, 'openStore', name);
    expect((await ask(page, 'call', name, 'DBSIZE')).value).toBe(written + 1);
  }
  await close();
});

test('idle for 10 s with 1,000 keys that will expire: no timer fires, no transaction, no turn', async ({
  page,
}) => {
  await ready(page);
  const name = store();
  await ask(page, 'openStore', name, {}, 'counting-worker.js');
  await page.evaluate(async (key) => {
    const api = (globalThis as unknown as { wadictTest: WorkerPage }).wadictTest;
    await Promise.all(
      Array.from({ length: 1000 }, (_, index) =>
        api.call(key, 'SET', `k${index}`, 'v', 'EX', String(3600 + index)),
      ),
    );
  }, name);
  // The barrier after the burst and the slices behind it come first, within two seconds.
  const { settled, after } = await ask(page, 'observe', 2_500, 10_000);
  expect(after).toEqual(settled);
  expect(settled['transactions']).toBeGreaterThan(2);
  expect(settled['armed']).toBe(1);
});
