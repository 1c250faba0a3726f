/** The server over real sockets. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer as createNetServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { Redis } from 'ioredis';
import { createClient } from 'redis';

import { WadictError } from '../../../web/errors.ts';
import { ErrorReply } from '../../../web/resp/reply.ts';
import { RespServer } from '../../../web/server/resp-server.ts';
import { createServer } from '../../../web/server/server.ts';
import { oracleTool } from '../../oracle/redis-server.mjs';
import { openStore } from '../host/harness.ts';
import { makeFolder, RawClient, serve, words } from './serve.ts';

const run = promisify(execFile);

/** Warnings of Node while `body` runs. */
async function warningsOf(body: () => Promise<void>): Promise<string[]> {
  const warnings: string[] = [];
  const note = (warning: Error): void => void warnings.push(String(warning));
  process.on('warning', note);
  await body();
  await new Promise(setImmediate);
  process.off('warning', note);
  return warnings;
}

test('inline commands, RESP2 and RESP3 are answered, however the bytes are cut', async (t) => {
  const server = await serve(t);
  const client = await RawClient.connect(t, { port: server.port ?? 0 });
  const sent = `SET k 'a b'\r\n${words('GET', 'k')}${words('HELLO', '3')}${words('HGETALL', 'x')}PING\n`;
  for (const byte of Buffer.from(sent)) {
    client.send(Uint8Array.of(byte));
    await new Promise(setImmediate);
  }
  const [ok, value, hello, empty, pong] = await client.replies(5);
  assert.deepEqual([ok, value, empty, pong], ['OK', 'a b', new Map(), 'PONG']);
  assert.ok(hello instanceof Map);
  assert.equal(hello.get('proto'), 3);
});

test('ioredis connects without a warning and tours strings and hashes', async (t) => {
  const server = await serve(t);
  const warnings = await warningsOf(async () => {
    const redis = new Redis({ port: server.port ?? 0, lazyConnect: true });
    await redis.connect();
    assert.equal(await redis.set('k', 'v', 'EX', 100), 'OK');
    assert.equal(await redis.get('k'), 'v');
    assert.equal(await redis.hset('h', { a: '1', b: '2' }), 2);
    assert.deepEqual(await redis.hgetall('h'), { a: '1', b: '2' });
    const bytes = Buffer.from([0, 255, 13, 10]);
    await redis.set('bytes', bytes);
    assert.deepEqual(await redis.getBuffer('bytes'), bytes);
    const replies = await redis.pipeline().incr('n').incr('k').get('n').exec();
    assert.deepEqual(
      replies?.map(([error, value]) => error?.message ?? value),
      [1, 'ERR value is not an integer or out of range', '1'],
    );
    const other = redis.duplicate();
    assert.equal(await other.strlen('k'), 1);
    await Promise.all([redis.quit(), other.quit()]);
  });
  assert.deepEqual(warnings, []);
});

test('ioredis: lists, sets, bits, transactions, blocking pops and messages', async (t) => {
  const server = await serve(t);
  const redis = new Redis({ port: server.port ?? 0 });
  const other = redis.duplicate();
  t.after(() => [redis, other].forEach((client) => client.disconnect()));
  assert.equal(await redis.rpush('l', 'a', 'b', 'c'), 3);
  assert.deepEqual(await redis.lrange('l', 0, -1), ['a', 'b', 'c']);
  assert.equal(await redis.sadd('s', 'x', 'y', 'x'), 2);
  assert.deepEqual((await redis.smembers('s')).sort(), ['x', 'y']);
  assert.deepEqual([await redis.setbit('b', 7, 1), await redis.bitcount('b')], [0, 1]);
  assert.deepEqual([await redis.pfadd('p', 'a', 'b'), await redis.pfcount('p')], [1, 2]);
  assert.deepEqual(await redis.multi().incr('n').lpop('l').exec(), [
    [null, 1],
    [null, 'a'],
  ]);
  const popped = other.blpop('queue', 0);
  await redis.ping();
  assert.equal(await redis.rpush('queue', 'job'), 1);
  assert.deepEqual(await popped, ['queue', 'job']);
  const message = once(other, 'message');
  assert.equal(await other.subscribe('news'), 1);
  assert.equal(await redis.publish('news', 'hello'), 1);
  assert.deepEqual(await message, ['news', 'hello']);
});

test('node-redis: transactions, watch, blocking pops and messages', async (t) => {
  const server = await serve(t);
  const redis = createClient({ url: server.url });
  const other = redis.duplicate();
  t.after(() => [redis, other].forEach((client) => client.destroy()));
  await Promise.all([redis.connect(), other.connect()]);
  assert.deepEqual(await redis.multi().set('k', '1').incr('k').exec(), ['OK', 2]);
  await redis.watch('k');
  await other.set('k', 'other');
  await assert.rejects(redis.multi().get('k').exec(), /watch/i);
  const popped = other.blPop('queue', 0);
  assert.equal(await redis.lPush('queue', 'job'), 1);
  assert.deepEqual({ ...(await popped) }, { key: 'queue', element: 'job' });
  const messages: string[] = [];
  const heard = new Promise<void>((resolve) => {
    void other.pSubscribe('news.*', (text, channel) => {
      messages.push(channel, text);
      resolve();
    });
  });
  while ((await redis.publish('news.today', 'hello')) === 0) continue;
  await heard;
  assert.deepEqual(messages, ['news.today', 'hello']);
});

test('CLIENT KILL ends other connections, one that waits for a key too', async (t) => {
  const server = await serve(t);
  const killer = await RawClient.connect(t, { port: server.port ?? 0 });
  const idle = await RawClient.connect(t, { port: server.port ?? 0 });
  const waiting = await RawClient.connect(t, { port: server.port ?? 0 });
  const ids = [await idle.call('CLIENT', 'ID'), await waiting.call('CLIENT', 'ID')];
  waiting.send(words('BLPOP', 'never', '0'));
  await idle.call('PING');
  for (const id of ids) assert.equal(await killer.call('CLIENT', 'KILL', 'ID', String(id)), 1);
  await Promise.all([idle.closed(), waiting.closed()]);
  assert.equal(await killer.call('PING'), 'PONG');
});

test('CLIENT LIST tells the addresses, and CLIENT KILL takes them', async (t) => {
  const server = await serve(t);
  const first = await RawClient.connect(t, { port: server.port ?? 0, host: '127.0.0.1' });
  const second = await RawClient.connect(t, { port: server.port ?? 0, host: '127.0.0.1' });
  const list = String(await second.call('CLIENT', 'INFO'));
  const address = `127.0.0.1:${second.socket.localPort}`;
  assert.match(list, new RegExp(` addr=${address} laddr=127\\.0\\.0\\.1:${server.port} `));
  assert.equal(await first.call('CLIENT', 'KILL', 'LADDR', '127.0.0.1:1'), 0);
  assert.equal(await first.call('CLIENT', 'KILL', 'ADDR', address), 1);
  await second.closed();
});

test('a client that goes away while it waits gets nothing any more', async (t) => {
  const server = await serve(t);
  const leaving = await RawClient.connect(t, { port: server.port ?? 0 });
  leaving.send(words('BLPOP', 'queue', '0'));
  leaving.socket.end();
  await leaving.closed();
  const other = await RawClient.connect(t, { port: server.port ?? 0 });
  assert.deepEqual([await other.call('RPUSH', 'queue', 'job')], [1]);
  assert.deepEqual(await other.call('LRANGE', 'queue', '0', '-1'), ['job']);
});

test('a subscriber that reads nothing is cut off before it fills the memory', async (t) => {
  const server = await serve(t);
  const lazy = await RawClient.connect(t, { port: server.port ?? 0 });
  await lazy.call('SUBSCRIBE', 'flood');
  lazy.socket.pause();
  const publisher = await RawClient.connect(t, { port: server.port ?? 0 });
  const message = words('PUBLISH', 'flood', 'x'.repeat(1_000_000));
  let receivers: unknown = 1;
  for (let sent = 0; sent < 200 && receivers === 1; sent++) {
    publisher.send(message);
    [receivers] = await publisher.replies(1);
  }
  assert.equal(receivers, 0);
});

for (const RESP of [2, 3] as const) {
  test(`node-redis with RESP${RESP} connects without a warning and tours strings and hashes`, async (t) => {
    const server = await serve(t);
    const warnings = await warningsOf(async () => {
      const redis = createClient({ url: server.url, RESP });
      const errors: unknown[] = [];
      redis.on('error', (error: unknown) => errors.push(error));
      await redis.connect();
      assert.equal(await redis.set('k', 'v'), 'OK');
      assert.equal(await redis.get('k'), 'v');
      assert.equal(await redis.hSet('h', { a: '1', b: '2' }), 2);
      assert.deepEqual({ ...(await redis.hGetAll('h')) }, { a: '1', b: '2' });
      const many = await Promise.all(Array.from({ length: 1000 }, () => redis.incr('n')));
      assert.equal(many.at(-1), 1000);
      const keys: string[] = [];
      for await (const found of redis.scanIterator()) keys.push(...found);
      assert.deepEqual(keys.sort(), ['h', 'k', 'n']);
      await redis.close();
      assert.deepEqual(errors, []);
    });
    assert.deepEqual(warnings, []);
  });
}

test('redis-cli and redis-benchmark speak to it', async (t) => {
  const server = await serve(t);
  const port = String(server.port);
  const cli = await run(oracleTool('redis-cli'), ['-p', port, '-3', 'HSET', 'h', 'f', 'v']);
  assert.deepEqual([cli.stdout, cli.stderr], ['1\n', '']);
  const keys = await run(oracleTool('redis-cli'), ['-p', port, '--bigkeys']);
  assert.match(keys.stdout, /Biggest\s+hash found "h" has 1 field/);
  const options = ['-p', port, '-n', '2000', '-P', '16', '-t', 'set,get,incr,hset', '-q'];
  const bench = await run(oracleTool('redis-benchmark'), options);
  for (const name of ['SET', 'GET', 'INCR', 'HSET'])
    assert.match(bench.stdout, new RegExp(`${name}: [\\d.]+ requests per second`));
  assert.equal(bench.stderr, '');
  assert.equal(await server.store.get('counter:__rand_int__'), '2000');
});

test('the engine is called at most once for each read of a socket', async (t) => {
  const store = await openStore();
  const [engine] = store.engines;
  assert.ok(engine);
  let calls = 0;
  const execute = engine.execute.bind(engine);
  engine.execute = (session, bytes, nowMs) => {
    calls++;
    return execute(session, bytes, nowMs);
  };
  const served = { connect: () => store.host.connect(), call: async () => ['maxclients', '100'] };
  const server = new RespServer(served);
  let reads = 0;
  const listener = createNetServer({ allowHalfOpen: true }, (socket) => {
    socket.on('data', () => reads++);
    void server.accept(socket);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  t.after(async () => {
    await server.close();
    listener.close();
    await store.host.close();
  });
  const { port } = listener.address() as { port: number };
  const commands = 20_000;
  const options = ['-p', String(port), '-n', String(commands), '-P', '16', '-t', 'set', '-q'];
  await run(oracleTool('redis-benchmark'), options);
  assert.ok(reads > 0 && calls <= reads, `${calls} calls for ${reads} reads`);
  assert.ok(calls <= commands / 8, `${calls} calls for ${commands} commands`);
});

test('a client that does not read stops being read, and gets everything when it reads', async (t) => {
  const server = await serve(t);
  await server.store.set('big', 'x'.repeat(1_000_000));
  const client = await RawClient.connect(t, { port: server.port ?? 0 });
  client.socket.pause();
  const requests = 200;
  for (let sent = 0; sent < requests; sent++) client.send(words('GET', 'big'));
  client.send(words('SET', 'reached', '1'));
  // Another client is served meanwhile, and the first one's last request has not run.
  const other = await RawClient.connect(t, { port: server.port ?? 0 });
  for (let round = 0; round < 50; round++) assert.equal(await other.call('PING'), 'PONG');
  assert.equal(client.isClosed, false);
  client.socket.resume();
  const replies = await client.replies(requests + 1);
  assert.equal(replies.length, requests + 1);
  assert.ok(replies.slice(0, -1).every((reply) => (reply as string).length === 1_000_000));
  assert.equal(replies.at(-1), 'OK');
});

test('what was sent before the client closed its half is answered', async (t) => {
  const server = await serve(t, { directory: await makeFolder(), log: true });
  const client = await RawClient.connect(t, { port: server.port ?? 0 });
  client.socket.end('SET a 1\r\nGET a\r\nGE');
  assert.deepEqual(await client.replies(3), ['OK', '1']);
});

test('QUIT and protocol errors are answered, then the connection ends', async (t) => {
  const server = await serve(t);
  const quitting = await RawClient.connect(t, { port: server.port ?? 0 });
  quitting.send('QUIT\r\nPING\r\n');
  assert.deepEqual(await quitting.replies(2), ['OK']);
  const wrong = await RawClient.connect(t, { port: server.port ?? 0 });
  wrong.send('*1\r\nhello\r\n');
  const [reply] = await wrong.replies(2);
  assert.ok(reply instanceof ErrorReply);
  assert.equal(reply.message, "ERR Protocol error: expected '$', got 'h'");
  await wrong.closed();
});

test('a page cannot reach the store: HTTP and TLS are cut off before anything runs', async (t) => {
  const server = await serve(t);
  const attempts = [
    'POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nSET stolen 1\r\n',
    'GET /x HTTP/1.1\r\n\r\nSET stolen 1\r\n',
    'XX\r\nHost: 127.0.0.1\r\nSET stolen 1\r\n',
    '\x16\x03\x01\x02\x00SET stolen 1\r\n',
  ];
  for (const sent of attempts) {
    const client = await RawClient.connect(t, { port: server.port ?? 0 });
    client.send(Buffer.from(sent, 'latin1'));
    await client.closed();
  }
  assert.equal(await server.store.exists('stolen'), 0);
});

test('requirepass: nothing runs before AUTH, and little is read', async (t) => {
  const server = await serve(t, { password: 'secret' });
  const client = await RawClient.connect(t, { port: server.port ?? 0 });
  const [refused, wrong, ok, value] = [
    await client.call('GET', 'k'),
    await client.call('AUTH', 'guess'),
    await client.call('AUTH', 'secret'),
    await client.call('SET', 'k', 'v'.repeat(20_000)),
  ];
  assert.ok(refused instanceof ErrorReply && wrong instanceof ErrorReply);
  assert.deepEqual([refused.word, wrong.word, ok, value], ['NOAUTH', 'WRONGPASS', 'OK', 'OK']);
  for (const tooMuch of ['*11\r\n', '*2\r\n$3\r\nGET\r\n$16385\r\n']) {
    const stranger = await RawClient.connect(t, { port: server.port ?? 0 });
    stranger.send(tooMuch);
    const [reply] = await stranger.replies(2);
    assert.ok(reply instanceof ErrorReply);
    assert.match(reply.message, /^ERR Protocol error: unauthenticated (multi)?bulk length$/);
    await stranger.closed();
  }
  assert.equal(await server.store.get('k'), 'v'.repeat(20_000));
});

test('maxclients refuses one connection too many, and takes it when another has gone', async (t) => {
  const server = await serve(t, { config: { maxclients: '2' } });
  const [first, second] = [
    await RawClient.connect(t, { port: server.port ?? 0 }),
    await RawClient.connect(t, { port: server.port ?? 0 }),
  ];
  assert.deepEqual([await first.call('PING'), await second.call('PING')], ['PONG', 'PONG']);
  const third = await RawClient.connect(t, { port: server.port ?? 0 });
  const [reply] = await third.replies(1);
  assert.ok(reply instanceof ErrorReply);
  assert.equal(reply.message, 'ERR max number of clients reached');
  await third.closed();
  second.socket.destroy();
  for (let answer: unknown; answer !== 'PONG';) {
    const again = await RawClient.connect(t, { port: server.port ?? 0 });
    answer = await again.call('PING');
  }
});

test('a Unix socket serves as a port does; a dead one is replaced, a living one is not', async (t) => {
  const folder = await makeFolder();
  const path = join(folder, 'wadict.sock');
  const options = { port: null, unixSocket: path, storage: 'memory' as const };
  const server = await createServer(options);
  t.after(() => server.close());
  assert.deepEqual([server.port, server.url], [null, `unix://${path}`]);
  const client = await RawClient.connect(t, { path });
  assert.equal(await client.call('SET', 'k', 'v'), 'OK');
  await assert.rejects(createServer(options), (error) => {
    return error instanceof WadictError && error.code === 'LOCKED';
  });
  assert.equal(await client.call('GET', 'k'), 'v');
  await server.close();
  await client.closed();
  assert.equal(existsSync(path), false);
});

test('a port in use, a folder in use, an address of others, a wrong parameter: each its error', async (t) => {
  const directory = await makeFolder();
  const server = await serve(t, { directory });
  const codeOf = (options: object): Promise<string> =>
    createServer({ port: 0, storage: 'memory', ...options }).then(
      async (opened) => {
        await opened.close();
        return 'opened';
      },
      (error: WadictError) => error.code,
    );
  assert.equal(await codeOf({ port: server.port }), 'LOCKED');
  assert.equal(await codeOf({ storage: 'file', directory }), 'LOCKED');
  assert.equal(await codeOf({ config: { nonsense: '1' } }), 'INVALID_VALUE');
  assert.equal(await codeOf({ config: { maxmemory: 'much' } }), 'INVALID_VALUE');
  assert.equal(await codeOf({ config: { maxmemory: '100mb' } }), 'opened');
  assert.equal(await server.store.set('k', 'still served'), 'OK');
});

test('a store that is open already is served beside its own use, and stays open', async (t) => {
  const own = await serve(t);
  const second = await createServer({ port: 0, store: own.store });
  const client = await RawClient.connect(t, { port: second.port ?? 0 });
  await own.store.set('k', 'v');
  assert.equal(await client.call('GET', 'k'), 'v');
  await second.close();
  await client.closed();
  assert.equal(await own.store.get('k'), 'v');
});
