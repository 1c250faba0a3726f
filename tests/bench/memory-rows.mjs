// E10: bytes beyond key and value, over one doubling of the number of keys. E14: footprint against
// live bytes after the sizes of all values have shifted, and the longest step of background work.
import { CHUNK, KINDS, PHASES } from './contestants.mjs';
import { jsMap, wasmContestants } from './build-contestants.mjs';

const PAYLOAD = 16 + 32;
const SAMPLES = 32;
const OPERATIONS = 1_000_000;
const STEPS_PER_CHUNK = 64;

export async function overheadRows({ keys, progress }) {
  const contestants = [
    ...wasmContestants(['wadict', 'redis', 'valkey', 'std', 'chained', 'byte_arena']),
    ...(keys <= 1_000_000 ? [jsMap()] : []),
  ];
  const rows = [];
  for (const contestant of contestants) {
    progress(`E10  ${keys} keys  ${contestant.name}`);
    globalThis.gc?.();
    await contestant.open(keys, KINDS.uniform);
    const empty = await contestant.bytes();
    const beyond = [];
    const chunks = Math.ceil(keys / CHUNK);
    const every = Math.max(1, Math.floor(chunks / 2 / SAMPLES));
    for (let chunk = 0; chunk < chunks; chunk++) {
      await contestant.run(PHASES.insert, chunk, chunk + 1);
      if (chunk < chunks / 2 || chunk % every !== 0) continue;
      const stored = Math.min(keys, (chunk + 1) * CHUNK);
      beyond.push(((await contestant.bytes()) - empty) / stored - PAYLOAD);
    }
    await contestant.close();
    const average = beyond.reduce((sum, value) => sum + value, 0) / beyond.length;
    const row = { id: 'E10', contestant: contestant.name, n: keys, unit: 'bytes' };
    const isOurs = contestant.name === 'wadict wasm';
    rows.push({
      ...row,
      what: 'beyond key and value: average',
      value: average,
      ...(isOurs && { target: 14 }),
    });
    rows.push({
      ...row,
      what: 'beyond key and value: worst',
      value: Math.max(...beyond),
      ...(isOurs && { target: 17 }),
    });
  }
  return rows;
}

/** Footprint / live at once, and after a million operations with idle time between. */
async function churn(contestant, { keys, phase }) {
  const chunks = Math.ceil(keys / CHUNK);
  await contestant.open(keys, KINDS.churn);
  await contestant.run(PHASES.insert, 0, chunks);
  // Every second key (of a random order) gets a value of another size, so that pages stay in use.
  for (let chunk = 0; chunk < chunks; chunk += 2) await contestant.run(phase, chunk, chunk + 1);
  const share = async () => (await contestant.bytes()) / contestant.liveBytes();
  const atOnce = await share();
  const steps = [];
  for (let done = 0; done < OPERATIONS; done += CHUNK) {
    const chunk = (done / CHUNK) % chunks;
    await contestant.run(PHASES.get, chunk, chunk + 1);
    for (let step = 0; step < STEPS_PER_CHUNK; step++) {
      const took = contestant.idle();
      if (took === null) break;
      steps.push(took / 1000);
    }
  }
  const later = await share();
  await contestant.close();
  return { atOnce, later, steps };
}

/** The longest step: each step's shortest time over the rounds, which all do the same steps. */
function longestStep(rounds) {
  const length = Math.min(...rounds.map(({ steps }) => steps.length));
  let longest = 0;
  for (let i = 0; i < length; i++)
    longest = Math.max(longest, Math.min(...rounds.map(({ steps }) => steps[i])));
  return longest;
}

const SHIFTS = [
  ['overwrite1', 'half to small'],
  ['overwrite2', 'half to large'],
];

export async function churnRows({ keys, rounds, progress }) {
  const [contestant] = wasmContestants(['wadict']);
  const result = [];
  for (const [phase, shift] of SHIFTS) {
    const done = [];
    for (let round = 0; round < rounds; round++) {
      progress(`E14  ${shift}, round ${round + 1}/${rounds}`);
      done.push(await churn(contestant, { keys, phase: PHASES[phase] }));
    }
    const row = { id: 'E14', contestant: contestant.name, n: keys };
    const [{ atOnce, later }] = done;
    result.push(
      { ...row, what: `footprint / live at once, ${shift}`, value: atOnce, unit: 'x' },
      { ...row, what: `footprint / live, ${shift}`, value: later, unit: 'x', target: 1.25 },
      { ...row, what: `longest step, ${shift}`, value: longestStep(done), unit: 'us', target: 10 },
    );
  }
  return result;
}
