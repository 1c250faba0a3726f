// Our engine for the oracle tests: the wasm build, loaded as `wadict/engine` loads it in Node and
// driven through its port, so that replies are the very bytes it wrote.
import { bundleForNode } from '../run/bundle.mjs';
import { at } from '../../web/build/steps.mjs';
import { EngineTarget } from './targets.mjs';

const OUT = 'build/oracle';

export async function loadEngine(options) {
  await bundleForNode({
    entryPoints: ['web/engine/load-node.ts'],
    outdir: OUT,
    outbase: 'web/engine',
  });
  const { loadEngine: load } = await import(at(OUT, 'load-node.mjs'));
  return load(options);
}

export const engineTarget = async (options) => new EngineTarget(await loadEngine(options));
