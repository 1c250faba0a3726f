// npm run bench:many-keys [-- --keys 30000000]
//
// J5: more entries than a JS Map can hold (16,777,216), loaded by setMany and read back by getMany,
// every value compared. Takes about 2 GB and, on a quiet machine, a minute.
import { parseArgs } from 'node:util';
import { at } from '../../web/build/steps.mjs';
import { buildAll } from '../../web/build/build.mjs';
import { freshKeys, freshValue } from './measure.mjs';

const GROUP = 512;
const { values } = parseArgs({ options: { keys: { type: 'string', default: '30000000' } } });
const count = Number(values.keys);

const numbersFrom = (first) =>
  Array.from({ length: Math.min(GROUP, count - first) }, (_, i) => first + i);

/** Calls `visit` for every group; answers the seconds spent in it, making the keys not counted. */
function inGroups(visit) {
  let nanoseconds = 0n;
  for (let first = 0; first < count; first += GROUP) {
    const keys = freshKeys(numbersFrom(first));
    const texts = keys.map((_, i) => freshValue(first + i));
    const started = process.hrtime.bigint();
    visit(keys, texts);
    nanoseconds += process.hrtime.bigint() - started;
  }
  return Number(nanoseconds) / 1e9;
}

await buildAll();
const { createEngine } = await import(at('dist/engine-node.js'));
const engine = await createEngine();

const loaded = inGroups((keys, texts) => {
  engine.setMany(keys.map((key, i) => [key, texts[i]]));
  engine.tick(1);
});
console.log(`${engine.dbsize()} keys loaded in ${loaded.toFixed(1)} s`);
console.log(`${(engine.wasmBytes / 2 ** 30).toFixed(2)} GiB of memory`);
let wrong = 0;
const read = inGroups((keys, texts) => {
  engine.getMany(keys).forEach((value, i) => {
    if (value !== texts[i]) wrong++;
  });
});
console.log(`read back in ${read.toFixed(1)} s, ${wrong} wrong`);
if (wrong > 0 || engine.dbsize() !== count) process.exitCode = 1;
