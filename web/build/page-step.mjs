// The page as a folder of static files: relative URLs only, so that it works under any sub-path,
// and a service worker that keeps every one of them, so that it works offline after the first load.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { chaptersJson } from './chapters.mjs';
import { BROWSER_TARGET } from './package-step.mjs';
import { at, filesBelow, sha256, writeIfChanged } from './steps.mjs';

const SERVICE_WORKER = 'web/visualizer/service-worker.ts';
const PAGE = 'dist/page';
const STATIC = /\.(css|svg|png|ico|webmanifest|woff2)$/;

const BROWSER = {
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  target: BROWSER_TARGET,
  legalComments: 'none',
  logLevel: 'warning',
  absWorkingDir: at(),
  charset: 'utf8',
};

function copyStatic() {
  cpSync(at('index.html'), at(PAGE, 'index.html'));
  for (const wasm of ['engine.wasm', 'teaching.wasm'])
    cpSync(at('build/wasm', wasm), at(PAGE, wasm));
  const pictures = 'web/visualizer/readme/';
  for (const path of filesBelow('web/visualizer', STATIC).filter((p) => !p.startsWith(pictures)))
    cpSync(at(path), at(PAGE, basename(path)));
}

async function bundleServiceWorker() {
  if (!existsSync(at(SERVICE_WORKER))) return;
  const files = filesBelow(PAGE).map((path) => path.slice(PAGE.length + 1));
  const kept = files.filter((file) => file !== 'service-worker.js');
  const buildId = sha256(...kept.flatMap((file) => [file, readFileSync(at(PAGE, file))])).slice(
    0,
    16,
  );
  await build({
    ...BROWSER,
    format: 'iife',
    entryPoints: [SERVICE_WORKER],
    outfile: `${PAGE}/service-worker.js`,
    define: {
      PRECACHE_FILES: JSON.stringify(['./', ...kept]),
      BUILD_ID: JSON.stringify(buildId),
    },
  });
}

/** What must have come before the page can be used; the engine's code streams in meanwhile. */
const BEFORE_USE = ['index.html', 'main.css', 'main.js', 'worker.js'];
const BEFORE_USE_MOST = 150_000;

/** With what the page's code imports at once; the value card comes when a value is looked at. */
function gateSize(outputs) {
  const chunks = outputs['main.js'].imports
    .filter(({ kind }) => kind === 'import-statement')
    .map(({ path }) => basename(path));
  const files = [...BEFORE_USE, ...chunks];
  const sizes = files.map((file) => gzipSync(readFileSync(at(PAGE, file)), { level: 9 }).length);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const parts = files.map((file, i) => `${file} ${sizes[i]}`).join(', ');
  console.log(`    before the page can be used: ${total} bytes gzipped (${parts})`);
  if (total > BEFORE_USE_MOST)
    throw new Error(
      `the page needs ${total} bytes gzipped before it can be used, at most ${BEFORE_USE_MOST}`,
    );
}

const outputsByName = ({ outputs }) =>
  Object.fromEntries(Object.entries(outputs).map(([path, output]) => [basename(path), output]));

/** `packedWordnet` and its notice are copied in first: the service worker's list covers them. */
export async function buildPage(packedWordnet, notice) {
  rmSync(at(PAGE), { recursive: true, force: true });
  mkdirSync(at(PAGE), { recursive: true });
  writeIfChanged(`${PAGE}/wordnet.bin.gz`, readFileSync(at(packedWordnet)));
  writeIfChanged(`${PAGE}/wordnet-license.txt`, readFileSync(at(notice)));
  copyStatic();
  writeIfChanged(`${PAGE}/chapters.json`, await chaptersJson());
  const { metafile } = await build({
    ...BROWSER,
    entryPoints: ['web/visualizer/main.ts'],
    outdir: PAGE,
    splitting: true,
    metafile: true,
  });
  await build({ ...BROWSER, entryPoints: ['web/worker/entry.ts'], outfile: `${PAGE}/worker.js` });
  await build({
    ...BROWSER,
    entryPoints: ['web/visualizer/lab/lab-worker.ts'],
    outfile: `${PAGE}/lab.js`,
  });
  await bundleServiceWorker();
  gateSize(outputsByName(metafile));
}
