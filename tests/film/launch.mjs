// The built page in a Chromium of its own, for films and stills.
import { existsSync } from 'node:fs';
import { chromium } from '@playwright/test';
import { serve } from '../../web/build/serve.mjs';
import { at } from '../../web/build/steps.mjs';

const SYSTEM = '/usr/bin/chromium';

/** `run` gets an opened page of a store with `keys`; everything ends after it. */
export async function withPage({ width, height, theme = 'light', scale = 1, seed = 7 }, run) {
  const executablePath = existsSync(SYSTEM) ? SYSTEM : undefined;
  const { address, close } = await serve({ folder: at('dist/page') });
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage({
      viewport: { width, height },
      colorScheme: theme,
      deviceScaleFactor: scale,
    });
    page.on('pageerror', (error) => console.error(`on the page: ${error.message}`));
    await page.goto(`${address}?debug&seed=${seed}&db=film`);
    await page.waitForSelector('#store-state[data-state=ok]');
    return await run(new Actor(page));
  } finally {
    await browser.close();
    await close();
  }
}

/** What a visitor does. */
export class Actor {
  constructor(page) {
    this.page = page;
  }

  async type(line) {
    const before = await this.page.locator('#replies > div').count();
    await this.page.fill('#command', line);
    await this.page.press('#command', 'Enter');
    await this.page.waitForFunction(
      (count) => document.querySelectorAll('#replies > div').length > count,
      before,
    );
  }

  press(name) {
    return this.page.getByRole('button', { name, exact: true }).click();
  }

  speed(position) {
    return this.page.fill('#speed', String(position));
  }

  /** Until nothing plays any more. */
  paused() {
    return this.page.waitForSelector('#play[aria-pressed=false]');
  }

  async toResize(times = 1) {
    for (let i = 0; i < times; i++) {
      await this.press('Run to next resize');
      await this.page.waitForFunction(
        () =>
          document.querySelector('#play').getAttribute('aria-pressed') === 'false' &&
          !/none/.test(document.querySelector('#facts').textContent.match(/rehash index\S*/)[0]),
      );
    }
  }

  async find(key) {
    await this.page.fill('#key', key);
    await this.press('Find');
    await this.page.waitForSelector('#detail .fields');
  }
}
