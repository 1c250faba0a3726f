// One consumer for each bundler: three lines of code, no configuration file. `tools`: needs the
// packages of this folder's lock; `short`: runs in `npm test` too.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { at } from '../../web/build/steps.mjs';
import { appFile, consumer, must, node, tool } from './folders.mjs';
import { execute } from '../run/process.mjs';
import { serveFolder } from './static-server.mjs';
import { visit } from './visit.mjs';

const APP = { 'main.js': appFile('main.js'), 'index.html': appFile('index.html') };
const INLINE_APP = { ...APP, 'main.js': APP['main.js'].replace("'wadict'", "'wadict/inline'") };

/** The value is there at the first visit and still there after a reload. */
export async function keepsValue(url, name) {
  assert.deepEqual(await visit(url, { name }), ['visits 1', 'visits 2']);
}

async function served(folder, browsers = ['chromium'], options = {}) {
  const server = await serveFolder(folder, options);
  try {
    for (const name of browsers) await keepsValue(server.url, name);
  } finally {
    await server.close();
  }
}

/** Starts a development server, which prints its address, visits it, and stops it. */
async function withServer(args, cwd, visitIt) {
  const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    const url = await new Promise((resolve, reject) => {
      let text = '';
      const read = (chunk) => {
        text += chunk;
        const found = /https?:\/\/(?:localhost|127\.0\.0\.1):\d+\S*/.exec(
          text.replace(COLOURS, ''),
        );
        if (found !== null) resolve(found[0]);
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.on('exit', (status) => reject(new Error(`ended with ${status}\n${text}`)));
    });
    await visitIt(url);
  } finally {
    child.kill();
  }
}

// What terminals draw with.
const COLOURS = /\u001b\[[0-9;]*m/g;

const VITE = tool('vite/bin/vite.js');
const ESBUILD = at('node_modules/esbuild/bin/esbuild');
const MODULE_BUNDLE = ['--bundle', '--format=esm', '--outfile=out/main.js'];

/** What esbuild and Rollup do not copy by themselves: two files beside the bundle. */
function copyTwoFiles(folder, out) {
  for (const file of ['worker.js', 'engine.wasm'])
    cpSync(join(folder, 'node_modules/wadict/dist', file), join(folder, out, file));
  cpSync(join(folder, 'index.html'), join(folder, out, 'index.html'));
}

async function viteBuild(tarball, name, base) {
  const folder = await consumer(name, tarball, APP);
  await node([VITE, 'build', '--logLevel=warn', `--base=${base}`], folder);
  return join(folder, 'dist');
}

async function rollup(tarball, name, files) {
  const folder = await consumer(name, tarball, files);
  const plugin = tool('@rollup/plugin-node-resolve/dist/es/index.js');
  const args = ['-i', 'main.js', '-d', 'out', '-f', 'es', '-p', plugin];
  await node([tool('rollup/dist/bin/rollup'), ...args], folder);
  return folder;
}

export const BUNDLERS = [
  {
    name: 'esbuild, two files copied',
    short: true,
    run: async ({ tarball }) => {
      const folder = await consumer('esbuild', tarball, APP);
      await must(execute(ESBUILD, ['main.js', ...MODULE_BUNDLE], { cwd: folder }));
      copyTwoFiles(folder, 'out');
      await served(join(folder, 'out'), ['chromium', 'firefox']);
    },
  },
  {
    name: 'esbuild, wadict/inline, nothing copied',
    run: async ({ tarball }) => {
      const folder = await consumer('esbuild-inline', tarball, INLINE_APP);
      await must(execute(ESBUILD, ['main.js', ...MODULE_BUNDLE], { cwd: folder }));
      cpSync(join(folder, 'index.html'), join(folder, 'out/index.html'));
      await served(join(folder, 'out'), ['chromium', 'firefox']);
    },
  },
  {
    name: 'Vite 8, development server',
    tools: true,
    run: async ({ tarball }) => {
      const folder = await consumer('vite-dev', tarball, APP);
      await withServer([VITE, '--host=127.0.0.1'], folder, (url) => keepsValue(url));
    },
  },
  {
    name: 'Vite 8, build and preview',
    tools: true,
    run: async ({ tarball }) => {
      const folder = join(await viteBuild(tarball, 'vite-build', '/'), '..');
      await withServer([VITE, 'preview', '--host=127.0.0.1'], folder, async (url) => {
        await keepsValue(url);
        await keepsValue(url, 'firefox');
      });
    },
  },
  {
    name: 'Vite 8, build under a sub-path',
    tools: true,
    run: async ({ tarball }) => {
      const out = await viteBuild(tarball, 'vite-base', '/sub/path/');
      await served(out, ['chromium'], { base: '/sub/path/' });
    },
  },
  {
    name: 'Vite 8, build with relative paths',
    tools: true,
    run: async ({ tarball }) => {
      const out = await viteBuild(tarball, 'vite-relative', './');
      await served(out, ['chromium'], { base: '/any/where/' });
    },
  },
  {
    name: 'webpack 5',
    tools: true,
    run: async ({ tarball }) => {
      const folder = await consumer('webpack', tarball, APP);
      const args = ['--entry', './main.js', '--mode', 'production'];
      await node([tool('webpack-cli/bin/cli.js'), ...args], folder);
      cpSync(join(folder, 'index.html'), join(folder, 'dist/index.html'));
      await served(join(folder, 'dist'), ['chromium', 'firefox'], { base: '/deep/' });
    },
  },
  {
    name: 'Parcel 2',
    tools: true,
    run: async ({ tarball }) => {
      const folder = await consumer('parcel', tarball, APP);
      const args = ['build', 'index.html', '--no-cache', '--dist-dir=out', '--no-source-maps'];
      await node([tool('parcel/lib/bin.js'), ...args], folder, { NODE_ENV: 'production' });
      await served(join(folder, 'out'));
    },
  },
  {
    name: 'Rollup 4, two files copied',
    tools: true,
    run: async ({ tarball }) => {
      const folder = await rollup(tarball, 'rollup', APP);
      copyTwoFiles(folder, 'out');
      await served(join(folder, 'out'));
    },
  },
  {
    name: 'Rollup 4, wadict/inline, nothing copied',
    tools: true,
    run: async ({ tarball }) => {
      const folder = await rollup(tarball, 'rollup-inline', INLINE_APP);
      cpSync(join(folder, 'index.html'), join(folder, 'out/index.html'));
      await served(join(folder, 'out'));
    },
  },
];
