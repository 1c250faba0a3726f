// What the peers are known to reach. A run in which one of them is far outside measured something
// else (a debug build, a wrong entry layout, a machine under too much load) and is void. Ratios
// between peers are the same on any machine; absolute times may be twice what they were where they
// were first measured, or half.
const KNOWN = [
  // phase, contestant, compared with, lowest and highest ratio of their times, 1M keys
  ['get', 'valkey wasm', 'redis wasm', 0.5, 1.3],
  ['miss', 'valkey wasm', 'redis wasm', 0.15, 0.8],
  ['insert', 'valkey wasm', 'redis wasm', 0.6, 1.5],
  ['get', 'JS Map', 'redis wasm', 0.8, 3.5],
  ['get', 'std wasm', 'redis wasm', 0.8, 2.5],
  ['get', 'redis native', 'redis wasm', 0.4, 1.4],
];
/** Nanoseconds at 1M keys where the figures of the targets were measured. */
const NANOSECONDS = [
  ['get', 'redis wasm', 328, 405],
  ['get', 'valkey wasm', 241, 300],
  ['miss', 'redis wasm', 200, 204],
  ['insert', 'redis wasm', 367, 412],
];
const MARGIN = 2.5;

/** @returns what is outside, as lines. */
export function outside(rows) {
  const value = (phase, name) =>
    rows.find(
      ({ id, contestant, n, kind }) =>
        id === phase && contestant === name && n === 1_000_000 && kind === 'uniform',
    )?.value;
  const lines = [];
  const check = (what, is, low, high) => {
    if (is === undefined || Number.isNaN(is) || (is >= low && is <= high)) return;
    lines.push(`${what} is ${is.toFixed(2)}, known range ${low.toFixed(2)} to ${high.toFixed(2)}`);
  };
  for (const [phase, name, base, low, high] of KNOWN)
    check(`${phase}: ${name} / ${base}`, value(phase, name) / value(phase, base), low, high);
  for (const [phase, name, low, high] of NANOSECONDS)
    check(`${phase}: ${name} in ns`, value(phase, name), low / MARGIN, high * MARGIN);
  return lines;
}
