// npm run bench:page [-- --buckets 1024,65536,1048576 --seconds 5]: F4. The page's frames and its
// longest task while 20,000 writes a second go through the store that it draws.
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { buildAll } from '../../web/build/build.mjs';
import { withPage } from './launch.mjs';

const { values } = parseArgs({
  options: {
    buckets: { type: 'string', default: '1024,65536,1048576' },
    seconds: { type: 'string', default: '5' },
  },
});
const KEYS_PER_BUCKET = 7; // between the thresholds of growing (10.2) and of the step below
const SPEED_20_000 = 7;
const TARGET = { p95: 20, longest: 50 };

/** Frame times and long tasks of the page for some seconds. */
function watch(seconds) {
  return new Promise((resolve) => {
    const frames = [];
    const tasks = [];
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) tasks.push(entry.duration);
    });
    observer.observe({ entryTypes: ['longtask'] });
    const began = performance.now();
    let last = began;
    const next = (now) => {
      frames.push(now - last);
      last = now;
      if (now - began < 1000 * seconds) return requestAnimationFrame(next);
      observer.disconnect();
      return resolve({ frames: frames.slice(1), tasks });
    };
    requestAnimationFrame(next);
  });
}

const positionOf = (page) =>
  page.evaluate(() =>
    Number(document.querySelector('#lane .pipe b').textContent.replace(/,/g, '')),
  );

async function measure(buckets, seconds) {
  return withPage({ width: 1280, height: 900 }, async (actor) => {
    const { page } = actor;
    page.setDefaultTimeout(300_000);
    await actor.speed(9);
    await actor.type(`DEBUG POPULATE ${buckets * KEYS_PER_BUCKET}`);
    await page.waitForFunction(() =>
      /rehash index\s*none/.test(document.querySelector('#facts').innerText),
    );
    await page.selectOption('#source', 'random');
    await actor.speed(SPEED_20_000);
    await actor.press('Play');
    await page.evaluate(watch, 1); // begun and warm
    // Thread time: what the page itself costs, however busy the machine is with other things.
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
    const busy = async () => {
      const { metrics } = await devtools.send('Performance.getMetrics');
      return metrics.find(({ name }) => name === 'TaskDuration').value;
    };
    const [before, busyBefore] = [await positionOf(page), await busy()];
    const { frames, tasks } = await page.evaluate(watch, seconds);
    const writes = (await positionOf(page)) - before;
    const busyMs = 1000 * ((await busy()) - busyBefore);
    await actor.press('Pause');
    const shown = await page.locator('#facts').innerText();
    const sorted = [...frames].sort((a, b) => a - b);
    const p95 = sorted[Math.floor(0.95 * sorted.length)] ?? Infinity;
    return { p95, longest: Math.max(0, ...tasks), frames: frames.length, busyMs, writes, shown };
  });
}

await buildAll();
const seconds = Number(values.seconds);
console.log(
  `F4 on ${cpus().length} x ${cpus()[0]?.model.trim()}, load ${loadavg()[0]?.toFixed(1)}; Chromium`,
);
for (const buckets of values.buckets.split(',').map(Number)) {
  const { p95, longest, frames, busyMs, writes, shown } = await measure(buckets, seconds);
  const kept = p95 <= TARGET.p95 && longest <= TARGET.longest ? 'within' : 'beyond';
  console.log(
    `  ${String(buckets).padStart(8)} buckets: p95 frame ${p95.toFixed(1)} ms, longest task ` +
      `${longest.toFixed(0)} ms (below 50 is not told), ${frames} frames in ${seconds} s, ` +
      `${Math.round(writes / seconds)} writes/s: ${kept} the target`,
  );
  console.log(
    `           page thread ${(busyMs / seconds).toFixed(0)} ms a second, ` +
      `${(busyMs / frames).toFixed(1)} ms a frame (its own time)`,
  );
  console.log(`           ${shown.replace(/\n/g, ' ')}`);
}
