// Bundles the bench's scripts as the package is bundled and serves them beside the built Worker and
// engine. The page is cross-origin isolated: performance.now() is then exact to 5-20 us.
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { build } from 'esbuild';
import { BROWSER_TARGET } from '../../../web/build/package-step.mjs';
import { at } from '../../../web/build/steps.mjs';

const SCRIPTS = {
  'page.js': 'tests/bench/browser/page.ts',
  'sketch-worker.js': 'tests/bench/browser/sketch-worker.ts',
  'counting-worker.js': 'tests/browser/storage/counting-worker.ts',
};
const BUILT = { 'worker.js': 'dist/worker.js', 'engine.wasm': 'dist/engine.wasm' };
const TYPES = { html: 'text/html', js: 'text/javascript', wasm: 'application/wasm' };
const PAGE = '<!doctype html><title>bench</title><script type="module" src="page.js"></script>';

async function bundle(path) {
  const { outputFiles } = await build({
    entryPoints: [at(path)],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: BROWSER_TARGET,
    write: false,
    logLevel: 'error',
  });
  return outputFiles[0].contents;
}

/** { url, close } of a server on a free port. */
export async function serveBench() {
  const files = new Map([['', PAGE]]);
  for (const [name, path] of Object.entries(SCRIPTS)) files.set(name, await bundle(path));
  for (const [name, path] of Object.entries(BUILT)) files.set(name, readFileSync(at(path)));
  const server = createServer((request, response) => {
    const name = new URL(request.url, 'http://localhost').pathname.slice(1);
    const body = files.get(name);
    response.writeHead(body === undefined ? 404 : 200, {
      'content-type': TYPES[name.split('.').pop() || 'html'] ?? 'text/plain',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    });
    response.end(body ?? 'not here');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
