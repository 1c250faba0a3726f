// What visitors do with the store: real input, a restart, files, a pulled plug.
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launchOn } from './page-browsers.ts';
import {
  downloaded,
  expect,
  kSpeeds,
  listenToComplaints,
  test,
  WadictPage,
} from './page-fixture.ts';
import { servePage } from './page-server.ts';

const kLemmas = 147_478;

test('point 19: WordNet survives the end of the browser: without network everything is there', async ({
  browserName,
}) => {
  test.setTimeout(240_000);
  const profile = await mkdtemp(join(tmpdir(), 'wadict-page-'));
  const server = await servePage();
  try {
    const first = await launchOn(browserName, profile);
    const page = first.pages()[0] ?? (await first.newPage());
    const complaints = listenToComplaints(page);
    const before = new WadictPage(page);
    await before.open(server.address);
    await before.loadWordnet();
    expect(await before.number('DBSIZE')).toBe(kLemmas);
    expect(await before.run('GET word:tree')).toContain('tall perennial woody plant');
    const digest = await before.run('DEBUG DIGEST');
    await page.evaluate(async () => {
      await navigator.serviceWorker.ready;
    });
    expect(complaints).toEqual([]);
    await first.close();
    await server.close(); // no network: the page's own server is gone

    const second = await launchOn(browserName, profile);
    const again = second.pages()[0] ?? (await second.newPage());
    const asked: string[] = [];
    again.on('request', (request) => asked.push(request.url()));
    const after = new WadictPage(again);
    await after.open(server.address);
    expect(await after.number('DBSIZE')).toBe(kLemmas);
    expect(await after.run('DEBUG DIGEST')).toBe(digest);
    expect(await after.run('GET word:tree')).toContain('tall perennial woody plant');
    expect(asked.filter((url) => url.includes('wordnet.bin'))).toEqual([]);
    await second.close();
  } finally {
    await server.close();
    await rm(profile, { recursive: true, force: true });
  }
});

test('loading WordNet can be cancelled, and what was loaded stays', async ({ wadict, address }) => {
  await wadict.open(address);
  await wadict.page.getByRole('checkbox', { name: 'Slowly at first' }).check();
  await wadict.button('Load WordNet').click();
  await expect(wadict.page.locator('#wordnet-text')).toHaveText(/^\d+ of 147,478$/);
  await wadict.button('Cancel').click();
  await expect(wadict.page.locator('#wordnet-text')).toHaveText('stopped');
  const keys = await wadict.number('DBSIZE');
  expect(keys).toBeGreaterThan(0);
  expect(keys).toBeLessThan(kLemmas);
  await expect(wadict.button('Load WordNet')).toBeEnabled();
});

test('the downloaded dump.rdb is an RDB file and loads again with an equal digest', async ({
  wadict,
  address,
  browserName,
}) => {
  await wadict.open(address);
  await wadict.setSpeed(kSpeeds.full);
  await wadict.run('DEBUG POPULATE 2000');
  await wadict.run('SET session token PX 86400000');
  await wadict.run('SET binary "\\x00\\xff"');
  const digest = await wadict.run('DEBUG DIGEST');
  const bytes = await downloaded(wadict.page, () => wadict.button('Download dump.rdb').click());
  expect(bytes.subarray(0, 5).toString('latin1')).toBe('REDIS');
  expect(bytes.length).toBeGreaterThan(2000 * 10);
  if (browserName === 'chromium') {
    const [download] = await Promise.all([
      wadict.page.waitForEvent('download'),
      wadict.button('Download dump.rdb').click(),
    ]);
    expect(download.suggestedFilename()).toBe('dump.rdb');
    expect((await readFile(await download.path())).length).toBe(bytes.length);
  }

  await wadict.button('Delete all keys').click();
  await wadict.page.getByRole('dialog').getByRole('button', { name: 'Delete all keys' }).click();
  await expect.poll(() => wadict.number('DBSIZE')).toBe(0);

  await wadict.page
    .locator('#rdb-file')
    .setInputFiles({ name: 'dump.rdb', mimeType: '', buffer: bytes });
  await expect(wadict.page.locator('#files-status')).toHaveText('dump.rdb: 2,002 keys loaded');
  expect(await wadict.run('DEBUG DIGEST')).toBe(digest);
});

test('a file that is no RDB is refused and changes nothing', async ({ wadict, address }) => {
  await wadict.open(address);
  await wadict.run('SET kept yes');
  await wadict.page.locator('#rdb-file').setInputFiles({
    name: 'photo.rdb',
    mimeType: '',
    buffer: Buffer.from('not an RDB file at all'),
  });
  await expect(wadict.page.locator('#files-status')).toContainText(
    'photo.rdb was refused, nothing changed',
  );
  expect(await wadict.run('GET kept')).toBe('"yes"');
});

test('deleting all keys asks first', async ({ wadict, address }) => {
  await wadict.open(address);
  await wadict.run('SET kept yes');
  await wadict.button('Delete all keys').click();
  await wadict.page.getByRole('dialog').getByRole('button', { name: 'Keep them' }).click();
  expect(await wadict.run('GET kept')).toBe('"yes"');
});

test('point 12: a pulled plug loses nothing that was acknowledged', async ({ wadict, address }) => {
  await wadict.open(address);
  await wadict.setSpeed(kSpeeds.full);
  await wadict.run('DEBUG POPULATE 5000');
  const report = wadict.page.locator('#plug-report');
  const value = (name: string) => report.locator(`dt:text-is("${name}") + dd`).innerText();
  await wadict.button('Pull the plug').click();
  await expect(report).toContainText('Nothing acknowledged was lost', { timeout: 30_000 });
  expect(await value('acknowledged and gone')).toBe('0');
  expect(await value('keys before')).toBe('5,000');
  expect(await wadict.number('EXISTS key:0 key:4999')).toBe(2);

  await wadict.page.getByRole('checkbox', { name: 'with 500 writes in flight' }).uncheck();
  await wadict.button('Pull the plug').click();
  await expect(report).toContainText('Everything came back, digest equal.', { timeout: 30_000 });
});

test('a snapshot can be written by hand, and the log behind it begins anew', async ({
  wadict,
  address,
}) => {
  await wadict.open(address);
  await wadict.setSpeed(kSpeeds.full);
  await wadict.run('DEBUG POPULATE 20000');
  await wadict.button('Write a snapshot').click();
  const base = async (): Promise<number> => {
    const info = await wadict.run('INFO persistence');
    return Number(/aof_base_size:(\d+)/.exec(info)?.[1] ?? 0);
  };
  await expect.poll(base, { timeout: 20_000 }).toBeGreaterThan(20_000 * 10);
  await wadict.page.reload();
  await wadict.ready();
  expect(await wadict.number('DBSIZE')).toBe(20_000);
});

test('the durability can be chosen and stays in the address', async ({ wadict, address }) => {
  await wadict.open(address);
  await wadict.run('SET kept yes');
  await wadict.page.getByRole('combobox', { name: 'Durability' }).selectOption('always');
  await wadict.ready();
  await expect(wadict.page).toHaveURL(/durability=always/);
  expect(await wadict.run('CONFIG GET appendfsync')).toContain('"always"');
  await wadict.page.reload();
  await wadict.ready();
  await expect(wadict.page.getByRole('combobox', { name: 'Durability' })).toHaveValue('always');
  expect(await wadict.run('GET kept')).toBe('"yes"');
});

test('a second tab is told that the store is open elsewhere, and can wait for it', async ({
  wadict,
  address,
  context,
}) => {
  await wadict.open(address);
  await wadict.run('SET from first');
  const other = new WadictPage(await context.newPage());
  await other.page.goto(address);
  await expect(other.page.getByRole('alert')).toContainText(
    'Another tab of this browser has the store open',
  );
  await other.button('Wait for it').click();
  await wadict.page.close();
  await other.ready();
  expect(await other.run('GET from')).toBe('"first"');
});

test('the page works under a sub-path', async ({ wadict }) => {
  const folder = await mkdtemp(join(tmpdir(), 'wadict-path-'));
  const dist = fileURLToPath(new URL('../../dist/page', import.meta.url));
  await symlink(dist, join(folder, 'some'));
  const server = await servePage(folder);
  try {
    await wadict.open(`${server.address}some/?db=sub-path`);
    expect(await wadict.run('SET a 1')).toBe('OK');
  } finally {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
});
