/**
 * Runs in the page: several writers, each waits for its reply before the next write; every
 * acknowledged write is posted to the test's server, which outlives the browser.
 */

import { open } from '../../../web/index.ts';

interface KillPage {
  /**
   * Starts writing; `isSwitching`: with generation switches all the time. Resolves when open: to
   * null, or to what the browser lost before, which is accepted then.
   */
  write(
    round: number,
    durability: 'always' | 'commit',
    isSwitching: boolean,
  ): Promise<string | null>;
  /** Which of these keys are missing or wrong, and what the counter says. */
  verify(expected: string[]): Promise<{ lost: string[]; counter: number; keys: number }>;
}

const kWriters = 6;
const worker = (): Worker => new Worker('/worker.js', { type: 'module' });
let acknowledged: string[] = [];

async function post(): Promise<void> {
  for (;;) {
    if (acknowledged.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      continue;
    }
    const batch = acknowledged;
    acknowledged = [];
    await fetch('/acks', { method: 'POST', body: batch.join('\n') });
  }
}

const api: KillPage = {
  async write(round, durability, isSwitching) {
    let loss: string | null = null;
    const db = await open('kill', { worker, durability }).catch((error: unknown) => {
      loss = String(error);
      return open('kill', { worker, durability, recover: 'accept-loss' });
    });
    void post();
    const write = async (writer: number): Promise<void> => {
      for (let n = 0; ; n++) {
        const key = `r${round}:w${writer}:${n}`;
        await db.call('SET', key, `${key} `.repeat(1 + (n % 50)));
        acknowledged.push(key);
        await db.call('INCR', 'counter');
        acknowledged.push('counter');
      }
    };
    for (let writer = 0; writer < kWriters; writer++) void write(writer);
    const rewrite = async (): Promise<void> => {
      for (;;) await db.call('SAVE');
    };
    if (isSwitching) void rewrite();
    return loss;
  },
  async verify(expected) {
    const db = await open('kill', { worker });
    const lost: string[] = [];
    for (let at = 0; at < expected.length; at += 500) {
      const keys = expected.slice(at, at + 500);
      const values = (await db.call('MGET', ...keys)) as (string | null)[];
      keys.forEach((key, index) => {
        const n = Number(key.slice(key.lastIndexOf(':') + 1));
        if (values[index] !== `${key} `.repeat(1 + (n % 50))) lost.push(key);
      });
    }
    const counter = Number(await db.call('GET', 'counter'));
    const keys = Number(await db.call('DBSIZE'));
    await db.close();
    return { lost, counter, keys };
  },
};

Object.assign(globalThis, { killTest: api });
