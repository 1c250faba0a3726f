// The card of the chosen key's value: its encoding, how near its limits are, the moment at which it
// converts and why, its elements, its bytes, and the tree or the nodes of a large one.
import { expect, test } from '@playwright/test';
import { kSpeeds, sharedPage } from './page-fixture.ts';

const shared = sharedPage();
const card = () => shared.wadict.page.locator('#value-card');
const title = () => card().locator('#value-title');
const current = () => card().locator('.ladder [aria-current]');
const moment = () => card().locator('#value-moment');
const outputs = () => card().locator('.limits output');

async function find(key: string): Promise<void> {
  await shared.wadict.page.getByLabel('Key to look up').fill(key);
  await shared.wadict.button('Find').click();
}

test('point 10: a set goes from intset to listpack to hashtable, and the card tells when and why', async () => {
  const { wadict } = shared;
  await wadict.setSpeed(kSpeeds.full);
  await wadict.run('FLUSHALL');
  await wadict.run('SADD s 5 -2 70000');
  await find('s');
  await expect(current()).toHaveText('intset');
  await expect(title()).toContainText('A set of 3 members');
  await expect(outputs()).toHaveText(['3 of 512', 'at most 128', 'at most 64']);
  await expect(card().locator('.fields .meaning')).toHaveText([
    '4 bytes each, 3 integers',
    'the number -2',
    'the number 5',
    'the number 70000',
  ]);
  await wadict.run('SADD s word');
  await expect(current()).toHaveText('listpack');
  await expect(moment()).toContainText('from intset to listpack: “word” is no integer');
  await expect(card().locator('.value-elements li')).toHaveText(['-2', '5', '70000', 'word']);
  await expect(card().locator('.fields .meaning').last()).toHaveText('end');
  await expect(outputs()).toHaveText(['at most 512', '4 of 128', '5 of 64']);

  // The slider is the setting: with at most four members the fifth makes a hashtable.
  const slider = card().locator('input[name="set-max-listpack-entries"]');
  await expect(slider).toHaveValue('128');
  await slider.fill('4');
  await expect(wadict.replies).toContainText('CONFIG SET set-max-listpack-entries 4');
  await expect(outputs().nth(1)).toHaveText('4 of 4');
  await expect(card().locator('.limit .bar').nth(1)).toHaveAttribute('data-state', 'full');
  await wadict.run('SADD s fifth');
  await expect(current()).toHaveText('hashtable');
  await expect(moment()).toContainText('the 5th member is one more than');
  await expect(card().locator('.fields')).toBeHidden();
  await wadict.run('CONFIG SET set-max-listpack-entries 128');
});

test('point 10: a hash converts at the field that its limit has no room for, or at a long value', async () => {
  const { wadict } = shared;
  await wadict.run('CONFIG SET hash-max-listpack-entries 8');
  await wadict.button('Hash').click();
  await expect(title()).toContainText('A hash of 4 fields');
  await expect(outputs()).toHaveText(['4 of 8', '5 of 64']);
  await card().getByRole('button', { name: 'Fill up to the limit' }).click();
  await expect(outputs().first()).toHaveText('8 of 8');
  await expect(current()).toHaveText('listpack');
  await card().getByRole('button', { name: 'Add a field' }).click();
  await expect(current()).toHaveText('hashtable');
  await expect(moment()).toContainText('the 9th field is one more than');
  await wadict.run('DEL profile:ana');
  await expect(card()).toBeHidden();
  await wadict.run('CONFIG SET hash-max-listpack-entries 512');
  await wadict.button('Hash').click();
  await expect(current()).toHaveText('listpack');
  await card().getByRole('button', { name: 'Let a field expire' }).click();
  await expect(current()).toHaveText('listpackex');
  await expect(moment()).toContainText('a field has a time to live now');
  await card().getByRole('button', { name: 'A value too long' }).click();
  await expect(current()).toHaveText('hashtable');
  await expect(moment()).toContainText('a text of 65 bytes is longer than');
});

test('a string and a missing key have no card', async () => {
  const { wadict } = shared;
  await wadict.run('SET text plain');
  await find('text');
  await expect(card()).toBeHidden();
  await find('profile:ana');
  await expect(card()).toBeVisible();
  await wadict.run('DEL profile:ana');
  await expect(card()).toBeHidden();
});

test('point 10: a list becomes a chain of nodes, and each shows its bytes', async () => {
  const { wadict } = shared;
  await wadict.run('RPUSH l one two one');
  await find('l');
  await expect(title()).toContainText('A list of 3 elements');
  await expect(card().locator('.value-elements li')).toHaveText(['one', 'two', 'one']);
  await expect(outputs()).toHaveText('22 B of 8 KiB');
  await card().locator('input[name="list-max-listpack-size"]').fill('2');
  await expect(outputs()).toHaveText('3 of 2');
  await wadict.run('RPUSH l last');
  await expect(current()).toHaveText('quicklist');
  await expect(moment()).toContainText('does not fit into one node');
  const nodes = card().getByRole('group', { name: 'Nodes' }).getByRole('button');
  await nodes.last().click();
  await expect(nodes.last()).toHaveAttribute('aria-pressed', 'true');
  await expect(card().locator('.fields .meaning').nth(-2)).toHaveText('"last"');
  await wadict.run('CONFIG SET list-max-listpack-size -2');
});

test('point 10: the tree of a sorted set shows the way to a rank, to a member, to a range of scores', async () => {
  const { wadict } = shared;
  await wadict.button('Sorted set').click();
  await expect(card().locator('.value-elements li').first()).toHaveText('leo → 250');
  await expect(card().locator('.tree')).toBeHidden();
  // Quick clicks are told apart: each adds what is not there yet.
  await card().getByRole('button', { name: 'Add a member' }).dblclick();
  await expect(title()).toContainText('A sorted set of 5 members');
  await wadict.run('ZREM board player:4 player:5');
  await card().getByRole('button', { name: 'Add 1,000' }).click();
  await expect(title()).toContainText('A sorted set of 1,003 members');
  await expect(current()).toHaveText('skiplist');
  const levels = card().locator('.tree-row');
  await expect(levels).toHaveCount(2);
  await expect(levels.first()).toHaveAttribute('aria-label', /^Root: \d+ children, 1,003 members$/);

  const rank = card().locator('input[name="rank"]');
  const sum = card().locator('#tree-sum');
  await rank.fill('700');
  await expect(sum).toContainText(/has rank 700 = \d+ \+ \d+:/);
  const [, first, second] = /= (\d+) \+ (\d+):/.exec(await sum.innerText())!;
  expect(Number(first) + Number(second)).toBe(700);
  const [, member] = /“(.*)”/.exec(await sum.innerText())!;
  expect(await wadict.run(`ZRANK board ${member}`)).toBe('(integer) 700');

  await card().locator('.value-elements button').nth(3).click();
  await expect(sum).toContainText('has rank 3 = 0 + 3:');
  await expect(wadict.replies).toContainText('ZRANK board');

  await card().getByLabel('Scores from').fill('2000');
  await card().getByLabel('to', { exact: true }).fill('(4000');
  await card().getByRole('button', { name: 'Show the range' }).click();
  const count = await wadict.number('ZCOUNT board 2000 (4000');
  await expect(sum).toContainText(`${count} members are in the range`);
  await expect(sum).toContainText(`has rank ${await wadict.number('ZCOUNT board -inf (2000')} =`);
  // A click on the root's last child leads to the first item below it.
  await levels.first().locator('i').last().click();
  await expect(levels.first().locator('i').last()).toHaveAttribute('data-taken', '');
});

test('point 10: a stream shows its nodes with their distances, and its groups with what is pending', async () => {
  const { wadict } = shared;
  await wadict.run('DEL activity');
  await wadict.run('XADD activity 5-0 user ana did login');
  await wadict.run('XADD activity 7-2 user leo did upload');
  await wadict.run('XADD activity 8-0 page /home');
  await wadict.button('Stream').click();
  await expect(title()).toContainText('A stream of 3 entries');
  await expect(card().locator('.fields .meaning')).toHaveText([
    /^\d+ bytes, \d+ elements$/,
    '3 entries, 0 deleted; the fields user, did',
    '+0-0 is 5-0: the same fields: ana, login',
    '+2-2 is 7-2: the same fields: leo, upload',
    '+3-0 is 8-0: page /home',
  ]);
  await card().getByRole('button', { name: 'A group reads two' }).click();
  const pending = card().getByRole('list', { name: 'Pending in audit' }).getByRole('listitem');
  await expect(pending).toHaveCount(2);
  await expect(card()).toContainText('Last delivered: 7-2, 1 not delivered yet. 2 pending');
  await pending.first().getByRole('button', { name: 'Acknowledge' }).click();
  await expect(pending).toHaveCount(1);
  await expect(pending).toContainText('7-2worker-1, delivered once');
  // A full node is followed by the next.
  await card().locator('input[name="stream-node-max-entries"]').fill('3');
  await card().getByRole('button', { name: 'Add an entry' }).click();
  await expect(card().getByRole('group', { name: 'Nodes' }).getByRole('button')).toHaveCount(2);
  await wadict.run('CONFIG SET stream-node-max-entries 100');
  // The past has the group as it was, with what was given out in it.
  await wadict.button('Step back').click();
  await expect(wadict.page.locator('#stage')).toHaveAttribute('data-time', 'past');
  await expect(pending).toHaveCount(1);
  await wadict.button('Back to now').click();
  await expect(pending).toHaveCount(1);
});
