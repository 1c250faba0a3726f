import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { expect, test } from '@playwright/test';
import type { Browser, Page } from '@playwright/test';

import { serve } from './storage/serve.ts';
import type { Served } from './storage/serve.ts';
import { ask, visit } from './storage/worker-page-client.ts';
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

const ready = (page: Page): Promise<Page> => visit(page, served.url);

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

test('every tab hears of changes by any tab; behind a new leader after a resync', async ({
  context,
}) => {
  const name = store();
  const pages: Page[] = [];
  for (let n = 0; n < 3; n++) {
    const page = await ready(await context.newPage());
    expect(await ask(page, 'openStore', name)).toBe('open');
    await ask(page, 'observeKeys', name, 'user:*');
    pages.push(page);
  }
  const [leader, ...others] = pages as [Page, ...Page[]];
  expect(await ask(leader, 'roleOf', name)).toBe('leader');
  const set = (page: Page, key: string): Promise<unknown> =>
    ask(page, 'call', name, 'SET', key, 'x');
  for (const [place, page] of pages.entries()) await set(page, `user:${place}`);
  await set(leader, 'other');
  await ask(leader, 'call', name, 'DEL', 'user:0');
  const told = ['set user:0', 'set user:1', 'set user:2', 'del user:0'];
  for (const page of pages) await expect.poll(() => ask(page, 'heard', name)).toEqual(told);

  await leader.close(); // the others ask for nothing, and hear of it all the same
  told.push('resync restarted');
  for (const page of others) await expect.poll(() => ask(page, 'heard', name)).toEqual(told);
  await set(others[0] as Page, 'user:3');
  told.push('set user:3');
  for (const page of others) await expect.poll(() => ask(page, 'heard', name)).toEqual(told);
});

/** Ways in which a leader goes while others have requests under way. */
const kEnds: Record<string, (page: Page, name: string) => Promise<unknown>> = {
  closed: (page) => page.close(),
  navigated: (page) => page.goto('about:blank'),
  'without its Worker': (page, name) => ask(page, 'killWorker', name),
  crashed: async (page) => {
    const session = await page.context().newCDPSession(page);
    void session.send('Page.crash').catch(() => undefined); // nobody is left to answer
  },
};
/** What only the DevTools protocol can do. */
const kOnlyChromium = new Set(['crashed']);
/** How often each; `npm run test:tabs` sets more. */
const kRounds = Number(process.env['WADICT_TABS_ROUNDS'] ?? 1);

test('whichever way a leader goes under load, nothing is lost, nothing happens twice @P27', async ({
  browser,
  browserName,
}) => {
  const ways = Object.entries(kEnds).filter(
    ([how]) => browserName === 'chromium' || !kOnlyChromium.has(how),
  );
  test.setTimeout(60_000 + ways.length * kRounds * 20_000);
  for (const [how, end] of ways) {
    const waits: number[] = [];
    for (let round = 0; round < kRounds; round++) waits.push(await leaderEnds(browser, end));
    waits.sort((a, b) => a - b);
    const at = (share: number): string => (waits[Math.floor(share * waits.length)] ?? 0).toFixed(0);
    console.log(
      `${browserName}: leader ${how}, ${kRounds} times; longest wait for an answer: median ${at(0.5)} ms, p99 ${at(0.99)} ms`,
    );
  }
});

/** Keeps the thread of the page's Worker busy, as if it was frozen, until the function is called. */
async function freeze(page: Page): Promise<() => Promise<void>> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const asked = once(server, 'request');
  const [worker] = page.workers();
  const blocked = worker?.evaluate((from) => {
    const request = new XMLHttpRequest();
    request.open('GET', from, false); // synchronous: nothing else runs in this thread
    request.send();
  }, url);
  const [, response] = (await asked) as [IncomingMessage, ServerResponse];
  return async () => {
    response.writeHead(200, { 'access-control-allow-origin': '*' }).end();
    await blocked;
    server.close();
  };
}

test('a frozen leader is replaced under load, and follows when it wakes; nothing is lost @P27', async ({
  browser,
  browserName,
}) => {
  if (browserName !== 'chromium') return; // nobody else lets a test into a Worker
  test.setTimeout(120_000);
  const context = await browser.newContext();
  const page = await ready(await context.newPage());
  const name = store();
  expect(await ask(page, 'openStore', name)).toBe('open');
  await ask(page, 'observeKeys', name, 'behind');
  const writers = [await ready(await context.newPage()), await ready(await context.newPage())];
  for (const writer of writers) expect(await ask(writer, 'openStore', name)).toBe('open');
  const [writer, other] = writers as [Page, Page];
  const load = writers.map((tab) => tab.evaluate(count, name));
  const counted = async (tab: Page): Promise<number> =>
    Number((await ask(tab, 'call', name, 'GET', 'n')).value);
  await expect.poll(() => counted(writer)).toBeGreaterThan(20);
  const thaw = await freeze(page);
  const results = await Promise.all(load); // the leader still sleeps
  expect(new Set(results.flatMap(({ outcomes }) => outcomes))).toEqual(new Set(['resolved']));
  expect(await counted(other)).toBe(600);
  const longest = Math.max(...results.map(({ longestMs }) => longestMs));
  console.log(`chromium: leader frozen; longest wait for an answer: ${longest.toFixed(0)} ms`);
  expect(longest, 'the leader was frozen: somebody waited').toBeGreaterThan(1_000);

  await thaw();
  await expect.poll(() => ask(page, 'roleOf', name)).toBe('follower');
  expect(await counted(page)).toBe(600);
  expect((await ask(page, 'call', name, 'INCR', 'n')).value).toBe(601);
  await expect.poll(() => ask(page, 'heard', name)).toEqual(['resync restarted']);
  await ask(other, 'call', name, 'SET', 'behind', 'x');
  await expect.poll(() => ask(page, 'heard', name)).toEqual(['resync restarted', 'set behind']);
  await context.close();
});

/** Two tabs count 300 times each while the leader ends. Returns the longest wait for an answer. */
async function leaderEnds(
  browser: Browser,
  end: (page: Page, name: string) => Promise<unknown>,
): Promise<number> {
  const context = await browser.newContext();
  const page = await ready(await context.newPage());
  const name = store();
  expect(await ask(page, 'openStore', name)).toBe('open');
  const writers = [await ready(await context.newPage()), await ready(await context.newPage())];
  for (const writer of writers) expect(await ask(writer, 'openStore', name)).toBe('open');
  const load = writers.map((writer) => writer.evaluate(count, name));
  const [writer] = writers as [Page];
  const counted = async (): Promise<number> =>
    Number((await ask(writer, 'call', name, 'GET', 'n')).value);
  await expect.poll(counted).toBeGreaterThan(20);
  await end(page, name);
  const results = await Promise.all(load);
  expect(new Set(results.flatMap(({ outcomes }) => outcomes))).toEqual(new Set(['resolved']));
  expect(await counted()).toBe(600);
  const roles = await Promise.all(writers.map((tab) => ask(tab, 'roleOf', name)));
  expect(roles.sort()).toEqual(['follower', 'leader']);
  await context.close();
  return Math.max(...results.map(({ longestMs }) => longestMs));
}

/** In the page: requests every few milliseconds, and beside them one after the other. */
async function count(name: string): Promise<{ outcomes: string[]; longestMs: number }> {
  const api = (globalThis as unknown as { wadictTest: WorkerPage }).wadictTest;
  let longestMs = 0;
  let isOver = false;
  const watched = (async () => {
    while (!isOver) {
      const begun = performance.now();
      await api.call(name, 'GET', 'n');
      longestMs = Math.max(longestMs, performance.now() - begun);
    }
  })();
  for (let turn = 0; turn < 300; turn++) {
    api.start(name, 'INCR', 'n');
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const outcomes = await api.settled();
  isOver = true;
  await watched;
  return { outcomes, longestMs };
}
