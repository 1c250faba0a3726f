// npm run docs: the typed reference of every entry, from the sources' own comments, as static pages
// in dist/page/reference, beside the page.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { HOME, installTools, tool } from '../../tests/package/folders.mjs';
import { at, run } from './steps.mjs';

const ENTRIES = [
  'web/index.ts',
  'web/inline.ts',
  'web/engine/engine-entry.ts',
  ...'idb-keyval keyv migrate react storage tanstack unstorage zustand'
    .split(' ')
    .map((name) => `web/adapters/${name}.ts`),
];
const OUT = 'dist/page/reference';

await installTools();
const options = [
  ...['--tsconfig', 'tsconfig.docs.json', '--out', OUT, '--name', 'wadict', '--readme', 'none'],
  ...['--excludeInternal', '--excludePrivate', '--disableSources', '--hideGenerator'],
  // What has no name in an entry is shown where it is used.
  ...['--validation.notExported', 'false', '--treatWarningsAsErrors'],
  ...['--logLevel', 'Warn', '--skipErrorChecking'],
];
run(process.execPath, [tool('typedoc/bin/typedoc'), ...options, ...ENTRIES]);
if (!existsSync(at(OUT, 'index.html'))) throw new Error(`${join(HOME, OUT)} was not written`);
console.log(`wadict: the reference is in ${OUT}/index.html`);
