import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';

import { kBusySliceUs, kIdleSliceUs } from '../../../web/host/background.ts';
import { HostClock } from '../../../web/host/host-clock.ts';
import { kMaxTimerMs, systemScheduler } from '../../../web/host/scheduler.ts';
import { contentsOf, openStore } from './harness.ts';
import { ManualScheduler, turns } from './manual-scheduler.ts';

const kDay = 24 * 3600 * 1000;

describe('the deadline timer @T14', () => {
  test('one timer is armed for the next deadline, and an earlier one moves it', async () => {
    const { host, session, scheduler } = await openStore({ durability: 'always' });
    const at = (ms: number): string => String(scheduler.now() + ms);
    await session.call('SET', 'late', 'v', 'PXAT', at(50_000));
    await turns();
    assert.deepEqual(scheduler.pending(), [50_001]); // a key is gone when its deadline has passed
    await session.call('SET', 'soon', 'v', 'PXAT', at(1_000));
    await turns();
    assert.deepEqual(scheduler.pending(), [1_001]);
    await session.call('DEL', 'soon');
    // the index forgets a deleted key when its time comes: one wake-up
    await scheduler.advance(1_001);
    assert.deepEqual(scheduler.pending(), [49_000]);
    await host.close();
  });

  test('a key that is due is deleted, in memory and in the log, without anybody asking', async () => {
    const { host, session, scheduler, disk, engines } = await openStore();
    await session.call('SET', 'k', 'v', 'PXAT', String(scheduler.now() + 5_000));
    await scheduler.advance(2_000);
    const frames = disk.log.size;
    await scheduler.advance(3_001);
    assert.equal(disk.log.size > frames, true);
    assert.equal(engines[0]?.logState().position, 2n);
    assert.equal(await session.call('DBSIZE'), 0);
    await scheduler.advance(1_000);
    await host.close();
  });

  test('idle means idle: no tick, no append, no timer but the deadline', async () => {
    const { host, session, scheduler, storage, engines } = await openStore();
    await session.call('SET', 'k', 'v', 'PXAT', String(scheduler.now() + 10 * kDay));
    await scheduler.advance(2_000); // the barrier
    const [ticks, appends] = [engines[0]?.ticks, storage.appends.length];
    await scheduler.advance(9 * kDay);
    assert.deepEqual([engines[0]?.ticks, storage.appends.length], [ticks, appends]);
    assert.equal(scheduler.armed, 1);
    await host.close();
  });

  test('the budget of a slice is 2 ms while requests come in and 10 ms when they do not', async () => {
    const { host, session, scheduler, engines } = await openStore();
    await turns();
    const engine = engines[0];
    assert.ok(engine !== undefined);
    engine.budgets.length = 0;
    await session.call('SET', 'k', 'v', 'PXAT', String(scheduler.now() + 5_000));
    await turns();
    await scheduler.advance(6_000);
    assert.deepEqual([engine.budgets[0], engine.budgets.at(-1)], [kBusySliceUs, kIdleSliceUs]);
    await host.close();
  });

  test('a timer further away than setTimeout can reach is chained, not fired at once', (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    let fired = 0;
    systemScheduler().setTimer(kMaxTimerMs * 2 + 5, () => fired++);
    context.mock.timers.tick(kMaxTimerMs);
    context.mock.timers.tick(kMaxTimerMs);
    assert.equal(fired, 0);
    context.mock.timers.tick(4);
    assert.equal(fired, 0);
    context.mock.timers.tick(1);
    assert.equal(fired, 1);
  });

  test('a chained timer can be cancelled in a later part', (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    let fired = 0;
    const cancel = systemScheduler().setTimer(kMaxTimerMs + 10, () => fired++);
    context.mock.timers.tick(kMaxTimerMs);
    cancel();
    context.mock.timers.tick(100);
    assert.equal(fired, 0);
  });
});

describe('clock jumps @T15 @T16', () => {
  test('a clock set back neither revives nor shortens anything', async () => {
    const { host, session, scheduler } = await openStore();
    const start = scheduler.now();
    await session.call('SET', 'gone', 'v', 'PXAT', String(start + 1_000));
    await session.call('SET', 'kept', 'v', 'PXAT', String(start + 60_000));
    await scheduler.advance(2_000);
    scheduler.setWall(start - 3_600_000);
    assert.deepEqual(await session.all(['GET', 'gone'], ['GET', 'kept']), [null, 'v']);
    await host.close();
  });

  test('after a long sleep the first command sees no stale key', async () => {
    const { host, session, scheduler } = await openStore();
    await session.call('SET', 'k', 'v', 'PXAT', String(scheduler.now() + 1_000));
    await turns();
    scheduler.setWall(scheduler.now() + 60_000); // no timer ran meanwhile
    assert.equal(await session.call('GET', 'k'), null);
    await host.close();
  });

  test('a clock that ran more than a day ahead is believed no longer, and that is told', () => {
    const scheduler = new ManualScheduler();
    const jumps: number[] = [];
    const clock = new HostClock(scheduler, (from, to) => jumps.push(from - to));
    const start = scheduler.now();
    clock.seen(start + 3_600_000);
    assert.equal(clock.now(), start + 3_600_000);
    clock.seen(start + 2 * kDay);
    assert.equal(clock.now(), start);
    assert.deepEqual(jumps, [2 * kDay]);
  });
});

describe('status', () => {
  test('listeners hear of changes, and one that throws disturbs nobody', async (context) => {
    const errors: unknown[] = [];
    const original = globalThis.reportError;
    globalThis.reportError = (error) => void errors.push(error);
    context.after(() => {
      globalThis.reportError = original;
    });
    const { host, session } = await openStore();
    const heard: string[] = [];
    host.onStatus(() => {
      throw new Error('a listener of the test');
    });
    const stop = host.onStatus((status) => heard.push(status.durability));
    await session.call('CONFIG', 'SET', 'appendfsync', 'always');
    await turns();
    stop();
    await session.call('CONFIG', 'SET', 'appendfsync', 'no');
    await turns();
    assert.deepEqual(heard, ['always']);
    assert.deepEqual(errors.map(String), [
      'Error: a listener of the test',
      'Error: a listener of the test',
    ]);
    await host.close();
  });

  test('tells positions and what is not yet written', async () => {
    const { host, session } = await openStore({ durability: 'always' });
    await session.all(['SET', 'a', '1'], ['SET', 'b', '2']);
    const { storage, medium, role, position, durablePosition, unflushedBytes } = host.status;
    assert.deepEqual(
      { storage, medium, role, position, durablePosition, unflushedBytes },
      {
        storage: 'ok',
        medium: 'memory',
        role: 'solo',
        position: 2n,
        durablePosition: 2n,
        unflushedBytes: 0,
      },
    );
    await host.close();
  });
});

describe('a store without storage', () => {
  test('serves from memory and says so', async () => {
    const { Host } = await import('../../../web/host/host.ts');
    const { Session, makeEngine, outcome } = await import('./harness.ts');
    const host = await Host.open({
      engine: makeEngine,
      storage: null,
      scheduler: new ManualScheduler(),
    });
    const session = new Session(host);
    assert.equal(await session.call('SET', 'k', 'v'), 'OK');
    assert.equal(await session.call('GET', 'k'), 'v');
    assert.equal(host.status.storage, 'none');
    assert.equal(await outcome(host.flush()), 'STORAGE_UNAVAILABLE');
    await host.close();
    assert.equal(await outcome(session.call('GET', 'k')), 'CLOSED');
  });
});

describe('nothing is lost between two stores on one disk', () => {
  test('write, close and open again, thirty times', async () => {
    let disk;
    for (let round = 0; round < 30; round++) {
      const store = await openStore(disk === undefined ? {} : { disk });
      ({ disk } = store);
      assert.equal(await store.session.call('INCR', 'n'), round + 1);
      if (round % 7 === 3) await store.host.save();
      await store.host.close();
    }
    assert.deepEqual(await contentsOf(disk as never, ['n']), ['30']);
  });
});

describe('the clock of the machine', () => {
  test('a turn that a timer asks for comes although nothing else happens in the process', async () => {
    const { setTimer, yieldTurn } = systemScheduler();
    const keepAlive = new MessageChannel();
    keepAlive.port1.on('message', () => undefined); // like a server's socket: awake, but silent
    const late = new Promise<string>((resolve) => {
      const cancel = setTimeout(() => resolve('never'), 10_000);
      setTimer(1, () =>
        yieldTurn(() => {
          clearTimeout(cancel);
          resolve('came');
        }, false),
      );
    });
    assert.equal(await late, 'came');
    keepAlive.port1.close();
  });
});
