/** Waiting, transactions and messages between tabs, through the one that leads. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tabs } from '../sim/tabs.ts';

test('messages reach every tab, and go on behind a new leader', async () => {
  const tabs = new Tabs();
  const [leader, member, third] = [await tabs.open(), await tabs.open(), await tabs.open()];
  const heard = [leader, member, third].map(({ db }) => db.subscribe('news'));
  for (const subscription of heard) await tabs.during(subscription.ready);
  for (const tab of [leader, member, third])
    assert.equal(await tabs.during(tab.db.publish('news', 'hello')), 3);
  for (const subscription of heard)
    for (let left = 3; left > 0; left--)
      assert.equal((await tabs.during(subscription.next())).value?.message, 'hello');
  tabs.kill(leader);
  await tabs.pass(10_000);
  assert.equal(await tabs.during(third.db.publish('news', 'again')), 2);
  for (const subscription of heard.slice(1))
    assert.equal((await tabs.during(subscription.next())).value?.message, 'again');
});

test('transactions and watch work in every tab', async () => {
  const tabs = new Tabs();
  const [leader, member] = [await tabs.open(), await tabs.open()];
  assert.deepEqual(await tabs.during(member.db.multi().set('n', '1').incr('n').exec()), ['OK', 2]);
  const count = (db: typeof member.db): Promise<unknown> =>
    db.watch('n', async (store) => {
      const n = Number(await store.get('n'));
      return store.multi().set('n', String(n + 1));
    });
  const all = Array.from({ length: 20 }, (_, i) => count((i % 2 === 0 ? leader : member).db));
  await tabs.during(Promise.all(all));
  assert.equal(await tabs.during(leader.db.get('n')), '22');
});
