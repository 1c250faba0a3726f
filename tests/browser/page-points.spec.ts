// Points of the page's list that no other file names: sharing, own data, what is read where.
import { expect, test } from '@playwright/test';
import { kSpeeds, sharedPage, WadictPage } from './page-fixture.ts';

const shared = sharedPage();

test('point 2: the bits of a hash, and the one that decides when the table doubles', async () => {
  const { wadict } = shared;
  await wadict.setSpeed(kSpeeds.ten);
  for (let i = 0; i < 3; i++) await wadict.toNextResize();
  await wadict.run('SET "a known key" v');
  await wadict.page.getByRole('textbox', { name: 'Key to look up' }).fill('a known key');
  await wadict.button('Find').click();
  const reply = await wadict.run('INSPECT KEY 0 "a known key"');
  const hash = BigInt(`0x${/"hash" => "([0-9a-f]{16})"/.exec(reply)![1]}`);
  const bits = wadict.page.locator('#detail .bits');
  const text = (await bits.innerText()).replace(/\s/g, '');
  expect(BigInt(`0b${text}`)).toBe(hash);
  const small = await wadict.page.evaluate(
    () => (window.wadictPage.tables() as { size0: number }).size0,
  );
  const extra = bits.locator('[data-use="extra"]');
  await expect(extra).toHaveAttribute('title', `bit ${Math.log2(small)}: extra`);
  await expect(extra).toHaveText(String((hash / BigInt(small)) % 2n));
});

test('point 8: several lines pasted are several commands; JSON and CSV become keys', async () => {
  const { wadict } = shared;
  await wadict.empty();
  await wadict.prompt.evaluate((input) => {
    const data = new DataTransfer();
    data.setData('text', 'SET a 1\nSET b 2\n\nINCR a\n');
    const paste = new Event('paste', { cancelable: true }); // Firefox makes no ClipboardEvent with data
    Object.defineProperty(paste, 'clipboardData', { value: data });
    input.dispatchEvent(paste);
  });
  await expect(wadict.fact('keys')).toHaveText('2');
  await expect.poll(() => wadict.run('GET a')).toBe('"2"');
  await wadict.setSpeed(kSpeeds.full);
  const file = wadict.page.locator('#rdb-file');
  const choose = (name: string, text: string) =>
    file.setInputFiles({ name, mimeType: '', buffer: Buffer.from(text) });
  await choose('some.json', '{"x": {"y": 1}, "z": "text"}');
  await expect(wadict.page.locator('#files-status')).toHaveText('some.json: 2 keys added');
  await choose('some.csv', 'c1,"one, two"\nc2,three\n');
  await expect(wadict.page.locator('#files-status')).toHaveText('some.csv: 2 keys added');
  expect(await wadict.run('MGET x c1 b')).toContain('one, two');
  expect(await wadict.number('DBSIZE')).toBe(6);
  await choose('bad.json', '[1]');
  await expect(wadict.page.locator('#files-status')).toContainText('was refused, nothing changed');
});

test('point 7: a link does the same operations again, with the same picture', async () => {
  const { wadict } = shared;
  await wadict.page.reload();
  await wadict.ready();
  await wadict.empty();
  await wadict.page.reload();
  await wadict.ready();
  await wadict.setSpeed(kSpeeds.ten);
  for (let i = 0; i < 2; i++) await wadict.toNextResize();
  await wadict.run('SET "shared key" "ümlaut"');
  const count = () => wadict.page.evaluate(() => window.wadictPage.history().count);
  const before = await count();
  await wadict.button('Step').click();
  await expect.poll(count).toBeGreaterThan(before);
  await wadict.paused();
  const drawing = await wadict.drawing();
  await wadict.button('Copy a link').click();
  const field = wadict.page.getByRole('textbox', { name: 'Link to this session' });
  await expect(field).toHaveValue(/#ops=/);
  const link = await field.inputValue();
  const other = new WadictPage(await wadict.page.context().newPage());
  await other.page.goto(link.replace('?', '?debug&'));
  await other.ready();
  await expect.poll(() => other.drawing()).toBe(drawing);
  expect(await other.run('GET "shared key"')).toBe('"ümlaut"');
  expect(await other.run('DEBUG DIGEST')).toBe(await wadict.run('DEBUG DIGEST'));
  await other.page.close();
});

test('point 7: the picture is a PNG file, and ?embed=1 shows the picture alone', async () => {
  const { wadict } = shared;
  await wadict.button('Save the picture').click();
  await expect(wadict.page.locator('#share-status')).toContainText(
    /wadict\.png: \d+ by \d+ pixels/,
  );
  const url = new URL(wadict.page.url());
  url.searchParams.set('embed', '1');
  await wadict.page.goto(url.href);
  await wadict.ready();
  await expect(wadict.stage).toBeVisible();
  await expect(wadict.page.getByRole('button', { name: 'Pull the plug' })).toBeHidden();
  await expect(wadict.page.getByRole('contentinfo')).toBeHidden();
});
