// The package without a browser: Node's two module systems, a worker thread, a server that only
// imports, TypeScript's ways to resolve it, and what the registry's linters say.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { at } from '../../web/build/steps.mjs';
import { appFile, consumer, must, node, tool } from './folders.mjs';
import { executeNode } from '../run/process.mjs';

const LINES = appFile('main.js').replace(/document\.title = (.*);/, 'console.log($1);');
const CLOSED = `${LINES}await db.close();\n`;
const REQUIRED = `const { open } = require('wadict');
(async () => {
  const db = await open('app');
  console.log(\`visits \${await db.incr('visits')}\`);
  await db.close();
})();
`;

/** Runs the program twice: the value of the first run is there in the second. */
async function runsTwice(folder, file) {
  assert.equal(await node([file], folder), 'visits 1\n');
  assert.equal(await node([file], folder), 'visits 2\n');
}

const program = (name, file, text) => ({
  name,
  short: !/inline/.test(name),
  run: async ({ tarball }) => {
    const folder = await consumer(name.replace(/\W+/g, '-'), tarball, { [file]: text });
    await runsTwice(folder, file);
  },
});

// It imports its peer, which only the long run installs.
const WITH_PEER = ['wadict/react'];

/** Every JavaScript entry of `exports` that stands alone, as a user writes it. */
function entries() {
  const { exports } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url)));
  return Object.entries(exports)
    .filter(([path, target]) => typeof target === 'object' && path !== './worker')
    .map(([path]) => path.replace(/^\./, 'wadict'))
    .filter((entry) => !WITH_PEER.includes(entry));
}

/** Imports everything and tells which globals, timers, handles and files came of it. */
const IMPORTER = (specifiers) => `import { readdirSync } from 'node:fs';
const names = () => Reflect.ownKeys(globalThis).map(String).sort().join();
const before = names();
for (const name of ${JSON.stringify(specifiers)}) await import(name);
await new Promise(setImmediate);
console.log(JSON.stringify({
  sameGlobals: names() === before,
  resources: process.getActiveResourcesInfo().filter((name) => !/Pipe|TTY|FSReq/.test(name)),
  files: readdirSync('.').sort(),
}));
`;

async function importsQuietly(folder, specifiers, flags = []) {
  const report = JSON.parse(await node([...flags, 'import.mjs'], folder));
  assert.deepEqual(report, {
    sameGlobals: true,
    resources: [],
    files: ['import.mjs', 'node_modules', 'package.json'],
  });
  assert.ok(specifiers.length > 0);
}

const importing = (name, specifiers, when) => ({
  name,
  ...when,
  run: async ({ tarball }) => {
    const files = { 'import.mjs': IMPORTER(specifiers) };
    const folder = await consumer(name.replace(/\W+/g, '-'), tarball, files);
    await importsQuietly(folder, specifiers);
  },
});

export const RUNTIMES = [
  program('Node, import', 'main.mjs', CLOSED),
  program('Node, require', 'main.cjs', REQUIRED),
  program('Node, wadict/inline, import', 'main.mjs', CLOSED.replace("'wadict'", "'wadict/inline'")),
  program(
    'Node, wadict/inline, require',
    'main.cjs',
    REQUIRED.replace("'wadict'", "'wadict/inline'"),
  ),
  {
    name: 'Node, worker_threads',
    short: true,
    run: async ({ tarball }) => {
      const main = `import { Worker } from 'node:worker_threads';
new Worker(new URL('./thread.mjs', import.meta.url));
`;
      const files = { 'main.mjs': main, 'thread.mjs': CLOSED };
      const folder = await consumer('worker-threads', tarball, files);
      await runsTwice(folder, 'main.mjs');
    },
  },
  {
    name: 'Node, wadict/engine by import and require',
    short: true,
    run: async ({ tarball }) => {
      const use = `.then(async ({ createEngine }) => {
  const engine = await createEngine();
  engine.set('k', 'v');
  console.log(engine.get('k'));
});
`;
      const folder = await consumer('engine', tarball, {
        'main.mjs': `import('wadict/engine')${use}`,
        'main.cjs': `Promise.resolve(require('wadict/engine'))${use}`,
      });
      assert.equal(await node(['main.mjs'], folder), 'v\n');
      assert.equal(await node(['main.cjs'], folder), 'v\n');
    },
  },
  importing('server-side import of every entry: no side effects', entries(), { short: true }),
  importing('server-side import of the entry that needs React', WITH_PEER, { tools: true }),
  {
    name: "server-side import of the browser's entries: no side effects, open says why not",
    run: async ({ tarball }) => {
      const paths = ['index', 'inline', 'engine'].map(
        (name) => `./node_modules/wadict/dist/${name}.js`,
      );
      const files = { 'import.mjs': IMPORTER(paths) };
      const folder = await consumer('server-browser', tarball, files);
      await importsQuietly(folder, paths);
      const open = `import(${JSON.stringify(paths[0])}).then(({ open }) => open('app')).catch(
        (error) => console.log(error.name, error.code))`;
      assert.equal(await node(['-e', open], folder), 'WadictError UNSUPPORTED\n');
    },
  },
  {
    name: 'nothing but what is needed is packed, no install scripts, no dependencies',
    short: true,
    run: async ({ tarball, files }) => {
      const folder = await consumer('contents', tarball, {});
      const text = readFileSync(join(folder, 'node_modules/wadict/package.json'), 'utf8');
      const { dependencies, optionalDependencies, scripts = {} } = JSON.parse(text);
      assert.deepEqual([dependencies, optionalDependencies], [undefined, undefined]);
      const hooks = ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish'];
      assert.deepEqual(
        hooks.filter((hook) => hook in scripts),
        [],
      );
      const odd = files.filter(
        (path) =>
          !/^(dist\/|(package\.json|README\.md|LICENSE|llms\.txt|CHANGELOG\.md)$)/.test(path),
      );
      assert.deepEqual(odd, []);
      assert.deepEqual(
        files.filter((path) => /^dist\/page|sizes\.json/.test(path)),
        [],
      );
    },
  },
  {
    name: 'llms.txt names every entry, and nothing that is not there',
    short: true,
    run: async ({ tarball }) => {
      const folder = await consumer('llms', tarball, {});
      const text = readFileSync(join(folder, 'node_modules/wadict/llms.txt'), 'utf8');
      const named = new Set(text.match(/`wadict(\/[a-z.-]+)?`/g)?.map((name) => name.slice(1, -1)));
      for (const name of entries()) assert.ok(named.has(name), name);
      const script = `import { open } from 'wadict';
const db = await open('llms', { storage: 'memory' });
const names = ${JSON.stringify([...text.matchAll(/\bdb\.(\w+)\(/g)].map(([, name]) => name))};
console.log(names.length > 15 && names.filter((name) => typeof db[name] !== 'function').join());
await db.close();
`;
      assert.equal(await node(['--input-type=module', '-e', script], folder), '\n');
      for (const [, entry, name] of text.matchAll(/`wadict\/(\w+)`: (?:new )?(\w+)\(/g)) {
        const test = `import('wadict/${entry}').then((all) => console.log(typeof all.${name}))`;
        if (entry !== 'react') assert.equal(await node(['-e', test], folder), 'function\n');
      }
    },
  },
  {
    name: 'sizes: no entry is larger than promised',
    short: true,
    run: async () => {
      const { rows } = JSON.parse(readFileSync(at('dist/sizes.json'), 'utf8'));
      assert.deepEqual(
        rows.filter(({ brotli, most }) => !(brotli <= most)),
        [],
      );
      assert.ok(rows.length >= 4);
    },
  },
  {
    name: 'publint',
    tools: true,
    run: async ({ tarball }) => {
      const folder = await consumer('publint', tarball, {});
      const target = join(folder, 'node_modules/wadict');
      const out = await node([tool('publint/src/cli.js'), target, '--strict'], folder);
      assert.match(out, /All good/);
    },
  },
  {
    name: 'Are the types wrong?',
    tools: true,
    run: async ({ tarball }) => {
      const cli = tool('@arethetypeswrong/cli/dist/index.js');
      const code = ['--exclude-entrypoints', './worker', './engine.wasm', './package.json'];
      const args = [cli, tarball, ...code, '--format', 'ascii', '--no-emoji'];
      await must(executeNode(args, { minutes: 3 }));
    },
  },
];
