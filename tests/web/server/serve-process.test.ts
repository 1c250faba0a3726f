/** `wadict serve` as a process: how it starts, how it ends, what stays. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { makeFolder, RawClient, ServeProcess } from './serve.ts';

test('SIGTERM and SIGINT save and end with 0', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const dir = await makeFolder();
    const server = await ServeProcess.start(t, '--dir', dir);
    const client = await RawClient.connect(t, { port: server.port });
    assert.equal(await client.call('SET', 'k', signal), 'OK');
    assert.equal(await server.end(signal), 0, server.output);
    await client.closed();
    const again = await ServeProcess.start(t, '--dir', dir);
    const reader = await RawClient.connect(t, { port: again.port });
    assert.equal(await reader.call('GET', 'k'), signal);
    assert.equal(await again.end('SIGTERM'), 0);
  }
});

test('SHUTDOWN saves unless told not to, and ends the process with 0', async (t) => {
  const dir = await makeFolder();
  for (const [word, isSaved] of [
    ['NOSAVE', false],
    ['SAVE', true],
  ] as const) {
    const server = await ServeProcess.start(t, '--dir', dir, '--save', '');
    const client = await RawClient.connect(t, { port: server.port });
    await client.call('SET', 'k', word);
    client.send(`SHUTDOWN ${word}\r\n`);
    await client.closed();
    assert.equal(await server.ended(), 0, server.output);
    assert.equal(existsSync(join(dir, 'dump.rdb')), isSaved);
  }
});

test('without save points and log nothing is written at the end', async (t) => {
  const dir = await makeFolder();
  const server = await ServeProcess.start(t, '--dir', dir, '--save', '');
  const client = await RawClient.connect(t, { port: server.port });
  await client.call('SET', 'k', 'v');
  assert.equal(await server.end('SIGTERM'), 0);
  assert.deepEqual(await readdir(dir), []);
});

test('with --appendonly yes what was acknowledged survives SIGKILL', async (t) => {
  const dir = await makeFolder();
  const options = ['--dir', dir, '--appendonly', 'yes'];
  const server = await ServeProcess.start(t, ...options);
  const client = await RawClient.connect(t, { port: server.port });
  const count = 2000;
  for (let key = 0; key < count; key++) client.send(`SET k${key} ${key}\r\n`);
  const acknowledged = (await client.replies(count / 2)).length;
  assert.equal(await server.end('SIGKILL'), 'SIGKILL');
  const again = await ServeProcess.start(t, ...options);
  const reader = await RawClient.connect(t, { port: again.port });
  for (let key = 0; key < acknowledged; key++) reader.send(`GET k${key}\r\n`);
  const expected = Array.from({ length: acknowledged }, (_, key) => String(key));
  assert.deepEqual(await reader.replies(acknowledged), expected);
});

test('a second server on the same folder or port refuses with a clear error', async (t) => {
  const dir = await makeFolder();
  const first = await ServeProcess.start(t, '--dir', dir);
  const sameFolder = new ServeProcess(['--port', '0', '--dir', dir]);
  assert.equal(await sameFolder.ended(), 1);
  assert.match(sameFolder.output, /wadict: LOCKED: .* is in use by process \d+/);
  const samePort = new ServeProcess(['--port', String(first.port), '--dir', await makeFolder()]);
  assert.equal(await samePort.ended(), 1);
  assert.match(samePort.output, /wadict: LOCKED: port \d+ is in use by another program/);
});

test('wrong words end with a typed error before anything is opened', async (t) => {
  const dir = join(await makeFolder(), 'none');
  for (const [words, expected] of [
    [['--port', 'x'], /INVALID_VALUE: port: 'x' is no number from 0 to 65535/],
    [['--bind', '0.0.0.0'], /INVALID_VALUE: the server listens on this machine only/],
    [['--appendonly', 'perhaps'], /INVALID_VALUE: appendonly: 'perhaps' is none of yes, no/],
    [['--save'], /INVALID_VALUE: save: a value is missing/],
    [['6379'], /INVALID_VALUE: 6379: an option begins with --/],
  ] as const) {
    const server = new ServeProcess([...words, '--dir', dir]);
    t.after(() => server.child.kill('SIGKILL'));
    assert.equal(await server.ended(), 1);
    assert.match(server.output, expected);
  }
  assert.equal(existsSync(dir), false);
});
