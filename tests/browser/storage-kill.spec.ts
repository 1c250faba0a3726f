/**
 * SIGKILL of the whole browser while several writers write, in half of the rounds also while a
 * generation is being switched: nothing that was acknowledged under `commit` or `always` is lost.
 * WADICT_KILL_ROUNDS sets how often.
 */

import { expect, test } from '@playwright/test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startChromium, startFirefox } from './storage/killable-browser.ts';
import type { Running } from './storage/killable-browser.ts';
import { serve } from './storage/serve.ts';
import type { Served } from './storage/serve.ts';

// A trace asks every context for its end, and these contexts are killed.
test.use({ trace: 'off' });

const kRounds = Number(process.env['WADICT_KILL_ROUNDS'] ?? 20);
const kLeastAcks = 200;

interface KillPage {
  write(
    round: number,
    durability: 'always' | 'commit',
    isSwitching: boolean,
  ): Promise<string | null>;
  verify(expected: string[]): Promise<{ lost: string[]; counter: number; keys: number }>;
}

let served: Served;
let profile: string;

test.beforeAll(async () => {
  served = await serve(
    { 'page.js': './kill-page.ts', 'worker.js': '../../../web/worker/entry.ts' },
    { 'engine.wasm': '../../../web/engine/generated/engine.wasm' },
  );
  profile = await mkdtemp(join(tmpdir(), 'wadict-profile-'));
});
test.afterAll(async () => {
  await served.close();
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
});

test('nothing acknowledged is lost when the browser is killed @P17', async ({
  playwright,
  browserName,
  launchOptions,
  channel,
}) => {
  test.setTimeout(60_000 + kRounds * 30_000);
  const { executablePath } = launchOptions as { executablePath?: string };
  const start = async (): Promise<Running> => {
    const running =
      browserName === 'chromium'
        ? await startChromium(
            playwright,
            executablePath ?? playwright.chromium.executablePath(),
            profile,
          )
        : await startFirefox(playwright, { channel, executablePath }, profile);
    await running.page.goto(served.url);
    await running.page.waitForFunction(() => 'killTest' in globalThis);
    return running;
  };
  const keys = new Set<string>();
  let counted = 0;
  let dropped = 0;
  const collect = (): number => {
    const acks = served.takePosted().flatMap((body) => body.split('\n'));
    for (const ack of acks) {
      if (ack === 'counter') counted++;
      else keys.add(ack);
    }
    return acks.length;
  };
  for (let round = 0; round < kRounds; round++) {
    const durability = round % 4 < 2 ? 'commit' : 'always';
    const running = await start();
    const loss = await running.page.evaluate(
      (args) =>
        (globalThis as unknown as { killTest: KillPage }).killTest.write(
          args.round,
          args.durability,
          args.isSwitching,
        ),
      { round, durability: durability as 'commit' | 'always', isSwitching: round % 2 === 1 },
    );
    if (loss !== null) {
      // Chromium deletes a database that a kill left damaged, and says so: nobody can bring that
      // back. Any other loss, and any that nobody reported, is ours.
      expect(loss).toMatch(/dropped this store \(.+\)/);
      expect(++dropped).toBeLessThanOrEqual(1);
      keys.clear();
      counted = 0;
    }
    let acks = 0;
    await expect
      .poll(() => (acks += collect()), { timeout: 90_000, intervals: [7 + round] })
      .toBeGreaterThan(kLeastAcks);
    await running.kill(); // writers never stop: some write is in flight
    collect();
  }
  const last = await start();
  const result = await last.page.evaluate(
    (expected) => (globalThis as unknown as { killTest: KillPage }).killTest.verify(expected),
    [...keys],
  );
  await last.kill();
  console.log(
    `${browserName}: ${kRounds} kills, ${keys.size + counted} acknowledged writes, ${result.lost.length} lost, ${dropped} times dropped by the browser and reported, counter ${result.counter} for ${counted} acknowledged increments`,
  );
  expect(result.lost).toEqual([]);
  expect(result.counter).toBeGreaterThanOrEqual(counted);
  expect(result.keys).toBeGreaterThanOrEqual(keys.size + 1);
});
