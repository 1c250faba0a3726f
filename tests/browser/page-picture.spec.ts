// The picture tells the truth: its pixels agree with what the engine counts, its places are where
// the keys are, and a rehash is drawn step by step.
import { launchReduced } from './page-browsers.ts';
import { expect, kSpeeds, listenToComplaints, test, WadictPage } from './page-fixture.ts';

/** Sizes and elements in the text of DEBUG HTSTATS. */
function elementsOf(htstats: string): number {
  const [main = ''] = htstats.split('[Expires HT]');
  return [...main.matchAll(/number of elements: (\d+)/g)].reduce(
    (sum, [, n]) => sum + Number(n),
    0,
  );
}

/** Entries that lie in children, from the distribution of chain lengths. */
function entriesInChildren(htstats: string): number {
  const lengths = [...htstats.matchAll(/^ +(\d+): (\d+) \(/gm)];
  return lengths.reduce(
    (sum, [, length, count]) => sum + Math.max(0, Number(length) - 12) * Number(count),
    0,
  );
}

/** Counts keys by following SCAN's cursor. */
async function recount(wadict: WadictPage): Promise<number> {
  let keys = 0;
  let cursor = '0';
  do {
    const reply = await wadict.run(`SCAN ${cursor} COUNT 1000`);
    const [first = '', ...rest] = reply.split('\n');
    cursor = /"(\d+)"/.exec(first)?.[1] ?? '0';
    keys += rest.filter((line) => line.includes('"')).length;
  } while (cursor !== '0');
  return keys;
}

async function expectVerified(wadict: WadictPage): Promise<void> {
  await wadict.page.locator('#verify').click();
  await expect(wadict.page.locator('#verify')).toHaveAttribute('data-state', 'ok', {
    timeout: 60_000,
  });
}

async function expectScale(wadict: WadictPage, scale: string): Promise<void> {
  await expect.poll(() => wadict.page.evaluate(() => window.wadictPage.scale())).toBe(scale);
}

/** Sum of the entries that the cells' colours stand for. */
async function entriesByColour(wadict: WadictPage): Promise<number> {
  const cells = await wadict.page.evaluate(() => window.wadictPage.cells());
  const fill = await wadict.page.evaluate(() => window.wadictPage.fill());
  const levelOf = new Map(fill.map((colour, level) => [colour.join(), level]));
  const pixels = await wadict.pixels(
    cells.map(({ x, y, width, height }) => [x + width / 2, y + height / 2] as const),
  );
  return pixels.reduce((sum, pixel) => sum + (levelOf.get(pixel) ?? NaN), 0);
}

test('point 1: boxes: filled places counted by pixel equal DBSIZE, HTSTATS and a SCAN recount @W05', async ({
  wadict,
  address,
}) => {
  await wadict.open(address);
  await wadict.setSpeed(kSpeeds.full);
  await wadict.run('DEBUG POPULATE 85');
  await expect(wadict.fact('keys')).toHaveText('85');
  await expect(wadict.fact('rehash index')).toHaveText('none');
  await expectScale(wadict, 'boxes');
  const places = await wadict.page.evaluate(() => window.wadictPage.places());
  const empty = await wadict.page.evaluate(() => window.wadictPage.fill()[0]!.join());
  const pixels = await wadict.pixels(
    places.map(({ x, y, width }) => [x + width / 2, y + 2] as const),
  );
  const filled = pixels.filter((pixel) => pixel !== empty).length;
  expect(places.length).toBe(16 * 12);
  expect(filled).toBe(85 - entriesInChildren(await wadict.run('DEBUG HTSTATS 0 full')));
  expect(await wadict.number('DBSIZE')).toBe(85);
  expect(elementsOf(await wadict.run('DEBUG HTSTATS 0'))).toBe(85);
  expect(await recount(wadict)).toBe(85);
  await expectVerified(wadict);
});

test('cells and density: entries read back from the colours equal DBSIZE and HTSTATS', async ({
  wadict,
  address,
}) => {
  await wadict.open(address);
  await wadict.setSpeed(kSpeeds.full);
  for (const [keys, scale] of [
    [3_000, 'cells'],
    [60_000, 'density'],
  ] as const) {
    await wadict.run(`DEBUG POPULATE ${keys}`);
    await expect(wadict.fact('keys')).toHaveText(keys.toLocaleString('en'));
    await expect(wadict.fact('rehash index')).toHaveText('none');
    await expectScale(wadict, scale);
    await expect.poll(() => entriesByColour(wadict)).toBe(keys);
    expect(await wadict.number('DBSIZE')).toBe(keys);
    expect(elementsOf(await wadict.run('DEBUG HTSTATS 0'))).toBe(keys);
    await expectVerified(wadict);
  }
});

test('clicking the bucket where the engine says a key lives shows that key', async ({
  wadict,
  address,
}) => {
  await wadict.open(address);
  await wadict.setSpeed(kSpeeds.full);
  await wadict.run('DEBUG POPULATE 120');
  await wadict.run('SET "the known key" "its value"');
  await expect(wadict.fact('rehash index')).toHaveText('none');
  const place = await wadict.run('INSPECT KEY 0 "the known key"');
  const bucket = Number(/"bucket" => \(integer\) (\d+)/.exec(place)?.[1]);
  const rect = await wadict.page.evaluate((index) => window.wadictPage.bucket(0, index), bucket);
  await wadict.stage.click({
    position: { x: rect!.x + rect!.width / 2 + 1, y: rect!.y + rect!.height / 2 + 1 },
  });
  const detail = wadict.page.locator('#detail');
  await expect(detail).toContainText(`Bucket ${bucket} of table 0`);
  await detail.getByRole('button', { name: /the known key/ }).click();
  await expect(detail.getByRole('listitem').filter({ hasText: 'its value' })).toBeVisible();
  const hash = /"hash" => "([0-9a-f]{16})"/.exec(place)?.[1];
  await expect(detail).toContainText(`0x${hash}`);
});

test('point 3: during a rehash drawn indices only rise and every move is drawn on its way @W05', async ({
  wadict,
  address,
}) => {
  await wadict.open(address);
  await wadict.setSpeed(kSpeeds.twentyFive);
  for (let i = 0; i < 4; i++) await wadict.toNextResize();
  const size = await wadict.page.evaluate(
    () => (window.wadictPage.tables() as { size0: number }).size0,
  );
  const start = await wadict.page.evaluate(() => window.wadictPage.drawn().length);
  await wadict.button('Play').click();
  await expect(wadict.fact('rehash index')).toHaveText('none', { timeout: 30_000 });
  await wadict.button('Pause').click();
  await wadict.paused();
  const pictures = await wadict.page.evaluate(
    (from) => window.wadictPage.drawn().slice(from),
    start,
  );
  const indices = pictures
    .filter(({ direction }) => direction === 'grow')
    .map(({ rehashIndex }) => rehashIndex);
  expect(indices).toEqual([...indices].sort((a, b) => a - b));
  const moved = new Set(
    pictures.filter(({ sequence }) => sequence >= 0).map(({ sequence }) => sequence),
  );
  const between = new Set(
    pictures.filter(({ progress }) => progress > 0 && progress < 1).map(({ sequence }) => sequence),
  );
  expect(moved.size).toBe(size);
  expect([...between].sort((a, b) => a - b)).toEqual([...moved].sort((a, b) => a - b));
});

test('point 18: under reduced motion no move is drawn on its way', async ({
  browserName,
  baseURL,
  address,
}) => {
  const { page, close } = await launchReduced(browserName, baseURL!);
  try {
    const complaints = listenToComplaints(page);
    const wadict = new WadictPage(page);
    await wadict.open(`${baseURL}${address}`);
    await wadict.setSpeed(kSpeeds.twentyFive);
    for (let i = 0; i < 4; i++) await wadict.toNextResize();
    await wadict.button('Play').click();
    await expect(wadict.fact('rehash index')).toHaveText('none', { timeout: 30_000 });
    await wadict.button('Pause').click();
    await wadict.paused();
    const pictures = await page.evaluate(() => window.wadictPage.drawn());
    expect(pictures.length).toBeGreaterThan(20);
    expect(pictures.filter(({ progress }) => progress > 0 && progress < 1)).toEqual([]);
    expect(complaints).toEqual([]);
  } finally {
    await close();
  }
});

test('point 14: a large table is a density map, and zooming in reaches single places', async ({
  wadict,
  address,
}) => {
  test.setTimeout(120_000);
  await wadict.open(address);
  await wadict.setSpeed(kSpeeds.full);
  await wadict.run('DEBUG POPULATE 300000');
  await expect(wadict.fact('rehash index')).toHaveText('none', { timeout: 30_000 });
  await expectScale(wadict, 'density');
  for (let i = 0; i < 4; i++) await wadict.button('Zoom in').click();
  await expectScale(wadict, 'cells');
  for (let i = 0; i < 7; i++) await wadict.button('Zoom in').click();
  await expectScale(wadict, 'boxes');
  await wadict.button('Fit').click();
  await expectScale(wadict, 'density');
});
