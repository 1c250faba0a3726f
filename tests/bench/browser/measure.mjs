// A row of contestants: rounds, in each all contestants in turning order, a checksum that must be
// the same for all of them. A figure is the minimum over the rounds, which is what the machine
// gives when nothing else runs on it; the ratio is that of the minima, beside it the median of the
// rounds'.
import { REOPEN } from './rows.mjs';

export const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

/** Quick rows get more rounds than asked for: so many, or until so much time is spent. */
const MORE = { rounds: 40, ms: 10_000 };

/** Runs `measure(contestant, round)` -> { ms, loneMs, checksum } in turning order. */
export async function alternate(contestants, { rounds, isMore }, measure) {
  const seen = new Map(contestants.map((name) => [name, []]));
  const began = performance.now();
  const isEnough = (round) =>
    round >= rounds && (!isMore || round >= MORE.rounds || performance.now() - began > MORE.ms);
  for (let round = 0; !isEnough(round); round++) {
    const from = round % contestants.length;
    const checksums = new Set();
    for (const name of [...contestants.slice(from), ...contestants.slice(0, from)]) {
      const measured = await measure(name, round);
      checksums.add(measured.checksum);
      seen.get(name).push(measured);
    }
    if (checksums.size !== 1) throw new Error(`void: checksums ${[...checksums].join(', ')}`);
  }
  return seen;
}

const usPer = (ms, count) => (1000 * ms) / count;
const least = (list) => (list.every((value) => value !== null) ? Math.min(...list) : null);

/** Lines of the table and of the JSON for one row. */
export function linesOf(row, browser, n, seen) {
  const column = { chromium: 0, firefox: 1 }[browser];
  const ours = seen.get('wadict');
  return [...seen].map(([contestant, list]) => {
    const best = (all) => Math.min(...all.map(({ ms }) => ms));
    const isOurs = contestant === 'wadict';
    const target = row.targets[contestant]?.[column] ?? null;
    const ratio = isOurs ? 1 : best(list) / best(ours);
    const lone = least(list.map(({ loneMs }) => loneMs));
    return {
      id: row.id,
      browser,
      what: row.what,
      contestant,
      n,
      rounds: list.length,
      value: usPer(best(list), n),
      unit: 'us/op',
      ratio,
      ratioMedian: isOurs ? 1 : median(list.map(({ ms }, round) => ms / ours[round].ms)),
      loneUs: lone === null ? null : 1000 * lone,
      target,
      met: target === null ? null : ratio >= target,
    };
  });
}

/** The rows that live in one browser process. */
export async function measureRow(browser, row, { n, ...size }) {
  const durability = row.durability ?? 'relaxed';
  const ask = (contestant, round) =>
    browser.ask('measure', row.id, row.task, contestant, durability, n, round);
  // One short round first: code is compiled, databases exist.
  for (const contestant of row.contestants)
    await browser.ask('measure', row.id, row.task, contestant, durability, Math.min(n, 200), 0);
  const seen = await alternate(row.contestants, size, (name, round) => ask(name, round + 1));
  await browser.ask('closeAll');
  return linesOf(row, browser.name, n, seen);
}

/** B9: each figure in a browser that was started for it. */
export async function measureReopen(browser, { rounds, n }) {
  for (const contestant of REOPEN.contestants)
    await browser.ask('fill', contestant, `reopen-${contestant}`, n);
  const seen = await alternate(
    REOPEN.contestants,
    { rounds, isMore: false },
    async (contestant) => {
      await browser.stop();
      await browser.start();
      return browser.ask('reopen', contestant, `reopen-${contestant}`, n);
    },
  );
  return linesOf(REOPEN, browser.name, n, seen);
}
