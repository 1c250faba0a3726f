// The countable rules of the house. Each is a name and a function from the project's files to the
// lines that break it.
import { isBelow, isCpp, isScript, isTypeScript, matches, trackedIgnored } from './files.mjs';
import { clangFormat, prettierFormat } from './formatters.mjs';
import { importDirection, includeDirection } from './layers.mjs';
import { functionsOf, withoutComments, withoutTextAndComments } from './source.mjs';

const LINES_MAX = { cpp: 600, ts: 400 };
const FUNCTION_LINES_MAX = 70;
const COLUMNS_MAX = 100;

const isSource = (file) => isCpp(file) || isTypeScript(file);
const isTest = isBelow('tests');
const isWeb = (file) => isTypeScript(file) && isBelow('web')(file);
const isEngineSource = (file) => isCpp(file) && isBelow('cpp')(file);
const except =
  (pattern) =>
  ({ path }) =>
    !pattern.test(path);
const code = (file) => ({ ...file, text: withoutComments(file.text) });
const grep = (files, pattern) => files.flatMap((file) => matches(file, pattern));

// Written in two halves, or this file would break its own rule.
const UNFINISHED = new RegExp(`\\b(TO${'DO'}|FIX${'ME'}|XX${'X'})\\b`);

function fileLengths(files) {
  return files.filter(isSource).flatMap((file) => {
    const lines = file.text.split('\n').length - 1;
    const most = isCpp(file) ? LINES_MAX.cpp : LINES_MAX.ts;
    return lines > most ? [`${file.path}: ${lines} lines, at most ${most}`] : [];
  });
}

function functionLengths(files) {
  return files
    .filter((file) => isSource(file) && !isTest(file))
    .flatMap(({ path, text }) =>
      functionsOf(text)
        .filter(({ length }) => length > FUNCTION_LINES_MAX)
        .map(
          ({ line, length, header }) =>
            `${path}:${line}: ${length} lines, at most ${FUNCTION_LINES_MAX}: ${header}`,
        ),
    );
}

/** Formatters break no string: a line that is long because of one may be. */
const LONG_STRING = /(['"`]).{24,}/;

function columns(files) {
  return files
    .filter((file) => isSource(file) || isScript(file))
    .flatMap(({ path, text }) =>
      text
        .split('\n')
        .flatMap((line, index) =>
          [...line].length > COLUMNS_MAX && !/https?:\/\//.test(line) && !LONG_STRING.test(line)
            ? [`${path}:${index + 1}: ${[...line].length} columns`]
            : [],
        ),
    );
}

function fileNames(files) {
  return files.filter(isSource).flatMap(({ path }) => {
    const name = path.split('/').at(-1) ?? '';
    const shape = isCpp({ path }) ? /^[a-z0-9_]+\.(h|hpp|cpp)$/ : /^[a-z0-9-]+(\.[a-z]+)*\.ts$/;
    return shape.test(name)
      ? []
      : [`${path}: C++ files are snake_case, TypeScript files kebab-case`];
  });
}

function headersExplain(files) {
  return files
    .filter((file) => isEngineSource(file) && file.path.endsWith('.h'))
    .filter(({ text }) => !/^\/[/*]/.test(text) || !text.includes('#pragma once'))
    .map(({ path }) => `${path}: opens with what it is and why, then #pragma once`);
}

const TIME_AND_CHANCE = /\b(Date\.now|Math\.random|setTimeout|setInterval|performance\.now)\b/;
const NOT_RUN = /\.(skip|only|todo|fixme)\(|\[!mayfail\]|\[!shouldfail\]|"\[\.|\bSKIP\(/;

export const RULES = [
  { name: 'file lengths', check: fileLengths },
  { name: 'function lengths', check: functionLengths },
  { name: 'columns', check: columns },
  { name: 'file names', check: fileNames },
  { name: 'headers open with a comment', check: headersExplain },
  { name: 'C++ includes go down the layers', check: includeDirection },
  { name: 'TypeScript imports go down the layers', check: importDirection },
  {
    name: 'Emscripten only in bindings and web/engine',
    check: (files) => [
      ...grep(
        files
          .filter(isEngineSource)
          .filter(except(/^cpp\/bindings\//))
          .map(code),
        /emscripten/,
      ),
      ...grep(
        files
          .filter(isWeb)
          .filter(except(/^web\/engine\//))
          .map(code),
        /emscripten/,
      ),
    ],
  },
  {
    name: 'commands never name log or events',
    // INFO and INSPECT may ask how long the log is; nothing else of it concerns a command.
    check: (files) =>
      grep(
        files.filter(({ path }) => /^cpp\/commands\/.*_commands\.cpp$/.test(path)).map(code),
        /\blog_(?!tail_bytes\b|position\b)|notify|\bchanged\(/,
      ),
  },
  {
    name: 'time and chance only in scheduler and clock',
    check: (files) =>
      grep(
        files
          .filter(isWeb)
          .filter(except(/(scheduler|clock)[^/]*\.ts$/))
          .map(code),
        TIME_AND_CHANCE,
      ),
  },
  {
    name: 'no any, no type suppression, no default export',
    check: (files) =>
      grep(files.filter(isTypeScript).map(code), /:\s*any\b|\bas any\b|<any>|^\s*export default/)
        .filter((line) => !line.startsWith('playwright.config.ts'))
        .concat(grep(files.filter(isTypeScript), /@ts-/)),
  },
  {
    name: 'heap views only in web/engine',
    check: (files) =>
      grep(
        files
          .filter(isWeb)
          .filter(except(/^web\/engine\//))
          .map(code),
        /\bHEAP/,
      ),
  },
  {
    name: 'no exceptions and no RTTI in the engine',
    check: (files) =>
      grep(
        files
          .filter(isEngineSource)
          .map((file) => ({ ...file, text: withoutTextAndComments(file.text) })),
        /\bthrow\b|\bcatch\s*\(|\btry\s*\{|\bdynamic_cast\b|\btypeid\b/,
      ),
  },
  {
    name: 'nothing unfinished',
    check: (files) => grep(files.filter(except(/package-lock\.json$/)), UNFINISHED),
  },
  { name: 'nothing generated is tracked', check: () => trackedIgnored() },
  {
    name: 'no absolute paths of one machine, no registry addresses',
    check: (files) => [
      ...grep(files, /(?<![\w.$}])\/(work|root|home\/\w+|Users\/\w+)\//),
      ...grep(
        files.filter(({ path }) => path === 'package-lock.json'),
        /"resolved":/,
      ),
    ],
  },
  {
    name: 'every test runs, none sleeps',
    check: (files) => [
      ...grep(
        files.filter((file) => isSource(file) && isTest(file)),
        NOT_RUN,
      ),
      ...grep(
        files.filter((file) => isSource(file) && isTest(file)),
        /sleep_for|\busleep\(|waitForTimeout/,
      ),
    ],
  },
  { name: 'clang-format', check: clangFormat },
  { name: 'Prettier', check: prettierFormat },
];
