// Z1-Z3: what a visitor downloads, compressed with brotli as servers do.
import { existsSync, readFileSync } from 'node:fs';
import { brotliCompressSync, constants } from 'node:zlib';
import { at, writeIfChanged } from './steps.mjs';

// `most`: KiB after brotli that the package suite allows. The first aims were 8, 20 and 60
// (strings; 150 with all types); why they are not reached stands in tests/package/README.md.
const ROWS = [
  { id: 'Z1', what: 'browser entry', file: 'dist/index.js', most: 17.75 },
  { id: 'Z2', what: 'Worker with the glue', file: 'dist/worker.js', most: 42 },
  { id: 'Z3', what: 'engine.wasm', file: 'dist/engine.wasm', most: 225 },
  { id: 'Z5', what: 'wadict/inline, whole', file: 'dist/inline.js', most: 345 },
];

function brotli(bytes) {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: 11,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  return brotliCompressSync(bytes, { params }).length;
}

export function measureSizes() {
  const rows = ROWS.filter(({ file }) => existsSync(at(file))).map(({ id, what, file, most }) => {
    const bytes = readFileSync(at(file));
    return { id, what, file, bytes: bytes.length, brotli: brotli(bytes), most: most * 1024 };
  });
  writeIfChanged('dist/sizes.json', `${JSON.stringify({ rows }, null, 2)}\n`);
}

export function printSizes() {
  for (const { id, what, bytes, brotli } of JSON.parse(readFileSync(at('dist/sizes.json'), 'utf8'))
    .rows) {
    const kilobytes = (n) => `${(n / 1024).toFixed(1)} KiB`;
    console.log(
      `  ${id} ${what.padEnd(20)} ${kilobytes(bytes).padStart(10)}  brotli ${kilobytes(brotli).padStart(9)}`,
    );
  }
}
