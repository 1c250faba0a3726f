/** Browsers that a test starts itself: on a profile that outlives them, with reduced motion. */
import { existsSync } from 'node:fs';
import { type BrowserContext, chromium, firefox, type Page } from '@playwright/test';

type Name = 'chromium' | 'firefox' | 'webkit';

function system(path: string): { executablePath?: string } {
  return existsSync(path) ? { executablePath: path } : {};
}

const kChromium = { ...system('/usr/bin/chromium'), args: ['--no-sandbox'] };
const kFirefoxPath = system('/usr/bin/firefox-esr');
const kFirefox = {
  ...kFirefoxPath,
  ...(kFirefoxPath.executablePath === undefined ? {} : { channel: 'moz-firefox' }),
};

export interface OwnPage {
  readonly page: Page;
  close(): Promise<void>;
}

/** A browser process on a profile folder. */
export async function launchOn(name: Name, profile: string): Promise<BrowserContext> {
  return name === 'firefox'
    ? firefox.launchPersistentContext(profile, kFirefox)
    : chromium.launchPersistentContext(profile, kChromium);
}

/** A page of a visitor who prefers reduced motion. */
export async function launchReduced(name: Name, baseURL: string): Promise<OwnPage> {
  const isFirefox = name === 'firefox';
  const browser = isFirefox
    ? await firefox.launch({ ...kFirefox, firefoxUserPrefs: { 'ui.prefersReducedMotion': 1 } })
    : await chromium.launch(kChromium);
  const context = await browser.newContext({
    baseURL,
    ...(isFirefox ? {} : { reducedMotion: 'reduce' }),
  });
  return { page: await context.newPage(), close: () => browser.close() };
}
