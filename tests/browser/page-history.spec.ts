// Going back: every moment of the session is drawn again exactly as it was, by an engine that does
// the same operations again.
import { expect, test } from '@playwright/test';
import { kSpeeds, sharedPage } from './page-fixture.ts';

const shared = sharedPage();

const history = () => shared.wadict.page.evaluate(() => window.wadictPage.history());
const slider = () => shared.wadict.page.getByRole('slider', { name: 'Operation' });
const said = () => shared.wadict.page.locator('#history-text');

/** Waits for the picture of a position, and hands back what is drawn. */
async function drawnAt(position: number, of: number): Promise<string> {
  const text = position === of ? `Now, after operation ${of}` : `Operation ${position} of ${of}:`;
  await expect(said()).toContainText(text);
  await expect.poll(async () => (await history()).shown).toBe(position === of ? null : position);
  return shared.wadict.drawing();
}

test('point 5: step back and forward draw every moment exactly as it was', async () => {
  const { wadict } = shared;
  await wadict.setSpeed(kSpeeds.twentyFive);
  await wadict.run('FLUSHALL');
  for (let i = 0; i < 3; i++) await wadict.toNextResize();
  const seen = new Map<number, string>();
  for (let i = 0; i < 4; i++) {
    const before = (await history()).count;
    await wadict.button('Step').click();
    await expect.poll(async () => (await history()).count).toBeGreaterThan(before);
    await wadict.paused();
    const { count } = await history();
    seen.set(count, await wadict.drawing());
  }
  const positions = [...seen.keys()];
  const last = positions.at(-1)!;
  expect(new Set(seen.values()).size).toBe(positions.length);
  for (let position = last - 1; position >= positions[0]!; position--) {
    await wadict.button('Step back').click();
    const drawn = await drawnAt(position, last);
    if (seen.has(position)) expect(drawn).toBe(seen.get(position));
  }
  await expect(wadict.stage).toHaveAttribute('data-time', 'past');
  for (let position = positions[0]! + 1; position <= last; position++) {
    await wadict.button('Step').click();
    const drawn = await drawnAt(position, last);
    if (seen.has(position)) expect(drawn).toBe(seen.get(position));
  }
  await expect(wadict.stage).toHaveAttribute('data-time', 'present');
});

test('point 5: the scrub bar goes anywhere, has marks, and Verify is true in the past too', async () => {
  const { wadict } = shared;
  const { count } = await history();
  const grow = wadict.page.locator('#history-marks [data-kind="grow"]');
  await expect(grow).toHaveCount(3);
  const position = Number(
    /operation ([\d,]+)/.exec((await grow.first().getAttribute('title'))!)![1],
  );
  await slider().fill(String(position));
  await drawnAt(position, count);
  await expect(wadict.fact('rehash index')).not.toHaveText('none');
  await wadict.page.locator('#verify').click();
  await expect(wadict.page.locator('#verify')).toHaveAttribute('data-state', 'ok');
  await slider().fill('0');
  await drawnAt(0, count);
  await expect(wadict.fact('keys')).toHaveText('0');
  await wadict.button('Run to next resize').click();
  await drawnAt(position, count);
  await wadict.button('Back to now').click();
  await drawnAt(count, count);
});

test('point 5: what is typed in the past goes to the present, and the keys do what they say', async () => {
  const { wadict } = shared;
  const { count } = await history();
  const keys = await wadict.number('DBSIZE');
  await wadict.prompt.blur();
  await wadict.page.keyboard.press('Home');
  await expect(said()).toContainText('Operation 0 of');
  await wadict.page.keyboard.press('ArrowRight');
  await expect(said()).toContainText('Operation 1 of');
  await wadict.page.keyboard.press('End');
  await expect(said()).toContainText('Now');
  await wadict.page.keyboard.press('ArrowLeft');
  await expect(wadict.stage).toHaveAttribute('data-time', 'past');
  expect(await wadict.run('SET typed "in the past"')).toBe('OK');
  await expect(wadict.stage).toHaveAttribute('data-time', 'present');
  expect(await wadict.number('DBSIZE')).toBe(keys + 1);
  expect((await history()).count).toBeGreaterThan(count);
});

test('point 5: at 100,000 operations a step back does at most one interval again', async () => {
  test.setTimeout(120_000);
  const { wadict } = shared;
  await wadict.empty();
  await wadict.setSpeed(kSpeeds.full);
  await wadict.button('Play').click();
  await expect
    .poll(async () => (await history()).count, { timeout: 60_000 })
    .toBeGreaterThan(100_000);
  await wadict.button('Pause').click();
  await wadict.paused();
  await expect(wadict.fact('rehash index')).toHaveText('none');
  const { count } = await history();
  await expect
    .poll(async () => (await history()).progress?.executed, { timeout: 30_000 })
    .toBe(count);
  const keys = await wadict.fact('keys').innerText();
  let slowestMs = 0;
  for (let position = count - 1; position > count - 4; position--) {
    await wadict.button('Step back').click();
    await expect(said()).toContainText(`Operation ${position.toLocaleString('en')} of`);
    const { lastSeek } = await history();
    expect(lastSeek!.position).toBe(position);
    expect(lastSeek!.replayed).toBeLessThan(4096);
    slowestMs = Math.max(slowestMs, lastSeek!.tookMs);
  }
  console.log(`a step back at ${count} operations: at most ${slowestMs.toFixed(1)} ms`);
  await wadict.button('Back to now').click();
  await expect(wadict.fact('keys')).toHaveText(keys);
  expect((await history()).endReason).toBeNull();
});

test('point 5: what was stored before the page opened is the beginning', async () => {
  const { wadict } = shared;
  await wadict.empty();
  await wadict.setSpeed(kSpeeds.full);
  await wadict.run('MSET a 1 b 2 c 3');
  await wadict.run('SELECT 1');
  await wadict.run('SET elsewhere yes');
  await wadict.page.reload();
  await wadict.ready();
  await wadict.run('SET d 4');
  await wadict.run('SELECT 1');
  await wadict.run('DEL elsewhere');
  await wadict.button('Step back').click();
  await expect(wadict.fact('keys')).toHaveText('1');
  await wadict.button('Back to now').click();
  await expect(wadict.fact('keys')).toHaveText('0');
});
