// What must not happen: markup that comes alive, an engine on the page's thread, work while idle.
import type { Page } from '@playwright/test';
import { expect, kSpeeds, test } from './page-fixture.ts';

test('markup in keys and values stays text everywhere', async ({ wadict, address }) => {
  const evil = '<img src=x onerror=alert(1)>';
  wadict.page.on('dialog', () => expect('a dialog').toBe('never opened'));
  await wadict.open(address);
  await wadict.run(`SET "${evil}" "<b id=bold>${evil}</b>"`);
  expect(await wadict.run(`GET "${evil}"`)).toBe(`"<b id=bold>${evil}</b>"`);
  await wadict.page.getByRole('textbox', { name: 'Key to look up' }).fill(evil);
  await wadict.button('Find').click();
  await expect(wadict.page.locator('#detail')).toContainText(evil);
  await expect(wadict.page.locator('#lane')).toContainText(evil);
  await expect(wadict.page.locator('img, #bold')).toHaveCount(0);
  expect(await wadict.run(`${evil} ${evil}`)).toContain('unknown command');
  await expect(wadict.page.locator('img')).toHaveCount(0);
});

test('the page needs no WebAssembly of its own: the engine is in the Worker @W02 @W03', async ({
  wadict,
  address,
}) => {
  await wadict.page.addInitScript(() => {
    const refuse = (): never => {
      throw new Error('WebAssembly was touched on the page');
    };
    const handler = { get: refuse, has: refuse, apply: refuse, construct: refuse };
    Object.defineProperty(globalThis, 'WebAssembly', { value: new Proxy(refuse, handler) });
  });
  await wadict.open(address);
  expect(await wadict.run('SET where worker')).toBe('OK');
  expect(await wadict.run('GET where')).toBe('"worker"');
  await wadict.button('Step').click();
  await expect(wadict.fact('keys')).toHaveText('2');
});

/** Runs before the Worker's own script: counts whatever could wake it, and tells when asked. */
const kCounting = `
  const counts = { transactions: 0, timers: 0, turns: 0, messages: 0 };
  const count = (target, method, what) => {
    const original = target[method];
    target[method] = function (...args) {
      counts[what]++;
      return Reflect.apply(original, this, args);
    };
  };
  count(IDBDatabase.prototype, 'transaction', 'transactions');
  count(self, 'setTimeout', 'timers');
  count(MessagePort.prototype, 'postMessage', 'turns');
  self.addEventListener('message', () => counts.messages++);
  const channel = new BroadcastChannel('wadict-counts');
  channel.onmessage = ({ data }) => { if (data === 'ask') channel.postMessage({ ...counts }); };
`;

interface Counts {
  readonly transactions: number;
  readonly timers: number;
  readonly turns: number;
  readonly messages: number;
}

function countsOf(page: Page): Promise<Counts> {
  return page.evaluate(
    () =>
      new Promise<Counts>((resolve) => {
        const channel = new BroadcastChannel('wadict-counts');
        channel.onmessage = ({ data }: MessageEvent<Counts>) => {
          channel.close();
          resolve(data);
        };
        channel.postMessage('ask');
      }),
  );
}

test('idle for ten seconds with 1,000 TTL keys: nothing wakes, nothing is written', async ({
  wadict,
  address,
}) => {
  await wadict.page.route('**/worker.js', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: kCounting + (await response.text()) });
  });
  await wadict.open(address);
  await wadict.setSpeed(kSpeeds.full);
  await wadict.page.evaluate(() => {
    const input = document.getElementById('command') as HTMLInputElement;
    const form = document.getElementById('repl-form') as HTMLFormElement;
    for (let i = 0; i < 1000; i++) {
      input.value = `SET k${i} v PX 3600000`;
      form.requestSubmit();
    }
  });
  await expect.poll(() => wadict.run('INFO keyspace')).toContain('expires=1000');
  const state = async (): Promise<string> => {
    const asked = await wadict.page.evaluate(() => window.wadictPage.asked());
    return JSON.stringify({ asked, ...(await countsOf(wadict.page)) });
  };
  expect((await countsOf(wadict.page)).transactions).toBeGreaterThan(0);
  // Barrier frames, panels and pictures that were still due come to their end.
  let last = '';
  const isQuiet = async (): Promise<boolean> => {
    const before = last;
    last = await state();
    return last === before;
  };
  await expect.poll(isQuiet, { intervals: [2000], timeout: 20_000 }).toBe(true);
  await wadict.page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 10_000)));
  expect(await state()).toBe(last);
});
