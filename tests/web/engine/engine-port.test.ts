import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toWadictError } from '../../../web/client/reply-error.ts';
import { EngineError } from '../../../web/engine/engine-error.ts';
import type {
  EngineOptions,
  EnginePort,
  Frame,
  ReplyChunk,
} from '../../../web/engine/engine-port.ts';
import { HotPath } from '../../../web/engine/hot-path.ts';
import { startEngine } from '../../../web/engine/load-node.ts';
import type { RunningEngine } from '../../../web/engine/instantiate.ts';
import { type Argument, encodeRequest, encodeRequests } from '../../../web/resp/encode.ts';
import { INCOMPLETE, ReplyDecoder } from '../../../web/resp/decode.ts';
import type { Reply } from '../../../web/resp/reply.ts';

const kNow = 1_700_000_000_000;

async function start(
  options: EngineOptions = {},
): Promise<{ running: RunningEngine; port: EnginePort; session: number }> {
  const running = await startEngine({ host: true, seed: 1n, ...options });
  return { running, port: running.port, session: running.port.openSession() };
}

function repliesOf(chunk: ReplyChunk): Reply[] {
  const decoder = new ReplyDecoder();
  decoder.push(chunk.bytes);
  const replies: Reply[] = [];
  for (let reply = decoder.next(); reply !== INCOMPLETE; reply = decoder.next())
    replies.push(reply);
  assert.equal(decoder.isMidway, false, 'a chunk holds whole replies');
  return replies;
}

function run(port: EnginePort, session: number, ...argv: Argument[]): Reply {
  const [reply] = repliesOf(port.execute(session, encodeRequest(argv), kNow));
  assert.ok(reply !== undefined, `${argv.join(' ')} was not answered`);
  return reply;
}

test('requests cut anywhere are answered once, when they are whole', async () => {
  const { port, session } = await start();
  const request = encodeRequests([['SET', 'k', 'välue'], ['GET', 'k'], ['PING']]);
  for (let cut = 0; cut <= request.length; cut++) {
    const chunks = [
      port.execute(session, request.subarray(0, cut), kNow),
      port.execute(session, request.subarray(cut), kNow),
    ];
    assert.deepEqual(chunks.flatMap(repliesOf), ['OK', 'välue', 'PONG'], `cut at ${cut}`);
  }
});

test('a request larger than the input buffer goes in by pieces and is answered once', async () => {
  const { port, session } = await start();
  const value = 'x'.repeat(5_000_000);
  const chunk = port.execute(
    session,
    encodeRequests([
      ['SET', 'k', value],
      ['STRLEN', 'k'],
    ]),
    kNow,
  );
  assert.deepEqual(repliesOf(chunk), ['OK', 5_000_000]);
});

test('sessions have databases and half requests of their own', async () => {
  const { port, session } = await start();
  const other = port.openSession();
  assert.equal(run(port, other, 'SELECT', '3'), 'OK');
  run(port, other, 'SET', 'k', 'three');
  assert.equal(run(port, session, 'GET', 'k'), null);
  port.execute(session, encodeRequest(['PING']).subarray(0, 5), kNow);
  assert.equal(run(port, other, 'GET', 'k'), 'three');
  port.closeSession(other);
  assert.deepEqual(repliesOf(port.execute(session, encodeRequest(['PING']).subarray(5), kNow)), [
    'PONG',
  ]);
});

test('what is handed out is a copy: the next call does not change it', async () => {
  const { port, session } = await start();
  const first = port.execute(session, encodeRequest(['ECHO', 'first']), kNow).bytes;
  const kept = first.slice();
  port.execute(session, encodeRequest(['ECHO', 'x'.repeat(100_000)]), kNow);
  assert.deepEqual(first, kept);
  assert.equal(first.byteLength, first.buffer.byteLength, 'it can be transferred');
});

test('a snapshot taken in steps loads into an empty engine with the same digest', async () => {
  const { port, session } = await start();
  for (let i = 0; i < 5000; i++)
    run(port, session, 'SET', `key:${i}`, `value ${i}`, 'PXAT', kNow + 1e9 + i);
  const digest = run(port, session, 'DEBUG', 'DIGEST');
  port.snapshotBegin(kNow);
  const chunks: Uint8Array[] = [];
  for (let done = false; !done;) {
    const step = port.snapshotStep(200, 4096);
    if (step.chunk !== null) chunks.push(step.chunk);
    done = step.done;
    run(port, session, 'SET', `key:${chunks.length}`, 'changed during the walk');
  }
  const copy = await start();
  copy.port.loadBegin();
  for (const chunk of chunks) copy.port.loadChunk(chunk);
  copy.port.loadEnd();
  assert.equal(run(copy.port, copy.session, 'DEBUG', 'DIGEST'), digest);
  assert.ok(chunks.length > 3, 'several steps');
});

test('a snapshot at once equals the store', async () => {
  const { port, session } = await start();
  for (let i = 0; i < 100; i++) run(port, session, 'SET', `k${i}`, String(i));
  const copy = await start();
  copy.port.loadBegin();
  for (const chunk of port.snapshotSync()) copy.port.loadChunk(chunk);
  copy.port.loadEnd();
  assert.equal(
    run(copy.port, copy.session, 'DEBUG', 'DIGEST'),
    run(port, session, 'DEBUG', 'DIGEST'),
  );
});

test('frames of the log replay into an empty engine with the same digest', async () => {
  const { port, session } = await start();
  const id = new Uint8Array(16).fill(7);
  port.setIdentity(id);
  port.setLogging(true);
  const frames: Frame[] = [];
  const seal = (begin = false): void => {
    for (;;) {
      const frame = port.takeLog({
        lsn: BigInt(frames.length + 1),
        epoch: 1n,
        wallMs: kNow,
        begin,
      });
      if (frame === null) return;
      assert.ok(frame.bytes.length <= 60 * 1024);
      frames.push(frame);
      if (!frame.more) return;
    }
  };
  seal(true);
  for (let i = 0; i < 3000; i++) {
    run(port, session, 'SET', `k${i % 500}`, 'v'.repeat(i % 90));
    if (i % 7 === 0) run(port, session, 'INCR', 'counter');
    if (i % 400 === 0) seal();
  }
  seal();
  assert.equal(port.takeLog({ lsn: 99n, epoch: 1n, wallMs: kNow }), null, 'nothing is left');
  assert.equal(frames.at(-1)!.lastPosition, port.logState().position);
  assert.ok(frames.length > 5);

  const copy = await start();
  copy.port.setIdentity(id);
  copy.port.replayBegin({ nextLsn: 1n, chain: null });
  for (const frame of frames) copy.port.replayChunk(frame.bytes);
  const report = copy.port.replayEnd();
  assert.equal(report.status, 'ok', report.reason);
  assert.equal(report.frames, frames.length);
  assert.equal(report.lastLsn, BigInt(frames.length));
  assert.equal(
    run(copy.port, copy.session, 'DEBUG', 'DIGEST'),
    run(port, session, 'DEBUG', 'DIGEST'),
  );
});

test('a damaged snapshot is refused with a code and the place of the damage', async () => {
  const { port, session } = await start();
  for (let i = 0; i < 100; i++) run(port, session, 'SET', `k${i}`, 'v'.repeat(50));
  const file = Buffer.concat(port.snapshotSync());
  const cases: [string, Uint8Array][] = [
    ['cut', file.subarray(0, file.length - 20)],
    ['flipped', Buffer.from(file).fill(file[500]! ^ 0x40, 500, 501)],
    ['foreign', new TextEncoder().encode('<!doctype html>')],
    ['empty', new Uint8Array(0)],
  ];
  for (const [name, bytes] of cases) {
    const copy = await start();
    const load = (): void => {
      copy.port.loadBegin();
      copy.port.loadChunk(bytes);
      copy.port.loadEnd();
    };
    assert.throws(load, (error: unknown) => {
      assert.ok(error instanceof EngineError, name);
      assert.ok(['CORRUPT', 'IMPORT_REJECTED', 'FORMAT_TOO_NEW'].includes(error.code), error.code);
      assert.equal(typeof error.offset, 'number');
      return true;
    });
  }
});

test('the reply to SAVE comes when the host has completed it, before later ones', async () => {
  const { port, session } = await start();
  const chunk = port.execute(session, encodeRequests([['PING'], ['SAVE'], ['PING']]), kNow);
  assert.deepEqual(repliesOf(chunk), ['PONG']);
  assert.equal(chunk.hostRequests.length, 1);
  const [request] = chunk.hostRequests;
  assert.deepEqual([request!.kind, request!.session], ['save', session]);
  port.completeHostRequest(request!.id, null);
  assert.deepEqual(repliesOf(port.drain(session)), ['OK', 'PONG']);
});

test('tick removes what is due and says when to come again', async () => {
  const { port, session } = await start();
  run(port, session, 'SET', 'soon', 'v', 'PX', '100');
  run(port, session, 'SET', 'late', 'v', 'PX', '9000');
  // Redis: a key is expired once now > deadline.
  assert.equal(port.tick(kNow, 1000).nextDeadlineMs, kNow + 101);
  const result = port.tick(kNow + 101, 1000);
  assert.equal(result.nextDeadlineMs, kNow + 9001);
  assert.equal(run(port, session, 'DBSIZE'), 1);
});

test('after a trap every call throws WORKER_DIED and none reaches the engine', async () => {
  const { running, port, session } = await start();
  run(port, session, 'SET', 'k', 'v');
  const { module } = running;
  const hot = new HotPath(running, () => kNow, toWadictError);
  assert.equal(hot.get('k'), 'v');
  // A real trap: the engine hashes a key that ends outside of memory.
  module._wadict_execute = (_session, _length, now) => module._wadict_get(0xffff_ff00, now);
  const died = (error: unknown): boolean =>
    error instanceof EngineError && error.code === 'WORKER_DIED' && error.retryable;
  assert.throws(() => run(port, session, 'PING'), died);
  const called = (): never => assert.fail('the engine was called');
  Object.assign(module, { _wadict_execute: called, _wadict_get: called, _wadict_set: called });
  for (const call of [
    () => port.execute(session, encodeRequest(['PING']), kNow),
    () => port.drain(session),
    () => port.openSession(),
    () => port.tick(kNow, 100),
    () => port.takeLog({ lsn: 1n, epoch: 1n, wallMs: kNow }),
    () => port.snapshotBegin(kNow),
    () => port.snapshotSync(),
    () => port.logState(),
    () => port.loadBegin(),
    () => port.completeHostRequest(1, null),
    () => hot.get('k'),
    () => hot.set('k', 'v'),
    () => hot.del('k'),
    () => hot.getMany(['k']),
    () => hot.setMany(['k', 'v']),
  ]) {
    assert.throws(call, died);
  }
});

test('an expected failure does not shut the gate', async () => {
  const { port, session } = await start();
  assert.throws(() => port.setIdentity(new Uint8Array(3)), EngineError);
  assert.equal(run(port, session, 'PING'), 'PONG');
});

test('wasm memory counts what the instance took', async () => {
  const { port, session } = await start({ initialMemory: '16mb' });
  const before = port.memory().wasmBytes;
  assert.equal(before, 16 * 2 ** 20);
  run(port, session, 'SET', 'k', new Uint8Array(30 * 2 ** 20));
  assert.ok(port.memory().wasmBytes > before);
});

test('a load and a replay that make memory grow read every byte', async () => {
  const { port, session } = await start();
  port.setIdentity(new Uint8Array(16).fill(7));
  for (let i = 0; i < 40; i++) run(port, session, 'SET', `base:${i}`, 'b'.repeat(400_000));
  const file = port.snapshotSync();
  port.setLogging(true);
  for (let i = 0; i < 40; i++) run(port, session, 'SET', `log:${i}`, 'l'.repeat(400_000));
  const frames: Frame[] = [];
  for (let more = true; more;) {
    const frame = port.takeLog({ lsn: BigInt(frames.length + 1), epoch: 1n, wallMs: kNow });
    if (frame !== null) frames.push(frame);
    more = frame?.more ?? false;
  }

  const copy = await start({ initialMemory: '16mb' });
  const before = copy.port.memory().wasmBytes;
  copy.port.setIdentity(new Uint8Array(16).fill(7));
  copy.port.loadBegin();
  for (const chunk of file) copy.port.loadChunk(chunk);
  copy.port.loadEnd();
  copy.port.replayBegin({ nextLsn: 1n, chain: null });
  for (const frame of frames) copy.port.replayChunk(frame.bytes);
  assert.equal(copy.port.replayEnd().status, 'ok');
  assert.ok(copy.port.memory().wasmBytes > before, 'this test must make memory grow');
  assert.equal(
    run(copy.port, copy.session, 'DEBUG', 'DIGEST'),
    run(port, session, 'DEBUG', 'DIGEST'),
  );
});
