// npm run bench [-- --json FILE --quick --large --keys 100000,1000000 --rounds 5 --seed N --only
// E,J --svg]
//
// Builds the engine and the contestants, then measures in a Node of its own: its flags keep
// WebAssembly out of the baseline compiler, which has no way out of a long loop, and give the
// bench the garbage collector.
import { spawnSync } from 'node:child_process';
import { buildAll } from '../../web/build/build.mjs';
import { at } from '../../web/build/steps.mjs';
import { installPeers } from './npm-peers.mjs';
import { buildContestants, preparePeers } from './build-contestants.mjs';

const FLAGS = ['--no-liftoff', '--expose-gc', '--max-old-space-size=12288'];

await buildAll();
buildContestants(preparePeers());
await installPeers();
const { status } = spawnSync(
  process.execPath,
  [...FLAGS, at('tests/bench/measure-all.mjs'), ...process.argv.slice(2)],
  { stdio: 'inherit' },
);
process.exit(status ?? 1);
