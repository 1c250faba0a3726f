// Real browsers that visit a consumer's page.
import { existsSync } from 'node:fs';
import { chromium, firefox } from '@playwright/test';

const LAUNCH = {
  chromium: () => {
    const executablePath = existsSync('/usr/bin/chromium') ? '/usr/bin/chromium' : undefined;
    return chromium.launch({ executablePath, args: ['--no-sandbox'] });
  },
  firefox: () => {
    const executablePath = existsSync('/usr/bin/firefox-esr') ? '/usr/bin/firefox-esr' : undefined;
    return firefox.launch(executablePath ? { executablePath, channel: 'moz-firefox' } : {});
  },
};

const running = new Map();

function browser(name) {
  if (!running.has(name)) running.set(name, LAUNCH[name]());
  return running.get(name);
}

export async function closeBrowsers() {
  for (const launched of running.values()) await (await launched).close();
  running.clear();
}

const SETTLED = /^(visits|failed) /;

/** Waits until the page has set its title; throws with what the page said if it does not. */
async function title(page, said) {
  try {
    await page.waitForFunction((text) => new RegExp(text).test(document.title), SETTLED.source, {
      timeout: 30_000,
    });
  } catch {
    throw new Error(`the page never got so far: ${said.join('\n') || '(it said nothing)'}`);
  }
  return page.title();
}

/** The title after the first load and, if `reload`, after a reload of a fresh profile. */
export async function visit(url, { name = 'chromium', reload = true } = {}) {
  const context = await (await browser(name)).newContext();
  try {
    const page = await context.newPage();
    const said = [];
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(String(error)));
    await page.goto(url);
    const titles = [await title(page, said)];
    if (reload) {
      await page.reload();
      titles.push(await title(page, said));
    }
    return titles;
  } finally {
    await context.close();
  }
}

/** What the promise `globalThis[variable]` of a page gives. */
export async function evaluate(url, variable, { name = 'chromium' } = {}) {
  const context = await (await browser(name)).newContext();
  try {
    const page = await context.newPage();
    const said = [];
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(String(error)));
    await page.goto(url);
    await page.waitForFunction((key) => key in globalThis, variable, { timeout: 10_000 });
    return await page
      .evaluate((key) => globalThis[key], variable)
      .catch((error) => {
        throw new Error(`${error.message}\n${said.join('\n')}`);
      });
  } finally {
    await context.close();
  }
}
