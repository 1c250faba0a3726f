/**
 * Does the picture tell the truth? Counts what is drawn and compares it with DBSIZE, with DEBUG
 * HTSTATS and with a recount of all keys by SCAN.
 */
import type { Client } from '../client/client.ts';
import { entriesIn, type Frame, isWhole } from './frame.ts';

export interface TableStats {
  readonly size: number;
  readonly used: number;
}

export interface Verdict {
  readonly isTrue: boolean;
  readonly drawn: number;
  readonly dbsize: number;
  readonly scanned: number;
  readonly stats: readonly (TableStats | null)[];
  readonly text: string;
}

const kScanCount = 10_000;

/**
 * The tables in the text of DEBUG HTSTATS, in order; that of expires is left out. Of an empty table
 * it tells no size: null.
 */
export function readHtstats(text: string): (TableStats | null)[] {
  const [main = ''] = text.split('[Expires HT]');
  const sections = main.split(/^Hash table \d+ stats/m).slice(1);
  return sections.map((section) => {
    const number = (name: string): number | undefined => {
      const digits = new RegExp(`${name}: (\\d+)`).exec(section)?.[1];
      return digits === undefined ? undefined : Number(digits);
    };
    const size = number('table size');
    return size === undefined ? null : { size, used: number('number of elements') ?? 0 };
  });
}

/** Keys that a whole SCAN brings, each counted once. */
export async function recount(db: Client): Promise<number> {
  const seen = new Set<string>();
  let cursor = '0';
  do {
    const [next, keys] = await db.scan(cursor, { count: kScanCount });
    for (const key of keys) seen.add(key);
    cursor = next;
  } while (cursor !== '0');
  return seen.size;
}

export async function verify(
  db: Client,
  database: number,
  look: () => Promise<Frame | null>,
): Promise<Verdict> {
  const scanned = await recount(db);
  const [frame, dbsize, htstats] = await Promise.all([
    look(),
    db.dbsize(),
    db.debugHtstats(database),
  ]);
  const stats = readHtstats(htstats);
  if (frame === null) throw new Error('there is no picture');
  const drawn = isWhole(frame) ? entriesIn(frame) : frame.tables.keys;
  const used = stats.reduce((sum, table) => sum + (table?.used ?? 0), 0);
  const sizes = [frame.tables.size0, frame.tables.size1].filter((size) => size > 0);
  const isTold = (i: number): boolean => stats[i] !== null && stats[i] !== undefined;
  const areSizes = sizes.every((size, i) => !isTold(i) || stats[i]?.size === size);
  const isTrue = drawn === dbsize && dbsize === used && used === scanned && areSizes;
  const text = isTrue
    ? `True: ${dbsize.toLocaleString('en')} drawn, counted, scanned`
    : `Differs: drawn ${drawn}, DBSIZE ${dbsize}, HTSTATS ${used}, SCAN ${scanned}`;
  return { isTrue, drawn, dbsize, scanned, stats, text };
}
