/**
 * SIGKILL of the whole browser while several writers write, in half of the rounds also while a
 * generation is being switched: nothing that was acknowledged under `commit` or `always` is lost.
 * WADICT_KILL_ROUNDS sets how often.
 */

import { expect, test } from '@playwright/test';
import type { Browser, BrowserContext, Page, PlaywrightWorkerArgs } from '@playwright/test';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { serve } from './storage/serve.ts';
import type { Served } from './storage/serve.ts';

// A trace asks every context for its end, and these contexts are killed.
test.use({ trace: 'off' });

const kRounds = Number(process.env['WADICT_KILL_ROUNDS'] ?? 20);
const kLeastAcks = 200;

interface KillPage {
  write(round: number, durability: 'always' | 'commit', isSwitching: boolean): Promise<void>;
  verify(expected: string[]): Promise<{ lost: string[]; counter: number; keys: number }>;
}

interface Running {
  readonly page: Page;
  kill(): Promise<void>;
}

let served: Served;
let profile: string;

test.beforeAll(async () => {
  served = await serve(
    { 'page.js': './kill-page.ts', 'worker.js': '../../../web/worker/entry.ts' },
    { 'engine.wasm': '../../../web/engine/generated/engine.wasm' },
  );
  profile = await mkdtemp(join(tmpdir(), 'wadict-profile-'));
});
test.afterAll(async () => {
  await served.close();
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
});

async function goto(page: Page): Promise<Page> {
  await page.goto(served.url);
  await page.waitForFunction(() => 'killTest' in globalThis);
  return page;
}

/** A browser of our own, so that all its processes die by one signal to their group. */
async function startChromium(
  playwright: PlaywrightWorkerArgs['playwright'],
  executable: string,
): Promise<Running> {
  const portFile = join(profile, 'DevToolsActivePort');
  for (const name of await readdir(profile)) {
    if (name === 'DevToolsActivePort' || name.startsWith('Singleton'))
      await rm(join(profile, name), { force: true });
  }
  const flags = [
    '--headless=new',
    '--no-sandbox',
    '--no-first-run',
    '--disable-gpu',
    '--remote-debugging-port=0',
  ];
  const child = spawn(executable, [...flags, `--user-data-dir=${profile}`, 'about:blank'], {
    detached: true,
    stdio: 'ignore',
  });
  await expect.poll(() => existsSync(portFile), { timeout: 20_000 }).toBe(true);
  const port = (await readFile(portFile, 'utf8')).split('\n')[0];
  const browser: Browser = await playwright.chromium.connectOverCDP(`http://127.0.0.1:${port}`);
  const context = browser.contexts()[0] as BrowserContext;
  return {
    page: await goto(await context.newPage()),
    async kill() {
      const exited = once(child, 'exit');
      process.kill(-(child.pid as number), 'SIGKILL');
      await exited;
      await browser.close().catch(() => undefined);
    },
  };
}

async function processesOf(folder: string): Promise<number[]> {
  const pids: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    const line = await readFile(`/proc/${name}/cmdline`, 'latin1').catch(() => '');
    if (line.includes(folder)) pids.push(Number(name));
  }
  return pids;
}

async function startFirefox(
  playwright: PlaywrightWorkerArgs['playwright'],
  launch: { channel?: string | undefined; executablePath?: string | undefined },
): Promise<Running> {
  const context = await playwright.firefox.launchPersistentContext(profile, {
    ...launch,
    headless: true,
  } as object);
  return {
    page: await goto(await context.newPage()),
    async kill() {
      const kill = async (): Promise<number> => {
        const pids = await processesOf(profile);
        for (const pid of pids) {
          try {
            process.kill(pid, 'SIGKILL');
          } catch {
            // it ended by itself meanwhile
          }
        }
        return pids.length;
      };
      const closed = new Promise((resolve) => context.once('close', resolve));
      await kill();
      await expect.poll(kill, { timeout: 10_000 }).toBe(0);
      await closed; // Playwright saw it die too: nothing of this round reaches into the next one
    },
  };
}

test('nothing acknowledged is lost when the browser is killed @P17', async ({
  playwright,
  browserName,
  launchOptions,
  channel,
}) => {
  test.setTimeout(60_000 + kRounds * 30_000);
  const { executablePath } = launchOptions as { executablePath?: string };
  const start = (): Promise<Running> =>
    browserName === 'chromium'
      ? startChromium(playwright, executablePath ?? playwright.chromium.executablePath())
      : startFirefox(playwright, { channel, executablePath });
  const keys = new Set<string>();
  let counted = 0;
  const collect = (): number => {
    const acks = served.takePosted().flatMap((body) => body.split('\n'));
    for (const ack of acks) {
      if (ack === 'counter') counted++;
      else keys.add(ack);
    }
    return acks.length;
  };
  for (let round = 0; round < kRounds; round++) {
    const durability = round % 4 < 2 ? 'commit' : 'always';
    const running = await start();
    await running.page.evaluate(
      (args) =>
        (globalThis as unknown as { killTest: KillPage }).killTest.write(
          args.round,
          args.durability,
          args.isSwitching,
        ),
      { round, durability: durability as 'commit' | 'always', isSwitching: round % 2 === 1 },
    );
    let acks = 0;
    await expect
      .poll(() => (acks += collect()), { timeout: 30_000, intervals: [7 + round] })
      .toBeGreaterThan(kLeastAcks);
    await running.kill(); // writers never stop: some write is in flight
    collect();
  }
  const last = await start();
  const result = await last.page.evaluate(
    (expected) => (globalThis as unknown as { killTest: KillPage }).killTest.verify(expected),
    [...keys],
  );
  await last.kill();
  console.log(
    `${browserName}: ${kRounds} kills, ${keys.size + counted} acknowledged writes, ${result.lost.length} lost, counter ${result.counter} for ${counted} acknowledged increments`,
  );
  expect(result.lost).toEqual([]);
  expect(result.counter).toBeGreaterThanOrEqual(counted);
  expect(result.keys).toBeGreaterThanOrEqual(keys.size + 1);
});
