// E11: the longest single insert while growing. Every round does the same work, so the shortest
// time of each insert over the rounds is what the work itself takes; p99.99 of the same.
// E12: how often WebAssembly's memory grew inside an operation, with idle time between them.
import { CHUNK, KINDS, PHASES } from './contestants.mjs';
import { jsMap, wasmContestants } from './build-contestants.mjs';
import { freshKeys, freshValue } from './measure.mjs';

const TARGETS = { worst: 10, p9999: 5 };

/** Rows, and `times`: contestant -> microseconds of every insert. */
export async function pauseRows({ keys, rounds, progress }) {
  const chunks = Math.ceil(keys / CHUNK);
  const best = new Map();
  // Round -1 is for the compiler of JavaScript, which stops this very loop when it gets to it.
  for (let round = -1; round < rounds; round++) {
    for (const contestant of [...wasmContestants(['wadict', 'redis', 'valkey']), jsMap()]) {
      progress(`E11  round ${round + 1}/${rounds}  ${keys} keys  ${contestant.name}`);
      globalThis.gc?.();
      await contestant.open(keys, KINDS.uniform);
      const ns = await contestant.each(PHASES.insert, 0, round < 0 ? Math.min(40, chunks) : chunks);
      await contestant.close();
      if (round < 0) continue;
      const known = best.get(contestant.name);
      if (known === undefined) best.set(contestant.name, Float64Array.from(ns));
      else for (let i = 0; i < ns.length; i++) known[i] = Math.min(known[i], ns[i]);
    }
  }
  const times = new Map([...best].map(([name, ns]) => [name, ns.map((value) => value / 1000)]));
  const rows = [...times].flatMap(([contestant, list]) => {
    const sorted = Float64Array.from(list).sort();
    const row = { id: 'E11', contestant, n: keys, unit: 'us' };
    const isOurs = contestant === 'wadict wasm';
    return [
      {
        ...row,
        what: 'longest insert',
        value: sorted.at(-1),
        ...(isOurs && { target: TARGETS.worst }),
      },
      {
        ...row,
        what: 'insert, p99.99',
        value: sorted[Math.floor(sorted.length * 0.9999)],
        ...(isOurs && { target: TARGETS.p9999 }),
      },
    ];
  });
  return { rows, times };
}

/** Keys and back: inserts, then deletes, with a tick after each 512, as a host gives them. */
export async function growthRow({ createEngine, keys, progress }) {
  progress(`E12  ${keys} keys`);
  const engine = await createEngine();
  const value = freshValue(1);
  let grown = 0;
  const counted = (operation) => {
    const before = engine.wasmBytes;
    operation();
    if (engine.wasmBytes !== before) grown++;
  };
  for (const act of [(key) => engine.set(key, value), (key) => engine.del(key)]) {
    for (let from = 0; from < keys; from += CHUNK) {
      const numbers = Array.from({ length: Math.min(CHUNK, keys - from) }, (_, i) => from + i);
      for (const key of freshKeys(numbers)) counted(() => act(key));
      while (engine.tick().moreWork);
    }
  }
  engine.close();
  return {
    id: 'E12',
    what: 'memory.grow in an operation',
    contestant: 'wadict engine',
    n: keys,
    value: grown,
    unit: 'times',
    target: 0,
  };
}
