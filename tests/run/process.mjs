// Starting the test programs: our Node first in PATH, output collected, an end to everything.
import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { ROOT } from '../../web/build/steps.mjs';

const MINUTES = 60_000;

/**
 * Runs to the end, or kills the whole process group after `minutes`. Never rejects. `isYielding`:
 * gives way to everything else on this machine, as compilers should while a browser draws.
 */
export function execute(
  command,
  args,
  { env = {}, minutes = 15, cwd = ROOT, isYielding = false } = {},
) {
  return new Promise((resolve) => {
    const words = isYielding ? ['nice', '-n', '10', command, ...args] : [command, ...args];
    const child = spawn(words[0], words.slice(1), {
      cwd,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` },
    });
    const stdout = [];
    const stderr = [];
    const end = (status) => {
      clearTimeout(timer);
      running.delete(child);
      resolve({
        status,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      });
    };
    const timer = setTimeout(() => {
      stderr.push(Buffer.from(`\nkilled after ${minutes} minutes: ${command} ${args.join(' ')}\n`));
      killGroup(child);
    }, minutes * MINUTES);
    running.add(child);
    child.stdout.on('data', (chunk) => stdout.push(chunk));
    child.stderr.on('data', (chunk) => stderr.push(chunk));
    child.on('error', (error) => {
      stderr.push(Buffer.from(`${command}: ${error.message}\n`));
      end(127);
    });
    child.on('close', (status, signal) => end(signal ?? status));
  });
}

export const executeNode = (args, options) => execute(process.execPath, args, options);

const running = new Set();

function killGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It ended by itself meanwhile.
  }
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    for (const child of running) killGroup(child);
    process.exit(130);
  });
}

/** Maps with at most `width` at a time, results in order. */
export async function mapParallel(items, width, action) {
  const results = new Array(items.length);
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < items.length; index = next++) {
      results[index] = await action(items[index]);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  return results;
}
