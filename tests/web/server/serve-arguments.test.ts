/** The words behind `wadict serve`. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { WadictError } from '../../../web/errors.ts';
import { readServeArguments } from '../../../web/server/serve-arguments.ts';

const read = (line: string): ReturnType<typeof readServeArguments> =>
  readServeArguments(line === '' ? [] : line.split(' ').map((word) => (word === "''" ? '' : word)));

test('without words the defaults are those of redis-server, in a folder of its own', () => {
  const { options, ignored } = read('');
  const { port, directory, log, savePoints, password, config } = options;
  assert.deepEqual(
    { port, directory, log, savePoints, password, config, ignored },
    {
      port: undefined,
      directory: 'wadict-data',
      log: undefined,
      savePoints: undefined,
      password: undefined,
      config: {},
      ignored: [],
    },
  );
});

test('every option of the server is understood', () => {
  const { options } = read(
    '--port 7000 --dir d --appendonly yes --appendfsync always --save 3600 1 300 100 ' +
      '--requirepass p --unixsocket s.sock --unixsocketperm 700 --bind 127.0.0.1 ::1',
  );
  const { port, directory, log, durability, savePoints, password } = options;
  assert.deepEqual(
    { port, directory, log, durability, savePoints, password },
    {
      port: 7000,
      directory: 'd',
      log: true,
      durability: 'always',
      savePoints: '3600 1 300 100',
      password: 'p',
    },
  );
  assert.deepEqual([options.unixSocket, options.unixSocketMode], ['s.sock', 0o700]);
});

test('appendfsync everysec is our commit; an empty save means none; --x=y is --x y', () => {
  assert.equal(read('--appendfsync everysec').options.durability, 'commit');
  assert.equal(read("--save ''").options.savePoints, '');
  assert.equal(read('--port=1').options.port, 1);
  assert.equal(read('--port 0').options.port, 0);
  assert.equal(read('--port 0 --unixsocket s').options.port, null);
});

test('other names are parameters of CONFIG SET, with values of several words or below zero', () => {
  const { options, ignored } = read(
    '--maxmemory 100mb --list-max-listpack-size -2 --daemonize yes ' +
      '--client-output-buffer-limit normal 0 0 0 --loglevel debug',
  );
  assert.deepEqual(options.config, {
    maxmemory: '100mb',
    'list-max-listpack-size': '-2',
    'client-output-buffer-limit': 'normal 0 0 0',
  });
  assert.deepEqual(ignored.toSorted(), ['daemonize', 'loglevel']);
});

test('wrong words are named', () => {
  for (const [line, expected] of [
    ['--port 65536', /^port: '65536' is no number from 0 to 65535$/],
    ['--port -1', /^port: '-1' is no number/],
    ['--unixsocketperm 9', /^unixsocketperm: '9' is no number from 0 to 777$/],
    ['--bind 127.0.0.1 10.0.0.1', /this machine only .* not on '10.0.0.1'$/],
    ['--appendfsync often', /^appendfsync: 'often' is none of always, everysec, no$/],
    ['--storage disk', /^storage: 'disk' is none of file, memory$/],
    ['--dir', /^dir: a value is missing$/],
    ['--dir --port 1', /^dir: a value is missing$/],
    ['6379', /^6379: an option begins with --$/],
  ] as const) {
    assert.throws(
      () => read(line),
      (error) =>
        error instanceof WadictError &&
        error.code === 'INVALID_VALUE' &&
        expected.test(error.message),
      line,
    );
  }
});
