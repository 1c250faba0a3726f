// What the suite starts as `src/redis-server` in its internal mode: reads the configuration file
// that it wrote and becomes `wadict serve` with the same words.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { at } from '../../web/build/steps.mjs';

/** Words of the file that mean nothing to us, or cannot be set from outside. */
const LEFT_OUT = new Set(['databases', 'dbfilename', 'enable-debug-assert', 'rdb-key-save-delay']);

const words = process.argv.slice(2);
const file = words[0]?.startsWith('--') ? undefined : words.shift();
const lines = file === undefined ? [] : readFileSync(file, 'utf8').split('\n');
const given = new Map();
const saves = [];
for (const line of lines) {
  const [, name, rest] = /^\s*([\w-]+)\s+(.*?)\s*$/.exec(line) ?? [];
  if (name === undefined || LEFT_OUT.has(name)) continue;
  const value = rest.replaceAll(/^["']|["']$/g, '');
  if (name === 'save') saves.push(value);
  else given.set(name, value);
}
// The suite keeps files of its own in the folder; ours must be for the store alone.
given.set('dir', join(given.get('dir') ?? '.', 'data'));
given.set('save', saves.at(-1) === '' ? '' : saves.join(' '));
const flags = [...given].flatMap(([name, value]) => [`--${name}`, value]);
process.argv.splice(2, process.argv.length, 'serve', ...flags, ...words);
await import(pathToFileURL(at('dist/cli.js')).href);
