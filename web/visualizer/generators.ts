/**
 * Where commands come from when nobody types: endless sources of writes, the same for the same
 * seed. A source hands out as many commands as are asked for; fewer mean that it is at its end.
 */

export type Command = readonly [name: string, ...args: string[]];

export interface CommandSource {
  readonly name: string;
  take(count: number): Promise<readonly Command[]>;
}

/** What a source may ask the store. */
export interface Asker {
  scan(cursor: string, count: number): Promise<readonly [cursor: string, keys: readonly string[]]>;
}

/** splitmix32: small, seedable, good enough for demonstrations. [0, 1) */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** Ranks 1..count, rank r with weight 1 / r: a few are hot, most are rare. */
export function zipf(count: number, random: () => number): () => number {
  const sums = new Float64Array(count);
  let sum = 0;
  for (let rank = 1; rank <= count; rank++) {
    sum += 1 / rank;
    sums[rank - 1] = sum;
  }
  return () => {
    const wanted = random() * sum;
    let [low, high] = [0, count - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] ?? sum) < wanted) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  };
}

function endless(name: string, next: () => Command): CommandSource {
  return { name, take: async (count) => Array.from({ length: count }, next) };
}

/** The commands of a list, once each. */
export function listSource(name: string, commands: readonly Command[]): CommandSource {
  let next = 0;
  return {
    name,
    async take(count) {
      const taken = commands.slice(next, next + count);
      next += taken.length;
      return taken;
    },
  };
}

const pad = (number: number, width: number): string => String(number).padStart(width, '0');
const kZipfKeys = 20_000;
const kTtlMs = { least: 3_000, most: 30_000 };

/** `start`: the number of the first key. */
export function sequentialKeys(start: number): CommandSource {
  let next = start;
  return endless('sequential', () => {
    const number = next++;
    return ['SET', `key:${pad(number, 6)}`, `value ${number}`];
  });
}

export function randomKeys(seed: number): CommandSource {
  const random = seededRandom(seed);
  const word = (): string => pad(Math.floor(random() * 2 ** 32), 10);
  return endless('random', () => ['SET', `item:${word()}`, `value ${word()}`]);
}

export function zipfCounters(seed: number): CommandSource {
  const rank = zipf(kZipfKeys, seededRandom(seed ^ 0x5bd1e995));
  return endless('zipf', () => ['INCR', `hits:${pad(rank(), 5)}`]);
}

/** Random version 4 UUIDs. */
export function uuidKeys(seed: number): CommandSource {
  const random = seededRandom(seed ^ 0x1b873593);
  const hex = (digits: number): string =>
    Math.floor(random() * 16 ** digits)
      .toString(16)
      .padStart(digits, '0');
  return endless('uuid', () => {
    const variant = (8 + Math.floor(random() * 4)).toString(16);
    const id = `${hex(8)}-${hex(4)}-4${hex(3)}-${variant}${hex(3)}-${hex(6)}${hex(6)}`;
    return ['SET', `user:${id}`, 'yes'];
  });
}

const kMonths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** A person with a birthday each: among 23 two share one more often than not. */
export function birthdayCounters(seed: number): CommandSource {
  const random = seededRandom(seed ^ 0x85ebca6b);
  return endless('birthday', () => {
    let day = Math.floor(random() * 366);
    const month = kMonths.findIndex((days) => day < days || ((day -= days), false));
    return ['INCR', `birthday:${pad(month + 1, 2)}-${pad(day + 1, 2)}`];
  });
}

/**
 * Keys that all have one hash under "times 33": every mixture of "Ez" and "FY". A keyed hash
 * spreads them like any others.
 */
export function collidingKeys(): CommandSource {
  const kBits = 24;
  let next = 0;
  return endless('colliding', () => {
    const number = next++;
    const parts = Array.from({ length: kBits }, (_, bit) => ((number >> bit) & 1 ? 'Ez' : 'FY'));
    return ['SET', parts.join(''), String(number)];
  });
}

export function expiringKeys(seed: number): CommandSource {
  const random = seededRandom(seed ^ 0x2545f491);
  let next = 0;
  return endless('expiring', () => {
    const ms = kTtlMs.least + Math.floor(random() * (kTtlMs.most - kTtlMs.least));
    return [
      'SET',
      `session:${pad(next++, 6)}`,
      `user ${Math.floor(random() * 1e6)}`,
      'PX',
      String(ms),
    ];
  });
}

/** Deletes what is there, in SCAN's order, until nothing is. */
export function deletions(asker: Asker): CommandSource {
  let cursor = '0';
  let found: string[] = [];
  return {
    name: 'delete',
    async take(count) {
      for (let rounds = 0; found.length < count; rounds++) {
        const [next, keys] = await asker.scan(cursor, Math.max(10, count));
        found.push(...keys);
        cursor = next;
        // A whole round over an empty store brings nothing: the end.
        if (cursor === '0' && (found.length > 0 || rounds > 0)) break;
      }
      return found.splice(0, count).map((key) => ['DEL', key] as const);
    },
  };
}
