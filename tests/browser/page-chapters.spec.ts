// The chapters explain with the engine's own code; their tasks and scenarios check themselves. And
// what is inside the store besides its tables is shown as the engine tells it.
import { AxeBuilder } from '@axe-core/playwright';
import { expect, test } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { kSpeeds, sharedPage } from './page-fixture.ts';

const shared = sharedPage();
const chapter = () => shared.wadict.page.getByRole('region', { name: 'Chapter', exact: true });
const root = fileURLToPath(new URL('../../', import.meta.url));

test('point 15: each step shows a sentence and the lines of the source that do it', async () => {
  const { wadict } = shared;
  for (const name of ['Why hash', 'Collisions', 'Scan', 'Expiry', 'Sleep safely']) {
    await wadict.button(name).click();
    await expect(chapter()).toContainText(`${name} · Step 1 of`);
  }
  await wadict.button('Growing without stopping').click();
  await expect(chapter()).toContainText('At 85 % the table is too full');
  await wadict.button('Next').click();
  await wadict.button('Next').click();
  const lines = chapter().locator('.source-lines li');
  const marked = chapter().locator('.source-lines [data-marked]');
  await expect(marked).toContainText('level_ & 1');
  const source = readFileSync(`${root}cpp/dict/dict_rehash.h`, 'utf8').split('\n');
  for (const line of await lines.all()) {
    const number = Number(await line.locator('.index').innerText());
    const code = (await line.locator('code').textContent())!;
    expect(code.trim()).toBe(source[number - 1]!.trim());
  }
});

test('point 15: a task checks itself', async () => {
  const { wadict } = shared;
  await wadict.button('Why hash').click();
  for (let i = 0; i < 3; i++) await wadict.button('Next').click();
  await wadict.button('Check').click();
  await expect(chapter()).toContainText('Not yet: GET planet answers (nil)');
  await wadict.run('SET planet earth');
  await wadict.button('Check').click();
  await expect(chapter()).toContainText('✓ Done.');
});

test('point 15: every chapter has a button, and its last page a task', async () => {
  const { wadict } = shared;
  const { chapters } = (await wadict.page.evaluate(async () =>
    (await fetch('chapters.json')).json(),
  )) as { chapters: { title: string; steps: unknown[]; scenario?: string }[] };
  const buttons = wadict.page.getByRole('group', { name: 'Chapters' }).getByRole('button');
  expect((await buttons.allInnerTexts()).sort()).toEqual(chapters.map(({ title }) => title).sort());
  for (const { title, steps, scenario } of chapters) {
    await wadict.button(title).click();
    for (let i = 0; i < steps.length; i++) await wadict.button('Next').click();
    await expect(wadict.button('Check')).toBeVisible();
    await expect(wadict.button('Play it in the lab')).toHaveCount(scenario === undefined ? 0 : 1);
  }
});

test('the scenarios come true in the lab, from the lock race to the activity stream', async () => {
  const { wadict } = shared;
  for (const [name, line] of [
    ['Why hash', '✓ OK'],
    ['Expiry', '✓ (integer) 287'],
    ['Collisions', '✓ "5000"'],
    ['A profile', '✓ (integer) 32'],
    ['A queue', '✓ 1) "jobs"'],
    ['A cache version', '✓ "new"'],
    ['An activity stream', '✓ "3-0"'],
  ] as const) {
    await wadict.button(name).click();
    while (await wadict.button('Next').isVisible()) await wadict.button('Next').click();
    await wadict.button('Play it in the lab').click();
    await expect(chapter()).toContainText('✓ Every reply is right.');
    await expect(chapter().getByRole('list', { name: 'Scenario' })).toContainText(line);
  }
});

test('point 11: the nearest deadlines are listed, and keys that expire leave the picture', async () => {
  const { wadict } = shared;
  const deadlines = wadict.page.getByRole('list', { name: 'Nearest deadlines' });
  await wadict.run('SET later v EX 600');
  await wadict.run('SET sooner v EX 60');
  await expect(deadlines.getByRole('listitem').first()).toContainText('sooner');
  await expect(deadlines.getByRole('listitem').nth(1)).toContainText('later');
  const keys = await wadict.fact('keys').innerText();
  await wadict.run('PEXPIRE sooner 1');
  await expect(wadict.fact('keys')).toHaveText(String(Number(keys) - 1));
  await expect(deadlines).not.toContainText('sooner');
});

test('point 13: pages of the arena, and how long values are, are those that the engine counts', async () => {
  const { wadict } = shared;
  await wadict.empty();
  await wadict.setSpeed(kSpeeds.full);
  await wadict.run('DEBUG POPULATE 3000 key 100');
  const sizes = wadict.page.getByRole('list', { name: 'Values by size' });
  await expect(sizes).toContainText('under 128 B3,000');
  await wadict.run('SADD three a b c');
  await expect(sizes).toContainText('sets under 41');
  await wadict.run('DEL three');
  const label = await wadict.page.locator('.pages').getAttribute('aria-label');
  const reply = await wadict.run('INSPECT MEMORY');
  const owned = Number(/"page_count" => \(integer\) (\d+)/.exec(reply)?.[1]);
  expect(Number(/^[\d,]+/.exec(label!)?.[0])).toBeLessThanOrEqual(owned);
  expect(Number(/^[\d,]+/.exec(label!)?.[0])).toBeGreaterThan(3);
});

test('point 3: the same keys in 16,384 slots, their queue and the sums of their tree', async () => {
  const { wadict } = shared;
  await wadict.page.getByText('The same keys in 16,384 slots').click();
  const view = wadict.page.locator('#slots-view');
  await expect(view).toContainText('3,000 keys in', { timeout: 30_000 });
  await expect(view).toContainText('of 16,384 dicts');
  await expect(view).toContainText(/from \d+ nodes of the Fenwick tree/);
  await wadict.run('FLUSHALL');
  await expect(view).toContainText('0 keys in 0 of');
  await wadict.page.getByText('The same keys in 16,384 slots').click();
});

test('point 18: axe finds nothing, in light and in dark', async () => {
  test.setTimeout(120_000);
  const { wadict } = shared;
  await wadict.setSpeed(kSpeeds.ten);
  for (let i = 0; i < 3; i++) await wadict.toNextResize();
  await wadict.page.getByRole('combobox', { name: 'Layout' }).selectOption('chained');
  await expect(wadict.page.locator('#reference .node').first()).toBeVisible();
  await wadict.run('SET fruit apple EX 600');
  await wadict.page.getByRole('textbox', { name: 'Key to look up' }).fill('fruit');
  await wadict.button('Find').click();
  await expect(wadict.page.locator('#detail')).toContainText('expires in');
  await wadict.button('Stream').click();
  await wadict.button('A group reads two').click();
  await expect(wadict.page.getByRole('list', { name: 'Pending in audit' })).toBeVisible();
  await wadict.button('Sorted set').click();
  await wadict.button('Add 1,000').click();
  await expect(wadict.page.locator('.tree-row')).toHaveCount(2);
  for (const theme of ['light', 'dark']) {
    const choice = wadict.page.getByRole('button', { name: /^Theme: / });
    for (let i = 0; i < 2; i++) {
      if ((await choice.getAttribute('aria-label')) !== `Theme: ${theme}`) await choice.click();
    }
    await expect(choice).toHaveAccessibleName(`Theme: ${theme}`);
    const { violations } = await new AxeBuilder({ page: wadict.page }).analyze();
    const found = violations.map(({ id, nodes }) => {
      const where = nodes.slice(0, 4).map(({ html, any }) => `${html} ${any[0]?.message ?? ''}`);
      return `${theme} ${id}: ${where.join('\n   ')}`;
    });
    expect(found).toEqual([]);
  }
});
