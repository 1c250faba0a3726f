import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '../../../web/client/client.ts';
import type { Value } from '../../../web/client/arguments.ts';
import { WadictError } from '../../../web/errors.ts';
import type { StoreStatus } from '../../../web/transport.ts';
import { TinyStore } from './tiny-store.ts';

function openTiny(): { store: TinyStore; db: Client } {
  const store = new TinyStore();
  return { store, db: new Client('test', store) };
}

async function rejection(promise: Promise<unknown>): Promise<WadictError> {
  const error = await promise.then(
    () => assert.fail('the promise resolved'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof WadictError, String(error));
  return error;
}

test('calls of one turn leave in one message, in order, after one greeting', async () => {
  const { store, db } = openTiny();
  const replies = Promise.all([db.set('a', '1'), db.incr('a'), db.get('a'), db.call('PING')]);
  assert.equal(store.messages.length, 0, 'nothing leaves before the turn ends');
  assert.deepEqual(await replies, ['OK', 2, '2', 'PONG']);
  assert.equal(store.messages.length, 1);
  assert.deepEqual(store.commands, [
    ['HELLO', '3'],
    ['SET', 'a', '1'],
    ['INCR', 'a'],
    ['GET', 'a'],
    ['PING'],
  ]);
  await db.get('a');
  assert.equal(store.messages.length, 2);
  assert.deepEqual(store.commands.at(-1), ['GET', 'a'], 'the greeting is sent once');
});

test('importing and opening sends nothing; the first call does', () => {
  const { store } = openTiny();
  assert.equal(store.messages.length, 0);
});

test('replies find their calls however the bytes are cut', async () => {
  for (const chunkBytes of [1, 2, 3, 7, 64]) {
    const { store, db } = openTiny();
    store.chunkBytes = chunkBytes;
    const calls = Array.from({ length: 200 }, (_, i) =>
      db.echo(`message ${i} ${'é'.repeat(i % 5)}`),
    );
    const replies = await Promise.all(calls);
    replies.forEach((reply, i) => assert.equal(reply, `message ${i} ${'é'.repeat(i % 5)}`));
  }
});

test('text and bytes calls can alternate in one message', async () => {
  const { db } = openTiny();
  const bytes = new Uint8Array([0, 255, 13, 10]);
  const [, text, buffer, again] = await Promise.all([
    db.set('k', 'käse\0\ud800'),
    db.get('k'),
    db.getBuffer('k'),
    db.echoBuffer(bytes),
  ]);
  assert.equal(text, 'käse\0\ud800');
  assert.ok(buffer instanceof Uint8Array);
  assert.deepEqual(again, bytes);
  assert.equal(await db.get('absent'), null);
  assert.equal(await db.getBuffer('absent'), null);
});

test('bytes are copied at the call: changing them afterwards changes nothing', async () => {
  const { db } = openTiny();
  const bytes = new Uint8Array([1, 2, 3]);
  const first = db.set('a', bytes);
  bytes.fill(9);
  const second = db.set('b', bytes);
  bytes.fill(0);
  await Promise.all([first, second]);
  assert.deepEqual(await db.getBuffer('a'), new Uint8Array([1, 2, 3]));
  assert.deepEqual(await db.getBuffer('b'), new Uint8Array([9, 9, 9]));
});

test('numbers and bigints are stored as their decimal text', async () => {
  const { db } = openTiny();
  await db.set(1, 2.5);
  await db.set('big', 123456789012345678901234567890n);
  assert.equal(await db.get('1'), '2.5');
  assert.equal(await db.get('big'), '123456789012345678901234567890');
});

test('a reply beyond 2^53 is an exact bigint', async () => {
  const { db } = openTiny();
  await db.set('n', '9007199254740992');
  assert.equal(await db.incr('n'), 9007199254740993n as unknown as number);
});

test('what is neither text nor bytes is refused with a hint, before anything is sent', async () => {
  const { store, db } = openTiny();
  const bad: [unknown, RegExp][] = [
    [undefined, /missing/],
    [null, /null/],
    [true, /boolean/],
    [{ a: 1 }, /JSON\.stringify/],
    [['a'], /array.*JSON\.stringify/],
    [new Date(0), /Date/],
    [NaN, /NaN/],
    [Infinity, /Infinity.*'inf'/],
    [Symbol('s'), /symbol/],
    [() => 1, /function/],
    [new ArrayBuffer(3), /new Uint8Array\(buffer\)/],
    [new Float64Array(2), /new Uint8Array\(x\.buffer/],
    [new DataView(new ArrayBuffer(2)), /new Uint8Array/],
    [new Blob(['x']), /arrayBuffer\(\)/],
    [Object.create(null), /JSON\.stringify/],
  ];
  for (const [value, hint] of bad) {
    const error = await rejection(db.set('k', value as Value));
    assert.equal(error.code, 'INVALID_VALUE');
    assert.match(error.message, hint);
    assert.equal(error.command, 'SET');
    const keyError = await rejection(db.get(value as Value));
    assert.equal(keyError.code, 'INVALID_KEY');
    assert.equal((await rejection(db.call('SET', 'k', value as Value))).code, 'INVALID_VALUE');
  }
  assert.equal(store.messages.length, 0);
});

test('an oversized value is refused unsent, by its bytes and not its characters', async () => {
  const store = new TinyStore();
  const db = new Client('test', store, { maxValueBytes: 10 });
  assert.equal((await rejection(db.set('k', 'x'.repeat(11)))).code, 'VALUE_TOO_LARGE');
  assert.equal((await rejection(db.set('k', 'éééééé'))).code, 'VALUE_TOO_LARGE');
  assert.equal((await rejection(db.set('k', new Uint8Array(11)))).code, 'VALUE_TOO_LARGE');
  assert.equal((await rejection(db.get('k'.repeat(11)))).code, 'VALUE_TOO_LARGE');
  assert.equal(store.messages.length, 0);
  assert.equal(await db.set('k', 'ééééé'), 'OK');
  assert.equal(await db.set('k', 'x'.repeat(10)), 'OK');
});

test('an error reply rejects its own call with code, command and key, and no other', async () => {
  const { db } = openTiny();
  await db.set('k', 'text');
  const [before, failed, after] = await Promise.allSettled([
    db.get('k'),
    db.incr('k'),
    db.get('k'),
  ]);
  assert.deepEqual(
    [before.status, failed.status, after.status],
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  const error = (failed as PromiseRejectedResult).reason as WadictError;
  assert.equal(error.code, 'NOT_INTEGER');
  assert.equal(error.message, 'ERR value is not an integer or out of range');
  assert.equal(error.command, 'INCR');
  assert.equal(error.key, 'k');
  assert.equal(error.retryable, false);
  assert.equal((await rejection(db.call('LPUSH', 'k', 'x'))).code, 'WRONGTYPE');
  assert.equal((await rejection(db.call('NOSUCH'))).code, 'UNKNOWN_COMMAND');
  assert.equal((await rejection(db.call('FULL'))).code, 'QUOTA_EXCEEDED');
});

test('an error inside an array reply is a WadictError in its place', async () => {
  const { db } = openTiny();
  const [one, error] = (await db.call('EXECUTE')) as [number, WadictError];
  assert.equal(one, 1);
  assert.ok(error instanceof WadictError);
  assert.equal(error.code, 'NOT_INTEGER');
});

test('typed replies have their shapes: scan, configGet, keys', async () => {
  const { db } = openTiny();
  await db.set('a', '1');
  assert.deepEqual(await db.scan(0), ['17', ['a']]);
  assert.deepEqual(await db.scanBuffer('0', { match: 'a*', count: 5 }), [
    '17',
    [new Uint8Array([97])],
  ]);
  assert.deepEqual(await db.keys('*'), ['a']);
  const config = await db.configGet('*');
  assert.equal(config['maxmemory\0'], '0');
  assert.equal(Object.getOwnPropertyDescriptor(config, '__proto__')?.value, 'x');
  assert.equal(Object.getPrototypeOf(config), Object.prototype);
});

test('when the session dies every call rejects with its own error, now and later', async () => {
  const { store, db } = openTiny();
  store.held = true;
  const sent = [db.get('a'), db.set('b', '1')];
  await Promise.resolve();
  const unsent = db.get('c');
  store.die(new Error('terminated'));
  for (const [call, command, key] of [
    [sent[0]!, 'GET', 'a'],
    [sent[1]!, 'SET', 'b'],
    [unsent, 'GET', 'c'],
    [db.get('d'), 'GET', 'd'],
  ] as const) {
    const error = await rejection(call);
    assert.equal(error.code, 'WORKER_DIED');
    assert.equal(error.command, command);
    assert.equal(error.key, key);
    assert.equal(error.retryable, true);
  }
});

test('the reason that the host gives for the end is the code that callers get', async () => {
  const { store, db } = openTiny();
  store.held = true;
  const call = db.get('a');
  store.die(new WadictError('LOCKED', 'another tab has the store'));
  const error = await rejection(call);
  assert.equal(error.code, 'LOCKED');
  assert.match(error.message, /another tab/);
});

test('close answers what was called; later calls reject with CLOSED; it is done once', async () => {
  const { store, db } = openTiny();
  const last = db.set('k', 'v');
  const closing = db.close();
  assert.equal(db.close(), closing);
  assert.equal(await last, 'OK');
  await closing;
  assert.equal(store.closed, 1);
  for (const call of [
    db.get('k'),
    db.call('PING'),
    db.flush(),
    db.export(),
    db.import(new Uint8Array(1)),
  ]) {
    assert.equal((await rejection(call)).code, 'CLOSED');
  }
});

test('close settles calls that the host never answered, also when closing fails', async () => {
  const { store, db } = openTiny();
  store.held = true;
  store.closeError = new WadictError('STORAGE_LOST', 'gone');
  const call = db.get('k');
  const [closing, unanswered] = await Promise.allSettled([db.close(), call]);
  assert.equal((closing as PromiseRejectedResult).reason.code, 'STORAGE_LOST');
  assert.equal((unanswered as PromiseRejectedResult).reason.code, 'CLOSED');
});

test('bytes that are no RESP end the session instead of leaving calls pending', async () => {
  const { store, db } = openTiny();
  store.held = true;
  const call = db.get('k');
  await Promise.resolve();
  store.inject('?nonsense\r\n');
  assert.equal((await rejection(call)).code, 'WORKER_DIED');
  assert.equal((await rejection(db.get('k'))).code, 'WORKER_DIED');
});

test('a reply nobody waits for ends the session', async () => {
  const { store, db } = openTiny();
  await db.get('k');
  store.inject('+surprise\r\n');
  assert.equal((await rejection(db.get('k'))).code, 'WORKER_DIED');
});

test('a push message is no reply to anything', async () => {
  const { store, db } = openTiny();
  store.held = true;
  const call = db.echo('x');
  await Promise.resolve();
  store.inject('>2\r\n+invalidate\r\n+k\r\n');
  store.release();
  assert.equal(await call, 'x');
});

test('commands that would detach replies from calls are refused', async () => {
  const { store, db } = openTiny();
  for (const argv of [['SUBSCRIBE', 'c'], ['monitor'], ['client', 'reply', 'OFF']] as [
    string,
    ...string[],
  ][]) {
    assert.equal((await rejection(db.call(...argv))).code, 'UNSUPPORTED');
  }
  assert.equal((await rejection(db.call(''))).code, 'SYNTAX');
  assert.equal(store.messages.length, 0);
});

test('flush, export and import come after the calls made before them', async () => {
  const { store, db } = openTiny();
  const calls = [db.set('a', '1'), db.set('b', '2')];
  const report = await db.flush();
  assert.equal(store.flushedAfter, 3, 'greeting and two commands');
  assert.equal(report.position, 3n);
  void db.set('c', '3');
  const blob = await db.export({ as: 'blob' });
  assert.equal(await blob.text(), 'REDIS:a,b,c');
  const stream = await db.export();
  assert.equal(await new Response(stream).text(), 'REDIS:a,b,c');
  await Promise.all(calls);
});

test('import takes a stream, Blob, bytes, ArrayBuffer or Response, nothing else', async () => {
  const bytes = new Uint8Array(200_000).map((_, i) => i % 251);
  for (const source of [
    new Blob([bytes]).stream(),
    new Blob([bytes]),
    bytes,
    bytes.buffer,
    new Response(bytes),
  ]) {
    const { store, db } = openTiny();
    const report = await db.import(source);
    assert.equal(report.bytes, bytes.length);
    assert.equal(Buffer.compare(Buffer.concat(store.imported), bytes), 0);
  }
  assert.equal(bytes.length, 200_000, 'the caller keeps its bytes');
  const { db } = openTiny();
  assert.equal((await rejection(db.import('dump.rdb' as unknown as Blob))).code, 'INVALID_VALUE');
});

test('status is what the backend says; listeners hear changes until they stop', () => {
  const { store, db } = openTiny();
  const heard: StoreStatus['storage'][] = [];
  const stop = db.on('status', (status) => heard.push(status.storage));
  store.changeStatus({ storage: 'full' });
  assert.equal(db.status.storage, 'full');
  stop();
  store.changeStatus({ storage: 'ok' });
  assert.deepEqual(heard, ['full']);
});

test('100,000 calls of one turn leave in few messages of 128 KiB and all settle in order', async () => {
  const { store, db } = openTiny();
  const calls = Array.from({ length: 100_000 }, (_, i) => db.echo(String(i)));
  assert.ok(store.messages.length > 15, 'the other side works while calls are still issued');
  const replies = await Promise.all(calls);
  assert.ok(replies.every((reply, i) => reply === String(i)));
  const sizes = store.messages.map(({ length }) => length);
  assert.ok(sizes.slice(0, -1).every((bytes) => bytes >= 131_072 && bytes < 131_200));
  assert.equal(store.commands.length, 100_001);
});

test('bytes and long values leave as they were at the call, in order with text', async () => {
  const { store, db } = openTiny();
  const bytes = new Uint8Array(140_000).fill(7);
  const calls = [
    db.set('a', 'é'),
    db.set('b', bytes),
    db.set('c', 'x'.repeat(5_000)),
    db.set('d', new Uint8Array([1, 2])),
    db.set('e', 12n),
  ];
  bytes.fill(9);
  assert.deepEqual(await Promise.all(calls), ['OK', 'OK', 'OK', 'OK', 'OK']);
  assert.deepEqual(await db.getBuffer('b'), new Uint8Array(140_000).fill(7));
  const rest = await Promise.all(['a', 'c', 'd', 'e'].map((key) => db.get(key)));
  assert.deepEqual(rest, ['é', 'x'.repeat(5_000), '\u0001\u0002', '12']);
  assert.equal(store.messages.length, 4, 'the long bytes left at once, the calls after them later');
});
