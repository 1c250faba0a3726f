import assert from 'node:assert/strict';
import { test } from 'node:test';

import { makeEngine } from '../host/harness.ts';
import { simulate } from './simulation.ts';

/** Seeds from here on; another start is another set of histories. */
const kFrom = Number(process.env['WADICT_SIM_FROM'] ?? 1);
const kSeeds = Number(process.env['WADICT_SIM_SEEDS'] ?? 150);

test(`${kSeeds} histories of tabs that crash, freeze and lose messages are those of one store @P27`, async (t) => {
  let acknowledged = 0;
  let leaders = 0;
  for (let seed = kFrom; seed < kFrom + kSeeds; seed++) {
    const verdict = await simulate(seed);
    assert.deepEqual(verdict.wrong, [], `seed ${seed}`);
    acknowledged += verdict.acknowledged;
    leaders += verdict.leaders;
  }
  t.diagnostic(`seeds from ${kFrom}: ${acknowledged} acknowledged requests, ${leaders} leaders`);
});

test('the same with the real engine @P27', async () => {
  for (let seed = 1; seed <= 5; seed++) {
    const verdict = await simulate(seed, { makeEngine });
    assert.deepEqual(verdict.wrong, [], `seed ${seed}`);
  }
});
