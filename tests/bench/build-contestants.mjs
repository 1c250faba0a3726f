// Builds the contestants natively and to WebAssembly, and knows where they lie.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { buildPreset } from '../../web/build/cmake.mjs';
import { at } from '../../web/build/steps.mjs';
import { NativeContestant, ScriptContestant, WasmContestant } from './contestants.mjs';

const WASM = ['wadict', 'redis', 'valkey', 'std', 'chained', 'byte_arena'];
const ORDER = ['order_tree', 'order_skiplist'];
const NATIVE = ['wadict', 'redis', 'valkey', 'std', 'absl'];

/** The folder of the peers' sources; the first call downloads them. */
export function preparePeers() {
  const script = at('tests/bench/prepare-peers.sh');
  return execFileSync('sh', [script], { stdio: ['ignore', 'pipe', 'inherit'] })
    .toString()
    .trim();
}

function hasProgram(name) {
  return spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0;
}

export function buildContestants(peers) {
  const extra = [`-DWADICT_PEERS=${peers}`];
  // clang where there is one: the same compiler as Emscripten's.
  const clang = hasProgram('clang') && hasProgram('clang++');
  const env = clang ? { CC: 'clang', CXX: 'clang++' } : {};
  buildPreset('bench', {
    targets: NATIVE.map((name) => `bench_${name}`),
    extra: existsSync(at('build/bench/build.ninja')) ? [] : extra,
    options: { env },
  });
  buildPreset('wasm-bench', {
    targets: [...WASM, ...ORDER].map((name) => `bench_${name}`),
    extra: existsSync(at('build/wasm-bench/build.ninja')) ? [] : extra,
  });
}

const title = (name) => name.replace('_', ' ');
const wasmPath = (name) => at(`build/wasm-bench/bench_${name}.wasm`);

export const textsPath = () => wasmPath('std');

export const wasmContestants = (names = WASM) =>
  names.map((name) => new WasmContestant(`${title(name)} wasm`, wasmPath(name)));

export function nativeContestants() {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const jemalloc = join(cache, 'wadict-oracle/jemalloc/libjemalloc.so.2');
  const preload = existsSync(jemalloc) ? { LD_PRELOAD: jemalloc } : {};
  return NATIVE.map(
    (name) =>
      new NativeContestant(
        `${title(name)} native`,
        at(`build/bench/bench_${name}`),
        name === 'wadict' ? {} : preload,
      ),
  );
}

export const jsMap = () => new ScriptContestant('JS Map', textsPath(), () => new Map());
