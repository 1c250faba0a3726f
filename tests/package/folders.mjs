// Where the packed package is tried: build/package holds the bundlers (installed from this folder's
// lock) and, below it, one fresh folder for each consumer, so that Node's own search for modules
// finds the bundler above and `wadict` inside.
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { at } from '../../web/build/steps.mjs';
import { execute, executeNode } from '../run/process.mjs';

export const HOME = at('build/package');
const HERE = at('tests/package');

/** Runs to the end; throws with its output if that was not a success. */
export async function must(running) {
  const { status, stdout, stderr } = await running;
  if (status !== 0) throw new Error(`ended with ${status}\n${stdout}${stderr}`.trimEnd());
  return stdout;
}

const npm = (args, cwd) => execute('npm', [...args, '--no-audit', '--no-fund'], { cwd });

/** The bundlers and peers of package.json, as its lock says; once for each lock. */
export async function installTools() {
  const lock = readFileSync(join(HERE, 'package-lock.json'));
  const stamp = join(HOME, 'node_modules/.wadict-lock');
  const hash = createHash('sha256').update(lock).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  console.log('installing the bundlers and peers of tests/package into build/package');
  mkdirSync(HOME, { recursive: true });
  for (const file of ['package.json', 'package-lock.json'])
    cpSync(join(HERE, file), join(HOME, file));
  await must(npm(['install', '--ignore-scripts', '--loglevel=error'], HOME));
  writeFileSync(stamp, hash);
}

/** The file of one of the tools, to be run by Node. */
export const tool = (path) => join(HOME, 'node_modules', path);

/** `npm pack` of what the build left in dist/. Hands back the tarball. */
export async function pack() {
  mkdirSync(HOME, { recursive: true });
  const out = await must(
    npm(['pack', '--json', '--ignore-scripts', '--pack-destination', HOME], at()),
  );
  const [{ filename, files }] = JSON.parse(out);
  return { tarball: join(HOME, filename), files: files.map(({ path }) => path) };
}

/** A fresh folder with the given files, into which the tarball was installed as a user would. */
export async function consumer(name, tarball, files) {
  const folder = join(HOME, 'consumers', name);
  rmSync(folder, { recursive: true, force: true });
  const own = { name: `try-${name}`, private: true, version: '1.0.0' };
  const all = { 'package.json': JSON.stringify(own), ...files };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  await must(
    npm(['install', '--offline', '--no-package-lock', '--loglevel=error', tarball], folder),
  );
  return folder;
}

/** A consumer's file, or one of the files that all of them share. */
export const appFile = (name) => readFileSync(join(HERE, 'app', name), 'utf8');

export const node = (args, cwd, env) => must(executeNode(args, { cwd, env, minutes: 3 }));
