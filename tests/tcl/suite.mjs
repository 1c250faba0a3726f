// Redis's Tcl suite, fetched by prepare-oracle.sh and run from a copy of its scripts, so that two
// runs do not meet; and one run of one unit of it against a server.
import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { at } from '../../web/build/steps.mjs';

const PREPARE = fileURLToPath(new URL('../oracle/prepare-oracle.sh', import.meta.url));
const LAUNCHER = fileURLToPath(new URL('redis-server.mjs', import.meta.url));
const TOOLS = ['redis-cli', 'redis-benchmark', 'redis-check-rdb', 'redis-check-aof'];
const LINE = /^\[(ok|err|skip|ignore|exception)\]:? ?(.*(?:\n(?!\[|\s*$|Cleanup|===).*){0,4})/gm;

/** The folder of the suite's sources. */
export function suiteSource() {
  const folder = execFileSync('sh', [PREPARE, '--suite'], { stdio: ['ignore', 'pipe', 'inherit'] });
  return join(folder.toString().trim(), 'redis-8.0.2');
}

/** A copy to run from; `close` removes it. Its src/redis-server is ours, or Redis's. */
export function copySuite(source, isRedis) {
  const folder = mkdtempSync(join(tmpdir(), 'wadict-tcl-'));
  cpSync(join(source, 'tests'), join(folder, 'tests'), { recursive: true });
  cpSync(join(source, 'runtest'), join(folder, 'runtest'));
  mkdirSync(join(folder, 'src'));
  for (const tool of TOOLS) symlinkSync(join(source, '..', 'bin', tool), join(folder, 'src', tool));
  const server = join(folder, 'src/redis-server');
  if (isRedis) symlinkSync(join(source, '../bin/redis-server'), server);
  else writeFileSync(server, `#!/bin/sh\nexec '${process.execPath}' '${LAUNCHER}' "$@"\n`);
  if (!isRedis) chmodSync(server, 0o755);
  return { folder, close: () => rmSync(folder, { recursive: true, force: true }) };
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** A server for one unit; `close` ends it and says whether it was still there. */
export async function startServer(isRedis, source) {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'wadict-tcl-data-'));
  const [program, first] = isRedis
    ? [join(source, '../bin/redis-server'), []]
    : [process.execPath, [process.env.WADICT_CLI ?? at('dist/cli.js'), 'serve']];
  const debug = ['--enable-debug-command', 'yes', '--enable-protected-configs', 'yes'];
  const words = ['--port', `${port}`, '--save', '', '--dir', folder, ...(isRedis ? debug : [])];
  const child = spawn(program, [...first, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await new Promise((resolve, reject) => {
    const hear = (bytes) => {
      output += bytes;
      if (/Ready to accept/.test(output)) resolve();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    ended.then(() => reject(new Error(`the server did not start:\n${output}`)));
  });
  const close = async () => {
    const isAlive = child.exitCode === null && child.signalCode === null;
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
    return { isAlive, output };
  };
  return { port, close };
}

/** Runs one unit. `skip`: names or /patterns. @returns counts, failures and the whole log */
export async function runUnit({ suite, unit, port, tags, skip, only = [], minutes = 5 }) {
  const file = join(suite, 'skip.txt');
  writeFileSync(file, `${skip.join('\n')}\n`);
  const base = 20_000 + Math.floor((process.pid % 200) * 100);
  const words = ['--single', unit, '--durable', '--tags', tags, '--skipfile', file];
  if (port === undefined) words.push('--clients', '1');
  else words.push('--host', '127.0.0.1', '--port', String(port));
  for (const name of only) words.push('--only', name);
  const child = spawn('./runtest', [...words, '--baseport', String(base)], {
    cwd: suite,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes) => (log += bytes.toString('latin1')));
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    process.kill(-child.pid, 'SIGKILL');
  }, minutes * 60_000);
  await new Promise((resolve) => child.once('close', resolve));
  clearTimeout(timer);
  log = log.replaceAll(/\x1b\[[0-9;]*m/g, '');
  const count = { ok: 0, err: 0, skip: 0, ignore: 0, exception: 0 };
  const errors = [];
  const skipped = [];
  for (const [, word, text] of log.matchAll(LINE)) {
    count[word]++;
    if (word === 'err' || word === 'exception') errors.push(text);
    if (word === 'skip') skipped.push(text);
  }
  if (isLate) errors.push(`${unit} did not end within ${minutes} minutes`);
  else if (!/All tests passed|tests failed|\[err\]/.test(log)) errors.push(`${unit} broke off`);
  return { ...count, errors, skipped, log };
}
