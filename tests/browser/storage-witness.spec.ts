/**
 * What browsers do to databases: they delete them, and Chromium deletes one that it finds damaged.
 * An emptied store is reported, never opened as a new one.
 */

import { expect, test } from '@playwright/test';
import { appendFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startChromium, startFirefox } from './storage/killable-browser.ts';
import type { Running } from './storage/killable-browser.ts';
import { serve } from './storage/serve.ts';
import type { Served } from './storage/serve.ts';
import { ask, visit } from './storage/worker-page-client.ts';

test.use({ trace: 'off' });

let served: Served;

test.beforeAll(async () => {
  served = await serve(
    { 'page.js': './worker-page.ts', 'worker.js': '../../../web/worker/entry.ts' },
    { 'engine.wasm': '../../../web/engine/generated/engine.wasm' },
  );
});
test.afterAll(() => served.close());

test('a store whose database the browser removed is STORAGE_VANISHED until that is accepted @P26', async ({
  page,
}) => {
  await visit(page, served.url);
  expect(await ask(page, 'openStore', 'gone')).toBe('open');
  await ask(page, 'call', 'gone', 'SET', 'k', 'v');
  await expect.poll(() => ask(page, 'isWitnessed', 'gone')).toBe(true);
  expect(await ask(page, 'close', 'gone')).toBe('closed');
  await ask(page, 'drop', 'gone');
  for (let times = 0; times < 2; times++) {
    await visit(page, served.url);
    expect(await ask(page, 'openStore', 'gone')).toBe('STORAGE_VANISHED');
  }
  expect(await ask(page, 'openStore', 'gone', { recover: 'accept-loss' })).toBe('open');
  expect((await ask(page, 'call', 'gone', 'GET', 'k')).value).toBe(null);
  await ask(page, 'call', 'gone', 'SET', 'k', 'w');
  await expect.poll(() => ask(page, 'isWitnessed', 'gone')).toBe(true);
  expect(await ask(page, 'close', 'gone')).toBe('closed');
  await visit(page, served.url);
  expect(await ask(page, 'openStore', 'gone')).toBe('open');
  expect((await ask(page, 'call', 'gone', 'GET', 'k')).value).toBe('w');
});

test.describe('what the browser finds damaged at its next start', () => {
  let profile: string;
  test.beforeAll(async () => {
    profile = await mkdtemp(join(tmpdir(), 'wadict-profile-'));
  });
  test.afterAll(() => rm(profile, { recursive: true, force: true, maxRetries: 5 }));

  test('it drops in whole or in part, and that is reported @P26', async ({
    playwright,
    browserName,
    launchOptions,
    channel,
  }) => {
    test.setTimeout(120_000);
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
      await visit(running.page, served.url);
      return running;
    };
    const write = async ({ page }: Running, key: string): Promise<void> => {
      expect(await ask(page, 'openStore', 'torn', { durability: 'always' })).toBe('open');
      expect((await ask(page, 'call', 'torn', 'SET', key, 'v')).value).toBe('OK');
      await expect.poll(() => ask(page, 'isWitnessed', 'torn')).toBe(true);
    };
    let running = await start();
    await write(running, 'before');
    await running.kill();
    if (browserName === 'chromium') {
      await leaveHalfARecord(profile);
      running = await start();
      await write(running, 'behind'); // LevelDB goes on behind it: all is there still
      expect((await ask(running.page, 'call', 'torn', 'GET', 'before')).value).toBe('v');
      await running.kill();
      running = await start(); // and now it takes what is behind for the rest of the half record
      for (let times = 0; times < 2; times++)
        expect(await ask(running.page, 'openStore', 'torn')).toBe('ROLLBACK_DETECTED');
      await running.kill();
      await damageIndex(profile);
    } else {
      await removeDatabases(profile);
    }
    running = await start();
    for (let times = 0; times < 2; times++)
      expect(await ask(running.page, 'openStore', 'torn')).toBe('STORAGE_VANISHED');
    await running.kill();
  });
});

/** What a kill between two writes leaves: only the header of a LevelDB record. */
async function leaveHalfARecord(profile: string): Promise<void> {
  const folder = await levelDbOf(profile);
  const logs = (await readdir(folder)).filter((name) => name.endsWith('.log'));
  // checksum u32 | length u16 | type u8 (1: a whole record)
  const header = Buffer.from([0x11, 0x22, 0x33, 0x44, 0x00, 0x08, 0x01]);
  await appendFile(join(folder, logs.sort().at(-1) as string), header);
}

/** The file that says which files belong to the database. */
async function damageIndex(profile: string): Promise<void> {
  await writeFile(join(await levelDbOf(profile), 'CURRENT'), 'nonsense');
}

async function levelDbOf(profile: string): Promise<string> {
  const folder = join(profile, 'Default', 'IndexedDB');
  const name = (await readdir(folder)).find((entry) => entry.endsWith('.leveldb'));
  return join(folder, name as string);
}

async function removeDatabases(profile: string): Promise<void> {
  const folder = join(profile, 'storage', 'default');
  for (const origin of await readdir(folder))
    await rm(join(folder, origin, 'idb'), { recursive: true, force: true });
}
