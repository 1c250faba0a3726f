/**
 * node run-sim.mjs --from 1 --seeds 1000 [--first] [--trace]: runs seeds (--first: up to the first
 * with something wrong), prints what was wrong with the first ones, and a line of totals.
 */

import { parseArgs } from 'node:util';
import { simulate } from './simulation.ts';

const { values } = parseArgs({
  options: {
    from: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '1000' },
    first: { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
  },
});
const from = Number(values.from);
let seeds = 0;
let violating = 0;
const totals = { operations: 0, acknowledged: 0, unknown: 0, leaders: 0, events: 0 };
for (let seed = from; seed < from + Number(values.seeds); seed++) {
  const verdict = await simulate(seed, { isTraced: values.trace });
  seeds++;
  for (const name of Object.keys(totals) as (keyof typeof totals)[]) totals[name] += verdict[name];
  if (values.trace) console.log(verdict.trace.join('\n'));
  if (verdict.wrong.length === 0) continue;
  violating++;
  if (violating <= 5) console.log(`seed ${seed}:\n  ${verdict.wrong.slice(0, 5).join('\n  ')}`);
  if (values.first) break;
}
console.log(`${seeds} seeds, ${violating} violating; ${JSON.stringify(totals)}`);
process.exitCode = violating > 0 ? 1 : 0;
