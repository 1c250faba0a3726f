// Real browsers on a profile folder: a context without one keeps Chromium's IndexedDB in memory.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, firefox } from '@playwright/test';

const SYSTEM = { chromium: '/usr/bin/chromium', firefox: '/usr/bin/firefox-esr' };

function optionsOf(name) {
  const executablePath = existsSync(SYSTEM[name]) ? SYSTEM[name] : undefined;
  if (name === 'chromium') return { executablePath, args: ['--no-sandbox'] };
  return executablePath === undefined ? {} : { executablePath, channel: 'moz-firefox' };
}

/** A browser with a profile of its own, which can be closed and started again on it. */
export class BenchBrowser {
  #context;
  #page;

  constructor(name, url) {
    this.name = name;
    this.url = url;
    this.profile = mkdtempSync(join(tmpdir(), `wadict-bench-${name}-`));
  }

  async start() {
    const engine = this.name === 'firefox' ? firefox : chromium;
    this.#context = await engine.launchPersistentContext(this.profile, optionsOf(this.name));
    this.version = this.#context.browser()?.version() ?? this.version ?? 'unknown';
    this.#page = await this.open(this.url);
    await this.#page.waitForFunction(() => 'wadictBench' in globalThis);
  }

  /** Another page in the same browser. */
  async open(url) {
    const page = await this.#context.newPage();
    page.setDefaultTimeout(0);
    await page.goto(url);
    return page;
  }

  /** One call of the page's bench API. */
  ask(method, ...args) {
    return this.#page.evaluate(
      ([name, given]) => globalThis.wadictBench[name](...given),
      [method, args],
    );
  }

  async stop() {
    await this.#context?.close();
    this.#context = undefined;
  }

  async end() {
    await this.stop();
    rmSync(this.profile, { recursive: true, force: true });
  }
}
