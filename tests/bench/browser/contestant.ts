/** What every store under test can do, so that all of them do the same work. */

export type Durability = 'relaxed' | 'strict';
export type Entry = [key: string, value: string];

export interface Contestant {
  /** Opens the store `name`, empty or as it was left. Called once. */
  open(name: string, durability: Durability): Promise<void>;
  set(key: string, value: string): Promise<unknown>;
  get(key: string): Promise<unknown>;
  /** All entries in the fastest way that the library offers for it. */
  setMany(entries: Entry[]): Promise<unknown>;
  /** The values of everything that is stored. */
  readAll(): Promise<readonly unknown[]>;
  /** Resolves when nothing of what was done is still under way in the background. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

/** 16 characters. */
export const keyOf = (number: number): string => `key:${String(number).padStart(12, '0')}`;

/** 100 characters, another text for each round; no compression finds much in them. */
export function valueOf(number: number, round: number): string {
  const from = (Math.imul(number + 1, 2_654_435_761) ^ Math.imul(round + 1, 40_503)) >>> 0;
  const at = from % kNoiseChars;
  return `r${round}:${number}:`.padEnd(20, '.') + kNoise.slice(at, at + 80);
}
const kNoiseChars = 1 << 16;
const kNoise = noise(kNoiseChars + 80);

function noise(length: number): string {
  let state = 1;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return 48 + (state >>> 26); // '0' .. 'o'
  };
  return Array.from({ length }, () => String.fromCharCode(next())).join('');
}

/** Entries `first` .. `first + count - 1`: strings that no engine has seen before. */
export function freshEntries(first: number, count: number, round: number): Entry[] {
  return Array.from({ length: count }, (_, index) => [
    keyOf(first + index),
    valueOf(first + index, round),
  ]);
}

/** Numbers 0 .. count - 1 in an order that depends on `seed`. */
export function shuffled(count: number, seed: number): number[] {
  const list = Array.from({ length: count }, (_, index) => index);
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  for (let index = count - 1; index > 0; index--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = Math.floor((state / 2 ** 32) * (index + 1));
    [list[index], list[other]] = [list[other]!, list[index]!];
  }
  return list;
}
