/** Browsers that can be killed by SIGKILL, all their processes at once, on a profile that stays. */
import { expect } from '@playwright/test';
import type { Browser, BrowserContext, Page, PlaywrightWorkerArgs } from '@playwright/test';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

export interface Running {
  readonly page: Page;
  kill(): Promise<void>;
}

/** A browser of our own, so that all its processes die by one signal to their group. */
export async function startChromium(
  playwright: PlaywrightWorkerArgs['playwright'],
  executable: string,
  profile: string,
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
    page: await context.newPage(),
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

export async function startFirefox(
  playwright: PlaywrightWorkerArgs['playwright'],
  launch: { channel?: string | undefined; executablePath?: string | undefined },
  profile: string,
): Promise<Running> {
  const context = await playwright.firefox.launchPersistentContext(profile, {
    ...launch,
    headless: true,
  } as object);
  return {
    page: await context.newPage(),
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
