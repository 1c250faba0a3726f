import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

/** Debian's browser where there is one; elsewhere the one Playwright installed. */
function systemBrowser(path: string): { executablePath?: string } {
  return existsSync(path) ? { executablePath: path } : {};
}

const chromium = systemBrowser('/usr/bin/chromium');
const firefox = systemBrowser('/usr/bin/firefox-esr');

// A port of this run's own, so that two runs do not meet; the workers inherit it.
const port = (process.env['WADICT_PAGE_PORT'] ??= String(20_000 + (process.pid % 20_000)));
const address = `http://127.0.0.1:${port}/`;

export default defineConfig({
  testDir: 'tests/browser',
  testMatch: /\.(test|spec)\.ts$/,
  outputDir: 'test-results',
  timeout: 60_000,
  expect: { timeout: 10_000 },
  // Elsewhere a test that fails once has failed. In CI a browser that stumbled gets a second try,
  // and the runner names the test.
  retries: process.env['CI'] ? 1 : 0,
  workers: 1,
  forbidOnly: true,
  use: { baseURL: address, trace: 'on-first-retry' },
  // The built page, as `npm start` serves it, strict policy included.
  webServer: {
    command: `sh web/build/node.sh web/build/serve.mjs ${port}`,
    url: address,
    reuseExistingServer: false,
  },
  projects: [
    {
      name: 'chromium',
      use: { browserName: 'chromium', launchOptions: { ...chromium, args: ['--no-sandbox'] } },
    },
    {
      name: 'firefox',
      use: {
        browserName: 'firefox',
        ...(firefox.executablePath ? { channel: 'moz-firefox' } : {}),
        launchOptions: firefox,
      },
    },
  ],
});
