// The project's own files: what git tracks or would track. Text is read once.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const BINARY = /\.(png|jpe?g|ico|woff2|wasm|gz|rdb|bin|aof)$/;

function list(...options) {
  const output = execFileSync('git', ['ls-files', '-z', ...options], {
    cwd: ROOT,
    maxBuffer: 1 << 26,
  });
  return output
    .toString()
    .split('\0')
    .filter((path) => path !== '' && existsSync(join(ROOT, path)));
}

export function readProject() {
  const paths = [...new Set(list('--cached', '--others', '--exclude-standard'))].sort();
  return paths
    .filter((path) => !BINARY.test(path))
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

/** Tracked although .gitignore names it. */
export const trackedIgnored = () => list('--cached', '--ignored', '--exclude-standard');

export const isCpp = ({ path }) => /\.(h|hpp|cpp)$/.test(path);
export const isTypeScript = ({ path }) => /(?<!\.d)\.ts$/.test(path);
export const isScript = ({ path }) => /\.mjs$/.test(path);
export const isBelow =
  (folder) =>
  ({ path }) =>
    path.startsWith(`${folder}/`);

/** Numbered lines on which `pattern` matches, as "path:line: text". */
export function matches({ path, text }, pattern) {
  return text
    .split('\n')
    .flatMap((line, index) =>
      pattern.test(line) ? [`${path}:${index + 1}: ${line.trim().slice(0, 120)}`] : [],
    );
}
