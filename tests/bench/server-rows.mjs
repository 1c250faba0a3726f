// Against redis-server itself: a pipeline of 64 through ioredis beside a pipeline of 64 requests in
// RESP through the engine's `execute`; and E15, a million keys loaded from the same RDB file.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startRedis } from '../oracle/redis-server.mjs';
import { wasmContestants } from './build-contestants.mjs';
import { CHUNK, KINDS, PHASES } from './contestants.mjs';
import { freshKeys, freshValue, median, shuffled } from './measure.mjs';
import { requirePeer } from './npm-peers.mjs';

const PIPELINE = 64;
const LOAD_TARGET = 1.5;

async function fill(client, keys) {
  const names = freshKeys(Array.from({ length: keys }, (_, index) => index));
  for (let from = 0; from < keys; from += 10_000) {
    const pipeline = client.pipeline();
    for (const [index, name] of names.slice(from, from + 10_000).entries())
      pipeline.set(name, freshValue(from + index));
    await pipeline.exec();
  }
}

async function clientPipelines(client, { keys, random, rounds }) {
  const times = [];
  for (let round = 0; round < rounds; round++) {
    const names = freshKeys(shuffled(keys, random).slice(0, PIPELINE * 100));
    const started = performance.now();
    for (let from = 0; from < names.length; from += PIPELINE) {
      const pipeline = client.pipeline();
      for (const name of names.slice(from, from + PIPELINE)) pipeline.get(name);
      const replies = await pipeline.exec();
      if (replies.some(([error, value]) => error !== null || value.length !== 32))
        throw new Error('VOID: redis-server answered something else');
    }
    times.push(((performance.now() - started) * 1e6) / names.length);
  }
  return median(times);
}

async function enginePipelines({ keys, rounds }) {
  const [engine] = wasmContestants(['wadict']);
  await engine.open(keys, KINDS.uniform);
  const chunks = Math.ceil(keys / CHUNK);
  await engine.run(PHASES.insert, 0, chunks);
  const times = [];
  for (let round = 0; round < rounds; round++) {
    const { ns } = await engine.run(PHASES.pipeline64, 0, chunks);
    times.push(ns.reduce((sum, value) => sum + value, 0) / keys);
  }
  await engine.close();
  return median(times);
}

/** Seconds that redis-server says the load took; it starts with the file in its folder. */
async function serverLoad(folder) {
  const server = await startRedis({ folder });
  const said = /DB loaded from disk: ([\d.]+) seconds/.exec(server.log());
  await server.close();
  if (said === null) throw new Error('redis-server did not say how long its load took');
  return Number(said[1]);
}

async function engineLoad(bytes, keys) {
  const [engine] = wasmContestants(['wadict']);
  await engine.open(keys, KINDS.uniform);
  const seconds = engine.load(bytes);
  await engine.close();
  return seconds;
}

export async function serverRows({ keys, random, rounds, progress }) {
  progress(`redis-server  ${keys} keys`);
  const Redis = requirePeer('ioredis');
  const server = await startRedis();
  const client = new Redis({ port: server.port, host: '127.0.0.1' });
  const rows = [];
  try {
    await fill(client, keys);
    const theirs = await clientPipelines(client, { keys, random, rounds });
    const ours = await enginePipelines({ keys, rounds });
    rows.push({
      id: 'pipeline',
      what: 'GET, 64 in a pipeline',
      contestant: 'redis-server',
      n: keys,
      value: ours,
      unit: 'ns',
      ratio: theirs / ours,
    });
    await client.call('SAVE');
    const file = readFileSync(join(server.folder, 'dump.rdb'));
    const loads = { theirs: [], ours: [] };
    for (let round = 0; round < Math.min(rounds, 3); round++) {
      loads.theirs.push(await serverLoad(server.folder));
      loads.ours.push(await engineLoad(file, keys));
    }
    rows.push({
      id: 'E15',
      what: 'load of an RDB file',
      contestant: 'redis-server',
      n: keys,
      value: Math.min(...loads.ours) * 1000,
      unit: 'ms',
      ratio: Math.min(...loads.theirs) / Math.min(...loads.ours),
      ...(keys >= 1_000_000 && { target: LOAD_TARGET }),
    });
  } finally {
    client.disconnect();
    await server.close();
  }
  return rows;
}
