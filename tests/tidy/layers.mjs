// Who may include or import whom. C++: the wadict_layer lines. TypeScript: the table below.
import { dirname, posix } from 'node:path';
import { isBelow, isCpp, isTypeScript } from './files.mjs';
import { withoutComments } from './source.mjs';

/** wadict_layer(name SOURCES ... DEPENDS ... TESTS ...) -> name -> its direct dependencies. */
export function readLayers(files) {
  const layers = new Map();
  for (const { path, text } of files) {
    if (!/(^CMakeLists\.txt|\.cmake)$/.test(path)) continue;
    const plain = text.replace(/#[^\n]*/g, '');
    for (const [, name, body] of plain.matchAll(/\bwadict_layer\(\s*([a-z_]+)([^)]*)\)/g)) {
      const depends = /\bDEPENDS\b([a-z_\s]*)/.exec(body)?.[1] ?? '';
      layers.set(name, depends.split(/\s+/).filter(Boolean));
    }
  }
  return layers;
}

function reachable(layers, name, seen = new Set()) {
  for (const next of layers.get(name) ?? []) {
    if (seen.has(next)) continue;
    seen.add(next);
    reachable(layers, next, seen);
  }
  return seen;
}

/** Folders of cpp/ that are no layer: each is seen by tests, bindings and models alone. */
const OUTSIDE_THE_LAYERS = new Set(['bindings']);

export function includeDirection(files) {
  const layers = readLayers(files);
  if (layers.size === 0) return ['no wadict_layer line found'];
  const wrong = [];
  for (const { path, text } of files.filter(isCpp).filter(isBelow('cpp'))) {
    const own = path.split('/')[1];
    if (OUTSIDE_THE_LAYERS.has(own)) continue;
    if (!layers.has(own)) {
      wrong.push(`${path}: ${own} is no layer of CMake`);
      continue;
    }
    const allowed = reachable(layers, own);
    for (const [, target] of text.matchAll(/^\s*#\s*include\s+"([^"/]+)\//gm)) {
      if (target !== own && !allowed.has(target))
        wrong.push(`${path}: ${own} may not include ${target}/`);
    }
  }
  for (const name of layers.keys()) {
    if (reachable(layers, name).has(name)) wrong.push(`CMake: ${name} depends on itself`);
  }
  return wrong;
}

const ANY = undefined;
const WEB = {
  errors: [],
  transport: ['errors'],
  resp: ['errors'],
  storage: ['errors'],
  engine: ['errors', 'policy-watch', 'transport', 'resp', 'client'], // its synchronous entry has typed methods
  host: ['engine', 'storage', 'transport', 'errors'],
  worker: ['host', 'engine', 'storage', 'transport', 'errors'],
  server: ['client', 'node', 'host', 'transport', 'errors'],
  client: ['transport', 'resp', 'errors'],
  // The page's lab Worker runs an engine of its own, to go back in time.
  visualizer: ['client', 'transport', 'resp', 'errors', 'index', 'engine'],
  adapters: ['client', 'transport', 'errors', 'index'],
  'policy-watch': ['errors'],
  'inline-code': ['errors'],
  'public-types': ANY,
  'open-browser': ANY,
  inline: ANY,
  'inline-node': ANY,
  index: ANY,
  node: ANY,
};

const unitOf = (path) => path.split('/')[1]?.replace(/\.ts$/, '') ?? '';

export function importDirection(files) {
  const wrong = [];
  const imports = /(?:\bfrom\s*|\bimport\s*\(?\s*)['"](\.[^'"]+)['"]/g;
  for (const { path, text } of files.filter(isTypeScript).filter(isBelow('web'))) {
    const own = unitOf(path);
    if (!(own in WEB)) {
      wrong.push(
        `${path}: web/${own} has no place in the order of imports (tests/tidy/layers.mjs)`,
      );
      continue;
    }
    for (const [, specifier] of withoutComments(text).matchAll(imports)) {
      const target = unitOf(posix.join(dirname(path), specifier));
      const fine = target === own || WEB[own] === ANY || WEB[own].includes(target);
      if (!fine) wrong.push(`${path}: web/${own} may not import ${specifier}`);
    }
  }
  return wrong;
}
