// The card of the chosen key's value: its encoding, the moment at which it converts, the settings
// that decide it, its elements and its bytes.
import { expect, test } from '@playwright/test';
import { kSpeeds, sharedPage } from './page-fixture.ts';

const shared = sharedPage();
const card = () => shared.wadict.page.locator('#value-card');
const current = () => card().locator('.ladder [aria-current]');
const moment = () => card().locator('#value-moment');

async function find(key: string): Promise<void> {
  await shared.wadict.page.getByLabel('Key to look up').fill(key);
  await shared.wadict.button('Find').click();
}

test('a set goes from intset to listpack to hashtable, and the card tells when', async () => {
  const { wadict } = shared;
  await wadict.setSpeed(kSpeeds.full);
  await wadict.run('FLUSHALL');
  await wadict.run('SADD s 5 -2 70000');
  await find('s');
  await expect(current()).toHaveText('intset');
  await expect(card().getByRole('heading')).toContainText('A set of 3 members');
  await expect(card().locator('.fields .meaning')).toHaveText([
    '4 bytes each, 3 integers',
    'the number -2',
    'the number 5',
    'the number 70000',
  ]);
  await wadict.run('SADD s word');
  await expect(current()).toHaveText('listpack');
  await expect(moment()).toContainText('from intset to listpack');
  await expect(card().locator('.value-elements li')).toHaveText(['-2', '5', '70000', 'word']);
  await expect(card().locator('.fields .meaning').last()).toHaveText('end');

  // The slider is the setting: with at most four members the fifth makes a hashtable.
  const slider = card().locator('input[name="set-max-listpack-entries"]');
  await expect(slider).toHaveValue('128');
  await slider.fill('4');
  expect(await wadict.run('CONFIG GET set-max-listpack-entries')).toContain('"4"');
  await wadict.run('SADD s fifth');
  await expect(current()).toHaveText('hashtable');
  await expect(moment()).toContainText('between 4 and 5 members');
  await expect(card().locator('.fields')).toBeHidden();
  await wadict.run('CONFIG SET set-max-listpack-entries 128');
});

test('a hash has its own card, a string and a missing key have none', async () => {
  const { wadict } = shared;
  await wadict.run('HSET h name Ada age 36');
  await find('h');
  await expect(card().getByRole('heading')).toContainText('A hash of 2 fields');
  await expect(card().locator('.value-elements li')).toHaveText(['name → Ada', 'age → 36']);
  await expect(card().locator('input')).toHaveCount(2);
  await wadict.run('SET text plain');
  await find('text');
  await expect(card()).toBeHidden();
  await find('h');
  await expect(card()).toBeVisible();
  await wadict.run('DEL h');
  await expect(card()).toBeHidden();
});

test('lists and sorted sets have their elements, scores and settings there', async () => {
  const { wadict } = shared;
  await wadict.run('RPUSH l one two one');
  await find('l');
  await expect(card().getByRole('heading')).toContainText('A list of 3 elements');
  await expect(card().locator('.value-elements li')).toHaveText(['one', 'two', 'one']);
  await expect(card().locator('output')).toHaveText('8 KiB');
  await wadict.run('ZADD z 1.5 half 1 one');
  await find('z');
  await expect(card().getByRole('heading')).toContainText('A zset of 2 members');
  await expect(card().locator('.value-elements li')).toHaveText(['one → 1', 'half → 1.5']);
  const slider = card().locator('input[name="zset-max-listpack-entries"]');
  await slider.fill('2');
  await wadict.run('ZADD z 3 third');
  await expect(current()).toHaveText('skiplist');
  await wadict.run('CONFIG SET zset-max-listpack-entries 128');
});
