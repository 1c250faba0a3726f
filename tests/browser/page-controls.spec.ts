// Controls by hand, by key and by ear; and how it all looks.
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, kSpeeds, test } from './page-fixture.ts';

const kScreenshots = fileURLToPath(new URL('../../build/screenshots/', import.meta.url));

test('point 8: the command line knows history, completion, syntax and errors', async ({
  wadict,
  address,
}) => {
  await wadict.open(address);
  await wadict.run('SET fruit "apple pie"');
  expect(await wadict.run('GET fruit')).toBe('"apple pie"');
  expect(await wadict.run('GET nothing')).toBe('(nil)');
  expect(await wadict.run('INCR fruit')).toBe(
    '(error) ERR value is not an integer or out of range',
  );
  expect(await wadict.run('SET "open')).toContain('unbalanced quotes');
  expect(await wadict.run('NOSUCH a')).toContain("unknown command 'NOSUCH'");
  await wadict.prompt.press('ArrowUp');
  await wadict.prompt.press('ArrowUp');
  await expect(wadict.prompt).toHaveValue('SET "open');
  await wadict.prompt.press('ArrowDown');
  await expect(wadict.prompt).toHaveValue('NOSUCH a');
  await wadict.prompt.fill('getr');
  await expect(wadict.page.getByRole('option', { name: 'GETRANGE' })).toBeVisible();
  await wadict.prompt.press('Tab');
  await expect(wadict.prompt).toHaveValue('GETRANGE ');
  await expect(wadict.page.locator('#syntax')).toContainText('key start end');
});

test('the command line shows the selected database', async ({ wadict, address }) => {
  await wadict.open(address);
  await wadict.run('SET a 1');
  await expect(wadict.fact('keys')).toHaveText('1');
  await wadict.run('SELECT 3');
  await expect(wadict.fact('keys')).toHaveText('0');
  await wadict.run('MSET b 1 c 2');
  await expect(wadict.fact('keys')).toHaveText('2');
});

test('point 6: keys of the page work, and none of them while somebody types', async ({
  wadict,
  address,
}) => {
  await wadict.open(address);
  await wadict.page.keyboard.press('ArrowRight');
  await expect(wadict.fact('keys')).toHaveText('1');
  await wadict.paused();
  await wadict.page.keyboard.press('/');
  await expect(wadict.prompt).toBeFocused();
  await wadict.page.keyboard.type('n ?m+');
  await expect(wadict.prompt).toHaveValue('n ?m+');
  await expect(wadict.fact('keys')).toHaveText('1');
  await wadict.prompt.blur();
  await wadict.page.keyboard.press('?');
  await expect(wadict.page.getByRole('dialog', { name: 'Keyboard' })).toBeVisible();
  await wadict.page.keyboard.press('Escape');
  await expect(wadict.page.getByRole('dialog')).toHaveCount(0);
  await wadict.page.keyboard.press('Space');
  await expect(wadict.page.locator('#play')).toHaveAttribute('aria-pressed', 'true');
  await expect(wadict.fact('keys')).not.toHaveText('1');
  await wadict.page.keyboard.press('Space');
  await wadict.paused();
});

test('point 18: a bucket is chosen by keys, and the picture is there as a table and as sentences', async ({
  wadict,
  address,
}) => {
  await wadict.open(address);
  await wadict.setSpeed(kSpeeds.full);
  await wadict.run('DEBUG POPULATE 85');
  await expect(wadict.fact('buckets')).toHaveText('16');
  await wadict.stage.focus();
  await wadict.page.keyboard.press('End');
  await wadict.page.keyboard.press('ArrowLeft');
  await wadict.page.keyboard.press('Enter');
  await expect(wadict.page.locator('#detail')).toContainText('Bucket 14 of table 0');
  await wadict.page.getByText('The same as a table').click();
  const rows = wadict.page.locator('#table-body tr');
  await expect(rows).toHaveCount(16);
  const entries = await rows.locator('td:nth-child(3)').allInnerTexts();
  expect(entries.reduce((sum, text) => sum + Number(text), 0)).toBe(85);
  await wadict.setSpeed(kSpeeds.two);
  await wadict.button('Step').click();
  await expect(wadict.page.getByRole('log', { name: 'What happens in the table' })).toContainText(
    /SET key:\d+ value \d+ → OK/,
  );
});

test('held at teaching speed, each command pays one step; a single step can be asked for', async ({
  wadict,
  address,
}) => {
  await wadict.open(address);
  await wadict.setSpeed(kSpeeds.ten);
  for (let i = 0; i < 4; i++) await wadict.toNextResize();
  await expect(wadict.fact('rehash index')).toHaveText('0');
  await wadict.button('Move one bucket').click();
  await wadict.paused();
  await expect(wadict.fact('rehash index')).toHaveText('1');
  const keys = await wadict.fact('keys').innerText();
  await wadict.button('Step').click();
  await wadict.paused();
  await expect(wadict.fact('rehash index')).toHaveText('2');
  await expect(wadict.fact('keys')).toHaveText(String(Number(keys) + 1));
  await expect(wadict.page.getByRole('log', { name: 'What happens in the table' })).toContainText(
    'Rehash step: bucket 1 splits. Hash bit 3 decides',
  );
});

for (const width of [1280, 360]) {
  for (const theme of ['light', 'dark']) {
    test(`point 17: at ${width} px, ${theme}, nothing overflows; the screenshot is kept`, async ({
      wadict,
      address,
      browserName,
    }) => {
      await wadict.page.setViewportSize({ width, height: width === 360 ? 740 : 900 });
      await wadict.open(address);
      const choice = wadict.page.getByRole('button', { name: /^Theme: / });
      for (let i = 0; i < (theme === 'dark' ? 2 : 1); i++) await choice.click();
      await expect(choice).toHaveAccessibleName(`Theme: ${theme}`);
      await wadict.setSpeed(kSpeeds.ten);
      for (let i = 0; i < 5; i++) await wadict.toNextResize();
      for (let i = 0; i < 5; i++) {
        await wadict.button('Move one bucket').click();
        await wadict.paused();
      }
      await wadict.run('SET fruit apple EX 600');
      await wadict.run('GET fruit');
      await wadict.page.getByRole('textbox', { name: 'Key to look up' }).fill('fruit');
      await wadict.button('Find').click();
      await expect(wadict.page.locator('#detail')).toContainText('expires in');
      await expect(wadict.page.locator('#memory')).toContainText('buckets');
      await expect(wadict.page.locator('#lane .pipe b').nth(1)).toHaveText('0'); // nothing waits
      const overflow = await wadict.page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow).toBe(0);
      const small = await wadict.page.evaluate(() =>
        [...document.querySelectorAll('input[type=text], select')]
          .filter((control) => Number.parseFloat(getComputedStyle(control).fontSize) < 16)
          .map(({ id }) => id),
      );
      expect(small).toEqual([]);
      mkdirSync(kScreenshots, { recursive: true });
      await wadict.picture(`${kScreenshots}page-${browserName}-${width}-${theme}.png`);
    });
  }
}
