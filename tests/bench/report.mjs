// Progress, tables and the JSON of a run.
import { cpus, loadavg, totalmem } from 'node:os';

export function machine(versions) {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    v8: process.versions.v8,
    load: loadavg(),
    ...versions,
  };
}

/** One line that replaces itself; nothing when the output is no terminal. */
export function progress(text) {
  if (!process.stderr.isTTY) return;
  process.stderr.write(`\r\x1b[K${text}`);
}

const thousands = (number) => String(number).replace(/\B(?=(\d{3})+(?!\d))/g, ',');

/** Contestants down, phases across: nanoseconds per operation. */
export function printPhases(rows) {
  const groups = new Map();
  for (const row of rows) {
    const name = `${thousands(row.n)} keys, ${row.kind}`;
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(row);
  }
  for (const [name, group] of groups) {
    const phases = [...new Set(group.map(({ id }) => id))];
    const names = [...new Set(group.map(({ contestant }) => contestant))];
    console.log(`\n${name}: ns per operation (min-filter)`);
    console.log(`${''.padEnd(18)}${phases.map((phase) => phase.padStart(10)).join('')}`);
    for (const contestant of names) {
      const cells = phases.map((phase) => {
        const row = group.find((each) => each.id === phase && each.contestant === contestant);
        return (row === undefined ? '-' : row.value.toFixed(1)).padStart(10);
      });
      console.log(`${contestant.padEnd(18)}${cells.join('')}`);
    }
  }
}

/** Rows with a target: how many times better wadict is, or the value itself. */
export function printTargets(rows) {
  if (rows.length === 0) return;
  console.log('');
  for (const row of rows) {
    const name = `${row.id.padEnd(4)} ${thousands(row.n).padStart(10)}  ${row.what.padEnd(26)}`;
    const against = (row.contestant ?? '').padEnd(16);
    const isRatio = row.ratio !== undefined;
    const value = isRatio ? `${row.ratio.toFixed(2)}x` : `${row.value.toFixed(1)} ${row.unit}`;
    const wish =
      row.target === undefined
        ? ''
        : isRatio
          ? `>= ${row.target.toFixed(2)}x`
          : `<= ${row.target} ${row.unit}`;
    const verdict = row.target === undefined ? '' : isMet(row) ? 'met' : 'OPEN';
    console.log(`${name} ${against} ${value.padStart(14)}  ${wish.padEnd(14)} ${verdict}`);
  }
}

export function isMet({ ratio, value, target }) {
  return ratio !== undefined ? ratio >= target : value <= target;
}
