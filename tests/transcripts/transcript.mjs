// Reads transcripts, prints replies in their notation and compares the two. Pure functions: no
// file, no socket, no clock, so that Node and browsers use the same code. README.md has the format.

/**
 * @typedef {{ line: number, session: number, arrives: boolean, command: string, reply: string[],
 *   unordered: boolean, ours: boolean, advanceMs: number }} Exchange
 */

/** @param {string} text @returns {{ slots: boolean, exchanges: Exchange[] }} */
export function parseTranscript(text) {
  let slots = false;
  /** @type {Exchange[]} */
  const exchanges = [];
  const fresh = () => ({ unordered: false, ours: false, advanceMs: 0 });
  let next = fresh();
  text.split('\n').forEach((line, index) => {
    if (line === '' || line === '#' || line.startsWith('# ')) return;
    const command = /^(\d{0,2})(?:<$|> )(.*)$/.exec(line);
    if (line === '@slots') slots = true;
    else if (line === '@ours') next.ours = true;
    else if (line === '@unordered') next.unordered = true;
    else if (line.startsWith('@advance ')) next.advanceMs += Number(line.slice(9));
    else if (command) {
      const session = command[1] === '' ? 1 : Number(command[1]);
      const arrives = line.endsWith('<') && command[2] === '';
      const text = command[2] ?? '';
      exchanges.push({ line: index + 1, session, arrives, command: text, reply: [], ...next });
      next = fresh();
    } else {
      const last = exchanges.at(-1);
      if (last === undefined)
        throw new Error(`line ${index + 1}: a reply before the first command`);
      last.reply.push(line);
    }
  });
  return { slots, exchanges };
}

/**
 * Splits a command line as redis-cli does. @param {string} line @returns {Buffer[] | Uint8Array[]}
 */
export function splitCommand(line) {
  const encoder = new TextEncoder();
  /** @type {Uint8Array[]} */
  const argv = [];
  let at = 0;
  const escapes = { n: 10, r: 13, t: 9, b: 8, a: 7 };
  while (at < line.length) {
    if (line[at] === ' ') {
      at++;
      continue;
    }
    /** @type {number[]} */
    const bytes = [];
    const quote = line[at] === '"' || line[at] === "'" ? line[at++] : null;
    while (at < line.length && (quote === null ? line[at] !== ' ' : line[at] !== quote)) {
      const hex = /^\\x([0-9a-fA-F]{2})/.exec(line.slice(at, at + 4));
      if (quote === '"' && hex) {
        bytes.push(parseInt(hex[1] ?? '', 16));
        at += 4;
      } else if (quote === '"' && line[at] === '\\' && at + 1 < line.length) {
        const c = line[at + 1] ?? '';
        bytes.push(c in escapes ? escapes[/** @type {'n'} */ (c)] : c.charCodeAt(0));
        at += 2;
      } else if (quote === "'" && line.startsWith("\\'", at)) {
        bytes.push(39);
        at += 2;
      } else {
        bytes.push(...encoder.encode(line[at]));
        at++;
      }
    }
    if (quote !== null) at++;
    argv.push(Uint8Array.from(bytes));
  }
  return argv;
}

/** @param {Uint8Array} bytes */
function quoted(bytes) {
  let text = '"';
  for (const byte of bytes) {
    const c = String.fromCharCode(byte);
    if (c === '\n') text += '\\n';
    else if (c === '\r') text += '\\r';
    else if (c === '\t') text += '\\t';
    else if (c === '"') text += '\\"';
    else if (c === '\\') text += '\\\\';
    else if (byte >= 0x20 && byte < 0x7f) text += c;
    else text += `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return `${text}"`;
}

/**
 * Prints the reply at the start of `raw`: frames up to the first that is neither push nor
 * attribute, and the pushes behind it that are there already.
 * @param {Uint8Array} raw
 * @returns {{ lines: string[], used: number } | null} null: the reply is not complete yet
 */
export function printReply(raw) {
  /** @type {string[]} */
  const lines = [];
  let at = 0;
  const incomplete = Symbol('incomplete');
  const latin1 = (/** @type {Uint8Array} */ bytes) => String.fromCharCode(...bytes);
  const takeLine = () => {
    let end = at;
    while (end + 1 < raw.length && !(raw[end] === 13 && raw[end + 1] === 10)) end++;
    if (end + 1 >= raw.length) throw incomplete;
    const line = latin1(raw.subarray(at, end));
    at = end + 2;
    return line;
  };
  const takeBytes = (/** @type {string} */ length) => {
    const count = Number(length);
    if (at + count + 2 > raw.length) throw incomplete;
    const bytes = raw.subarray(at, at + count);
    at += count + 2;
    return bytes;
  };
  /** @type {(depth: number) => string} */
  const printOne = (depth) => {
    const add = (/** @type {string} */ text) => lines.push(' '.repeat(depth * 2) + text);
    const aggregate = (
      /** @type {string} */ mark,
      /** @type {string} */ count,
      /** @type {number} */ factor,
    ) => {
      add(mark + count);
      for (let i = Number(count) * factor; i > 0; i--) printOne(depth + 1);
    };
    const line = takeLine();
    const type = line[0] ?? '';
    const rest = line.slice(1);
    if ('+-:,(#'.includes(type)) add(line);
    else if (type === '_') add('_');
    else if (type === '$') add(rest === '-1' ? '_' : quoted(takeBytes(rest)));
    else if (type === '=') {
      const bytes = takeBytes(rest);
      add(`=${latin1(bytes.subarray(0, 3))} ${quoted(bytes.subarray(4))}`);
    } else if (type === '*' && rest === '-1') add('_*');
    else if (type === '*' || type === '~') aggregate(type, rest, 1);
    else if (type === '%' || type === '|') aggregate(type, rest, 2);
    else if (type === '>') aggregate('^', rest, 1);
    else throw new Error(`strange reply: ${line}`);
    return type;
  };
  try {
    while (printOne(0) === '|') continue; // an attribute belongs to what follows
  } catch (error) {
    if (error === incomplete) return null;
    throw error;
  }
  return { lines, used: at };
}

const indentOf = (/** @type {string} */ line) => line.length - line.trimStart().length;

/** @param {string[]} lines @param {number} at */
function endOfElement(lines, at) {
  const indent = indentOf(lines[at] ?? '');
  let end = at + 1;
  while (end < lines.length && indentOf(lines[end] ?? '') > indent) end++;
  return end;
}

/** @param {string} pattern @param {string} text: `*` and `?` only */
function globMatches(pattern, text) {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '[^]*')
    .replace(/\?/g, '[^]');
  return new RegExp(`^${source}$`).test(text);
}

/** @param {string} expected @param {string} actual */
function elementMatches(expected, actual) {
  if (expected === '@any') return true;
  if (expected === '@integer') return /^:-?\d+$/.test(actual);
  if (expected.startsWith('@between ')) {
    const [low, high] = expected.slice(9).split(' ').map(Number);
    const value = Number(actual.slice(1));
    return /^:-?\d+$/.test(actual) && value >= Number(low) && value <= Number(high);
  }
  if (expected.startsWith('@glob ')) return globMatches(expected.slice(6), actual);
  return expected === actual;
}

/** The lines as text in which the order of elements does not show. @param {string[]} lines */
function sortedReply(lines) {
  let at = 0;
  /** @type {() => string} */
  const element = () => {
    const first = lines[at] ?? '';
    const end = endOfElement(lines, at);
    const isMap = first.trimStart().startsWith('%');
    /** @type {string[]} */
    const children = [];
    for (at++; at < end;) {
      const child = element();
      children.push(isMap && at < end ? child + element() : child);
    }
    return [first, ...children.sort()].join('\n');
  };
  const elements = [];
  while (at < lines.length) elements.push(element());
  return elements.join('\n');
}

/** @param {Exchange} exchange @param {string[]} actual */
export function replyMatches(exchange, actual) {
  if (exchange.unordered) return sortedReply(exchange.reply) === sortedReply(actual);
  if (exchange.reply.length === 1 && exchange.reply[0] === '@nothing') return actual.length === 0;
  let at = 0;
  for (const line of exchange.reply) {
    const got = actual[at];
    if (got === undefined || indentOf(line) !== indentOf(got)) return false;
    if (!elementMatches(line.trimStart(), got.trimStart())) return false;
    at = line.trimStart().startsWith('@') ? endOfElement(actual, at) : at + 1;
  }
  return at === actual.length;
}
