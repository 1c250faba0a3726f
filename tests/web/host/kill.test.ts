/**
 * SIGKILL of a Node process while several writers write and generations are switched: under
 * `always` and `commit` nothing acknowledged is lost or applied twice; under `everysec` only what
 * is younger than a second. WADICT_KILL_ROUNDS sets how often. This file is its own child process.
 */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { open } from '../../../web/node.ts';

type Durability = 'always' | 'commit' | 'everysec';

const kRounds = Number(process.env['WADICT_KILL_ROUNDS'] ?? 6);
const kWriters = 8;
const kLeastAcks = 200;
/** After so many kills a new store is begun: time should go into kills, not into loading. */
const kRoundsPerStore = 20;
const kChild = process.env['WADICT_KILL_CHILD'];

/** To the parent, through a pipe that may be full for a while. */
function tell(line: string): void {
  for (;;) {
    try {
      writeSync(1, line);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

/** The child: writes until it is killed; one line for each acknowledgement, written at once. */
async function write(directory: string, durability: Durability, round: number): Promise<void> {
  const db = await open('kill', { directory, durability });
  const writer = async (id: number): Promise<void> => {
    for (let n = 0; ; n++) {
      const key = `r${round}:w${id}:${n}`;
      await db.call('SET', key, `${key} `.repeat(1 + (n % 100)));
      tell(`${Date.now()} ${key}\n`);
      await db.call('INCR', 'counter');
      tell(`${Date.now()} counter\n`);
    }
  };
  for (let id = 0; id < kWriters; id++) void writer(id);
  if (round % 2 === 1)
    for (;;) await db.call(round % 4 === 1 ? 'SAVE' : 'BGREWRITEAOF').catch(() => undefined);
}

if (kChild !== undefined) {
  const [directory = '', durability = 'commit', round = '0'] = kChild.split('|');
  await write(directory, durability as Durability, Number(round));
} else {
  describe('a killed process @P17', () => {
    for (const durability of ['always', 'commit', 'everysec'] as const) {
      test(`${durability}: ${kRounds} kills`, { timeout: 60_000 + kRounds * 20_000 }, () =>
        rounds(durability),
      );
    }
  });
}

interface Ack {
  readonly at: number;
  readonly key: string;
}

async function oneRound(
  directory: string,
  durability: Durability,
  round: number,
): Promise<{ acks: Ack[]; killedAt: number }> {
  // Without NODE_TEST_CONTEXT the child is no test of the runner.
  const { NODE_TEST_CONTEXT: _, ...inherited } = process.env as Record<string, string>;
  const env = { ...inherited, WADICT_KILL_CHILD: `${directory}|${durability}|${round}` };
  const child = spawn(process.execPath, ['--enable-source-maps', process.argv[1] as string], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  let killedAt = 0;
  const enough = new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (piece: string) => {
      text += piece;
      if (text.split('\n').length > kLeastAcks + (round % 20) * 13) resolve();
    });
  });
  const exited = once(child, 'exit');
  await Promise.race([enough, exited]);
  killedAt = Date.now();
  child.kill('SIGKILL');
  await exited;
  assert.equal(child.signalCode, 'SIGKILL', 'the child must not end by itself');
  const acks = text
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [at = '', key = ''] = line.split(' ');
      return { at: Number(at), key };
    });
  return { acks, killedAt };
}

async function rounds(durability: Durability): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'wadict-kill-'));
  const acknowledged: Ack[] = [];
  let counted = 0;
  let lost = 0;
  let oldestLostMs = 0;
  let counterBefore = 0;
  try {
    for (let round = 0; round < kRounds; round++) {
      const directory = join(root, `store${Math.floor(round / kRoundsPerStore)}`);
      if (round % kRoundsPerStore === 0) counterBefore = 0;
      const { acks, killedAt } = await oneRound(directory, durability, round);
      const db = await open('kill', { directory });
      const keys = acks.filter(({ key }) => key !== 'counter');
      counted += acks.length - keys.length;
      acknowledged.push(...acks);
      const values = (await db.call('MGET', ...keys.map(({ key }) => key))) as (string | null)[];
      keys.forEach(({ at, key }, index) => {
        const n = Number(key.slice(key.lastIndexOf(':') + 1));
        if (values[index] === `${key} `.repeat(1 + (n % 100))) return;
        lost++;
        oldestLostMs = Math.max(oldestLostMs, killedAt - at);
      });
      const counter = Number(await db.call('GET', 'counter'));
      const increments = acks.length - keys.length;
      assert.ok(
        counter <= counterBefore + increments + kWriters,
        `counter ${counter}: an increment was applied twice`,
      );
      if (durability !== 'everysec')
        assert.ok(
          counter >= counterBefore + increments,
          `counter ${counter}: an increment was lost`,
        );
      counterBefore = counter;
      await db.close();
    }
  } finally {
    await rm(root, { recursive: true, force: true });
  }
  console.log(
    `${durability}: ${kRounds} kills, ${acknowledged.length} acknowledged writes, ${lost} lost, oldest lost ${oldestLostMs} ms, ${counted} increments`,
  );
  if (durability === 'everysec')
    assert.ok(oldestLostMs <= 1000, `lost what was ${oldestLostMs} ms old`);
  else assert.equal(lost, 0);
}
