/** Waiting, transactions and messages between tabs, through the one that leads. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WaitOptions } from '../../../web/client/command-spec.ts';
import { kNoFaults } from '../sim/sim-indexeddb.ts';
import { Tabs } from '../sim/tabs.ts';

/** The typed method that is used here. */
interface Pops {
  blpop(key: string, options: WaitOptions): Promise<unknown>;
}

test('a blocking pop in one tab is served by a push in another, and outlives leaders', async () => {
  const tabs = new Tabs();
  const [leader, member, third] = [await tabs.open(), await tabs.open(), await tabs.open()];
  assert.deepEqual([leader.db.role, member.db.role], ['leader', 'follower']);
  const popped = member.db.call('BLPOP', 'q', '0');
  await tabs.pass(45_000); // longer than any request may wait that is not blocked
  await tabs.during(leader.db.call('RPUSH', 'q', 'one'));
  assert.deepEqual(await tabs.during(popped), ['q', 'one']);

  const again = member.db.call('BLPOP', 'q', '0');
  await tabs.pass(1_000);
  tabs.kill(leader);
  await tabs.pass(10_000);
  await tabs.during(third.db.call('RPUSH', 'q', 'two', 'three'));
  assert.deepEqual(await tabs.during(again), ['q', 'two']);
  assert.deepEqual(await tabs.during(third.db.call('LRANGE', 'q', '0', '-1')), ['three']);
});

test('an aborted pop takes nothing, in every tab and behind a new leader', async () => {
  const tabs = new Tabs();
  const [leader, member, third] = [await tabs.open(), await tabs.open(), await tabs.open()];
  for (const tab of [leader, member]) {
    const controller = new AbortController();
    const popped = (tab.db as unknown as Pops).blpop('q', { signal: controller.signal });
    const outcome = popped.then(
      () => 'popped',
      (error: { code: string }) => error.code,
    );
    await tabs.pass(1_000);
    controller.abort();
    assert.equal(await tabs.during(outcome), 'ABORTED');
  }
  const controller = new AbortController();
  const popped = (member.db as unknown as Pops).blpop('q', { signal: controller.signal });
  const outcome = popped.then(
    () => 'popped',
    (error: { code: string }) => error.code,
  );
  await tabs.pass(1_000);
  tabs.kill(leader);
  await tabs.pass(10_000);
  controller.abort();
  assert.equal(await tabs.during(outcome), 'ABORTED');
  await tabs.during(third.db.call('RPUSH', 'q', 'x'));
  assert.equal(await tabs.during(third.db.call('LLEN', 'q')), 1);
});

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

test('an early reply counts only when the log holds it, whoever seemed gone meanwhile @P27', async () => {
  for (const quota of [0, 1]) {
    const tabs = new Tabs();
    const [leader, member] = [await tabs.open(), await tabs.open()];
    await tabs.during(member.db.incr('n'));
    tabs.database.faults = { ...kNoFaults, slow: 1, quota };
    let isAnswered = false;
    const answer = member.db.incr('n').then(
      (n) => n,
      (error: { code: string }) => error.code,
    );
    void answer.then(() => (isAnswered = true));
    await tabs.pass(3); // the early reply has come
    tabs.cache(member); // the browser gives its locks away: the leader takes it for gone
    await tabs.pass(7);
    tabs.thaw(member);
    await tabs.pass(2);
    assert.equal(isAnswered, false, 'nothing is stored yet');
    const outcome = await tabs.during(answer);
    tabs.database.faults = kNoFaults;
    const stored = await tabs.during(leader.db.get('n'));
    if (quota === 0) assert.deepEqual([outcome, stored], [2, '2']);
    else assert.deepEqual([outcome, stored], ['OUTCOME_UNKNOWN', '1']);
  }
});

test('a SCAN that began with one leader goes on with the next, and misses nothing', async () => {
  const tabs = new Tabs();
  const [leader, member] = [await tabs.open(), await tabs.open()];
  const names = Array.from({ length: 3_000 }, (_, n) => `key:${n}`);
  await tabs.during(leader.db.mset(Object.fromEntries(names.map((name) => [name, 'x']))));
  const seen = new Set<string>();
  const batches = member.db.scanIterator({ count: 100 });
  let round = 0;
  for (;;) {
    const { value, done } = await tabs.during(batches.next());
    if (done === true) break;
    for (const key of value) seen.add(key);
    if (++round === 8) tabs.kill(leader);
  }
  assert.ok(round > 16);
  assert.deepEqual(
    names.filter((name) => !seen.has(name)),
    [],
  );
  assert.equal(member.db.role, 'leader');
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
