// The strict type check of everything, and the TypeScript tests that run in Node.
import { rmSync } from 'node:fs';
import { at, filesBelow } from '../../../web/build/steps.mjs';
import { bundleForNode } from '../bundle.mjs';
import { executeNode } from '../process.mjs';
import { add, broken, emptyResult, readTap } from '../report.mjs';

const CONFIGS = ['tsconfig.json', 'tsconfig.service-worker.json'];
const BUNDLES = 'build/tests-web';

export async function typecheck() {
  let result = emptyResult();
  for (const config of CONFIGS) {
    const { status, stdout, stderr } = await executeNode([
      'node_modules/typescript/bin/tsc',
      '--noEmit',
      '-p',
      config,
    ]);
    const passed = status === 0 ? 1 : 0;
    result = add(result, { passed, failed: 1 - passed, skipped: 0, log: `${stdout}${stderr}` });
  }
  return result;
}

/** Bundles tests and hands back the files to run. `pattern` chooses some of them. */
export async function bundleTests(pattern = /./) {
  const entryPoints = filesBelow('tests/web', /\.test\.ts$/).filter((path) => pattern.test(path));
  rmSync(at(BUNDLES), { recursive: true, force: true });
  await bundleForNode({ entryPoints, outdir: BUNDLES, outbase: 'tests/web' });
  return filesBelow(BUNDLES, /\.test\.mjs$/);
}

/** The tests of the scripts themselves: runner, rules, server. They need no bundling. */
export async function scriptTests() {
  const files = filesBelow('tests', /\.test\.mjs$/);
  return readTap(await executeNode(['--test', '--test-reporter=tap', ...files]));
}

/** SIGKILL of a writing Node process, 200 times for each durability. */
export const killTests = () =>
  webTests({ pattern: /host\/kill/, env: { WADICT_KILL_ROUNDS: '200' }, minutes: 60 });

export async function webTests({ pattern, env, minutes } = {}) {
  let files;
  try {
    files = await bundleTests(pattern);
  } catch (error) {
    return broken(`the tests do not bundle\n${error.message}`);
  }
  if (files.length === 0) return broken('no test matches');
  const reporter = ['--test', '--test-reporter=tap', '--enable-source-maps'];
  return readTap(await executeNode([...reporter, ...files], { env, minutes }));
}
