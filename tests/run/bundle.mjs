// Bundles TypeScript for running it in Node: tests, and parts of the web side that a script drives.
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { at } from '../../web/build/steps.mjs';

/** In a bundle a module's URL stays that of its source, so that files beside it are found. */
const ownUrls = (replacements) => ({
  name: 'own-urls',
  setup({ onLoad }) {
    onLoad({ filter: /\/(web|tests)\/.*\.(ts|js|mjs)$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const url = JSON.stringify(pathToFileURL(path).href);
      const contents = replacements
        .filter(({ file }) => file === path)
        .reduce((text, { find, replace }) => text.replace(find, () => replace), source)
        .replaceAll('import.meta.url', url);
      return { contents, loader: path.endsWith('.ts') ? 'ts' : 'js' };
    });
  },
});

/**
 * Paths are relative to the root; `outbase` is cut off the entries' paths. `replacements`: defects
 * put into sources, each { file: absolute path, find, replace }.
 */
export function bundleForNode({ entryPoints, outdir, outbase, replacements = [] }) {
  return build({
    entryPoints,
    outdir,
    outbase,
    outExtension: { '.js': '.mjs' },
    absWorkingDir: at(),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    packages: 'external',
    sourcemap: 'inline',
    logLevel: 'silent',
    plugins: [ownUrls(replacements)],
  });
}
