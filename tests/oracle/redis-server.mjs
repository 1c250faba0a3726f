// A real redis-server 8.0.2 for one test: loopback, a free port, a folder of its own, ended with
// it.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';

const PREPARE = fileURLToPath(new URL('prepare-oracle.sh', import.meta.url));
const START_ATTEMPTS = 200;

let prepared;
/** The folder with bin/redis-server, redis-cli, redis-check-aof, redis-check-rdb. */
export function oracleFolder() {
  prepared ??= execFileSync('sh', [PREPARE], { stdio: ['ignore', 'pipe', 'inherit'] })
    .toString()
    .trim();
  return prepared;
}

export const oracleTool = (name) => join(oracleFolder(), 'bin', name);

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (value) => {
      socket.destroy();
      resolve(value);
    };
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (bytes) => end(bytes.toString().startsWith('+PONG')));
    socket.once('error', () => end(false));
  });
}

/** Ends a server and the processes that save for it, which would outlive it and write on. */
function killWithSavers(child) {
  child.kill('SIGSTOP'); // no further one is forked meanwhile
  let savers = [];
  try {
    const list = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
    savers = list.split(' ').filter(Boolean).map(Number);
  } catch {
    // Already gone, or a kernel without that list: the caller's retries have to do.
  }
  for (const pid of [...savers, child.pid]) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself meanwhile.
    }
  }
}

/**
 * Starts a server. `folder`: where its files lie; without it a temporary one that `close` removes.
 * `options`: redis.conf words, e.g. ['--appendonly', 'yes'].
 */
export async function startRedis({ folder, options = [] } = {}) {
  const own = folder === undefined;
  const directory = folder ?? mkdtempSync(join(tmpdir(), 'wadict-redis-'));
  const port = await freePort();
  const output = [];
  const child = spawn(
    oracleTool('redis-server'),
    [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--save', ''],
      ...['--enable-debug-command', 'yes', '--loglevel', 'notice'],
      ...options,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => output.push(chunk.toString()));
  }
  const ended = new Promise((resolve) => child.once('exit', resolve));
  let alive = true;
  void ended.then(() => (alive = false));
  const close = async () => {
    if (alive) killWithSavers(child);
    await ended;
    // A killed saver may still be there for a moment.
    if (own) rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  };
  for (let attempt = 0; alive && attempt < START_ATTEMPTS; attempt++) {
    if (await answers(port)) return { port, folder: directory, log: () => output.join(''), close };
    await wait(20);
  }
  await close();
  throw new Error(`redis-server did not start:\n${output.join('')}`);
}
