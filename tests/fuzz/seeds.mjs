// What the targets begin with: values of every type and size, dumped by redis-server 8.0.2 and by
// our engine; requests as bytes; random decisions. Made anew, never tracked.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../oracle/random.mjs';
import { encode } from '../oracle/resp.mjs';
import { RedisTarget } from '../oracle/targets.mjs';

const FOOTER_BYTES = 10;
const SEED_BYTES_MAX = 4096;

function* repeat(count, command) {
  for (let number = 0; number < count; number++) yield command(number);
}

/** Requests that leave values of each type in each of its encodings. */
function* requests() {
  yield ['SET', 'int', '12345'];
  yield ['SET', 'text', 'short'];
  yield ['SET', 'long', 'abc'.repeat(200)];
  yield ['SET', 'volatile', 'v', 'PXAT', '1999999999999'];
  yield ['SETBIT', 'bits', '500', '1'];
  yield ['PFADD', 'loglog', 'a', 'b', 'c'];
  for (const size of [3, 40, 200]) {
    yield* repeat(size, (n) => ['HSET', `hash:${size}`, `field:${n}`, `${n}`]);
    yield* repeat(size, (n) => ['RPUSH', `list:${size}`, n % 3 === 0 ? `${n}` : `text ${n}`]);
    yield* repeat(size, (n) => ['SADD', `set:${size}`, `member:${n}`]);
    yield* repeat(size, (n) => ['SADD', `intset:${size}`, `${n * 1000}`]);
    yield* repeat(size, (n) => ['ZADD', `zset:${size}`, `${n / 2}`, `member:${n}`]);
    yield* repeat(size, (n) => ['XADD', `stream:${size}`, `${n + 1}-${n % 3}`, 'a', `${n}`]);
  }
  yield ['HSET', 'fields', 'a', '1', 'b', '2', 'c', 'x'.repeat(90)];
  yield ['HPEXPIREAT', 'fields', '1999999999999', 'FIELDS', '1', 'a'];
  yield ['HSET', 'packed', 'a', '1', 'b', '2'];
  yield ['HPEXPIREAT', 'packed', '1999999999999', 'FIELDS', '1', 'b'];
  yield ['RPUSH', 'plain', 'y'.repeat(9000), 'z'];
  yield ['GEOADD', 'geo', '13.361389', '38.115556', 'Palermo', '15.087269', '37.502669', 'Catania'];
  yield ['XADD', 'stream:40', '99-1', 'other', 'fields', 'than', 'before'];
  yield ['XDEL', 'stream:40', '3-2', '4-0'];
  yield ['XGROUP', 'CREATE', 'stream:40', 'group', '0'];
  yield ['XREADGROUP', 'GROUP', 'group', 'one', 'COUNT', '5', 'STREAMS', 'stream:40', '>'];
  yield ['XREADGROUP', 'GROUP', 'group', 'two', 'COUNT', '3', 'STREAMS', 'stream:40', '>'];
  yield ['XACK', 'stream:40', 'group', '1-0'];
}

class Seeds {
  #folder;
  #count = 0;
  constructor(folder) {
    this.#folder = folder;
  }
  write(target, bytes) {
    writeFileSync(join(this.#folder, target, `seed-${this.#count++}`), bytes);
  }
}

const seed = (head, bytes) => Buffer.concat([Buffer.from(head), bytes]);

async function dumpsOfRedis(seeds, commands) {
  const redis = await RedisTarget.start({ options: ['--rdbchecksum', 'no'] });
  try {
    await redis.run(commands);
    for (const { bulk } of await redis.call('KEYS', '*')) {
      const dump = Buffer.from((await redis.call('DUMP', bulk)).bulk, 'latin1');
      const body = dump.subarray(0, dump.length - FOOTER_BYTES);
      if (body.length > SEED_BYTES_MAX) continue;
      seeds.write('restore', seed([0, 0], body));
      seeds.write('restore', seed([0, 7], body));
    }
    await redis.call('SAVE');
    seeds.write('rdb', seed([0, 0, 9], readFileSync(join(redis.folder, 'dump.rdb'))));
  } finally {
    await redis.close();
  }
}

/** Fills `folder`/<target> for every target. `program`: fuzz_seeds, which has our engine. */
export async function makeSeeds(folder, targets, program) {
  for (const { name } of targets) mkdirSync(join(folder, name), { recursive: true });
  const commands = [...requests()];
  const bytes = Buffer.concat(commands.map(encode));
  const file = join(folder, 'requests');
  writeFileSync(file, bytes);
  execFileSync(program, [file, folder]);
  const seeds = new Seeds(folder);
  await dumpsOfRedis(seeds, commands);
  seeds.write('log', seed([1, 30], bytes.subarray(0, SEED_BYTES_MAX)));
  for (let from = 0; from < 4; from++)
    seeds.write('parser', seed([from, 3, 5, 2, 9], bytes.subarray(from * 400, from * 400 + 400)));
  seeds.write(
    'parser',
    seed([0, 0], Buffer.from("SET key \"a \\x01 b\"\r\n\r\nGET 'it\\'s'\nPING\r\n")),
  );
  // Decisions: programs of any kind, long enough to lead somewhere.
  const random = new Random(1);
  for (const { name, longest } of targets)
    for (let number = 0; number < 200; number++)
      seeds.write(
        name,
        Buffer.from(
          Array.from({ length: 20 + random.below(longest / 3) }, () => random.below(256)),
        ),
      );
}
