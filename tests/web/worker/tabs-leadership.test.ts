/** Who may answer: a leader whose lock was given away while it slept answers nothing any more. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tabs } from '../sim/tabs.ts';

const isLeading = (message: unknown): boolean => (message as { kind: string }).kind === 'leading';

for (const isWriting of [false, true])
  test(`a leader that slept a moment reads nothing old (${isWriting ? 'writing' : 'idle'}) @P27`, async () => {
    const tabs = new Tabs();
    const [leader, member] = [await tabs.open(), await tabs.open()];
    await tabs.during(leader.db.set('k', 'old'));
    const writes: Promise<unknown>[] = [];
    if (isWriting) {
      writes.push(leader.db.set('a', '1')); // under way when it falls asleep
      await tabs.pass(0.1);
      writes.push(leader.db.set('b', '1')); // its append begins when it wakes, and succeeds
    }
    tabs.cache(leader); // its lock is free, and it is not told
    await tabs.pass(0.5);
    tabs.thaw(leader); // nobody has taken over yet: it looks as if it still led
    tabs.channels.loses = isLeading; // nor is it told when somebody has
    if (isWriting) await tabs.during(Promise.all(writes), 5);
    else void leader.db.get('k');
    while (member.db.role !== 'leader') await tabs.pass(1);
    await tabs.during(member.db.set('k', 'new'));
    const read = leader.db.get('k');
    await tabs.pass(500);
    tabs.channels.loses = () => false;
    assert.equal(await tabs.during(read), 'new');
    assert.deepEqual([leader.db.role, member.db.role], ['follower', 'leader']);
  });

test('a leader that slept and has its lock goes on, with the same engine @P27', async () => {
  const tabs = new Tabs();
  const [leader, member] = [await tabs.open(), await tabs.open()];
  await tabs.during(leader.db.set('k', '1'));
  const heard = leader.db.subscribe('news');
  await tabs.during(heard.ready);
  tabs.freeze(leader);
  await tabs.pass(1_000);
  tabs.thaw(leader);
  assert.equal(await tabs.during(leader.db.get('k')), '1');
  assert.equal(await tabs.during(member.db.incr('k')), 2);
  assert.deepEqual([leader.db.role, member.db.role], ['leader', 'follower']);
});

test('who loses the lock asleep while taking over claims nothing when it wakes @P27', async () => {
  const tabs = new Tabs();
  const [leader, sleeper, next] = [await tabs.open(), await tabs.open(), await tabs.open()];
  assert.deepEqual([sleeper.db.role, next.db.role], ['follower', 'follower']);
  await tabs.during(leader.db.set('k', 'old'));
  let isStarting = false;
  tabs.channels.loses = (message) => {
    isStarting ||= (message as { kind: string }).kind === 'starting';
    return isLeading(message);
  };
  tabs.kill(leader);
  while (!isStarting) await tabs.pass(0.1);
  tabs.cache(sleeper);
  while (next.db.role !== 'leader') await tabs.pass(1);
  await tabs.during(next.db.set('k', 'new'));
  tabs.thaw(sleeper);
  await tabs.pass(200);
  tabs.channels.loses = () => false;
  await tabs.during(sleeper.db.set('k', 'newest'));
  assert.equal(await tabs.during(next.db.get('k')), 'newest');
  assert.deepEqual([sleeper.db.role, next.db.role], ['follower', 'leader']);
});
