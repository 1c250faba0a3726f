// E1-E9 and E13: every contestant does the same operations; each phase is cut into chunks of 512,
// and what counts of a chunk is its shortest time over the rounds (the min-filter), because work
// is the same in every round and what the machine did meanwhile is not.
import { CHUNK, KINDS, PHASES } from './contestants.mjs';
import { median } from './measure.mjs';

const ORDER = [
  'insert',
  'get',
  'dependent',
  'miss',
  'mixed',
  'batch16',
  'batch64',
  'batch512',
  'pipeline64',
  'erase',
];
/** id -> what of wadict, against whom, what of theirs, and the ratio to reach at 1M keys. */
export const TARGETS = [
  { id: 'E1', ours: 'insert', against: 'redis wasm', target: 3.2 },
  { id: 'E2', ours: 'get', against: 'redis wasm', target: 2.8 },
  { id: 'E3', ours: 'dependent', against: 'redis wasm', target: 1.5 },
  { id: 'E4', ours: 'miss', against: 'redis wasm', target: 10 },
  { id: 'E5', ours: 'erase', against: 'redis wasm', target: 3.6 },
  { id: 'E5', ours: 'mixed', against: 'redis wasm', target: 2.7 },
  { id: 'E6', ours: 'batch64', against: 'redis wasm', theirs: 'get', target: 8 },
  { id: 'E7', ours: 'insert', against: 'valkey wasm', target: 2.8 },
  { id: 'E7', ours: 'get', against: 'valkey wasm', target: 2 },
  { id: 'E7', ours: 'miss', against: 'valkey wasm', target: 3.3 },
  { id: 'E8', ours: 'batch64', against: 'valkey wasm', target: 4 },
  { id: 'E9', ours: 'get', against: 'redis native', target: 2 },
  { id: 'E13', ours: 'insert', against: 'wadict native', target: 1 / 1.2 },
  { id: 'E13', ours: 'get', against: 'wadict native', target: 1 / 1.2 },
];

/** One round of a contestant: phase -> { ns, sum }. */
async function round(contestant, { keys, kind, chunks, onPhase }) {
  globalThis.gc?.();
  await contestant.open(keys, KINDS[kind]);
  const measured = {};
  for (const phase of ORDER) {
    onPhase(phase);
    const to = phase === 'insert' ? Math.ceil(keys / CHUNK) : chunks;
    measured[phase] = await contestant.run(PHASES[phase], 0, to);
  }
  await contestant.close();
  return measured;
}

const operations = (phase, keys, chunks) =>
  phase === 'insert' ? keys : Math.min(keys, chunks * CHUNK);

/** Nanoseconds per operation of one phase over its rounds: min-filtered, and the median round. */
function figures(rounds, count) {
  const least = rounds[0].ns.map((_, index) => Math.min(...rounds.map(({ ns }) => ns[index])));
  const total = (list) => list.reduce((sum, value) => sum + value, 0);
  return {
    value: total(least) / count,
    median: median(rounds.map(({ ns }) => total(ns))) / count,
  };
}

/** @throws Error when two contestants did not read the same values: then no figure counts. */
function checkSums(kind, keys, byName) {
  for (const phase of ORDER) {
    const sums = Object.entries(byName).flatMap(([name, rounds]) =>
      rounds.map((measured) => [name, measured[phase].sum]),
    );
    const [, expected] = sums[0];
    const odd = sums.find(([, sum]) => sum !== expected);
    if (odd === undefined) continue;
    throw new Error(
      `VOID: ${odd[0]} read other values than ${sums[0][0]} in ${phase}, ${keys} keys, ${kind}`,
    );
  }
}

/**
 * Rows of all phases and contestants: `{ id: phase, contestant, n, kind, value, median, unit, ratio
 * }`, ratio = their time / wadict's in WebAssembly.
 */
export async function phaseRows(contestants, { keys, kind, rounds, chunks, progress }) {
  const byName = {};
  for (let index = 0; index < rounds; index++) {
    const shift = index % contestants.length;
    for (const contestant of [...contestants.slice(shift), ...contestants.slice(0, shift)]) {
      const onPhase = (phase) =>
        progress(`round ${index + 1}/${rounds}  ${keys} ${kind}  ${contestant.name}  ${phase}`);
      (byName[contestant.name] ??= []).push(
        await round(contestant, { keys, kind, chunks, onPhase }),
      );
    }
  }
  checkSums(kind, keys, byName);
  return ORDER.flatMap((phase) => {
    const count = operations(phase, keys, chunks);
    const of = (name) =>
      figures(
        byName[name].map((measured) => measured[phase]),
        count,
      );
    const ours = of('wadict wasm').value;
    return contestants.map(({ name }) => {
      const { value, median: middle } = of(name);
      const row = { id: phase, contestant: name, n: keys, kind, value, median: middle };
      return { ...row, unit: 'ns', ratio: value / ours };
    });
  });
}

/** The rows that have a target, from those of phaseRows. */
export function targetRows(rows, keys) {
  const find = (phase, name) =>
    rows.find(
      ({ id, contestant, n, kind }) =>
        id === phase && contestant === name && n === keys && kind === 'uniform',
    );
  return TARGETS.flatMap(({ id, ours, against, theirs = ours, target }) => {
    const mine = find(ours, 'wadict wasm');
    const other = find(theirs, against);
    if (mine === undefined || other === undefined) return [];
    const ratio = other.value / mine.value;
    const row = { id, what: ours, contestant: against, n: keys, value: mine.value, unit: 'ns' };
    return [{ ...row, ratio, target }];
  });
}
