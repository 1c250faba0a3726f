// The npm package: every entry bundled by esbuild into one file, engine.wasm beside, types from
// tsc. `new Worker(new URL('./worker.js', import.meta.url))` and the wasm's URL stay literal, so
// that the bundlers of our users see them.
import { cpSync, existsSync, rmSync } from 'node:fs';
import { build } from 'esbuild';
import { inlineDefines } from './inline-step.mjs';
import { at, run, writeIfChanged } from './steps.mjs';

export const BROWSER_TARGET = ['es2022', 'chrome111', 'firefox111', 'safari16.4'];

const COMMON = {
  bundle: true,
  minify: true,
  keepNames: false,
  legalComments: 'none',
  sourcemap: false,
  logLevel: 'warning',
  absWorkingDir: at(),
  charset: 'utf8',
};
const BROWSER = { ...COMMON, format: 'esm', platform: 'browser', target: BROWSER_TARGET };
const NODE = { ...COMMON, format: 'esm', platform: 'node', target: 'node20.19' };
// CommonJS has no import.meta: the file's own URL takes its place.
const NODE_CJS = {
  ...NODE,
  format: 'cjs',
  define: { 'import.meta.url': 'wadictFileUrl' },
  banner: { js: "const wadictFileUrl = require('node:url').pathToFileURL(__filename).href;" },
};

function engineEntryForNode() {
  const own = 'web/engine/engine-entry-node.ts';
  return existsSync(at(own)) ? own : 'web/engine/engine-entry.ts';
}

const ADAPTERS = 'idb-keyval keyv migrate react storage tanstack unstorage zustand'.split(' ');

/** Adapters import the package itself, so that there is one WadictError and one `open`. */
const sharing = (entry) => ({
  name: 'one-package',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\.\/(index|errors)\.ts$/ }, ({ importer }) =>
      importer.includes('/adapters/') ? { path: entry, external: true } : undefined,
    ),
});

/** The server and its command line import the package itself, too. */
const serving = (own, suffix) => ({
  name: 'one-package',
  setup: ({ onResolve }) => {
    onResolve({ filter: /^\.\.\/(node|errors)\.ts$/ }, ({ importer }) =>
      importer.includes('/server/') ? { path: `./node${suffix}`, external: true } : undefined,
    );
    onResolve({ filter: /^\.\/server\.ts$/ }, () =>
      own === 'cli' ? { path: `./server${suffix}`, external: true } : undefined,
    );
  },
});

const serverPart = (own, suffix, how) => ({
  from: `web/server/${own}.ts`,
  to: `dist/${own}${suffix}`,
  how: { ...how, plugins: [serving(own, suffix)] },
});

const adapter = (name, suffix, how, entry) => ({
  from: `web/adapters/${name}.ts`,
  to: `dist/adapters/${name}${suffix}`,
  how: { ...how, external: ['react'], plugins: [sharing(entry)] },
});

/** Bundles of the package, and the file each becomes. Only sources that exist are built. */
export function packageBundles() {
  return [
    { from: 'web/index.ts', to: 'dist/index.js', how: BROWSER },
    { from: 'web/node.ts', to: 'dist/node.js', how: NODE },
    { from: 'web/node.ts', to: 'dist/node.cjs', how: NODE_CJS },
    { from: 'web/engine/engine-entry.ts', to: 'dist/engine.js', how: BROWSER },
    { from: engineEntryForNode(), to: 'dist/engine-node.js', how: NODE },
    { from: engineEntryForNode(), to: 'dist/engine-node.cjs', how: NODE_CJS },
    { from: 'web/worker/entry.ts', to: 'dist/worker.js', how: BROWSER },
    { from: 'web/inline.ts', to: 'dist/inline.js', how: BROWSER, inline: 'browser' },
    { from: 'web/inline-node.ts', to: 'dist/inline-node.js', how: NODE, inline: 'node' },
    { from: 'web/inline-node.ts', to: 'dist/inline-node.cjs', how: NODE_CJS, inline: 'node' },
    serverPart('server', '.js', NODE),
    serverPart('server', '.cjs', NODE_CJS),
    serverPart('cli', '.js', NODE),
    ...['.js', '.cjs'].map((suffix) => ({
      from: 'web/adapters/ioredis.ts',
      to: `dist/adapters/ioredis${suffix}`,
      how: { ...(suffix === '.js' ? NODE : NODE_CJS), external: ['ioredis'] },
    })),
    ...ADAPTERS.flatMap((name) => [
      adapter(name, '.js', BROWSER, '../index.js'),
      adapter(name, '.node.js', NODE, '../node.js'),
      adapter(name, '.cjs', NODE_CJS, '../node.cjs'),
    ]),
  ];
}

export async function bundlePackage() {
  const inlined = await inlineDefines(BROWSER);
  await Promise.all(
    packageBundles().map(({ from, to, how, inline }) => {
      const define = { ...how.define, ...(inline === undefined ? {} : inlined[inline]) };
      return build({ ...how, define, entryPoints: [from], outfile: to });
    }),
  );
  cpSync(at('build/wasm/engine.wasm'), at('dist/engine.wasm'));
}

/** Declarations for `import` and, as the same files under a CommonJS scope, for `require`. */
export function writeTypes() {
  rmSync(at('dist/types'), { recursive: true, force: true });
  rmSync(at('dist/types-cjs'), { recursive: true, force: true });
  run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.types.json']);
  cpSync(at('dist/types'), at('dist/types-cjs'), { recursive: true });
  writeIfChanged('dist/types-cjs/package.json', '{ "type": "commonjs" }\n');
}
