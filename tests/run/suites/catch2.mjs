// The Catch2 programs of one CMake preset: built, then run side by side. The programs and how they
// are started (wasm: through Node) are what CTest knows; the counts are Catch2's own test cases.
// Shows @W01.
import { availableParallelism } from 'node:os';
import { emscriptenArguments } from '../../../web/build/cmake.mjs';
import { existsSync } from 'node:fs';
import { at, writeIfChanged } from '../../../web/build/steps.mjs';
import { execute, mapParallel } from '../process.mjs';
import { add, broken, emptyResult, readCatch2 } from '../report.mjs';

const SANITIZERS = {
  ASAN_OPTIONS: 'detect_leaks=1:strict_string_checks=1:check_initialization_order=1',
  UBSAN_OPTIONS: 'print_stacktrace=1',
};

async function buildPrograms(preset) {
  // Emscripten writes CommonJS, which our own package.json would forbid.
  writeIfChanged(`build/${preset}/package.json`, '{ "type": "commonjs" }\n');
  const wasm = preset.startsWith('wasm') ? emscriptenArguments() : [];
  if (!existsSync(at('build', preset, 'build.ninja'))) {
    const configured = await execute('cmake', ['--preset', preset, ...wasm]);
    if (configured.status !== 0) return configured;
  }
  const jobs = ['-j', String(availableParallelism())];
  return execute('cmake', ['--build', '--preset', preset, ...jobs], { isYielding: true });
}

async function programs(preset) {
  const { stdout } = await execute('ctest', [
    '--test-dir',
    `build/${preset}`,
    '--show-only=json-v1',
  ]);
  const commands = JSON.parse(stdout).tests.map(({ name, command }) => ({ name, command }));
  // A program may be registered once or case by case: it runs once, with all its cases.
  const byProgram = new Map();
  for (const { name, command } of commands) {
    const file = command.findLastIndex(
      (word) => existsSync(word) && word.includes(`/build/${preset}/`),
    );
    byProgram.set(command.slice(0, file + 1).join(' '), {
      name,
      command: command.slice(0, file + 1),
    });
  }
  return [...byProgram.values()];
}

async function runProgram({ name, command }) {
  const [program, ...args] = command;
  const output = await execute(program, [...args, '-r', 'xml'], {
    env: SANITIZERS,
    isYielding: true,
  });
  return readCatch2(name, output);
}

export const catch2 = (preset) => async () => {
  const built = await buildPrograms(preset);
  if (built.status !== 0) return broken(`${preset} does not build\n${built.stdout}${built.stderr}`);
  const list = await programs(preset);
  if (list.length === 0) return broken(`CTest knows no program in build/${preset}`);
  const results = await mapParallel(list, availableParallelism(), runProgram);
  return results.reduce(add, emptyResult());
};
