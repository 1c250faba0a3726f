// A build step: a name, the files it reads, the files it writes and what it does. It is skipped
// when what it reads has the same contents as at its last success and everything it writes is still
// there.
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { spawnSync } from 'node:child_process';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');
const STAMPS = join(ROOT, 'build/stamps');

export const at = (...parts) => join(ROOT, ...parts);

/**
 * Every file below `folder` (relative to the root) whose name matches; sorted, so hashes are
 * stable.
 */
export function filesBelow(folder, pattern = /./) {
  if (!existsSync(at(folder))) return [];
  return readdirSync(at(folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
}

export function sha256(...contents) {
  const hash = createHash('sha256');
  for (const content of contents) hash.update(content);
  return hash.digest('hex');
}

function fingerprint(inputs) {
  const hash = createHash('sha256');
  for (const path of inputs) {
    hash.update(`${path}\0`);
    hash.update(existsSync(at(path)) ? readFileSync(at(path)) : 'absent');
  }
  return hash.digest('hex');
}

/**
 * Runs `action` unless inputs and outputs are as its last success left them. Paths are from the
 * root.
 */
export async function step(name, { inputs, outputs }, action) {
  const stamp = join(STAMPS, `${name.replace(/\W+/g, '-')}.txt`);
  const now = fingerprint(inputs);
  const fresh =
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === now &&
    outputs.every((path) => existsSync(at(path)));
  if (fresh) {
    console.log(`  ${name}: unchanged`);
    return false;
  }
  const started = performance.now();
  console.log(`  ${name} ...`);
  rmSync(stamp, { force: true }); // a step that fails half-way is not fresh
  await action();
  for (const path of outputs) {
    if (!existsSync(at(path))) throw new Error(`${name} did not write ${path}`);
  }
  mkdirSync(STAMPS, { recursive: true });
  writeFileSync(stamp, now);
  console.log(`  ${name}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return true;
}

/** Runs a program with our Node first in PATH; its output is shown. Throws when it fails. */
export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd: ROOT,
    stdio: 'inherit',
    ...options,
    env: {
      ...process.env,
      ...options.env,
      PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
    },
  });
  if (error) throw new Error(`${command}: ${error.message}`);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with status ${status}`);
}

/** Writes only what differs, so that file times tell of real changes. */
export function writeIfChanged(path, contents) {
  const bytes = Buffer.from(contents);
  if (
    existsSync(at(path)) &&
    statSync(at(path)).size === bytes.length &&
    readFileSync(at(path)).equals(bytes)
  ) {
    return false;
  }
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), bytes);
  return true;
}
