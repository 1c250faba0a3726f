// Which lines of the fuzzed sources a corpus reaches: a build of its own with clang's source-based
// coverage runs over it once.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { relative } from 'node:path';
import { at } from '../../web/build/steps.mjs';

const FOLDER = 'build/fuzz-coverage';

/** Lines of each measured file: [{ path, lines, covered, missed }]. `missed`: line numbers. */
export function coverageOf({ name, measured }, corpus) {
  const program = at(FOLDER, `fuzz_${name}`);
  const raw = at(FOLDER, `${name}.profraw`);
  const profile = at(FOLDER, `${name}.profdata`);
  mkdirSync(at(FOLDER), { recursive: true });
  execFileSync(program, ['-runs=0', corpus], {
    env: { ...process.env, LLVM_PROFILE_FILE: raw },
    stdio: 'ignore',
  });
  execFileSync('llvm-profdata-14', ['merge', '-sparse', raw, '-o', profile]);
  const report = execFileSync(
    'llvm-cov-14',
    ['export', program, `-instr-profile=${profile}`, '-format=lcov'],
    { maxBuffer: 1 << 28 },
  ).toString();
  return report
    .split('end_of_record')
    .map((record) => ({
      path: relative(at('.'), /^SF:(.*)$/m.exec(record)?.[1] ?? ''),
      all: [...record.matchAll(/^DA:(\d+),(\d+)$/gm)].map(([, line, count]) => [line, count]),
    }))
    .filter(({ path }) => measured.some((prefix) => path.startsWith(prefix)))
    .map(({ path, all }) => ({
      path,
      lines: all.length,
      covered: all.filter(([, count]) => count !== '0').length,
      missed: all.filter(([, count]) => count === '0').map(([line]) => Number(line)),
    }));
}
