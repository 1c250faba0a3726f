/**
 * A typed line -> arguments, by the rules of redis-cli (sdssplitargs): blanks separate; "double
 * quotes" know \n \r \t \b \a \xHH \\ \"; 'single quotes' know \' alone; a closing quote must be
 * followed by a blank or the end. Arguments that need it (\xHH) are bytes, all others text.
 * Source: Redis 8, sds.c.
 */
import { textToBytes } from '../resp/text.ts';

export type Argument = string | Uint8Array;

const kEscapes: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  a: '\x07',
};

class ArgumentBuilder {
  #text = '';
  #parts: (string | number)[] = [];
  hasBegun = false;

  text(more: string): void {
    this.#text += more;
    this.hasBegun = true;
  }

  byte(value: number): void {
    this.#parts.push(this.#text, value);
    this.#text = '';
    this.hasBegun = true;
  }

  result(): Argument {
    if (this.#parts.length === 0) return this.#text;
    const bytes = [...this.#parts, this.#text].flatMap((part) =>
      typeof part === 'number' ? [part] : [...textToBytes(part)],
    );
    return Uint8Array.from(bytes);
  }
}

/** Null: quotes are not balanced. */
export function splitArguments(line: string): Argument[] | null {
  const found: Argument[] = [];
  const isBlank = (at: number): boolean => /\s/.test(line[at] ?? ' ');
  let at = 0;
  while (at < line.length) {
    if (isBlank(at)) {
      at++;
      continue;
    }
    const argument = new ArgumentBuilder();
    while (at < line.length && !isBlank(at)) {
      const quote = line[at];
      if (quote !== '"' && quote !== "'") {
        argument.text(line[at++] ?? '');
        continue;
      }
      const end =
        quote === '"' ? doubleQuoted(line, at + 1, argument) : singleQuoted(line, at + 1, argument);
      if (end < 0 || !isBlank(end)) return null;
      at = end;
    }
    found.push(argument.result());
  }
  return found;
}

/** Position after the closing quote, -1: there is none. */
function doubleQuoted(line: string, from: number, argument: ArgumentBuilder): number {
  argument.text('');
  for (let at = from; at < line.length; at++) {
    const unit = line[at] ?? '';
    if (unit === '"') return at + 1;
    if (unit !== '\\' || at + 1 >= line.length) {
      argument.text(unit);
      continue;
    }
    const hex = /^x([0-9a-fA-F]{2})/.exec(line.slice(at + 1, at + 4));
    if (hex !== null) {
      argument.byte(Number.parseInt(hex[1] ?? '0', 16));
      at += 3;
      continue;
    }
    const escaped = line[++at] ?? '';
    argument.text(kEscapes[escaped] ?? escaped);
  }
  return -1;
}

function singleQuoted(line: string, from: number, argument: ArgumentBuilder): number {
  argument.text('');
  for (let at = from; at < line.length; at++) {
    if (line[at] === "'") return at + 1;
    if (line[at] === '\\' && line[at + 1] === "'") at++;
    argument.text(line[at] ?? '');
  }
  return -1;
}

/** What somebody has typed so far, for completion: whole words, and the one being typed. */
export function typedWords(line: string): { done: string[]; current: string } {
  const words = line.trimStart().split(/\s+/);
  const current = words.pop() ?? '';
  return { done: words, current };
}
