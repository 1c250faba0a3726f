// J1-J4: the synchronous engine against JavaScript's own Map, same thread, same keys and values,
// key strings that neither has seen before. The engine checks deadlines and keeps statistics as
// always; Map does neither.
import { alternate, freshKeys, freshValue, shuffled, time } from './measure.mjs';

const BATCH = 64;
const OPERATIONS = 200_000;
/** id -> keys -> how many times faster than Map. */
const TARGETS = {
  J1: { 100_000: 1.1, 1_000_000: 1.8 },
  J2: { 100_000: 0.8, 1_000_000: 1.7 },
  J3: { 100_000: 2.5, 1_000_000: 7 },
  J4: { 100_000: 2, 1_000_000: 7 },
};
const VALUE = freshValue(4711);

/** Each: what one round is given, and what both do with it. `sum` keeps reads alive. */
const ROWS = {
  J1: {
    what: 'engine.get',
    given: (keys) => keys,
    map: (map, keys) => keys.reduce((sum, key) => sum + map.get(key).length, 0),
    engine: (engine, keys) => keys.reduce((sum, key) => sum + engine.get(key).length, 0),
  },
  J2: {
    what: 'engine.set (overwrite)',
    given: (keys) => keys,
    map: (map, keys) => keys.forEach((key) => map.set(key, VALUE)),
    engine: (engine, keys) => keys.forEach((key) => engine.set(key, VALUE)),
  },
  J3: {
    what: `engine.getMany of ${BATCH}`,
    given: batches,
    map: (map, lists) =>
      lists.reduce((sum, keys) => sum + keys.map((key) => map.get(key))[0].length, 0),
    engine: (engine, lists) => lists.reduce((sum, keys) => sum + engine.getMany(keys)[0].length, 0),
  },
  J4: {
    what: `engine.setMany of ${BATCH}`,
    given: (keys) => batches(keys).map((list) => list.map((key) => [key, VALUE])),
    map: (map, lists) =>
      lists.forEach((pairs) => pairs.forEach(([key, value]) => map.set(key, value))),
    engine: (engine, lists) => lists.forEach((pairs) => engine.setMany(pairs)),
  },
};

function batches(list) {
  const length = Math.floor(list.length / BATCH);
  return Array.from({ length }, (_, index) => list.slice(index * BATCH, (index + 1) * BATCH));
}

function fill(engine, map, count) {
  const keys = freshKeys(Array.from({ length: count }, (_, index) => index));
  keys.forEach((key, index) => {
    engine.set(key, freshValue(index));
    map.set(key, freshValue(index));
  });
}

export async function mapRows({ createEngine, count, random, rounds }) {
  const engine = await createEngine();
  const map = new Map();
  fill(engine, map, count);
  const operations = Math.min(OPERATIONS, Math.floor(count / BATCH) * BATCH);
  const measured = Object.entries(ROWS).map(([id, row]) => {
    const round = (action, subject) => () => {
      const given = row.given(freshKeys(shuffled(count, random).slice(0, operations)));
      return time(operations, () => action(subject, given));
    };
    const contestants = { Map: round(row.map, map), engine: round(row.engine, engine) };
    const { ns, ratio } = alternate(contestants, { rounds });
    const target = TARGETS[id][count];
    return {
      id,
      what: row.what,
      contestant: 'JS Map',
      n: count,
      value: ns.engine,
      unit: 'ns',
      ratio,
      ...(target !== undefined && { target }),
    };
  });
  engine.close();
  return measured;
}
