// The entries that need no file beside them: the Worker's script and the engine, compressed, become
// a string inside the bundle. web/inline-code.ts reads it.
import { readFileSync } from 'node:fs';
import { constants, gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { at } from './steps.mjs';

const WASM = 'build/wasm/engine.wasm';

function packed(script) {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(script.length);
  const bytes = Buffer.concat([length, script, readFileSync(at(WASM))]);
  return gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION }).toString('base64');
}

/**
 * The Worker as a classic script without a place of its own: the engine always comes by message.
 */
async function workerScript(browser) {
  const { outputFiles } = await build({
    ...browser,
    format: 'iife',
    entryPoints: ['web/worker/entry.ts'],
    write: false,
    define: { 'import.meta.url': '"https://wadict.invalid/worker.js"' },
  });
  return Buffer.from(outputFiles[0].contents);
}

/** What a bundle of `wadict/inline` defines, for browsers and for Node. */
export async function inlineDefines(browser) {
  return {
    browser: { INLINE_CODE: JSON.stringify(packed(await workerScript(browser))) },
    node: { INLINE_CODE: JSON.stringify(packed(Buffer.alloc(0))) },
  };
}
