// C++ defects: one build folder, configured anew with one defect at a time; only the program that
// has to notice it is built, without sanitizers.
import { availableParallelism } from 'node:os';
import { at } from '../../web/build/steps.mjs';
import { isCpp, readProject } from '../tidy/files.mjs';
import { execute } from '../run/process.mjs';
import { readCatch2 } from '../run/report.mjs';

const FOLDER = 'build/mutants';

const engineSources = () =>
  readProject().filter((file) => isCpp(file) && file.path.startsWith('cpp/'));

/** Where a defect stands: only what includes that file is compiled anew. */
function sourceOf(mutant) {
  const word = new RegExp(`\\bWADICT_MUTANT_${mutant}\\b`);
  const found = engineSources().filter(({ text }) => word.test(text));
  if (found.length !== 1) throw new Error(`${mutant} stands in ${found.length} files`);
  return found[0].path;
}

async function buildWith(mutant, program) {
  const launcher = (await execute('ccache', ['--version'])).status === 0 ? ['ccache'] : [];
  const file = mutant === '' ? '' : sourceOf(mutant);
  const configured = await execute('cmake', [
    ...['-S', '.', '-B', FOLDER, '-G', 'Ninja', '-DWADICT_TESTS=ON'],
    ...['-DCMAKE_BUILD_TYPE=Debug', '-DCMAKE_CXX_FLAGS_DEBUG=-O1', `-DWADICT_MUTANT=${mutant}`],
    `-DWADICT_MUTANT_FILE=${file}`,
    ...launcher.map((name) => `-DCMAKE_CXX_COMPILER_LAUNCHER=${name}`),
  ]);
  if (configured.status !== 0) return configured;
  const jobs = ['-j', String(availableParallelism())];
  return execute('cmake', ['--build', FOLDER, '--target', program, ...jobs], { isYielding: true });
}

async function run(program, test, minutes) {
  const filter = test.startsWith('[') ? test : test.replace(/[,\\[\]"]/g, '\\$&');
  const output = await execute(at(FOLDER, program), [filter, '-r', 'xml'], { minutes });
  return readCatch2(program, output);
}

/** Every `WADICT_MUTANT_` of the sources is in the list, and the other way round. */
export function unlisted(mutants) {
  const named = new Set(
    engineSources()
      .flatMap(({ text }) => [...text.matchAll(/\bWADICT_MUTANT_([A-Z0-9_]+)\b/g)])
      .map(([, name]) => name),
  );
  const listed = new Set(mutants.map(({ name }) => name));
  return [
    ...[...named].filter((name) => !listed.has(name)).map((name) => `${name}: not in list.mjs`),
    ...[...listed].filter((name) => !named.has(name)).map((name) => `${name}: not in cpp/`),
  ];
}

/** The tests of the list pass without any defect; otherwise a kill would mean nothing. */
export async function healthyCpp(mutants) {
  const wrong = [];
  for (const program of new Set(mutants.map((mutant) => mutant.program))) {
    const built = await buildWith('', program);
    if (built.status !== 0) return [`${program} does not build\n${built.stdout}${built.stderr}`];
    const filters = mutants.filter((mutant) => mutant.program === program);
    for (const filter of new Set(filters.map(({ test }) => test))) {
      const result = await run(program, filter, 5);
      if (result.failed > 0 || result.passed === 0) wrong.push(`${filter}: ${result.log}`);
    }
  }
  return wrong;
}

/** True when the defect was noticed. Throws when it does not even compile. */
export async function killsCpp({ name, program, test }) {
  const built = await buildWith(name, program);
  if (built.status !== 0) throw new Error(`does not build\n${built.stdout}${built.stderr}`);
  // A healthy run takes seconds: a defect that lets it run for ever is noticed, too.
  return (await run(program, test, 1)).failed > 0;
}
