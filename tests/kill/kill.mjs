// npm run test:kill: a Node process that writes is ended by SIGKILL in the middle, again and again
// on the same store; what was acknowledged has to be there when it is opened again. kill.mjs
// [--rounds 200] [--durability always,commit,everysec,no] [--seed N]
//
// SIGKILL ends the process, not the machine: it proves that nothing acknowledged still lay in the
// process. `always` and `commit`: nothing acknowledged is lost. `everysec` and `no`: what is there
// is a prefix of each writer's writes (no gap), and `everysec` lacks at most its bound of one
// second.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { Random } from '../oracle/random.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '200' },
    durability: { type: 'string', default: 'always,commit,everysec,no' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_007) },
  },
});
const WRITERS = 4;
const ACKNOWLEDGEMENTS_MIN = 200;
const BOUND_MS = { always: 0, commit: 0, everysec: 1000, no: Infinity };
/** A kill comes late enough for the bound to mean something. */
const AGE_MIN_MS = { always: 0, commit: 0, everysec: 2500, no: 0 };
const WRITER = fileURLToPath(new URL('writer.mjs', import.meta.url));
const { open } = await import(new URL('../../dist/node.js', import.meta.url));

/** Runs the writer until `enough` acknowledgements, kills it; what was acknowledged, and when. */
function killOnce(folder, durability, first, enough) {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [WRITER, folder, durability, String(WRITERS), String(first)],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const acknowledged = [];
    let rewrites = 0;
    let killedAt = Infinity;
    let rest = '';
    let errors = '';
    child.stderr.on('data', (chunk) => (errors += chunk));
    child.stdout.on('data', (chunk) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      const now = performance.now();
      for (const line of lines) {
        const [kind, writer, number] = line.split(' ');
        if (kind === 'A')
          acknowledged.push({ writer: Number(writer), number: Number(number), at: now });
        if (kind === 'R') rewrites++;
      }
      const age = now - (acknowledged[0]?.at ?? now);
      if (killedAt < Infinity || acknowledged.length < enough) return;
      if (age < AGE_MIN_MS[durability]) return;
      killedAt = now;
      child.kill('SIGKILL');
    });
    child.once('error', reject);
    child.once('close', (status, signal) => {
      if (signal !== 'SIGKILL')
        reject(new Error(`the writer ended by itself (${status}): ${errors}`));
      else resolve({ acknowledged, rewrites, killedAt });
    });
  });
}

/** Every fault found, as text. */
async function verify(db, durability, { acknowledged, killedAt }) {
  const faults = [];
  let lost = 0;
  for (let writer = 0; writer < WRITERS; writer++) {
    const own = acknowledged.filter((entry) => entry.writer === writer);
    const newest = own.at(-1)?.number ?? -1;
    const stored = Number((await db.get(`last:${writer}`)) ?? -1);
    const missing = own.filter(({ number }) => number > stored);
    lost += missing.length;
    const late = missing.filter(({ at }) => killedAt - at > BOUND_MS[durability]);
    if (late.length > 0) {
      faults.push(`writer ${writer}: ${newest} was acknowledged, ${stored} is stored`);
    }
    for (const { number } of own.filter((entry) => entry.number < stored).slice(-400)) {
      const value = await db.get(`once:${writer}:${number % 500}`);
      const there = Number(value?.split(':')[0] ?? -1);
      const whole = value === `${there}:${'x'.repeat(Math.max(0, there) % 97)}`;
      if (there < number || !whole) {
        faults.push(`writer ${writer}: write ${number} is a gap (${String(value).slice(0, 30)})`);
      }
    }
  }
  return { faults, lost };
}

async function killRounds(durability, rounds, random) {
  const folder = mkdtempSync(join(tmpdir(), 'wadict-kill-'));
  const total = { acknowledged: 0, rewrites: 0, lost: 0, faults: 0 };
  let first = 0;
  for (let round = 0; round < rounds; round++) {
    const enough = ACKNOWLEDGEMENTS_MIN + random.below(400);
    const run = await killOnce(folder, durability, first, enough);
    const db = await open('kill', { directory: folder, durability });
    const { faults, lost } = await verify(db, durability, run);
    await db.close();
    total.acknowledged += run.acknowledged.length;
    total.rewrites += run.rewrites;
    total.lost += lost;
    total.faults += faults.length;
    for (const fault of faults.slice(0, 5)) console.log(`${durability} round ${round}: ${fault}`);
    first = Math.max(first, ...run.acknowledged.map(({ number }) => number + 1));
  }
  rmSync(folder, { recursive: true, force: true });
  return total;
}

console.log(`seed ${values.seed}`);
let passed = 0;
let failed = 0;
for (const durability of values.durability.split(',')) {
  const rounds = Number(values.rounds);
  const total = await killRounds(durability, rounds, new Random(values.seed));
  const fine = total.faults === 0 && total.acknowledged >= rounds * ACKNOWLEDGEMENTS_MIN;
  if (fine) passed++;
  else failed++;
  console.log(
    `${fine ? 'ok  ' : 'FAIL'} ${durability}: ${rounds} kills, ` +
      `${total.acknowledged} acknowledged, ` +
      `${total.lost} lost, ${total.rewrites} rewrites, ${total.faults} faults`,
  );
}
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed > 0 ? 1 : 0;
