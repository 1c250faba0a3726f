import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

/** Debian's browser where there is one; elsewhere the one Playwright installed. */
function systemBrowser(path: string): { executablePath?: string } {
  return existsSync(path) ? { executablePath: path } : {};
}

const chromium = systemBrowser('/usr/bin/chromium');
const firefox = systemBrowser('/usr/bin/firefox-esr');

export default defineConfig({
  testDir: 'tests/browser',
  testMatch: /\.(test|spec)\.ts$/,
  outputDir: 'test-results',
  timeout: 60_000,
  expect: { timeout: 10_000 },
  retries: 0,
  workers: 1,
  forbidOnly: true,
  use: { baseURL: 'http://localhost:4173/', trace: 'retain-on-failure' },
  // The built page, as `npm start` serves it, strict policy included.
  webServer: {
    command: 'sh web/build/node.sh web/build/serve.mjs 4173',
    url: 'http://localhost:4173/',
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
