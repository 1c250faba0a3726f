// E10: bytes beyond key and value, over one doubling of the number of keys. E11: the longest single
// insert while growing, in several runs over the same keys with the same seed; the shortest time of
// an insert over the runs counts, so that what the machine did meanwhile does not.
import { freshKeys, freshValue } from './measure.mjs';

const PAYLOAD = 16 + 32;
const SAMPLES = 32;
const VALUE = freshValue(1);

const usedMemory = (engine) =>
  Number(/^used_memory:(\d+)/m.exec(String(engine.call('INFO', 'memory')))[1]);

export async function overheadRow({ createEngine, count }) {
  const engine = await createEngine();
  const empty = usedMemory(engine);
  const keys = freshKeys(Array.from({ length: count }, (_, index) => index));
  const beyond = [];
  keys.forEach((key, index) => {
    engine.set(key, VALUE);
    const stored = index + 1;
    if (stored >= count / 2 && stored % Math.floor(count / 2 / SAMPLES) === 0) {
      beyond.push((usedMemory(engine) - empty) / stored - PAYLOAD);
    }
  });
  engine.close();
  return {
    id: 'E10',
    what: 'bytes beyond key and value, over a doubling',
    keys: count,
    average: beyond.reduce((sum, value) => sum + value, 0) / beyond.length,
    worst: Math.max(...beyond),
  };
}

function insertTimes(set, keys, best) {
  for (let index = 0; index < keys.length; index++) {
    const started = process.hrtime.bigint();
    set(keys[index]);
    const took = Number(process.hrtime.bigint() - started);
    if (took < best[index]) best[index] = took;
  }
}

const microseconds = (best, share) => {
  const sorted = Float64Array.from(best).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] / 1000;
};

export async function longestInsertRow({ createEngine, count, rounds }) {
  const best = { Map: new Float64Array(count), engine: new Float64Array(count) };
  for (const list of Object.values(best)) list.fill(Infinity);
  const numbers = Array.from({ length: count }, (_, index) => index);
  for (let round = 0; round < rounds; round++) {
    const engine = await createEngine({ seed: 1n });
    const map = new Map();
    insertTimes((key) => map.set(key, VALUE), freshKeys(numbers), best.Map);
    insertTimes((key) => engine.set(key, VALUE), freshKeys(numbers), best.engine);
    engine.close();
  }
  const result = (list) => ({ worst: microseconds(list, 1), p9999: microseconds(list, 0.9999) });
  return {
    id: 'E11',
    what: 'longest single insert, microseconds',
    keys: count,
    engine: result(best.engine),
    Map: result(best.Map),
  };
}
