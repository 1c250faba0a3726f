// How a figure is made: contestants alternate on the same data in one process, several rounds, and
// what counts is the ratio of a round, its median over the rounds.

export const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

/** Nanoseconds per operation of `action`, which does `operations` of them. */
export function time(operations, action) {
  const started = process.hrtime.bigint();
  action();
  return Number(process.hrtime.bigint() - started) / operations;
}

/**
 * `contestants`: name -> () => ns per operation. Each round runs all, in turning order. The result
 * holds the median of each and the median ratio first / second: above 1 the second is faster.
 */
export function alternate(contestants, { rounds = 7 } = {}) {
  const names = Object.keys(contestants);
  const times = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? names : [...names].reverse();
    for (const name of order) times[name].push(contestants[name]());
  }
  const [slow, fast] = names;
  const ratios = times[slow].map((value, round) => value / times[fast][round]);
  return {
    ns: Object.fromEntries(names.map((name) => [name, median(times[name])])),
    ratio: median(ratios),
    ratios,
  };
}

/** Fresh strings: none of them has been hashed or compared before. 16 characters. */
export function freshKeys(numbers) {
  const bytes = Buffer.alloc(16);
  return numbers.map((number) => {
    bytes.write(`key:${String(number).padStart(12, '0')}`, 'latin1');
    return bytes.toString('latin1');
  });
}

export const freshValue = (number) => `value:${String(number).padStart(26, '0')}`;

/** A permutation of 0 .. count-1, the same for a seed. */
export function shuffled(count, random) {
  const list = Array.from({ length: count }, (_, index) => index);
  for (let index = count - 1; index > 0; index--) {
    const other = random.below(index + 1);
    [list[index], list[other]] = [list[other], list[index]];
  }
  return list;
}
