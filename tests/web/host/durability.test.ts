import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { Gate } from '../storage/faulty-storage.ts';
import { contentsOf, copyOf, openStore, outcome, Session, watch } from './harness.ts';
import { turns } from './manual-scheduler.ts';

describe('when replies leave @P17', () => {
  for (const durability of ['always', 'commit'] as const) {
    test(`${durability}: a reply waits for its append, and so does a read that saw the write`, async () => {
      const { host, session, storage } = await openStore({ durability });
      const other = new Session(host);
      await session.call('PING');
      const gate = new Gate();
      storage.beforeAppend = () => gate.pass();
      gate.hold();
      const written = watch(session.call('SET', 'k', 'v'));
      await turns();
      const read = watch(other.call('GET', 'k'));
      await turns();
      assert.deepEqual([written.settled, read.settled], [false, false]);
      gate.open();
      assert.deepEqual([await written.promise, await read.promise], ['OK', 'v']);
      await host.close();
    });
  }

  for (const durability of ['everysec', 'no'] as const) {
    test(`${durability}: a reply leaves while its append is still under way`, async () => {
      const { host, session, storage } = await openStore({ durability });
      const gate = new Gate();
      storage.beforeAppend = () => gate.pass();
      gate.hold();
      assert.equal(await session.call('SET', 'k', 'v'), 'OK');
      assert.equal(await session.call('GET', 'k'), 'v');
      gate.open();
      await host.close();
    });
  }

  test('always appends strictly, commit and everysec relaxed', async () => {
    for (const [durability, sync] of [
      ['always', 'strict'],
      ['commit', 'relaxed'],
      ['everysec', 'relaxed'],
    ] as const) {
      const { host, session, storage } = await openStore({ durability });
      storage.appends.length = 0;
      await session.call('SET', 'k', 'v');
      await turns();
      assert.deepEqual(
        storage.appends.map((append) => append.sync),
        [sync],
        durability,
      );
      await host.close();
    }
  });

  test('requests that arrive during an append share the next one', async () => {
    const { host, session, storage } = await openStore({ durability: 'commit' });
    await session.call('PING');
    storage.appends.length = 0;
    const gate = new Gate();
    storage.beforeAppend = () => gate.pass();
    gate.hold();
    const first = session.call('SET', 'k0', 'v');
    await turns();
    const rest = Array.from({ length: 100 }, (_, index) =>
      new Session(host).call('SET', `k${index + 1}`, 'v'),
    );
    await turns();
    gate.open();
    await Promise.all([first, ...rest]);
    assert.equal(storage.appends.length, 2);
    await host.close();
  });

  test('replies keep the order of requests, over writes and reads in one message', async () => {
    const { host, session } = await openStore({ durability: 'always' });
    const replies = session.all(
      ['SET', 'a', '1'],
      ['GET', 'a'],
      ['INCR', 'a'],
      ['GET', 'a'],
      ['PING'],
    );
    assert.deepEqual(await replies, ['OK', '1', 2, '2', 'PONG']);
    assert.deepEqual(await session.all(['GET', 'a'], ['INCR', 'a'], ['GET', 'a']), ['2', 3, '3']);
    await host.close();
  });
});

describe('strict barriers and bounds @P17', () => {
  test('commit: one empty strict barrier within a second of a burst, then nothing is armed', async () => {
    const { host, session, storage, scheduler } = await openStore({ durability: 'commit' });
    storage.appends.length = 0;
    for (let index = 0; index < 5; index++) {
      await session.call('SET', `k${index}`, 'v');
      await scheduler.advance(100);
    }
    assert.ok(storage.appends.every((append) => append.sync === 'relaxed'));
    await scheduler.advance(1000);
    assert.equal(storage.appends.filter((append) => append.sync === 'strict').length, 1);
    assert.equal(host.status.durablePosition, host.status.position);
    assert.equal(scheduler.armed, 0);
    const before = storage.appends.length;
    await scheduler.advance(60_000);
    assert.equal(storage.appends.length, before);
    await host.close();
  });

  test('commit: at a loss of power only what is younger than a second goes', async () => {
    const { host, session, scheduler, disk } = await openStore({ durability: 'commit' });
    await session.call('SET', 'old', 'v');
    await scheduler.advance(1001);
    await session.call('SET', 'young', 'v');
    const dark = copyOf(disk);
    dark.losePower();
    assert.deepEqual(await contentsOf(dark, ['old', 'young']), ['v', null]);
    assert.deepEqual(await contentsOf(disk, ['old', 'young']), ['v', 'v']);
    await host.close();
  });

  test('always: nothing acknowledged goes with the power', async () => {
    const { host, session, disk } = await openStore({ durability: 'always' });
    await session.all(['SET', 'a', '1'], ['SET', 'b', '2']);
    const dark = copyOf(disk);
    dark.losePower();
    assert.deepEqual(await contentsOf(dark, ['a', 'b']), ['1', '2']);
    await host.close();
  });

  test('everysec: the barrier comes within half a second', async () => {
    const { host, session, storage, scheduler } = await openStore({ durability: 'everysec' });
    storage.appends.length = 0;
    await session.call('SET', 'k', 'v');
    await turns();
    await scheduler.advance(500);
    assert.deepEqual(
      storage.appends.map((append) => append.sync),
      ['relaxed', 'strict'],
    );
    await host.close();
  });

  test('everysec: when the storage stalls, requests wait rather than break the bound', async () => {
    const { host, session, storage, scheduler } = await openStore({ durability: 'everysec' });
    const gate = new Gate();
    storage.beforeAppend = () => gate.pass();
    gate.hold();
    assert.equal(await session.call('SET', 'k', '1'), 'OK');
    await scheduler.advance(801);
    const late = watch(session.call('SET', 'k', '2'));
    await turns();
    assert.equal(late.settled, false);
    gate.open();
    await turns();
    await scheduler.advance(500);
    assert.equal(await late.promise, 'OK');
    assert.equal(await session.call('GET', 'k'), '2');
    await host.close();
  });

  test('no: nothing is written while requests keep coming, everything when they stop', async () => {
    const { host, session, storage, disk } = await openStore({ durability: 'no' });
    storage.appends.length = 0;
    await session.call('SET', 'k', 'v');
    await turns();
    assert.equal(storage.appends.length, 1);
    assert.equal(storage.appends[0]?.sync, 'relaxed');
    assert.deepEqual(await contentsOf(disk, ['k']), ['v']);
    await host.close();
  });
});

describe('flush', () => {
  test('makes everything so far survive a loss of power and reports what it wrote', async () => {
    for (const durability of ['commit', 'everysec', 'no'] as const) {
      const { host, session, disk } = await openStore({ durability });
      await session.call('SET', 'k', durability);
      const { position, bytes } = await host.flush();
      assert.equal(position, host.status.position);
      assert.ok(bytes > 0, durability);
      const dark = copyOf(disk);
      dark.losePower();
      assert.deepEqual(await contentsOf(dark, ['k']), [durability]);
      assert.equal((await host.flush()).bytes, 0, 'nothing left to flush');
      await host.close();
    }
  });

  test('rejects when the storage fails', async () => {
    const { host, session, storage } = await openStore({ durability: 'no' });
    await session.call('PING');
    storage.dieAtWrite(storage.writes + 1);
    await session.call('SET', 'k', 'v');
    assert.equal(await outcome(host.flush()), 'STORAGE_LOST');
    await host.close();
  });
});

describe('CONFIG SET appendfsync', () => {
  test('changes when replies leave', async () => {
    const { host, session, storage } = await openStore({ durability: 'commit' });
    assert.equal(await session.call('CONFIG', 'SET', 'appendfsync', 'no'), 'OK');
    assert.equal(host.status.durability, 'no');
    const gate = new Gate();
    storage.beforeAppend = () => gate.pass();
    gate.hold();
    assert.equal(await session.call('SET', 'k', 'v'), 'OK');
    gate.open();
    assert.equal(await session.call('CONFIG', 'SET', 'appendfsync', 'always'), 'OK');
    assert.equal(host.status.durability, 'always');
    await session.call('SET', 'k', 'w');
    assert.equal(storage.appends.at(-1)?.sync, 'strict');
    await host.close();
  });
});
