/** How log and snapshots are combined, over real files. */

import assert from 'node:assert/strict';
import { access, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';

import { Host } from '../../../web/host/host.ts';
import type { HostOptions } from '../../../web/host/host.ts';
import { FileStorage } from '../../../web/storage/file-storage.ts';
import { makeEngine, outcome, Session } from './harness.ts';
import { ManualScheduler, turns } from './manual-scheduler.ts';

let root: string;
let directory: string;
let scheduler: ManualScheduler;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'wadict-modes-'));
  directory = join(root, 'store');
  scheduler = new ManualScheduler();
  scheduler.setWall(Date.now()); // the engine counts save points from its own start
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function open(options: Partial<HostOptions> = {}): Promise<{ host: Host; session: Session }> {
  const storage = new FileStorage({ directory });
  const host = await Host.open({ engine: makeEngine, storage, scheduler, ...options });
  return { host, session: new Session(host) };
}

const has = (name: string): Promise<boolean> =>
  access(join(directory, name)).then(
    () => true,
    () => false,
  );

/** A store whose process is gone: nothing is flushed, saved or said. */
async function abandon(host: Host): Promise<void> {
  await host.flush().catch(() => undefined);
  await host.close();
}

describe('log and snapshots @P23', () => {
  test('log only: base and increments, no dump.rdb', async () => {
    const { host, session } = await open();
    await session.call('SET', 'k', 'v');
    await host.close();
    assert.deepEqual([await has('appendonlydir'), await has('dump.rdb')], [true, false]);
    const again = await open();
    assert.equal(await again.session.call('GET', 'k'), 'v');
    await again.host.close();
  });

  test('snapshots only: dump.rdb and no log; closing saves, as save points ask for it', async () => {
    const { host, session } = await open({ log: false, savePoints: '3600 1' });
    await session.call('SET', 'k', 'v');
    await host.close();
    assert.deepEqual([await has('appendonlydir'), await has('dump.rdb')], [false, true]);
    assert.equal((await readFile(join(directory, 'dump.rdb'))).subarray(0, 5).toString(), 'REDIS');
    const again = await open({ log: false });
    assert.equal(await again.session.call('GET', 'k'), 'v');
    await again.host.close();
  });

  test('neither: nothing is written unless SAVE says so', async () => {
    const { host, session } = await open({ log: false });
    await session.call('SET', 'k', 'v');
    await turns();
    assert.deepEqual(await readdir(directory), ['wadict.lock']);
    await session.call('SAVE');
    await session.call('SET', 'k', 'later');
    await host.close();
    const again = await open({ log: false });
    assert.equal(await again.session.call('GET', 'k'), 'v');
    await again.host.close();
  });

  test('DEBUG LOADAOF serves what the log holds, to the sessions that were there', async () => {
    const { host, session } = await open();
    const other = new Session(host);
    await other.call('SELECT', '3');
    await other.call('SET', 'k', 'v', 'PX', '100000');
    const replies = await session.all(['SET', 'a', '1'], ['DEBUG', 'LOADAOF'], ['INCR', 'a']);
    assert.deepEqual(replies, ['OK', 'OK', 2]);
    assert.deepEqual(await other.all(['GET', 'k'], ['PTTL', 'k']), ['v', 100_000]);
    assert.equal(await session.call('GET', 'a'), '2');
    await host.close();
  });

  test('BGREWRITEAOF without a log writes one, and DEBUG LOADAOF reads it', async () => {
    const { host, session } = await open({ log: false });
    const failed = 'ERR Error trying to load the AOF files, check server logs.';
    await assert.rejects(session.call('DEBUG', 'LOADAOF'), { message: failed });
    await session.call('SET', 'k', 'v');
    const started = 'Background append only file rewriting started';
    assert.equal(await session.call('BGREWRITEAOF'), started);
    await session.call('SET', 'k', 'later, and in no log');
    assert.equal(await has('appendonlydir'), true);
    assert.equal(await session.call('DEBUG', 'LOADAOF'), 'OK');
    assert.equal(await session.call('GET', 'k'), 'v');
    assert.deepEqual(
      await session.call('CONFIG', 'GET', 'appendonly'),
      new Map([['appendonly', 'no']]),
    );
    assert.equal(await session.call('SET', 'k', 'x'), 'OK');
    await host.close();
  });

  test('both: BGSAVE writes dump.rdb beside the log', async () => {
    const { host, session } = await open({ savePoints: '3600 1' });
    await session.call('SET', 'k', 'v');
    assert.equal(await session.call('SAVE'), 'OK');
    assert.deepEqual([await has('appendonlydir'), await has('dump.rdb')], [true, true]);
    await host.close();
  });
});

describe('which one is loaded @P19', () => {
  async function both(): Promise<void> {
    const { host, session } = await open();
    await session.call('SET', 'k', 'in the dump');
    await session.call('SAVE');
    await session.call('SET', 'k', 'in the log');
    await host.close();
  }

  test('with a log the log, although dump.rdb says otherwise', async () => {
    await both();
    const { host, session } = await open();
    assert.equal(await session.call('GET', 'k'), 'in the log');
    await host.close();
  });

  test('without a log the dump', async () => {
    await both();
    const { host, session } = await open({ log: false });
    assert.equal(await session.call('GET', 'k'), 'in the dump');
    await host.close();
  });

  test('a log that is turned on later begins with what is served then', async () => {
    await both();
    const { host, session } = await open({ log: false });
    await session.call('SET', 'new', '1');
    assert.equal(await session.call('CONFIG', 'SET', 'appendonly', 'yes'), 'OK');
    await session.call('SET', 'newer', '2');
    await host.close();
    const again = await open();
    const values = await again.session.all(['GET', 'k'], ['GET', 'new'], ['GET', 'newer']);
    assert.deepEqual(values, ['in the dump', '1', '2']);
    await again.host.close();
  });

  test('a dump.rdb without any log becomes the base of one, instead of being ignored', async () => {
    const first = await open({ log: false });
    await first.session.call('SET', 'k', 'from the dump');
    await first.session.call('SAVE');
    await first.host.close();
    const { host, session } = await open();
    assert.equal(host.recovery?.adoptedDump, true);
    await session.call('SET', 'l', 'v');
    await host.close();
    await rm(join(directory, 'dump.rdb'));
    const again = await open();
    const values = await again.session.all(['GET', 'k'], ['GET', 'l']);
    assert.deepEqual(values, ['from the dump', 'v']);
    await again.host.close();
  });

  test('a damaged dump.rdb is refused, and stays as it is', async () => {
    const first = await open({ log: false });
    await first.session.call('SET', 'k', 'v'.repeat(100));
    await first.session.call('SAVE');
    await first.host.close();
    const path = join(directory, 'dump.rdb');
    const bytes = await readFile(path);
    bytes[bytes.length - 12] = (bytes[bytes.length - 12] as number) ^ 1;
    await writeFile(path, bytes);
    assert.equal(await outcome(open({ log: false })), 'CORRUPT');
    assert.deepEqual(await readFile(path), bytes);
  });
});

describe('save points @P10', { timeout: 30_000 }, () => {
  async function changes(session: Session): Promise<string | undefined> {
    const info = String(await session.call('INFO', 'persistence'));
    return /rdb_changes_since_last_save:(\d+)/.exec(info)?.[1];
  }

  test('a rule fires when more than its seconds have passed, not before, and saves by itself', async () => {
    const { host, session } = await open({ log: false, savePoints: '900 1' });
    await session.call('SET', 'k', 'v');
    assert.equal(await changes(session), '1');
    await scheduler.advance(899_000);
    assert.equal(await has('dump.rdb'), false);
    await scheduler.advance(2_500);
    await turns(100);
    await waitFor(async () => (await changes(session)) === '0');
    assert.equal(await has('dump.rdb'), true);
    await abandon(host);
  });

  test('too few changes do not fire', async () => {
    const { host, session } = await open({ log: false, savePoints: '60 5' });
    for (let n = 0; n < 4; n++) await session.call('INCR', 'n');
    await scheduler.advance(200_000);
    assert.equal(await has('dump.rdb'), false);
    await session.call('INCR', 'n');
    await scheduler.advance(2_000);
    await waitFor(() => has('dump.rdb'));
    await abandon(host);
  });
});

/** The files of a save arrive by themselves; the test's own time does not move meanwhile. */
async function waitFor(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await turns(5);
}
