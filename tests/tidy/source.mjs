// Reading C++ and TypeScript just deeply enough to count: comments and strings blanked out,
// function bodies found by their braces. Good to a few percent, not a parser.

const MASKED = new RegExp(
  [
    /R"([^\s()\\]{0,16})\([\s\S]*?\)\1"/, // C++ raw string
    // preprocessor lines, with their continuations
    /^[ \t]*#[ \t]*(?:if|el|end|def|undef|inc|prag|err|warn)\w*(?![\w(])(?:[^\n]*\\\n)*[^\n]*/,
    /\/\/[^\n]*/,
    /\/\*[\s\S]*?\*\//,
    /"(?:\\.|[^"\\\n])*"/,
    /'(?:\\.|[^'\\\n])*'/,
    /`(?:\\.|[^`\\])*`/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'gm',
);

/** 1'000'000 is a number, not the beginning of a character. */
const DIGIT_SEPARATOR = /(?<=\b[0-9][0-9a-fA-FxXbB']*)'(?=[0-9a-fA-F])/g;

const keepLines = (text) => text.replace(/[^\n]/g, '');

/** The text without comments, strings and preprocessor lines; line numbers stay. */
export const withoutTextAndComments = (text) =>
  text.replace(DIGIT_SEPARATOR, '_').replace(MASKED, (match) => keepLines(match));

/** The text without comments alone. */
export const withoutComments = (text) =>
  text.replace(
    /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
    (match) => (match.startsWith('/') ? keepLines(match) : match),
  );

const CONTROL = new RegExp(
  [
    /^\s*(\}?\s*else|if|for|while|switch|catch|do|try)\b/,
    /^\s*(namespace|class|struct|enum|union|extern)\b/,
    /^\s*template\s*<[^;{]*>\s*(requires\b[^;{]*)?(class|struct)\b/,
  ]
    .map(({ source }) => source)
    .join('|'),
);

function isFunction(header) {
  if (!header.includes(')') || CONTROL.test(header)) return false;
  return /=>\s*$/.test(header) || !(header.split('(')[0] ?? '').includes('=');
}

/** Every function: the line where its header begins, its length, the header's words. */
export function functionsOf(source) {
  const text = withoutTextAndComments(source);
  const found = [];
  const stack = [];
  let header = '';
  let depth = 0; // of parentheses: for (;;) has semicolons of its own
  let line = 1;
  for (const character of text) {
    if (character === '\n') line++;
    if (character === '(') depth++;
    if (character === ')') depth--;
    if (character === '{') {
      const trimmed = header.trim();
      const from = line - trimmed.split('\n').length + 1;
      stack.push(isFunction(trimmed) ? { line: from, header: trimmed } : undefined);
      header = '';
      depth = 0;
    } else if (character === '}') {
      const start = stack.pop();
      if (start) found.push({ ...start, length: line - start.line + 1 });
      header = '';
    } else if (character === ';' && depth <= 0) {
      header = '';
    } else {
      header += character;
    }
  }
  return found.map((entry) => ({
    ...entry,
    header: entry.header.replace(/\s+/g, ' ').slice(0, 70),
  }));
}
