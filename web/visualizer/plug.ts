/**
 * Pulling the plug: the Worker is ended between two instructions, with writes under way if wanted;
 * the store is opened again from IndexedDB, and what came back is counted, not assumed.
 */
import type { Client } from '../client/client.ts';
import { element, formatDuration, formatNumber } from './dom.ts';
import type { PageClock } from './page-clock.ts';
import type { Durability } from './page-options.ts';

export interface PlugReport {
  readonly durability: Durability;
  readonly keysBefore: number;
  readonly digestBefore: string;
  readonly sent: number;
  /** Writes whose promise had resolved when the plug was pulled. */
  readonly acknowledged: number;
  readonly keysAfter: number;
  readonly digestAfter: string;
  /** Acknowledged writes that are not there. */
  readonly lost: number;
  /** Writes that were not acknowledged and are there all the same. */
  readonly unexpected: number;
  readonly reopenedMs: number;
}

export interface PlugOptions {
  readonly clock: PageClock;
  readonly durability: Durability;
  readonly writes: number;
  readonly db: Client;
  readonly pull: () => void;
  readonly reopen: () => Promise<Client>;
}

const kWritesPerTurn = 25;

/** Rejects if the store cannot be opened again. */
export async function pullPlug(options: PlugOptions): Promise<PlugReport> {
  const { clock, durability, writes, db } = options;
  const keysBefore = await db.dbsize();
  const digestBefore = await db.debugDigest();
  const stamp = `${clock.now()}`;
  const isAcknowledged = new Array<boolean>(writes).fill(false);
  let acknowledged = 0;
  for (let i = 0; i < writes; i++) {
    db.set(`plug:${i}`, stamp).then(
      () => {
        isAcknowledged[i] = true;
        acknowledged++;
      },
      () => undefined, // the plug is out
    );
    // Several messages, and none is waited for: the last ones are still under way at the end.
    if (i % kWritesPerTurn === 0) await clock.wait(0);
  }
  const counted = acknowledged;
  const sure = [...isAcknowledged];
  options.pull();
  const began = clock.elapsed();
  const again = await options.reopen();
  const reopenedMs = clock.elapsed() - began;
  const found = await Promise.all(sure.map((_, i) => again.get(`plug:${i}`)));
  const isThere = found.map((value) => value === stamp);
  return {
    durability,
    keysBefore,
    digestBefore,
    sent: writes,
    acknowledged: counted,
    keysAfter: await again.dbsize(),
    digestAfter: await again.debugDigest(),
    lost: sure.filter((was, i) => was && !isThere[i]).length,
    unexpected: sure.filter((was, i) => !was && isThere[i]).length,
    reopenedMs,
  };
}

const kBound: Readonly<Record<Durability, string>> = {
  always: 'always promises to lose none.',
  commit: 'commit promises to lose none when a Worker dies.',
  everysec: 'everysec may lose what its last second acknowledged.',
  no: 'no promises nothing about the last writes.',
};

export function verdictOf(report: PlugReport): { isGood: boolean; text: string } {
  const { durability, lost, sent } = report;
  const mayLose = durability === 'everysec' || durability === 'no';
  const bound = kBound[durability];
  if (lost > 0) {
    return {
      isGood: mayLose,
      text: `${formatNumber(lost)} acknowledged writes are gone: ${bound}`,
    };
  }
  if (sent === 0) {
    const isSame = report.digestBefore === report.digestAfter;
    return {
      isGood: isSame,
      text: isSame ? 'Everything came back, digest equal.' : 'The digests differ.',
    };
  }
  return { isGood: true, text: `Nothing acknowledged was lost; ${bound}` };
}

export function drawPlugReport(host: HTMLElement, report: PlugReport): void {
  const { isGood, text } = verdictOf(report);
  const rows: [string, string][] = [
    ['keys before', formatNumber(report.keysBefore)],
    ['writes sent, unanswered', formatNumber(report.sent - report.acknowledged)],
    ['writes acknowledged', formatNumber(report.acknowledged)],
    ['keys after reopening', formatNumber(report.keysAfter)],
    ['acknowledged and gone', formatNumber(report.lost)],
    ['unanswered, yet there', formatNumber(report.unexpected)],
    ['digest before', report.digestBefore.slice(0, 12)],
    ['digest after', report.digestAfter.slice(0, 12)],
    ['opened again after', formatDuration(report.reopenedMs)],
  ];
  const shown =
    report.sent > 0 ? rows : rows.filter(([name]) => !/writes|gone|unanswered/.test(name));
  const list = element('dl');
  for (const [name, value] of shown) list.append(element('dt', {}, name), element('dd', {}, value));
  const verdict = element('p', { class: 'verdict', 'data-state': isGood ? 'ok' : 'bad' }, text);
  host.replaceChildren(verdict, list);
}
