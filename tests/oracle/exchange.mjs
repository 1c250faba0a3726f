// Files between us and redis-server 8.0.2, both ways, compared by DEBUG DIGEST: snapshots (RDB),
// the append log, and a log on top of a snapshot.
// Shows @P01 @P04 @P14 @P16 @P22 @P25.
//
//   exchange.mjs [--seed N] [--keys 20000]
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadEngine } from './engine.mjs';
import { Random } from './random.mjs';
import { oracleTool } from './redis-server.mjs';
import { show } from './resp.mjs';
import { EngineTarget, RedisTarget } from './targets.mjs';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000_007) },
    keys: { type: 'string', default: '20000' },
  },
});
const KEYS = Number(values.keys);
const CHUNK = 60 * 1024;
const DAY_MS = 86_400_000;

/** Writes of every kind a log can hold, in several databases. */
function* writes(random, count) {
  const deadline = Date.now() + 30 * DAY_MS;
  for (let number = 0; number < count; number++) {
    const key = `key:${random.below(count)}`;
    const stream = `x:${random.below(20)}`;
    const value = random.pick(['', '7', 'x'.repeat(random.below(400)), `\0\xff${number}`]);
    yield random.pick([
      ['SET', key, value],
      ['SET', key, value, 'PXAT', String(deadline + random.below(1_000_000))],
      ['INCR', `n:${random.below(50)}`],
      ['INCRBYFLOAT', `f:${random.below(50)}`, '0.1'],
      ['APPEND', key, value],
      ['DEL', key, `key:${random.below(count)}`],
      ['EXPIRE', key, '864000'],
      ['PERSIST', key],
      ['GETEX', key, 'EX', '864000'],
      ['RENAME', key, `key:${random.below(count)}`],
      ['COPY', key, `key:${random.below(count)}`, 'REPLACE'],
      ['SELECT', String(random.below(4))],
      ['MOVE', key, String(random.below(4))],
      ['SETRANGE', key, String(random.below(100)), 'range'],
      ['GETDEL', key],
      ['SETBIT', `b:${random.below(20)}`, String(random.below(5000)), '1'],
      ['BITFIELD', `b:${random.below(20)}`, 'INCRBY', 'u7', String(random.below(900)), '99'],
      ['BITOP', 'XOR', `b:${random.below(20)}`, `b:${random.below(20)}`, `b:${random.below(20)}`],
      ['PFADD', `p:${random.below(5)}`, value, String(number)],
      ['PFCOUNT', `p:${random.below(5)}`],
      ['PFMERGE', `p:${random.below(9)}`, `p:${random.below(5)}`],
      ['XADD', stream, '*', 'field', value],
      ['XADD', stream, 'MAXLEN', '~', '300', '*', 'number', String(number), value, 'text'],
      ['XTRIM', stream, 'MAXLEN', String(random.below(500))],
      ['XGROUP', 'CREATE', stream, 'group', '0', 'MKSTREAM'],
      ['XREADGROUP', 'GROUP', 'group', 'one', 'COUNT', '5', 'STREAMS', stream, '>'],
      ['XAUTOCLAIM', stream, 'group', 'other', '0', '0', 'COUNT', '2'],
      ['HSET', `h:${random.below(50)}`, `field${random.below(600)}`, value],
      ['SADD', `s:${random.below(50)}`, String(random.below(60)), String(random.below(100_000))],
      ['SADD', `s:${random.below(50)}`, value, `member${random.below(300)}`],
      ['SPOP', `s:${random.below(50)}`, String(random.below(20))],
      ['SUNIONSTORE', `s:${random.below(50)}`, `s:${random.below(50)}`, `s:${random.below(50)}`],
      ['ZADD', `z:${random.below(20)}`, String(random.below(900) / 8), `m${random.below(400)}`],
      ['ZINCRBY', `z:${random.below(20)}`, '0.1', `m${random.below(400)}`],
      ['ZPOPMIN', `z:${random.below(20)}`, String(random.below(3))],
      [
        'ZUNIONSTORE',
        `z:${random.below(20)}`,
        '2',
        `z:${random.below(20)}`,
        `s:${random.below(50)}`,
      ],
      ['GEOADD', `z:${random.below(20)}`, '13.361389', '38.115556', `m${random.below(400)}`],
    ]);
  }
}

async function newEngine({ logging = false } = {}) {
  const port = await loadEngine();
  port.setIdentity(new Uint8Array(16).fill(7));
  port.setLogging(logging);
  return { port, target: new EngineTarget(port) };
}

const digest = async (target) => show(await target.call('DEBUG', 'DIGEST'));

function expectEqual(what, ours, theirs) {
  if (ours !== theirs) throw new Error(`${what}: ${ours} is not ${theirs}`);
}

function inFolder(action) {
  const folder = mkdtempSync(join(tmpdir(), 'wadict-exchange-'));
  return action(folder).finally(() => rmSync(folder, { recursive: true, force: true }));
}

/** Redis starts on what lies in `folder`; the digest of all of it. */
async function redisDigest(folder, options) {
  const server = await RedisTarget.start({ folder, options });
  try {
    return await digest(server);
  } finally {
    await server.close();
  }
}

function loadSnapshot(port, bytes) {
  port.loadBegin();
  for (let at = 0; at < bytes.length; at += CHUNK) port.loadChunk(bytes.subarray(at, at + CHUNK));
  port.loadEnd();
}

/** All pending records as frames; concatenated they are a Redis append-only file. */
function takeFrames(port, from = 1n) {
  const frames = [];
  for (let lsn = from; ; lsn++) {
    const frame = port.takeLog({ lsn, epoch: 1n, wallMs: Date.now(), begin: lsn === 1n });
    if (frame === null) return Buffer.concat(frames);
    frames.push(Buffer.from(frame.bytes));
  }
}

function writeAppendOnly(folder, { base, log }) {
  const directory = join(folder, 'appendonlydir');
  mkdirSync(directory);
  const lines = [];
  if (base !== undefined) {
    writeFileSync(join(directory, 'appendonly.aof.1.base.rdb'), base);
    lines.push('file appendonly.aof.1.base.rdb seq 1 type b');
  }
  writeFileSync(join(directory, 'appendonly.aof.1.incr.aof'), log);
  lines.push('file appendonly.aof.1.incr.aof seq 1 type i');
  writeFileSync(join(directory, 'appendonly.aof.manifest'), `${lines.join('\n')}\n`);
  return join(directory, 'appendonly.aof.manifest');
}

const AOF_ON = ['--appendonly', 'yes'];
const CASES = {
  'our snapshot loads in redis-server': (random) =>
    inFolder(async (folder) => {
      const { port, target } = await newEngine();
      await target.run([...writes(random, KEYS)]);
      writeFileSync(join(folder, 'dump.rdb'), Buffer.concat(port.snapshotSync()));
      execFileSync(oracleTool('redis-check-rdb'), [join(folder, 'dump.rdb')]);
      expectEqual('digest', await digest(target), await redisDigest(folder, []));
    }),

  "redis-server's snapshot loads here": (random) =>
    inFolder(async (folder) => {
      const server = await RedisTarget.start({ folder });
      await server.run([...writes(random, KEYS)]);
      await server.call('SAVE');
      const theirs = await digest(server);
      await server.close();
      const { port, target } = await newEngine();
      loadSnapshot(port, readFileSync(join(folder, 'dump.rdb')));
      expectEqual('digest', await digest(target), theirs);
    }),

  'our log loads in redis-server and passes redis-check-aof': (random) =>
    inFolder(async (folder) => {
      const { port, target } = await newEngine({ logging: true });
      await target.run([...writes(random, KEYS)]);
      const manifest = writeAppendOnly(folder, { log: takeFrames(port) });
      execFileSync(oracleTool('redis-check-aof'), [manifest]);
      expectEqual('digest', await digest(target), await redisDigest(folder, AOF_ON));
    }),

  'our log on top of our snapshot loads in redis-server': (random) =>
    inFolder(async (folder) => {
      const { port, target } = await newEngine({ logging: true });
      await target.run([...writes(random, KEYS)]);
      takeFrames(port);
      const base = Buffer.concat(port.snapshotSync());
      await target.run([['SELECT', '0'], ...writes(random, KEYS)]);
      writeAppendOnly(folder, { base, log: takeFrames(port, 2n) });
      expectEqual('digest', await digest(target), await redisDigest(folder, AOF_ON));
    }),

  'DUMP and RESTORE work both ways': async (random) => {
    const server = await RedisTarget.start();
    const { target } = await newEngine();
    const commands = [...writes(random, KEYS / 10)].filter(([name]) => !/SELECT|MOVE/.test(name));
    for (const [from, to] of [
      [target, server],
      [server, target],
    ]) {
      await from.call('FLUSHALL');
      await to.call('FLUSHALL');
      await from.run(commands);
      const names = (await from.call('KEYS', '*')).map(({ bulk }) => bulk);
      const dumps = await from.run(names.map((name) => ['DUMP', name]));
      const ttls = await from.run(names.map((name) => ['PEXPIRETIME', name]));
      const restored = await to.run(
        names.map((name, index) => {
          const deadline = ttls[index] < 0n ? '0' : String(ttls[index]);
          return ['RESTORE', name, deadline, Buffer.from(dumps[index].bulk, 'latin1'), 'ABSTTL'];
        }),
      );
      const refused = restored.find((reply) => reply?.simple !== 'OK');
      if (refused !== undefined) throw new Error(show(refused));
      expectEqual('digest', await digest(from), await digest(to));
    }
    await server.close();
  },
};

let passed = 0;
let failed = 0;
console.log(`seed ${values.seed}, ${KEYS} writes each`);
for (const [name, run] of Object.entries(CASES)) {
  try {
    await run(new Random(values.seed));
    passed++;
    console.log(`ok   ${name}`);
  } catch (error) {
    failed++;
    console.log(`FAIL ${name}\n${error.stack}`);
  }
}
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed > 0 ? 1 : 0;
