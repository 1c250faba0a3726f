// skip.txt: `# kind: reason` lines, each over the tests that are left out for it: `unit  name`. The
// kinds are later (needs what is announced for later), tables (names exact table sizes) and other.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FILE = fileURLToPath(new URL('skip.txt', import.meta.url));

/** @returns {{ unit: string, name: string, kind: string, reason: string }[]} */
export function readSkips(text = readFileSync(FILE, 'utf8')) {
  const skips = [];
  let kind = '';
  let reason = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) {
      [, kind = '', reason = ''] = /^# (later|tables|other): (.+)$/.exec(line) ?? [];
    } else if (line !== '') {
      const [, unit, name] = /^(\S+) +(.+)$/.exec(line) ?? [];
      if (unit === undefined || reason === '') throw new Error(`skip.txt: ${line}`);
      skips.push({ unit, name, kind, reason });
    }
  }
  return skips;
}
