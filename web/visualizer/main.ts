/** Start of the page: reads the address, sets the theme, opens the store, goes offline-ready. */
import './page.css';
import { byId, setText } from './dom.ts';
import { browserClock } from './page-clock.ts';
import { Page } from './page.ts';
import { readOptions, searchOf } from './page-options.ts';
import { requestsOf } from './share.ts';
import { scriptUrl } from './script-url.ts';

const kThemes = ['auto', 'light', 'dark'] as const;
const kThemeKey = 'wadict-theme';

/** Where storage is forbidden the choice lasts as long as the page. */
function storedTheme(): string {
  try {
    return localStorage.getItem(kThemeKey) ?? 'auto';
  } catch {
    return 'auto';
  }
}

function applyTheme(theme: string): void {
  const choice = byId('theme', HTMLButtonElement);
  document.documentElement.dataset['theme'] = theme;
  setText(choice, { auto: 'Auto', light: 'Light', dark: 'Dark' }[theme] ?? 'Auto');
  choice.setAttribute('aria-label', `Theme: ${theme}`);
}

function listenToTheme(onChange: () => void): void {
  byId('theme', HTMLButtonElement).addEventListener('click', () => {
    const { theme = 'auto' } = document.documentElement.dataset;
    const next =
      kThemes[(kThemes.findIndex((each) => each === theme) + 1) % kThemes.length] ?? 'auto';
    applyTheme(next);
    try {
      localStorage.setItem(kThemeKey, next);
    } catch {
      // Nothing to do: the choice is applied, it will not be remembered.
    }
    onChange();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', onChange);
}

async function keepOffline(): Promise<void> {
  if (!('serviceWorker' in navigator) || !isSecureContext) return;
  // Without it the page works all the same, only not without a network.
  await navigator.serviceWorker.register(scriptUrl('service-worker.js')).catch(() => undefined);
}

function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 1;
}

const { hash } = location;
const read = readOptions(location.search, randomSeed);
const shared = await requestsOf(hash);
// A shared session has a store of its own, which begins empty.
const options = shared === null ? read : { ...read, name: `${read.name}-shared` };
history.replaceState(null, '', searchOf(location.search, read) + hash);
if (options.isEmbedded) document.documentElement.dataset['embed'] = 'true';
applyTheme(storedTheme());
const page = new Page(options, browserClock());
listenToTheme(() => page.themeChanged());
void page.open().then(() => (shared === null ? undefined : page.repeat(shared)));
void keepOffline();
