import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { WadictError } from '../../../web/errors.ts';
import { Host } from '../../../web/host/host.ts';
import { owned, toWire } from '../../../web/worker/wire.ts';
import { WorkerBackend } from '../../../web/worker/worker-transport.ts';
import { makeEngine, outcome } from '../host/harness.ts';
import { ManualScheduler, turns } from '../host/manual-scheduler.ts';
import { FakeWorker, openPair } from './worker-pair.ts';

describe('a store in a Worker', () => {
  test('answers requests, all calls of a turn in one message', async () => {
    const { backend, worker, call } = await openPair();
    worker.posted.length = 0;
    const replies = await Promise.all([call('SET', 'a', '1'), call('GET', 'a'), call('INCR', 'a')]);
    assert.deepEqual(replies, ['OK', '1', 2]);
    assert.deepEqual(
      worker.posted.map(({ kind }) => kind),
      ['request'],
    );
    await backend.close();
  });

  test('sessions are separate', async () => {
    const { backend, call } = await openPair();
    const { Pipeline } = await import('../../../web/client/pipeline.ts');
    const other = new Pipeline(backend.connect());
    const label = { command: '', key: undefined };
    await other.call(['SELECT', '5'], label, false, (reply) => reply);
    await other.call(['SET', 'k', 'five'], label, false, (reply) => reply);
    assert.equal(await call('GET', 'k'), null);
    await backend.close();
  });

  test('flush, status and close pass through; later calls are CLOSED', async () => {
    const { backend, worker, call, disk } = await openPair({ open: { durability: 'commit' } });
    await call('SET', 'k', 'v');
    const report = await backend.flush();
    assert.equal(report.position, 1n);
    assert.equal(disk.unsynced.size, 0);
    assert.equal(backend.status.durability, 'commit');
    const heard: string[] = [];
    backend.onStatus(({ durability }) => heard.push(durability));
    await call('CONFIG', 'SET', 'appendfsync', 'always');
    await turns();
    assert.equal(backend.status.durability, 'always');
    assert.ok(heard.includes('always'));
    await Promise.all([backend.close(), backend.close()]);
    assert.equal(worker.isDead, true);
    assert.equal(await outcome(call('GET', 'k')), 'CLOSED');
    assert.equal(await outcome(backend.flush()), 'CLOSED');
  });

  test('export and import stream chunk by chunk', async () => {
    const source = await openPair();
    await Promise.all(
      Array.from({ length: 3000 }, (_, index) =>
        source.call('SET', `k${index}`, `value ${index} `.repeat(10)),
      ),
    );
    const target = await openPair();
    const report = await target.backend.importRdb(source.backend.exportRdb());
    assert.equal(report.keys, 3000);
    assert.equal(await target.call('GET', 'k2999'), 'value 2999 '.repeat(10));
    await source.backend.close();
    await target.backend.close();
  });

  test('an import that breaks off, or whose bytes are wrong, changes nothing', async () => {
    const { backend, call } = await openPair();
    await call('SET', 'k', 'v');
    const wrong = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('this is no RDB file'));
        controller.close();
      },
    });
    assert.equal(await outcome(backend.importRdb(wrong)), 'IMPORT_REJECTED');
    const broken = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(new WadictError('ABORTED', 'the download broke off'));
      },
    });
    assert.equal(await outcome(backend.importRdb(broken)), 'ABORTED');
    assert.equal(await call('GET', 'k'), 'v');
    await backend.close();
  });

  test('an export that is cancelled frees the way for the next', async () => {
    const { backend, call } = await openPair();
    await call('SET', 'k', 'v');
    const reader = backend.exportRdb().getReader();
    await reader.read();
    await reader.cancel();
    let bytes = 0;
    const again = backend.exportRdb().getReader();
    for (let part = await again.read(); !part.done; part = await again.read())
      bytes += part.value.length;
    assert.ok(bytes > 9);
    await backend.close();
  });
});

describe('opening that fails', () => {
  const open = (worker: FakeWorker, signal?: AbortSignal): Promise<WorkerBackend> =>
    WorkerBackend.open({
      worker,
      open: { name: 'app' },
      locks: worker.locks,
      scheduler: new ManualScheduler(),
      signal,
    });

  test('rejects with the error of the Worker, with its code', async () => {
    const worker = new FakeWorker(() => Promise.reject(new WadictError('CORRUPT', 'at byte 7')));
    const error: unknown = await open(worker).catch((reason: unknown) => reason);
    assert.ok(error instanceof WadictError);
    assert.deepEqual([error.code, error.message], ['CORRUPT', 'at byte 7']);
    assert.equal(worker.isDead, true);
  });

  test('a script that cannot be loaded is WORKER_LOAD', async () => {
    const worker = new FakeWorker(() => new Promise(() => undefined));
    const opening = outcome(open(worker));
    worker.emit('error', { message: '' });
    assert.equal(await opening, 'WORKER_LOAD');
  });

  test('can be aborted', async () => {
    const controller = new AbortController();
    const worker = new FakeWorker(() => new Promise(() => undefined));
    const opening = outcome(open(worker, controller.signal));
    controller.abort();
    assert.equal(await opening, 'ABORTED');
    assert.equal(worker.isDead, true);
    assert.equal(
      await outcome(open(new FakeWorker(() => new Promise(() => undefined)), controller.signal)),
      'ABORTED',
    );
  });
});

describe('a Worker that dies', () => {
  test('settles everything that is pending with WORKER_DIED: calls, flush, streams, sessions', async () => {
    const { backend, worker, call } = await openPair();
    await call('SET', 'k', 'v');
    worker.onMessage = (message) => {
      if (message.kind === 'reply') throw new Error('a reply must not come any more');
    };
    const pending = [outcome(call('GET', 'k')), outcome(backend.flush())];
    const reader = backend.exportRdb().getReader();
    worker.die();
    assert.deepEqual(await Promise.all(pending), ['WORKER_DIED', 'WORKER_DIED']);
    assert.equal(
      await outcome(
        (async () => {
          while (!(await reader.read()).done);
        })(),
      ),
      'WORKER_DIED',
    );
    assert.equal(await outcome(call('GET', 'k')), 'WORKER_DIED');
    assert.equal(backend.status.storage, 'degraded');
    await backend.close();
  });

  test('an uncaught error in it counts as its death', async () => {
    const { backend, worker, call } = await openPair();
    await call('PING');
    const pending = outcome(call('GET', 'k'));
    worker.emit('error', { message: 'boom' });
    assert.equal(await pending, 'WORKER_DIED');
    await backend.close();
  });

  test('without Web Locks: noticed while something is pending, by its silence', async () => {
    const { backend, worker, scheduler, call } = await openPair({ hasLocks: false });
    await call('PING');
    await scheduler.advance(60_000);
    const pings = worker.posted.filter((message) => message.kind === 'call').length;
    await scheduler.advance(60_000);
    assert.equal(
      worker.posted.filter((message) => message.kind === 'call').length,
      pings,
      'idle means idle',
    );
    worker.die();
    const pending = outcome(call('GET', 'k'));
    await turns();
    await scheduler.advance(13_000);
    assert.equal(await pending, 'WORKER_DIED');
    await backend.close();
  });

  test('without Web Locks a long command is not taken for death: the Worker answers pings', async () => {
    const { backend, worker, scheduler, call } = await openPair({ hasLocks: false });
    await call('PING');
    worker.onMessage = () => undefined;
    const answered = backend.flush();
    await scheduler.advance(9_000);
    await answered;
    assert.equal(await call('PING'), 'PONG');
    await backend.close();
  });
});

describe('on the wire', () => {
  test('errors keep code and text; what is no WadictError becomes WORKER_DIED', () => {
    const error = new WadictError('LOCKED', 'held', { retryable: true });
    assert.deepEqual(toWire(error), { code: 'LOCKED', message: 'held', retryable: true });
    assert.equal(toWire(new TypeError('bug')).code, 'WORKER_DIED');
  });

  test('bytes are transferred whole, views of a larger buffer are copied', () => {
    const whole = new Uint8Array([1, 2, 3]);
    assert.equal(owned(whole), whole);
    const view = whole.subarray(1);
    assert.deepEqual([...owned(view)], [2, 3]);
    assert.notEqual(owned(view).buffer, whole.buffer);
  });
});

test('the host in this thread and the one in a Worker give the same replies', async () => {
  const { Session } = await import('../host/harness.ts');
  const host = await Host.open({
    engine: makeEngine,
    storage: null,
    scheduler: new ManualScheduler(),
  });
  const session = new Session(host);
  const { backend, call } = await openPair();
  for (const argv of [
    ['SET', 'k', 'v', 'EX', '10'],
    ['GET', 'k'],
    ['STRLEN', 'k'],
    ['NOPE'],
    ['GET'],
    ['INCR', 'k'],
    ['MGET', 'k', 'x'],
  ]) {
    const [here, there] = await Promise.allSettled([session.call(...argv), call(...argv)]);
    assert.deepEqual(there, here, argv.join(' '));
  }
  await host.close();
  await backend.close();
});
