// Every C++ file is as clang-format writes it (.clang-format), every TypeScript file and script as
// Prettier does (.prettierrc.json). `npm run format` makes it so.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import * as prettier from 'prettier';
import { isCpp, isScript, isTypeScript, ROOT } from './files.mjs';

const runClangFormat = (...args) =>
  spawnSync('clang-format', args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 28 });

export function clangFormat(files) {
  const paths = files.filter(isCpp).map(({ path }) => path);
  if (paths.length === 0) return [];
  const { status, stderr, error } = runClangFormat('--dry-run', '-Werror', ...paths);
  if (error) return [`clang-format does not run: ${error.message}`];
  if (status === 0) return [];
  const wrong = /^(?:.*\/)?((?:cpp|tests)\/[^:]+):\d+:\d+: error/gm;
  const named = new Set([...stderr.matchAll(wrong)].map(([, path]) => path));
  return [...named].map((path) => `${path}: npm run format`);
}

const isPrettiers = (file) => isTypeScript(file) || isScript(file);

export async function prettierFormat(files) {
  const wrong = [];
  for (const { path, text } of files.filter(isPrettiers)) {
    const options = await prettier.resolveConfig(join(ROOT, path));
    const fine = await prettier.check(text, { ...options, filepath: path });
    if (!fine) wrong.push(`${path}: npm run format`);
  }
  return wrong;
}

/** The text as it should be. */
export async function formatted({ path, text }) {
  if (isCpp({ path })) return text;
  const options = await prettier.resolveConfig(join(ROOT, path));
  return prettier.format(text, { ...options, filepath: path });
}

export function formatCpp(paths) {
  if (paths.length === 0) return;
  const { status, stderr, error } = runClangFormat('-i', ...paths);
  if (error ?? status !== 0) throw new Error(error?.message ?? stderr);
}
