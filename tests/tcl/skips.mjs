// skip.txt: `# reason` lines, each over the tests that are left out for it: `unit  name`.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FILE = fileURLToPath(new URL('skip.txt', import.meta.url));

/** @returns {{ unit: string, name: string, reason: string }[]} */
export function readSkips(text = readFileSync(FILE, 'utf8')) {
  const skips = [];
  let reason = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('# ')) reason = line.slice(2);
    else if (line !== '') {
      const [, unit, name] = /^(\S+) +(.+)$/.exec(line) ?? [];
      if (unit === undefined || reason === '') throw new Error(`skip.txt: ${line}`);
      skips.push({ unit, name, reason });
    }
  }
  return skips;
}
