// E16: members in order of score. Our tree against Redis's skiplist, both in WebAssembly: insert,
// rank, reading 100 members from a rank on, bytes a member. The shortest time of each chunk over
// the rounds counts, as in the other rows; what is read must be the same.
import { at } from '../../web/build/steps.mjs';
import { instance } from './contestants.mjs';

const CHUNK = 512;
const PHASES = [
  { id: 'insert', number: 0, target: 7 },
  { id: 'rank', number: 1, target: 6 },
  { id: 'range-100', number: 2, target: 6 },
];
const BYTES_MAX = 20;

function round(name, count) {
  globalThis.gc?.();
  const exports = instance(at(`build/wasm-bench/bench_${name}.wasm`));
  exports.bench_open(count);
  const measured = PHASES.map(({ id, number }) => {
    // A range costs a hundred reads.
    const end = id === 'range-100' ? Math.ceil(count / 20) : count;
    const ns = [];
    let sum = 0;
    for (let from = 0; from < end; from += CHUNK) {
      const begin = process.hrtime.bigint();
      sum += exports.bench_run(number, from, Math.min(end, from + CHUNK));
      ns.push(Number(process.hrtime.bigint() - begin));
    }
    return { ns, sum, end };
  });
  return { measured, bytes: exports.bench_bytes() / count };
}

/** Rows `{ id: 'E16', what, n, value, unit, ratio, target }`. @throws Error when sums differ. */
export function orderRows({ keys, rounds, progress }) {
  const all = { order_tree: [], order_skiplist: [] };
  for (let index = 0; index < rounds; index++) {
    for (const [name, done] of Object.entries(all)) {
      progress(`E16 round ${index + 1}/${rounds}  ${keys}  ${name}`);
      done.push(round(name, keys));
    }
  }
  const cost = (name, phase) => {
    const chunks = all[name].map(({ measured }) => measured[phase].ns);
    const least = chunks[0].map((_, chunk) => Math.min(...chunks.map((ns) => ns[chunk])));
    return least.reduce((sum, ns) => sum + ns, 0) / all[name][0].measured[phase].end;
  };
  const rows = PHASES.map(({ id, target }, phase) => {
    const [ours, theirs] = Object.keys(all).map((name) => all[name][0].measured[phase].sum);
    if (ours !== theirs) throw new Error(`VOID: E16 ${id}: ${ours} and ${theirs} were read`);
    const [value, other] = [cost('order_tree', phase), cost('order_skiplist', phase)];
    const what = `sorted set ${id} against Redis's skiplist in wasm`;
    return { id: 'E16', what, n: keys, value, unit: 'ns', ratio: other / value, target };
  });
  const bytes = all.order_tree[0].bytes;
  const theirs = all.order_skiplist[0].bytes;
  const row = { id: 'E16', n: keys, value: bytes, unit: 'bytes', target: BYTES_MAX };
  return [...rows, { ...row, what: `bytes a member (Redis ${theirs.toFixed(1)})` }];
}
