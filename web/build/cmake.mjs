// Configures and builds one CMake preset. The presets name Debian's Emscripten; where Emscripten
// lies elsewhere (emsdk, Homebrew), its toolchain file is found beside emcc itself.
import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { at, run } from './steps.mjs';

const TOOLCHAIN = 'cmake/Modules/Platform/Emscripten.cmake';
const DEBIAN_TOOLCHAIN = `/usr/share/emscripten/${TOOLCHAIN}`;

function findInPath(program) {
  const folder = (process.env.PATH ?? '')
    .split(delimiter)
    .find((path) => existsSync(join(path, program)));
  if (folder === undefined)
    throw new Error(`${program} is not in PATH; run: sh web/build/bootstrap.sh start`);
  return join(folder, program);
}

export function emscriptenArguments() {
  if (existsSync(DEBIAN_TOOLCHAIN)) return [];
  const home = dirname(realpathSync(findInPath('emcc')));
  const candidates = [join(home, TOOLCHAIN), join(home, '../libexec', TOOLCHAIN)];
  const file = candidates.find((path) => existsSync(path));
  if (file === undefined)
    throw new Error(`no Emscripten toolchain file in ${candidates.join(' or ')}`);
  return [`-DCMAKE_TOOLCHAIN_FILE=${file}`];
}

/** `targets` empty: everything. `extra`: further -D arguments. */
export function buildPreset(preset, { targets = [], extra = [], options = {} } = {}) {
  const wasm = preset.startsWith('wasm');
  const configured = existsSync(at('build', preset, 'build.ninja'));
  if (!configured || extra.length > 0) {
    run('cmake', ['--preset', preset, ...(wasm ? emscriptenArguments() : []), ...extra], options);
  }
  const chosen = targets.flatMap((target) => ['--target', target]);
  run('cmake', ['--build', '--preset', preset, ...chosen], {
    ...options,
    env: { ...options.env, NINJA_STATUS: `    ${preset} [%f/%t] ` },
  });
}
