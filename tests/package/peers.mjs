// The adapters against their peers: idb-keyval's behaviour in the same browser, Keyv's own suite,
// unstorage, Zustand, TanStack Query and React as they are published.
import assert from 'node:assert/strict';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { at } from '../../web/build/steps.mjs';
import { execute } from '../run/process.mjs';
import { appFile, consumer, must, node, tool } from './folders.mjs';
import { serveFolder } from './static-server.mjs';
import { evaluate } from './visit.mjs';

const own = (path) => readFileSync(at('tests/package', path), 'utf8');
const ESBUILD = at('node_modules/esbuild/bin/esbuild');

/** Bundles main.js with wadict's two files beside it, and hands back the folder to serve. */
async function bundled(name, tarball, files, more = []) {
  const folder = await consumer(name, tarball, files);
  const args = ['main.js', '--bundle', '--format=esm', '--outfile=out/main.js', ...more];
  await must(execute(ESBUILD, args, { cwd: folder }));
  for (const file of ['worker.js', 'engine.wasm'])
    cpSync(join(folder, 'node_modules/wadict/dist', file), join(folder, 'out', file));
  cpSync(join(folder, 'index.html'), join(folder, 'out/index.html'));
  return join(folder, 'out');
}

async function inPage(folder, query, names, check) {
  const { url, close } = await serveFolder(folder);
  try {
    for (const name of names) check(await evaluate(`${url}${query}`, 'results', { name }), name);
  } finally {
    await close();
  }
}

const PEERS = { short: false, tools: true };
const program = (name, file) => ({
  name,
  ...PEERS,
  run: async ({ tarball }) => {
    const folder = await consumer(file.replace(/\W+/g, '-'), tarball, {
      [file]: own(`peers/${file}`),
    });
    await node(['--test', file], folder);
  },
});

export const ADAPTERS = [
  {
    name: 'wadict/idb-keyval does what idb-keyval does',
    short: true,
    run: async ({ tarball }) => {
      const seed = Date.now() % 1_000_000_007;
      const files = {
        'index.html': appFile('index.html'),
        'main.js': own('idb-keyval/main.js'),
        'cases.js': own('idb-keyval/cases.js'),
      };
      const folder = await bundled('idb-keyval', tarball, files);
      const names = ['chromium', 'firefox'];
      await inPage(
        folder,
        `?seed=${seed}`,
        names,
        ({ exports, expected, actual, isAllOrNothing }, name) => {
          assert.equal(isAllOrNothing, true, name);
          assert.deepEqual(exports[1], exports[0]);
          assert.equal(exports[1].length, 13);
          assert.ok(Object.keys(expected).length > 15);
          assert.deepEqual(actual, expected, `${name}, seed ${seed}`);
        },
      );
    },
  },
  {
    name: "wadict/keyv passes Keyv's own suite",
    ...PEERS,
    run: async ({ tarball }) => {
      const text = own('peers/keyv.mjs'); // named as vitest wants it only there
      const folder = await consumer('keyv', tarball, { 'keyv.test.mjs': text });
      const args = [tool('vitest/vitest.mjs'), 'run', '--root', folder, '--reporter=json'];
      const { numPassedTests, numTotalTests } = JSON.parse(await node(args, folder));
      assert.equal(numPassedTests, numTotalTests);
      assert.ok(numTotalTests >= 44, `${numTotalTests} tests`);
    },
  },
  program('wadict/unstorage is a driver like the one in memory', 'unstorage.mjs'),
  program('wadict/zustand and wadict/tanstack keep what their peers hand over', 'persisters.mjs'),
  program('wadict/react renders on a server', 'react-server.mjs'),
  {
    name: 'wadict/react: hydration, updates, other copies, in a browser',
    ...PEERS,
    run: async ({ tarball }) => {
      const files = { 'index.html': appFile('index.html'), 'main.js': own('peers/react-page.js') };
      const folder = await bundled('react', tarball, files, [
        '--define:process.env.NODE_ENV="development"',
      ]);
      await inPage(folder, '', ['chromium', 'firefox'], (seen, name) => {
        assert.deepEqual(
          seen,
          {
            server: '<b>[]</b>',
            hydrated: '["from before"]',
            added: '["from before","own"]',
            functional: '["from before","own","more"]',
            remote: '["other copy"]',
            removed: '[]',
            errors: [],
          },
          name,
        );
      });
    },
  },
  {
    name: 'wadict/migrate: from localStorage, idb-keyval and localForage, in a browser',
    ...PEERS,
    run: async ({ tarball }) => {
      const files = {
        'index.html': appFile('index.html'),
        'main.js': own('peers/migrate-page.js'),
      };
      const folder = await bundled('migrate', tarball, files);
      await inPage(folder, '', ['chromium', 'firefox'], (seen, name) =>
        assert.deepEqual(seen, MIGRATED, name),
      );
    },
  },
];

const report = (copied, kept) => ({ copied, kept });
const MIGRATED = {
  reports: [
    report(449, 1),
    report(0, 450),
    report(11, 0),
    report(2, 0),
    report(1, 0),
    report(2, 0),
  ],
  progress: ['200/450', '400/450', '450/450'],
  odd: 'INVALID_KEY',
  aborted: 'ABORTED',
  values: [
    ['text 0', 'text 449', 'kept', 'text'],
    [1, 2],
    [{ n: [1, null] }, { deep: { x: 1 } }, 'text'],
  ],
  sources: [450, 3, 2],
  sizes: [452, 3],
};
