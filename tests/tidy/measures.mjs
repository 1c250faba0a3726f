// Sizes and shares that tell where to stop and think; nothing here fails.
import { isBelow, isCpp, isTypeScript } from './files.mjs';
import { functionsOf } from './source.mjs';

function quantiles(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return `n=${sorted.length} median=${at(0.5)} p90=${at(0.9)} p99=${at(0.99)} max=${at(1)}`;
}

const countLines = (text) => text.split('\n').length - 1;

function commentLines(text) {
  const blocks = text.match(/\/\*[\s\S]*?\*\//g) ?? [];
  const inBlocks = blocks.reduce((sum, block) => sum + countLines(block) + 1, 0);
  return inBlocks + (text.match(/^\s*\/\//gm) ?? []).length;
}

function share(files) {
  const lines = files.reduce((sum, { text }) => sum + countLines(text), 0);
  const comments = files.reduce((sum, { text }) => sum + commentLines(text), 0);
  return lines === 0 ? '-' : `${Math.round((100 * comments) / lines)} %`;
}

function printLanguage(name, files) {
  if (files.length === 0) return;
  const functions = files.flatMap(({ text }) => functionsOf(text).map(({ length }) => length));
  const over = functions.filter((length) => length > 40).length;
  console.log(`${name} files (lines):     ${quantiles(files.map(({ text }) => countLines(text)))}`);
  console.log(`${name} functions (lines): ${quantiles(functions)}, over 40: ${over}`);
}

export function printMeasures(files) {
  const cpp = files.filter(isCpp).filter(isBelow('cpp'));
  const web = files.filter(isTypeScript).filter(isBelow('web'));
  printLanguage('C++', cpp);
  printLanguage('TypeScript', web);
  const headers = cpp.filter(({ path }) => path.endsWith('.h'));
  const bodies = cpp.filter(({ path }) => path.endsWith('.cpp'));
  console.log(
    `comments: headers ${share(headers)}, C++ ${share(bodies)}, TypeScript ${share(web)}`,
  );
  const asserts = cpp.reduce(
    (sum, { text }) => sum + (text.match(/\bWADICT_ASSERT\(/g) ?? []).length,
    0,
  );
  const lines = cpp.reduce((sum, { text }) => sum + countLines(text), 0);
  if (asserts > 0) console.log(`lines of C++ for one assertion: ${Math.round(lines / asserts)}`);
}
