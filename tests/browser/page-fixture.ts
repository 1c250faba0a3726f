/**
 * The page, as a visitor meets it: found by role and label, its store by a name of its own. A
 * console error, a refused script or an uncaught exception fails the test that caused it.
 */
import { expect, test as base, type Locator, type Page } from '@playwright/test';
import type { PageProbe } from '../../web/visualizer/debug-seam.ts';

declare global {
  interface Window {
    readonly wadictPage: PageProbe;
  }
}

export const kSpeeds = { one: 0, two: 1, ten: 3, twentyFive: 4, thousand: 6, full: 9 } as const;

export class WadictPage {
  readonly page: Page;
  readonly prompt: Locator;
  readonly replies: Locator;
  readonly stage: Locator;
  readonly complaints: readonly string[];
  /** A screenshot was taken, the last thing a test does: it puts a style into the page. */
  isPictured = false;
  /** Complaints before that. */
  heard = 0;

  constructor(page: Page, complaints: readonly string[] = []) {
    this.page = page;
    this.complaints = complaints;
    this.prompt = page.getByRole('combobox', { name: 'Command', exact: true });
    this.replies = page.getByRole('log', { name: 'Replies' });
    this.stage = page.getByRole('application');
  }

  async open(address: string): Promise<void> {
    await this.page.goto(address);
    await this.ready();
  }

  async ready(): Promise<void> {
    await expect(this.page.locator('#store-state')).toHaveAttribute('data-state', 'ok', {
      timeout: 30_000,
    });
  }

  /** Types a command and hands back its reply's text. */
  async run(command: string): Promise<string> {
    const last = await this.page.evaluate(() => {
      const item = document.querySelector<HTMLElement>('#replies > div:last-child');
      return Number(item?.dataset['number'] ?? 0);
    });
    await this.prompt.fill(command);
    await this.prompt.press('Enter');
    let reply: string | null = null;
    const look = async (): Promise<boolean> => {
      reply = await this.page.evaluate(
        ([typed, before]) => {
          for (const item of document.querySelectorAll<HTMLElement>('#replies > div')) {
            const isNew = Number(item.dataset['number']) > before;
            if (!isNew || item.querySelector('.typed')?.textContent !== typed) continue;
            return item.querySelector<HTMLElement>('.reply')?.innerText ?? '';
          }
          return null;
        },
        [command, last] as const,
      );
      return reply !== null;
    };
    await expect
      .poll(look, { intervals: [20, 50, 100], timeout: 30_000, message: command })
      .toBe(true);
    return reply ?? '';
  }

  async number(command: string): Promise<number> {
    const reply = await this.run(command);
    expect(reply).toMatch(/^\(integer\) /);
    return Number(reply.slice('(integer) '.length));
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  async setSpeed(position: number): Promise<void> {
    await this.page.getByRole('slider', { name: 'Speed' }).fill(String(position));
  }

  async paused(): Promise<void> {
    await expect(this.page.locator('#play')).toHaveAttribute('aria-pressed', 'false', {
      timeout: 30_000,
    });
  }

  async toNextResize(): Promise<void> {
    await this.button('Run to next resize').click();
    await this.paused();
    await expect(this.fact('rehash index')).not.toHaveText('none');
  }

  /** A picture of the whole page. */
  async picture(path: string): Promise<void> {
    this.isPictured = true;
    this.heard = this.complaints.length;
    await this.page.screenshot({ path, fullPage: true });
  }

  /** Deletes all keys by the command line. */
  async empty(): Promise<void> {
    await this.run('FLUSHALL');
    await expect(this.fact('keys')).toHaveText('0');
  }

  /** All that is drawn of the tables, as text. */
  drawing(): Promise<string> {
    return this.page.evaluate(() => window.wadictPage.picture());
  }

  fact(name: string): Locator {
    return this.page.locator('#facts div', { hasText: name }).locator('dd');
  }

  async loadWordnet(): Promise<void> {
    await this.button('Load WordNet').click();
    await expect(this.page.locator('#wordnet-text')).toHaveText('147,478 words', {
      timeout: 120_000,
    });
  }

  /** Colours of the picture at points of its canvas (CSS pixels), as "r,g,b". */
  async pixels(points: readonly (readonly [x: number, y: number])[]): Promise<string[]> {
    return this.page.evaluate((wanted) => {
      const canvas = document.getElementById('ground') as HTMLCanvasElement;
      const pen = canvas.getContext('2d')!;
      const ratio = canvas.width / canvas.clientWidth;
      const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
      return wanted.map(([x, y]) => {
        const at = 4 * (Math.floor(y * ratio) * canvas.width + Math.floor(x * ratio));
        return [data[at], data[at + 1], data[at + 2]].join();
      });
    }, points);
  }
}

let stores = 0;

export const test = base.extend<{ wadict: WadictPage; address: string }>({
  /** A store that no other test has. */
  address: async ({ browserName }, use) => {
    await use(`?debug&seed=7&db=${browserName}-${process.pid}-${++stores}`);
  },
  wadict: async ({ page }, use) => {
    const complaints = listenToComplaints(page);
    const wadict = new WadictPage(page, complaints);
    await use(wadict);
    expect(complaints.slice(0, wadict.isPictured ? wadict.heard : undefined)).toEqual([]);
  },
});

/**
 * One page for all tests of a file, which then go on from what the last one left: opening costs
 * more than most of them take. `reset` empties the store between them.
 */
export function sharedPage(options: { readonly query?: string; readonly width?: number } = {}) {
  const shared: { wadict: WadictPage } = { wadict: undefined as unknown as WadictPage };
  base.describe.configure({ mode: 'serial' });
  base.beforeAll(async ({ browser, browserName, baseURL }) => {
    const { query = '', width = 1280 } = options;
    const context = await browser.newContext({
      baseURL: baseURL!,
      viewport: { width, height: 900 },
    });
    const page = await context.newPage();
    shared.wadict = new WadictPage(page, listenToComplaints(page));
    await shared.wadict.open(`?debug&seed=7&db=${browserName}-${process.pid}-s${++stores}${query}`);
  });
  base.afterEach(() => expect(shared.wadict.complaints).toEqual([]));
  base.afterAll(() => shared.wadict.page.context().close());
  return shared;
}

/** Everything that went wrong on the page, as it happens. */
export function listenToComplaints(page: Page): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  return complaints;
}

export { expect };

/** What the page hands to the browser as a file: the same bytes, whoever can watch downloads. */
export async function downloaded(page: Page, click: () => Promise<void>): Promise<Buffer> {
  await page.evaluate(() => {
    const original = URL.createObjectURL.bind(URL);
    URL.createObjectURL = (made: Blob | MediaSource) => {
      Object.defineProperty(window, 'wadictBlob', { value: made, configurable: true });
      return original(made);
    };
  });
  await click();
  await expect(page.locator('#files-status')).toContainText('dump.rdb:');
  const binary = await page.evaluate(async () => {
    const { wadictBlob } = window as unknown as { wadictBlob: Blob };
    const bytes = new Uint8Array(await wadictBlob.arrayBuffer());
    return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  });
  return Buffer.from(binary, 'latin1');
}
