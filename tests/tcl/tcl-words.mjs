// Reads Tcl far enough to find the tests of a unit: commands, their words, nested scripts. Pure
// functions over text.

/** Index behind the `{`-word, `"`-word, `[`-part or bare word at `at`. */
function endOfWord(text, at) {
  if (text[at] === '{') return endOfBraces(text, at);
  if (text[at] === '"') return endOfQuotes(text, at);
  let end = at;
  while (end < text.length && !/[\s;]/.test(text[end])) {
    if (text[end] === '\\') end += 2;
    else if (text[end] === '[') end = endOfBrackets(text, end);
    else end++;
  }
  return end;
}

function endOfBraces(text, at) {
  let depth = 0;
  for (let end = at; end < text.length; end++) {
    if (text[end] === '\\') end++;
    else if (text[end] === '{') depth++;
    else if (text[end] === '}' && --depth === 0) return end + 1;
  }
  return text.length;
}

function endOfQuotes(text, at) {
  for (let end = at + 1; end < text.length; end++) {
    if (text[end] === '\\') end++;
    else if (text[end] === '[') end = endOfBrackets(text, end) - 1;
    else if (text[end] === '"') return end + 1;
  }
  return text.length;
}

function endOfBrackets(text, at) {
  for (let end = at + 1; end < text.length;) {
    if (text[end] === ']') return end + 1;
    if (text[end] === '\\') end += 2;
    else if (text[end] === '[') end = endOfBrackets(text, end);
    else if (text[end] === '{') end = endOfBraces(text, end);
    else if (text[end] === '"') end = endOfQuotes(text, end);
    else end++;
  }
  return text.length;
}

/** The commands of a script, each as its words as they stand. */
export function commandsOf(text) {
  const commands = [];
  let words = [];
  const end = () => {
    if (words.length > 0) commands.push(words);
    words = [];
  };
  for (let at = 0; at < text.length;) {
    if (text.startsWith('\\\n', at)) at += 2;
    else if (/[\n;]/.test(text[at])) {
      end();
      at++;
    } else if (/\s/.test(text[at])) at++;
    else if (text[at] === '#' && words.length === 0) {
      while (at < text.length && !(text[at] === '\n' && text[at - 1] !== '\\')) at++;
    } else {
      const next = endOfWord(text, at);
      words.push(text.slice(at, next));
      at = Math.max(next, at + 1);
    }
  }
  end();
  return commands;
}

/** Every `test NAME BODY` in a script, in whatever it is nested; words as they stand. */
export function testsOf(text) {
  return commandsOf(text).flatMap((words) => {
    if (words[0] === 'test' && words.length >= 3) return [{ name: words[1], body: words[2] }];
    return words
      .filter((word) => word.startsWith('{') && /\btest\s/.test(word))
      .flatMap((word) => testsOf(word.slice(1, -1)));
  });
}

/**
 * A name as the suite's --skipfile takes it: itself, or a regular expression where parts of it are
 * known only when it runs.
 */
export function skipPattern(word) {
  const inner = /^[{"]/.test(word) ? word.slice(1, -1) : word;
  if (word.startsWith('{') || !/[$[\\]/.test(inner)) return inner;
  const marked = inner.replace(/\$\{[^}]*\}|\$\w+(\([^)]*\))?|\[[^\]]*\]/g, '\0');
  const escaped = marked.replace(/\\(.)/g, '$1').replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return `/^${escaped.replaceAll('\0', '.*')}$`;
}

const CLIENT = String.raw`(?:\br|\bserver|\$\{?\w+\}?|\bsrv\s+-?\d+\s+client\])\s+`;
const SCRIPTING = new RegExp(
  `${CLIENT}(?:eval|eval_ro|evalsha|evalsha_ro|fcall|fcall_ro|script\\s+load|function\\s+load)\\b`,
  'i',
);

/** True if the test's body runs EVAL, FCALL or one of their kin. */
export const usesScripting = (body) => SCRIPTING.test(body);
