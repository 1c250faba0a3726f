import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { StorageError } from '../../../web/storage/storage.ts';
import { Gate } from '../storage/faulty-storage.ts';
import { contentsOf, noise, openStore, outcome, Session, watch } from './harness.ts';
import { turns } from './manual-scheduler.ts';

describe('a trap in the engine', () => {
  test('fails the call that met it; the store goes on with everything else', async () => {
    let trapped = 0;
    const trapOn = (argv: readonly string[]): boolean => argv[1] === 'bad' && ++trapped > 0;
    const { host, session, engines } = await openStore({ faults: { trapOn } });
    await session.call('SET', 'good', '1');
    assert.equal(await outcome(session.call('SET', 'bad', 'x')), 'WORKER_DIED');
    assert.equal(await session.call('GET', 'good'), '1');
    assert.equal(engines.length, 2);
    assert.equal(trapped, 1);
    await host.close();
  });

  test('sessions keep database, name and a half request over the new engine', async () => {
    const { host, session } = await openStore({ faults: { trapOn: (argv) => argv[0] === 'TRAP' } });
    const other = new Session(host);
    await other.all(['SELECT', '3'], ['CLIENT', 'SETNAME', 'alice'], ['SET', 'k', 'three']);
    const half = host.connect();
    const replies: string[] = [];
    half.attach({
      onReply: (bytes) => void replies.push(new TextDecoder().decode(bytes)),
      onClose: () => undefined,
    });
    half.send(new TextEncoder().encode('*2\r\n$3\r\nGE'));
    assert.equal(await outcome(session.call('TRAP')), 'WORKER_DIED');
    assert.deepEqual(await other.all(['GET', 'k'], ['CLIENT', 'GETNAME']), ['three', 'alice']);
    half.send(new TextEncoder().encode('T\r\n$1\r\nk\r\n'));
    await turns();
    assert.deepEqual(replies, ['$-1\r\n']); // database 0 has no k
    await host.close();
  });

  test('what was in the log gets its reply, what was only in memory an error, nothing hangs', async () => {
    const { host, session, storage, disk } = await openStore({
      faults: { trapOn: (argv) => argv[0] === 'TRAP' },
    });
    await session.call('PING');
    const gate = new Gate();
    storage.beforeAppend = () => gate.pass();
    gate.hold();
    const inFlight = outcome(session.call('SET', 'a', '1'));
    await turns();
    const inMemory = outcome(new Session(host).call('SET', 'b', '2'));
    await turns();
    const trap = outcome(new Session(host).call('TRAP'));
    await turns();
    gate.open();
    assert.deepEqual(await Promise.all([inFlight, inMemory, trap]), [
      'resolved',
      'WORKER_DIED',
      'WORKER_DIED',
    ]);
    assert.deepEqual(await session.all(['GET', 'a'], ['GET', 'b']), ['1', null]);
    await host.close();
    assert.deepEqual(await contentsOf(disk, ['a', 'b']), ['1', null]);
  });

  test('requests that come during the rebuild wait and are answered', async () => {
    const { host, session, storage } = await openStore({
      faults: { trapOn: (argv) => argv[0] === 'TRAP' },
    });
    await session.call('SET', 'k', 'v');
    const gate = new Gate();
    storage.beforeAppend = () => gate.pass(); // holds the claim of the rebuild
    gate.hold();
    const trap = outcome(session.call('TRAP'));
    await turns();
    const later = watch(new Session(host).call('GET', 'k'));
    await turns();
    assert.equal(later.settled, false);
    gate.open();
    assert.equal(await trap, 'WORKER_DIED');
    assert.equal(await later.promise, 'v');
    await host.close();
  });

  test('in background work: the engine is replaced; again and again: the store ends with a reason', async () => {
    let traps = 1;
    const { host, session, engines } = await openStore({
      faults: { trapOnTick: () => traps-- > 0 },
    });
    await turns();
    assert.equal(await session.call('SET', 'k', 'v'), 'OK');
    assert.equal(engines.length, 2);
    await host.close();

    const broken = await openStore({ faults: { trapOnTick: () => true } });
    await turns(100);
    assert.equal(await outcome(broken.session.call('GET', 'k')), 'WORKER_DIED');
    assert.ok(broken.engines.length <= 5, `${broken.engines.length} engines`);
    assert.equal(await outcome(broken.host.flush()), 'WORKER_DIED');
    await broken.host.close();
  });

  test('a rebuild that fails refuses calls, and the next one after a second tries again', async () => {
    let isBroken = false;
    const faults = {
      trapOn: (argv: readonly string[]) => argv[0] === 'TRAP',
      trapOnReplay: () => isBroken,
    };
    const { host, session, scheduler } = await openStore({ faults });
    await session.call('SET', 'k', 'v');
    isBroken = true;
    assert.equal(await outcome(session.call('TRAP')), 'WORKER_DIED');
    await turns();
    assert.equal(await outcome(session.call('GET', 'k')), 'WORKER_DIED');
    assert.equal(host.status.storage, 'degraded');
    isBroken = false;
    await scheduler.advance(1001);
    assert.equal(await session.call('GET', 'k'), 'v');
    assert.equal(host.status.storage, 'ok');
    await host.close();
  });
});

describe('an error of the engine that is no trap', () => {
  test('is answered in its place, behind what came before, and the engine stays', async () => {
    const failOn = (argv: readonly string[]): boolean => argv[1] === 'huge';
    const { host, session, storage, engines } = await openStore({ faults: { failOn } });
    await session.call('PING');
    const gate = new Gate();
    storage.beforeAppend = () => gate.pass();
    gate.hold();
    const first = watch(session.call('SET', 'k', 'v'));
    await turns();
    const failing = watch(outcome(session.call('SET', 'huge', 'x')));
    await turns();
    assert.deepEqual([first.settled, failing.settled], [false, false]);
    gate.open();
    assert.deepEqual([await first.promise, await failing.promise], ['OK', 'OOM']);
    assert.equal(await session.call('GET', 'k'), 'v');
    assert.equal(engines.length, 1);
    await host.close();
  });
});

describe('no room left @P26', () => {
  const kValue = noise(4000);

  test('commit: waiting calls reject with QUOTA_EXCEEDED, the state is what the storage holds', async () => {
    const { host, session, disk } = await openStore();
    await session.call('SET', 'a', '1');
    disk.capacity = disk.usedBytes() + 2000;
    const both = await Promise.all([
      outcome(session.call('SET', 'b', kValue)),
      outcome(session.call('SET', 'a', '2')),
    ]);
    assert.deepEqual(both, ['QUOTA_EXCEEDED', 'QUOTA_EXCEEDED']);
    assert.equal(host.status.storage, 'full', 'known when the error is');
    assert.deepEqual(await session.all(['GET', 'a'], ['GET', 'b']), ['1', null]);
    assert.equal(host.status.storage, 'full');
    await host.close();
    disk.capacity = Infinity;
    assert.deepEqual(await contentsOf(disk, ['a', 'b']), ['1', null]);
  });

  test('commit: while full, reads and deletes run, writes are refused without being tried', async () => {
    const { host, session, storage, disk } = await openStore();
    await session.all(['SET', 'a', '1'], ['SET', 'b', '2']);
    disk.capacity = disk.usedBytes() + 2000;
    await outcome(session.call('SET', 'c', kValue));
    const before = storage.appends.length;
    const calls = [
      ['SET', 'd', '1'],
      ['GET', 'a'],
      ['DEL', 'b'],
      ['INCR', 'n'],
    ];
    const results = await Promise.allSettled(calls.map((argv) => session.call(...argv)));
    assert.deepEqual(
      results.map((result) =>
        result.status === 'fulfilled' ? result.value : (result.reason as { code: string }).code,
      ),
      ['QUOTA_EXCEEDED', '1', 1, 'QUOTA_EXCEEDED'],
    );
    assert.equal(storage.appends.length, before + 1, 'only the delete was appended');
    await host.close();
  });

  test('when there is room again, writes are accepted within 5 s, and nothing else wakes up', async () => {
    const { host, session, scheduler, disk } = await openStore();
    disk.capacity = disk.usedBytes() + 1000;
    assert.equal(await outcome(session.call('SET', 'k', kValue)), 'QUOTA_EXCEEDED');
    disk.capacity = Infinity;
    assert.equal(await outcome(session.call('SET', 'k', kValue)), 'QUOTA_EXCEEDED');
    await scheduler.advance(5001);
    assert.equal(host.status.storage, 'ok');
    assert.equal(await session.call('SET', 'k', kValue), 'OK');
    await scheduler.advance(2000);
    assert.equal(scheduler.armed, 0);
    await host.close();
  });

  test('the spare generation is given up before a write is refused', async () => {
    const { host, session, disk } = await openStore();
    await session.call('SET', 'big', kValue);
    await host.save();
    await host.save();
    disk.capacity = disk.usedBytes() + 1000;
    assert.equal(await session.call('SET', 'k', noise(1500)), 'OK');
    assert.deepEqual([...disk.snapshots.keys()], [2]);
    assert.equal(host.status.storage, 'ok');
    await host.close();
  });

  test('everysec: memory keeps the data, writes are refused, and it is written when there is room', async () => {
    const { host, session, scheduler, disk } = await openStore({ durability: 'everysec' });
    await session.call('SET', 'a', '1');
    await host.flush();
    disk.capacity = disk.usedBytes() + 1000;
    assert.equal(await session.call('SET', 'b', kValue), 'OK');
    await turns();
    assert.equal(host.status.storage, 'full');
    assert.equal(await outcome(host.flush()), 'QUOTA_EXCEEDED');
    assert.equal(await session.call('GET', 'b'), kValue);
    assert.equal(await outcome(session.call('SET', 'c', '1')), 'QUOTA_EXCEEDED');
    assert.equal(await session.call('DEL', 'a'), 1);
    disk.capacity = Infinity;
    await scheduler.advance(5001);
    assert.equal(host.status.storage, 'ok');
    await host.close();
    assert.deepEqual(await contentsOf(disk, ['a', 'b', 'c']), [null, kValue, null]);
  });

  test('a snapshot that does not fit leaves the old one and the log in use', async () => {
    const { host, session, disk } = await openStore();
    await session.call('SET', 'k', kValue);
    disk.capacity = disk.usedBytes() + 1000;
    assert.equal(await outcome(host.save()), 'QUOTA_EXCEEDED');
    assert.equal(await session.call('SET', 'l', '1'), 'OK');
    assert.deepEqual([...disk.snapshots.keys()], []);
    await host.close();
    assert.deepEqual(await contentsOf(disk, ['k', 'l']), [kValue, '1']);
  });
});

describe('an append whose outcome is unknown', () => {
  test('answers OUTCOME_UNKNOWN and goes on from what the storage holds', async () => {
    const { host, session, storage } = await openStore();
    await session.call('SET', 'a', '1');
    storage.afterAppend = () => {
      storage.afterAppend = () => undefined;
      throw new StorageError('OUTCOME_UNKNOWN', 'the connection was lost');
    };
    assert.equal(await outcome(session.call('SET', 'a', '2')), 'OUTCOME_UNKNOWN');
    assert.equal(await session.call('GET', 'a'), '2'); // it was in
    storage.beforeAppend = () => {
      storage.beforeAppend = () => undefined;
      throw new StorageError('OUTCOME_UNKNOWN', 'the connection was lost');
    };
    assert.equal(await outcome(session.call('SET', 'a', '3')), 'OUTCOME_UNKNOWN');
    assert.equal(await session.call('GET', 'a'), '2'); // it was not
    await host.close();
  });
});

describe('two writers @P27', () => {
  test('the older one is fenced by its next commit and serves nothing any more', async () => {
    const first = await openStore();
    await first.session.call('SET', 'k', 'first');
    const second = await openStore({ disk: first.disk });
    const reason = new Promise<Error>((resolve) => {
      first.host.connect().attach({ onReply: () => undefined, onClose: resolve });
    });
    assert.equal(await outcome(first.session.call('SET', 'k', 'stale')), 'FENCED');
    assert.equal(((await reason) as { code?: string }).code, 'FENCED');
    assert.equal(await outcome(first.session.call('GET', 'k')), 'FENCED');
    assert.equal(await second.session.call('GET', 'k'), 'first');
    await second.session.call('SET', 'k', 'second');
    await first.host.close();
    await second.host.close();
    assert.deepEqual(await contentsOf(first.disk, ['k']), ['second']);
  });

  test('the older one is fenced even when its slot was trimmed away meanwhile', async () => {
    const first = await openStore();
    await first.session.call('SET', 'k', 'first');
    const second = await openStore({ disk: first.disk });
    for (let round = 0; round < 3; round++) {
      await second.session.call('SET', 'k', `second ${round}`);
      await second.host.save();
    }
    assert.equal(await outcome(first.session.call('SET', 'k', 'stale')), 'FENCED');
    await second.host.close();
    assert.deepEqual(await contentsOf(first.disk, ['k']), ['second 2']);
    await first.host.close();
  });
});

describe('a session that ends itself', () => {
  for (const [what, bytes] of [
    ['QUIT', '*1\r\n$4\r\nQUIT\r\n'],
    ['a protocol error', '*1\r\n+oops\r\n'],
  ] as const) {
    test(`${what} is answered, then the session is over; others go on`, async () => {
      const { host, session } = await openStore();
      const transport = host.connect();
      const heard: string[] = [];
      const closed = new Promise<void>((resolve) => {
        transport.attach({
          onReply: (reply) => void heard.push(new TextDecoder().decode(reply)),
          onClose: () => resolve(),
        });
      });
      transport.send(new TextEncoder().encode(bytes));
      await closed;
      assert.match(heard.join(''), /^(\+OK|-ERR Protocol error.*)\r\n$/);
      transport.send(new TextEncoder().encode('PING\r\n'));
      assert.equal(await session.call('PING'), 'PONG');
      assert.equal(heard.length, 1);
      await host.close();
    });
  }
});

describe('close', () => {
  test('is idempotent, flushes, and every later call is CLOSED', async () => {
    const { host, session, disk } = await openStore({ durability: 'no' });
    await session.call('SET', 'k', 'v');
    await Promise.all([host.close(), host.close()]);
    await host.close();
    assert.equal(disk.unsynced.size, 0);
    assert.deepEqual(await contentsOf(disk, ['k']), ['v']);
    assert.equal(await outcome(session.call('GET', 'k')), 'CLOSED');
    assert.equal(await outcome(new Session(host).call('GET', 'k')), 'CLOSED');
    assert.equal(await outcome(host.flush()), 'CLOSED');
    assert.equal(await outcome(host.save()), 'CLOSED');
  });

  test('answers what is under way first', async () => {
    const { host, session } = await openStore();
    const write = outcome(session.call('SET', 'k', 'v'));
    await turns(1);
    await host.close();
    assert.equal(await write, 'resolved');
  });

  test('leaves no timer behind', async () => {
    const { host, session, scheduler } = await openStore();
    await session.call('SET', 'k', 'v', 'PXAT', String(scheduler.now() + 1_000_000));
    await turns();
    await host.close();
    assert.equal(scheduler.armed, 0);
  });
});
