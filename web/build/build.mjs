// npm run build: wasm engine, npm package (dist/) and page (dist/page/). Steps whose inputs did not
// change are skipped; a second run takes a second or two.
import { existsSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { buildPreset } from './cmake.mjs';
import { bundlePackage, packageBundles, writeTypes } from './package-step.mjs';
import { buildPage } from './page-step.mjs';
import { measureSizes, printSizes } from './sizes.mjs';
import { at, filesBelow, step, writeIfChanged } from './steps.mjs';
import { packWordnetInto } from './wordnet-pack.mjs';

const PACKED = 'build/wordnet/wordnet.bin.gz';
const NOTICE = 'build/wordnet/wordnet-license.txt';
const GENERATED = 'web/engine/generated';
const WASM = ['build/wasm/engine.js', 'build/wasm/engine.wasm', 'build/wasm/teaching.wasm'];

/** ninja itself knows what changed. The results go where TypeScript imports them from. */
export function buildEngine() {
  console.log('  engine (C++ to WebAssembly) ...');
  buildPreset('wasm', { targets: ['engine', 'teaching'] });
  for (const path of WASM)
    writeIfChanged(path.replace('build/wasm', GENERATED), readFileSync(at(path)));
}

function sources() {
  return [
    ...filesBelow('web').filter((path) => !path.startsWith('web/build/')),
    ...filesBelow('web/build', /\.mjs$/),
    ...['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.types.json', 'index.html'],
    ...WASM,
  ];
}

export async function buildAll() {
  const started = performance.now();
  console.log('wadict: building');
  buildEngine();
  await step(
    'WordNet',
    {
      inputs: [
        'web/build/wordnet-pack.mjs',
        'web/visualizer/wordnet-format.ts',
        'package-lock.json',
      ],
      outputs: [PACKED, NOTICE],
    },
    () => packWordnetInto(PACKED, NOTICE),
  );
  const bundles = packageBundles().map(({ to }) => to);
  await step(
    'package',
    {
      inputs: sources(),
      outputs: [...bundles, 'dist/engine.wasm', 'dist/types/index.d.ts', 'dist/sizes.json'],
    },
    async () => {
      await bundlePackage();
      writeTypes();
      measureSizes();
    },
  );
  await step(
    'page',
    {
      inputs: [...sources(), ...filesBelow('cpp', /\.(h|cpp)$/), PACKED, NOTICE],
      outputs: [
        'dist/page/index.html',
        'dist/page/main.js',
        'dist/page/worker.js',
        'dist/page/lab.js',
        'dist/page/engine.wasm',
        'dist/page/teaching.wasm',
        'dist/page/wordnet.bin.gz',
      ],
    },
    () => buildPage(PACKED, NOTICE),
  );
  if (existsSync(at('dist/sizes.json'))) printSizes();
  console.log(`wadict: built in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    await buildAll();
  } catch (error) {
    console.error(`wadict: the build failed: ${error.message}`);
    process.exitCode = 1;
  }
}
