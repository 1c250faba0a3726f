// Other layouts beside ours, fed with the same operations.
import { expect, test } from '@playwright/test';
import { kSpeeds, sharedPage } from './page-fixture.ts';

const shared = sharedPage();
const layout = () => shared.wadict.page.getByRole('combobox', { name: 'Layout' });
const hash = () => shared.wadict.page.getByRole('combobox', { name: 'Its hash' });
const body = () => shared.wadict.page.locator('#reference');

test('point 3: in the reference layout lookups probe both tables and rehashidx is shown', async () => {
  const { wadict } = shared;
  await wadict.setSpeed(kSpeeds.ten);
  await layout().selectOption('chained');
  for (let i = 0; i < 5; i++) await wadict.button('Step').click();
  await expect(body()).toContainText('ht[1]: 8 buckets');
  await expect(body()).toContainText('rehashidx');
  await expect(body().locator('.node')).toHaveCount(5);
  await wadict.button('Step back').click();
  await expect(body().locator('.node')).toHaveCount(4);
  await wadict.button('Back to now').click();
  await expect(body().locator('.node')).toHaveCount(5);
});

test('three keys with the hash 0x1234 are one chain, the newest first', async () => {
  const { wadict } = shared;
  await wadict.empty();
  await wadict.button('Three keys, one hash').click();
  const nodes = body().locator('.node');
  await expect(nodes).toHaveText([/three$/, /two$/, /one$/]);
  expect(await nodes.first().getAttribute('title')).toContain('hash 0x1234');
  await layout().selectOption('chained-set');
  await expect(nodes).toHaveText(['100three', '100two', '010one']);
});

test('point 9: a flood of colliding keys is one chain without a keyed hash, and flat with one', async () => {
  const { wadict } = shared;
  await wadict.empty();
  await wadict.button('Flood with colliding keys').click();
  await expect(hash()).toHaveValue('times33');
  const longest = body().locator('.lengths li').last();
  await expect(longest).toContainText('12+');
  await expect(longest).toContainText('1 (0)');
  await hash().selectOption('siphash');
  await expect(body()).not.toContainText('12+');
  expect(await wadict.number('DBSIZE')).toBe(48); // ours had them all along
  await expect(wadict.fact('children')).toHaveText(/^[0-3]$/);
});

test('the arena shows offsets, tombstones and compaction of the same commands', async () => {
  const { wadict } = shared;
  await wadict.empty();
  await layout().selectOption('arena');
  await wadict.run('SET hello world');
  await expect(body().locator('.arena li')).toHaveText('1[5|5|0|hello|world]live');
  await wadict.run('SET hello again');
  await expect(body().locator('.arena li')).toHaveText([
    '1[5|5|0|hello|world]tombstone',
    '23[5|5|1|hello|again]live',
  ]);
  await wadict.run('DEL hello');
  await expect(body()).toContainText('0 live keys, 44 bytes used, 44 of them wasted');
});

test('point 4: resizing all at once makes one insert move every key, incrementally a few', async () => {
  const { wadict } = shared;
  await wadict.button('Insert 200,000 keys').click();
  const text = wadict.page.locator('#race-text');
  await expect(text).toContainText('At once: 131,072 entries in one insert', { timeout: 60_000 });
  const few = /One bucket at a time: (\d+) entries/.exec(await text.innerText());
  expect(Number(few?.[1])).toBeLessThan(40);
  await expect(wadict.page.locator('#race canvas')).toBeVisible();
});
