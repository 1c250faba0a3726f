// F1-F4: the page stays free. Figures of wadict alone, each against a bound.
import { spawn } from 'node:child_process';
import { at } from '../../../web/build/steps.mjs';

const least = (list) => Math.min(...list);
const quantile = (list, share) => {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
};

function line(browser, id, what, n, value, unit, bound) {
  const met = bound === null ? null : value <= bound;
  const row = { id, browser: browser.name, what, contestant: 'wadict', n, value, unit };
  return { ...row, ratio: null, target: bound, met };
}

async function pageThread(browser, { rounds, operations }) {
  const seen = [];
  for (let round = 0; round < rounds; round++)
    seen.push(await browser.ask('pageThread', Math.ceil(operations / rounds), 1000));
  const cost = least(seen.map(({ usPerCall }) => usPerCall));
  const longest = least(seen.map(({ longestMs }) => longestMs));
  return [
    line(browser, 'F1', 'page thread per pipelined call', operations, cost, 'us', 2),
    line(browser, 'F1', 'page thread, longest turn', operations, longest, 'ms', 16),
  ];
}

async function loneGets(browser, { rounds, gets }) {
  const p99 = [];
  for (let round = 0; round < rounds; round++)
    p99.push(quantile(await browser.ask('loneGets', gets), 0.99));
  const bound = browser.name === 'chromium' ? 1 : null;
  return [line(browser, 'F2', 'get awaited alone, p99', gets, least(p99), 'ms', bound)];
}

async function idle(browser, { idleMs }) {
  const counts = await browser.ask('idle', 1000, idleMs);
  const { timers, transactions, messages, armed } = counts;
  const wakeUps = timers + messages;
  return [
    line(browser, 'F3', `idle for ${idleMs / 1000} s: wake-ups`, 1000, wakeUps, 'count', 0),
    line(browser, 'F3', 'the same: transactions', 1000, transactions, 'count', 0),
    line(browser, 'F3', 'the same: armed timers', 1000, armed, 'count', 1),
  ];
}

/** Address of the built page, and how to end its server. */
async function servePage() {
  const server = spawn(process.execPath, [at('web/build/serve.mjs'), '0', at('dist/page')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise((resolve, reject) => {
    server.stdout.on('data', (text) => {
      const found = /http:\/\/\S+/.exec(String(text));
      if (found !== null) resolve(found[0]);
    });
    server.once('exit', () => reject(new Error("the page's server ended")));
  });
  return { url, close: () => server.kill() };
}

/** In the page: frames and turns of `ms`. A turn's length is what a 4 ms timer came late. */
const watchFrames = (ms) =>
  new Promise((resolve) => {
    const frames = [];
    let longest = 0;
    let lastFrame;
    let lastTurn = performance.now();
    const until = lastTurn + ms;
    const turn = () => {
      const now = performance.now();
      longest = Math.max(longest, now - lastTurn - 4);
      lastTurn = now;
      if (now < until) setTimeout(turn, 4);
      else resolve({ frames, longest });
    };
    const frame = (now) => {
      if (lastFrame !== undefined) frames.push(now - lastFrame);
      lastFrame = now;
      if (now < until) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    setTimeout(turn, 4);
  });

/** Position of "20,000 a second" on the page's speed slider. */
const SPEED = '7';

async function visualizer(browser, { rounds, frameMs, keys }) {
  const server = await servePage();
  const lines = [];
  try {
    for (const [buckets, count] of keys) {
      const page = await browser.open(`${server.url}?debug&seed=7&durability=no&db=f4-${count}`);
      const prompt = page.getByRole('combobox', { name: 'Command', exact: true });
      await page.locator('#store-state[data-state=ok]').waitFor();
      await page.getByRole('slider', { name: 'Speed' }).fill(SPEED);
      await prompt.fill(`DEBUG POPULATE ${count}`);
      await prompt.press('Enter');
      const shown = page.locator('#facts div', { hasText: 'keys' }).locator('dd');
      await page.waitForFunction(
        ([node, text]) => node.textContent === text,
        [await shown.elementHandle(), count.toLocaleString('en')],
        { polling: 200 },
      );
      const rest = quantile((await page.evaluate(watchFrames, frameMs)).frames, 0.95);
      const atRest = line(browser, 'F4', `${buckets} buckets: p95 frame`, count, rest, 'ms', null);
      lines.push({ ...atRest, contestant: 'the same page at rest' });
      await page.getByRole('button', { name: 'Play', exact: true }).click();
      const seen = [];
      for (let round = 0; round < rounds; round++)
        seen.push(await page.evaluate(watchFrames, frameMs));
      const p95 = least(seen.map(({ frames }) => quantile(frames, 0.95)));
      const longest = least(seen.map((each) => each.longest));
      lines.push(line(browser, 'F4', `${buckets} buckets: p95 frame`, count, p95, 'ms', 20));
      lines.push(line(browser, 'F4', `${buckets} buckets: longest turn`, count, longest, 'ms', 50));
      await page.close();
    }
  } finally {
    server.close();
  }
  return lines;
}

export const PAGE_ROWS = { F1: pageThread, F2: loneGets, F3: idle, F4: visualizer };
