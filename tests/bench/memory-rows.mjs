// E10: bytes beyond key and value, over one doubling of the number of keys. E14: footprint against
// live bytes after the sizes of all values have shifted, and the longest step of background work.
import { CHUNK, KINDS, PHASES } from './contestants.mjs';
import { jsMap, wasmContestants } from './build-contestants.mjs';

const PAYLOAD = 16 + 32;
const SAMPLES = 32;

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

/** Live bytes of the churn's values: what the blobs need, from a fresh contestant. */
async function freshBytes(contestant, keys, phase) {
  await contestant.open(keys, KINDS.churn);
  const chunks = Math.ceil(keys / CHUNK);
  await contestant.run(phase, 0, chunks);
  const bytes = await contestant.bytes();
  await contestant.close();
  return bytes;
}

export async function churnRows({ keys, progress }) {
  const chunks = Math.ceil(keys / CHUNK);
  const rows = [];
  for (const name of ['wadict', 'redis', 'valkey']) {
    for (const [phase, what] of [
      ['overwrite1', 'small'],
      ['overwrite2', 'large'],
    ]) {
      const [contestant] = wasmContestants([name]);
      progress(`E14  ${contestant.name}  ${what}`);
      const live = await freshBytes(contestant, keys, PHASES[phase]);
      await contestant.open(keys, KINDS.churn);
      await contestant.run(PHASES.insert, 0, chunks);
      await contestant.run(PHASES[phase], 0, chunks);
      const after = await contestant.bytes();
      const steps = [];
      // A million further operations, with idle time between them.
      for (let done = 0; done < 1_000_000; done += CHUNK) {
        await contestant.run(PHASES.get, (done / CHUNK) % chunks, ((done / CHUNK) % chunks) + 1);
        for (let step = 0; step < 64; step++) {
          const took = contestant.idle();
          if (took === null) break;
          steps.push(took / 1000);
        }
      }
      const later = await contestant.bytes();
      await contestant.close();
      const isOurs = name === 'wadict';
      const row = { id: 'E14', contestant: contestant.name, n: keys };
      const share = `footprint / fresh, ${what}`;
      rows.push({ ...row, what: `${share}, at once`, value: after / live, unit: 'x' });
      rows.push({
        ...row,
        what: share,
        value: later / live,
        unit: 'x',
        ...(isOurs && { target: 1.25 }),
      });
      if (!isOurs || steps.length === 0) continue;
      steps.sort((a, b) => a - b);
      rows.push({
        ...row,
        what: `step p99, ${what}`,
        value: steps[Math.floor(steps.length * 0.99)],
        unit: 'us',
        target: 10,
      });
    }
  }
  return rows;
}
