// S1 to S3: `wadict serve` beside redis-server under redis-benchmark, and a program's own GETs in
// process beside ioredis to redis-server. The two sides take turns within each round.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { at } from '../../web/build/steps.mjs';
import { oracleTool, startRedis } from '../oracle/redis-server.mjs';
import { freshKeys, freshValue, median, shuffled } from './measure.mjs';
import { requirePeer } from './npm-peers.mjs';

const run = promisify(execFile);
const PIPELINE = 64;
const CLIENTS = '50';

/** `wadict serve` without storage, as redis-server is started here; with what its start took. */
async function startServe() {
  const started = performance.now();
  const words = ['serve', '--port', '0', '--storage', 'memory'];
  const child = spawn(process.execPath, [at('dist/cli.js'), ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  for (let port; ;) {
    const [bytes] = await once(child.stdout, 'data');
    output += bytes;
    port = /connections on redis:\/\/127\.0\.0\.1:(\d+)/.exec(output)?.[1];
    if (port === undefined) continue;
    const close = async () => {
      child.kill('SIGTERM');
      await once(child, 'exit');
    };
    return { port: Number(port), startMs: performance.now() - started, close };
  }
}

/** Requests per second of one command. */
async function throughput(port, command, { requests, pipeline, keys }) {
  const { stdout } = await run(oracleTool('redis-benchmark'), [
    ...['-p', String(port), '-c', CLIENTS, '-n', String(requests), '-P', String(pipeline)],
    ...['-r', String(keys), '-t', command, '--csv'],
  ]);
  const line = stdout.split('\n').find((row) => row.toLowerCase().startsWith(`"${command}"`));
  return Number(line.split(',')[1].replaceAll('"', ''));
}

async function benchmarkRows(ours, theirs, { keys, rounds, quick, progress }) {
  const rows = [];
  for (const [id, pipeline, target] of [
    ['S1', 16, 0.5],
    ['S2', 1, 0.6],
  ]) {
    const requests = (quick ? 20_000 : 200_000) * (pipeline === 1 ? 0.5 : 2);
    for (const command of ['set', 'get']) {
      const best = { ours: 0, theirs: 0 };
      for (let round = 0; round < rounds; round++) {
        progress(`${id} ${command}, round ${round + 1}`);
        for (const [side, server] of Object.entries({ theirs, ours })) {
          const rate = await throughput(server.port, command, { requests, pipeline, keys });
          best[side] = Math.max(best[side], rate);
        }
      }
      rows.push({
        id,
        what: `${command.toUpperCase()} -P ${pipeline} -c ${CLIENTS}`,
        contestant: 'redis-server',
        n: keys,
        value: best.ours,
        unit: 'requests/s',
        ratio: best.ours / best.theirs,
        target,
      });
    }
  }
  return rows;
}

/** Nanoseconds per GET, 64 awaited together. */
async function together(get, names) {
  const started = performance.now();
  for (let from = 0; from < names.length; from += PIPELINE) {
    const values = await Promise.all(names.slice(from, from + PIPELINE).map(get));
    if (values.some((value) => value?.length !== 32)) throw new Error('VOID: a wrong value');
  }
  return ((performance.now() - started) * 1e6) / names.length;
}

async function inProcessRow(theirs, { keys, rounds, random, progress }) {
  const Redis = requirePeer('ioredis');
  const { open } = await import(at('dist/node.js'));
  const redis = new Redis({ port: theirs.port, host: '127.0.0.1', enableAutoPipelining: true });
  const db = await open('bench', { storage: 'memory' });
  try {
    const names = freshKeys(Array.from({ length: keys }, (_, index) => index));
    for (let from = 0; from < keys; from += 10_000) {
      const some = names.slice(from, from + 10_000).map((name, i) => [name, freshValue(from + i)]);
      await Promise.all(some.flatMap(([k, v]) => [redis.set(k, v), db.set(k, v)]));
    }
    const times = { ours: [], theirs: [] };
    for (let round = 0; round < rounds; round++) {
      progress(`S3, round ${round + 1}`);
      const chosen = freshKeys(shuffled(keys, random).slice(0, PIPELINE * 500));
      times.theirs.push(await together((key) => redis.get(key), chosen));
      times.ours.push(await together((key) => db.get(key), chosen));
    }
    const ours = median(times.ours);
    return {
      id: 'S3',
      what: 'awaited GET, 64 together',
      contestant: 'ioredis',
      n: keys,
      value: ours,
      unit: 'ns',
      ratio: median(times.theirs) / ours,
      target: 5,
    };
  } finally {
    redis.disconnect();
    await db.close();
  }
}

export async function serveRows({ keys, rounds, random, quick, progress }) {
  const theirs = await startRedis();
  const ours = await startServe();
  try {
    const given = { keys, rounds: Math.min(rounds, 3), random, quick, progress };
    const start = { id: 'start', what: 'wadict serve until ready', n: 0, value: ours.startMs };
    return [
      ...(await benchmarkRows(ours, theirs, given)),
      await inProcessRow(theirs, { ...given, rounds }),
      { ...start, unit: 'ms', contestant: '' },
    ];
  } finally {
    await ours.close();
    await theirs.close();
  }
}
