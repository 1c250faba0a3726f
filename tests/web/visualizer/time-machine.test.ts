import assert from 'node:assert/strict';
import { test } from 'node:test';
import { INCOMPLETE, ReplyDecoder } from '../../../web/resp/decode.ts';
import { encodeRequest, encodeRequests } from '../../../web/resp/encode.ts';
import { startEngine } from '../../../web/engine/load-node.ts';
import { seededRandom } from '../../../web/visualizer/generators.ts';
import { decodeTables } from '../../../web/visualizer/inspect-reply.ts';
import { toPublicReply } from '../../../web/client/reply-error.ts';
import {
  OperationLog,
  requestEnds,
  splitRequests,
} from '../../../web/visualizer/lab/operation-log.ts';
import { kKeyframeInterval, TimeMachine } from '../../../web/visualizer/lab/time-machine.ts';

const kStartMs = 1_700_000_000_000;
const kSeed = 0x5eed_0000_1111_2222_3333_4444n;

async function makeMachine(): Promise<TimeMachine> {
  const { port, images } = await startEngine({ seed: kSeed, host: false, initialMemory: '16mb' });
  return new TimeMachine({ port, images: images() }, kStartMs, () => performance.now());
}

const words = (...words: (string | number)[]) => encodeRequest(words);
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/** Everything the page draws of a small database, and what is in it. */
function pictureOf(machine: TimeMachine): string {
  const asked = ['DB 0', 'BUCKETS 0 0 0 4096', 'BUCKETS 0 1 0 4096', 'ARENA', 'DEADLINES 0 64'];
  const replies = asked.map((what) => textOf(machine.ask(words('INSPECT', ...what.split(' ')))));
  return replies.join('\n');
}

const digestOf = (machine: TimeMachine): string => textOf(machine.ask(words('DEBUG', 'DIGEST')));

function tablesOf(machine: TimeMachine) {
  const decoder = new ReplyDecoder();
  decoder.push(machine.ask(words('INSPECT', 'DB', 0)));
  const reply = decoder.next(true);
  assert.notEqual(reply, INCOMPLETE);
  return decodeTables(toPublicReply(reply as Exclude<typeof reply, symbol>));
}

test('requests are cut and read as they were made', () => {
  const batch = [['SET', 'a b', 'é'.repeat(40)], ['PING'], ['GET', new Uint8Array([13, 10, 0])]];
  const bytes = encodeRequests(batch);
  assert.deepEqual(requestEnds(bytes), [
    ...batch.map((_, i) => encodeRequests(batch.slice(0, i + 1)).length),
  ]);
  assert.deepEqual(
    splitRequests(bytes).map((request) => request.map((word) => Buffer.from(word).toString())),
    batch.map((request) => request.map((word) => Buffer.from(word as string).toString())),
  );
  assert.throws(() => requestEnds(bytes.subarray(0, bytes.length - 60)), RangeError);
  const log = new OperationLog();
  for (let i = 0; i < 3000; i++) log.add(words('SET', `key:${i}`, 'x'.repeat(100)), i);
  assert.equal(log.textOf(2999), `SET key:2999 ${'x'.repeat(60)}…`);
  assert.equal(log.runEnd(5, 3000), 6);
});

test('every position is again exactly what it was, forwards, backwards and at random', async () => {
  const machine = await makeMachine();
  const random = seededRandom(42);
  const operations = Array.from({ length: 700 }, (_, i) => {
    const key = `key:${Math.floor(random() * 300)}`;
    const choices = [
      ['SET', key, `value ${i}`],
      ['SET', key, 'x'.repeat(i), 'PX', String(1 + Math.floor(200 * random()))],
      ['DEL', key],
      ['INCR', `n:${i % 7}`],
      ['INSPECT', 'STEP', '0', '1'],
      i % 97 === 0 ? ['FLUSHDB'] : ['APPEND', key, 'more'],
    ];
    return choices[Math.floor(random() * choices.length)] ?? ['PING'];
  });
  const seen: string[] = [pictureOf(machine)];
  operations.forEach((operation, i) => {
    machine.record(encodeRequest(operation), kStartMs + i);
    machine.advance(i + 1);
    seen.push(pictureOf(machine));
  });
  const check = (position: number): void => {
    const report = machine.seek(position);
    assert.equal(report.position, position);
    assert.equal(report.text.split(' ')[0], operations[position - 1]?.[0] ?? '');
    assert.equal(pictureOf(machine), seen[position], `position ${position}, seed 42`);
  };
  for (let position = operations.length; position >= 0; position -= 13) check(position);
  for (let i = 0; i < 60; i++) check(Math.floor(random() * (operations.length + 1)));
  // Looking at it by commands that change it (a GET pays a rehash step) leaves no trace.
  check(350);
  machine.ask(words('FLUSHALL'));
  check(350);
  check(351);
});

test('one step back at 100,000 operations: at most a keyframe and its interval are done again', async () => {
  const machine = await makeMachine();
  const count = 100_000;
  for (let from = 0; from < count; from += 1000) {
    const batch = Array.from({ length: 1000 }, (_, i) => {
      const number = from + i;
      return ['SET', `key:${number}`, `value ${number}`];
    });
    machine.record(encodeRequests(batch), kStartMs + from);
    machine.seen({ position: from + 1000, database: 0, keys: from + 1000, ...here(machine, from) });
  }
  assert.equal(machine.executed, count);
  const digest = digestOf(machine);
  machine.seek(count);
  let slowestMs = 0;
  for (let position = count - 1; position > count - 12; position--) {
    const report = machine.seek(position);
    assert.ok(report.replayed < machine.interval, `${report.replayed} operations`);
    assert.ok(report.restoredBytes <= 128 * 2 ** 20, `${report.restoredBytes} bytes`);
    assert.equal(tablesOf(machine).keys, position);
    slowestMs = Math.max(slowestMs, report.tookMs);
  }
  assert.ok(machine.keyframes >= count / kKeyframeInterval);
  machine.seek(count);
  assert.equal(digestOf(machine), digest);
  console.log(
    `# a step back at ${count} operations: at most ${slowestMs.toFixed(1)} ms; ` +
      `${machine.keyframes} keyframes, ${(machine.imageBytes / 2 ** 20).toFixed(0)} MiB`,
  );
});

/** The live engine is taken to have done what the commands alone do. */
function here(machine: TimeMachine, from: number): { stepsTotal: number; timeMs: number } {
  machine.advance(from + 1000);
  return { stepsTotal: tablesOf(machine).stepsTotal, timeMs: kStartMs + from };
}

test('a look at the live engine behind a seek does not move what is asked', async () => {
  const machine = await makeMachine();
  for (const name of ['a', 'b', 'c']) machine.record(words('SET', name, '1'), kStartMs);
  machine.advance(3);
  assert.equal(tablesOf(machine).keys, 3);
  machine.seek(2);
  assert.equal(tablesOf(machine).keys, 2);
  assert.equal(
    machine.seen({ position: 3, database: 0, keys: 3, stepsTotal: 0, timeMs: kStartMs }),
    null,
  );
  assert.equal(tablesOf(machine).keys, 2);
  machine.seek(3);
  assert.equal(tablesOf(machine).keys, 3);
});

test('an extra at the position of a keyframe is executed whether or not the keyframe has it', async () => {
  const machine = await makeMachine();
  machine.recordExtra(words('INSPECT', 'PAUSE', 0, 1), kStartMs); // behind the first keyframe
  assert.equal(tablesOf(machine).isPaused, true);
  machine.record(words('SET', 'a', '1'), kStartMs);
  machine.recordExtra(words('INSPECT', 'PAUSE', 0, 0), kStartMs); // not executed yet
  machine.advance(1);
  assert.equal(tablesOf(machine).isPaused, false);
  for (const [position, isPaused] of [
    [0, true],
    [1, false],
    [0, true],
  ] as const) {
    machine.seek(position);
    assert.equal(tablesOf(machine).isPaused, isPaused, `position ${position}`);
  }
});

test('what the live engine did by itself is done again: its own steps, and keys whose time is over', async () => {
  const machine = await makeMachine();
  const batch = Array.from({ length: 30 }, (_, i) => ['SET', `key:${i}`, 'v', 'PX', 1000 + i]);
  machine.record(encodeRequests([['INSPECT', 'PAUSE', 0, 1], ...batch]), kStartMs);
  machine.advance(31);
  const before = tablesOf(machine);
  assert.notEqual(before.direction, 'none');
  const seen = { position: 31, database: 0, timeMs: kStartMs + 1010 };
  assert.equal(machine.seen({ ...seen, keys: 30, stepsTotal: before.stepsTotal }), null);
  assert.equal(machine.seen({ ...seen, keys: 30, stepsTotal: before.stepsTotal + 1 }), null);
  assert.equal(tablesOf(machine).stepsTotal, before.stepsTotal + 1);
  assert.equal(machine.seen({ ...seen, keys: 20, stepsTotal: before.stepsTotal + 1 }), null);
  assert.equal(tablesOf(machine).keys, 20);
  assert.deepEqual(
    machine.takeMarks().filter(({ kind }) => kind === 'expire'),
    [{ position: 31, kind: 'expire' }],
  );
  machine.seek(30);
  assert.equal(tablesOf(machine).keys, 29);
  machine.seek(31);
  assert.equal(tablesOf(machine).keys, 20);
  assert.match(String(machine.seen({ ...seen, keys: 19, stepsTotal: 0 })), /20 keys, the store 19/);
});
