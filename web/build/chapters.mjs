// The chapters as the page reads them: their sentences, and the lines of C++ as they stand in the
// tree. A line that is not found once ends the build: text and code never drift apart.
import { readFileSync } from 'node:fs';
import { build } from 'esbuild';
import { at, filesBelow } from './steps.mjs';

const SCENARIOS = 'web/visualizer/scenarios';

async function loadChapters() {
  const outfile = at('build/tools/chapters.mjs');
  const entryPoints = [at('web/visualizer/chapters.ts')];
  await build({ entryPoints, outfile, bundle: true, format: 'esm', logLevel: 'warning' });
  return (await import(`${outfile}?${process.hrtime.bigint()}`)).kChapters;
}

/** Lines with their numbers, without the defects that the mutation tests compile in. */
function withoutMutants(lines) {
  const kept = [];
  let state = 'code';
  lines.forEach((text, index) => {
    if (/^#if(n?)def WADICT_MUTANT/.test(text)) state = /^#ifn/.test(text) ? 'kept' : 'dropped';
    else if (state !== 'code' && text === '#else') state = 'kept';
    else if (state !== 'code' && text === '#endif') state = 'code';
    else if (state !== 'dropped') kept.push({ number: index + 1, text });
  });
  return kept;
}

/** { file, first, lines: [{ number, text, isMarked }] } of a CodePlace. */
export function excerpt(
  { file, from, lines, mark },
  read = (path) => readFileSync(at(path), 'utf8'),
) {
  const all = withoutMutants(read(file).split('\n'));
  const found = all.filter(({ text }) => text.includes(from));
  if (found.length !== 1)
    throw new Error(`${file} has ${found.length} lines with '${from}', not 1`);
  const first = all.indexOf(found[0]);
  const taken = all.slice(first, first + lines);
  if (!taken.some(({ text }) => text.includes(mark)))
    throw new Error(`${file}: '${mark}' is not in the ${lines} lines from '${from}' on`);
  return {
    file,
    lines: taken.map(({ number, text }) => ({ number, text, isMarked: text.includes(mark) })),
  };
}

export async function chaptersJson() {
  const chapters = (await loadChapters()).map((chapter) => ({
    ...chapter,
    steps: chapter.steps.map((step) => ({ ...step, code: excerpt(step.code) })),
  }));
  const scenarios = Object.fromEntries(
    filesBelow(SCENARIOS, /\.txt$/).map((path) => [
      path.slice(SCENARIOS.length + 1, -'.txt'.length),
      readFileSync(at(path), 'utf8'),
    ]),
  );
  return JSON.stringify({ chapters, scenarios });
}
