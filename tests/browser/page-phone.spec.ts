// On a phone: nothing is wider than the screen, whatever is open.
import { expect, test } from '@playwright/test';
import { kSpeeds, sharedPage } from './page-fixture.ts';

const shared = sharedPage({ width: 360 });

async function expectNoOverflow(what: string): Promise<void> {
  const { page } = shared.wadict;
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(wide, what).toBeLessThanOrEqual(0);
}

test('point 17: at 360 pixels no chapter, no type and no key is wider than the screen', async () => {
  test.setTimeout(120_000);
  const { wadict } = shared;
  await wadict.setSpeed(kSpeeds.full);
  await wadict.run('DEBUG POPULATE 100');
  await wadict.run(`SET ${'long'.repeat(60)} ${'v'.repeat(300)} EX 600`);
  await wadict.page.getByLabel('Key to look up').fill('long'.repeat(60));
  await wadict.button('Find').click();
  await expect(wadict.page.locator('#detail')).toContainText('expires in');
  await expectNoOverflow('a long key');
  for (const [type, action] of [
    ['Hash', 'A value too long'],
    ['List', 'Push 500'],
    ['Set', 'A member too long'],
    ['Stream', 'A group reads two'],
    ['Sorted set', 'Add 1,000'],
  ] as const) {
    await wadict.button(type).click();
    await expectNoOverflow(type);
    await wadict.button(action).click();
    await expect(wadict.replies).not.toContainText('(error)');
    await expectNoOverflow(`${type}, ${action}`);
  }
  for (const chapter of await wadict.page.locator('#chapters button').allInnerTexts()) {
    await wadict.button(chapter).click();
    await expectNoOverflow(chapter);
    while (await wadict.button('Next').isVisible()) {
      await wadict.button('Next').click();
      await expectNoOverflow(chapter);
    }
  }
});
