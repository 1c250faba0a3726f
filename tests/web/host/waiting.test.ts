/** Clients that wait for a key, at the host: who is told when, what it costs, what survives. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentsOf, openStore, outcome, Session, watch } from './harness.ts';
import { Gate } from '../storage/faulty-storage.ts';
import { turns } from './manual-scheduler.ts';

test('a late reply leaves when its record is durable', async () => {
  const { host, session, storage, disk } = await openStore({ durability: 'commit' });
  const other = new Session(host);
  const popped = watch(other.call('BLPOP', 'q', '0'));
  await turns();
  assert.equal(popped.settled, false);
  const gate = new Gate();
  storage.beforeAppend = () => gate.pass();
  gate.hold();
  const pushed = watch(session.call('RPUSH', 'q', 'x'));
  await turns();
  assert.equal(pushed.settled, false);
  assert.equal(popped.settled, false, 'told before it was stored');
  gate.open();
  assert.deepEqual(await popped.promise, ['q', 'x']);
  assert.equal(await pushed.promise, 1);
  assert.deepEqual(await contentsOf(disk, ['q']), [null]);
  await host.close();
});

test('what was called before a blocking command in one turn is answered at once', async () => {
  const { host, session } = await openStore();
  const other = new Session(host);
  const before = other.call('SET', 'k', 'v');
  const popped = watch(other.call('BLPOP', 'q', '0'));
  const behind = watch(other.call('GET', 'k'));
  assert.equal(await before, 'OK');
  await turns();
  assert.deepEqual([popped.settled, behind.settled], [false, false]);
  const later = watch(other.call('PING'));
  await session.call('RPUSH', 'q', 'x');
  assert.deepEqual(await popped.promise, ['q', 'x']);
  assert.deepEqual(await Promise.all([behind.promise, later.promise]), ['v', 'PONG']);
  // Two that wait in one turn.
  const both = other.all(['BLPOP', 'a', '0'], ['PING'], ['BLPOP', 'b', '0'], ['PING']);
  await session.all(['RPUSH', 'a', '1'], ['RPUSH', 'b', '2']);
  assert.deepEqual(await both, [['a', '1'], 'PONG', ['b', '2'], 'PONG']);
  await host.close();
});

test('a hundred clients that wait cost no timer and no call of the engine', async () => {
  const { host, session, scheduler, engines } = await openStore({ durability: 'no' });
  const clients = Array.from({ length: 100 }, () => new Session(host));
  const popped = clients.map((client) => client.call('BLPOP', 'q', '0'));
  await scheduler.advance(2_000); // the log of the past is written
  const asked = scheduler.delays.length;
  const ticks = engines[0]?.ticks;
  await scheduler.advance(10_000);
  assert.equal(scheduler.delays.length, asked);
  assert.equal(engines[0]?.ticks, ticks);
  assert.equal(scheduler.armed, 0);
  const values = clients.map((_, index) => `v${index}`);
  await session.call('RPUSH', 'q', ...values);
  const served = (await Promise.all(popped)) as [string, string][];
  assert.deepEqual(
    served.map(([, value]) => value),
    values,
  );
  await host.close();
});

test('a timeout is one timer, and ends the wait at its time', async () => {
  const { host, scheduler } = await openStore({ durability: 'no' });
  const client = new Session(host);
  const popped = watch(client.call('BLPOP', 'q', '30'));
  await turns();
  await scheduler.advance(2_000);
  assert.deepEqual(scheduler.pending(), [28_000]);
  await scheduler.advance(27_999);
  assert.equal(popped.settled, false);
  await scheduler.advance(1);
  assert.equal(await popped.promise, null);
  await host.close();
});

test('a session that closes while it waits takes nothing', async () => {
  const { host, session } = await openStore();
  const client = new Session(host);
  const popped = outcome(client.call('BLPOP', 'q', '0'));
  await turns();
  await client.transport.close();
  assert.equal(await popped, 'CLOSED');
  await session.call('RPUSH', 'q', 'x');
  assert.equal(await session.call('LLEN', 'q'), 1);
  await host.close();
});

test('a client that is killed hears it, whether it waits or not', async () => {
  const { host, session } = await openStore();
  const [waiting, idle] = [new Session(host), new Session(host)];
  const id = await idle.call('CLIENT', 'ID');
  const ids = [await waiting.call('CLIENT', 'ID'), id];
  const popped = outcome(waiting.call('BLPOP', 'q', '0'));
  await turns();
  for (const each of ids) await session.call('CLIENT', 'KILL', 'ID', String(each));
  assert.equal(await popped, 'CLOSED');
  assert.equal(await outcome(idle.call('PING')), 'CLOSED');
  await host.close();
});

test('an engine that must be rebuilt answers those who waited by an error', async () => {
  const faults = { trapOn: (argv: readonly string[]) => argv[0] === 'ECHO' };
  const { host, session } = await openStore({ faults });
  const client = new Session(host);
  const popped = outcome(client.call('BLPOP', 'q', '0'));
  await turns();
  assert.equal(await outcome(session.call('ECHO', 'trap')), 'WORKER_DIED');
  assert.equal(await popped, 'WORKER_DIED');
  faults.trapOn = () => false;
  const again = client.call('BLPOP', 'q', '0');
  await session.call('RPUSH', 'q', 'x');
  assert.deepEqual(await again, ['q', 'x']);
  await host.close();
});

test('a transaction and a subscription outlive the engine, a watch does not', async () => {
  const faults = { trapOn: (argv: readonly string[]) => argv[0] === 'ECHO' };
  const { host, session } = await openStore({ faults });
  const [queueing, watching] = [new Session(host), new Session(host)];
  await queueing.all(['MULTI'], ['SET', 'k', '1'], ['SELECT', '3'], ['SET', 'k', '3']);
  await watching.all(['SET', 'w', '1'], ['WATCH', 'w']);
  await outcome(session.call('ECHO', 'trap'));
  assert.deepEqual(await queueing.call('EXEC'), ['OK', 'OK', 'OK']);
  assert.equal(await queueing.call('GET', 'k'), '3', 'SELECT inside holds');
  await watching.all(['MULTI'], ['SET', 'w', '2']);
  assert.equal(await watching.call('EXEC'), null);
  await watching.all(['MULTI'], ['SET', 'w', '2']);
  assert.deepEqual(await watching.call('EXEC'), ['OK']);
  await host.close();
});
