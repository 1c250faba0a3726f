/**
 * Bring your own data: a JSON or CSV file as pairs of key and value. Pure.
 *
 *   JSON   {"a": 1, "b": {"c": 2}}     a: 1, b: {"c":2}; or [["a", 1], …], or [{"key": …, "value": …}]
 *   CSV    first column the key, second the value; quotes as in RFC 4180
 *
 * Errors: SyntaxError that says what was expected.
 */
import { type Command, type CommandSource, listSource } from './generators.ts';

export type Pair = readonly [key: string, value: string];

const kJson = /\.json$/i;
const kCsv = /\.(csv|tsv|txt)$/i;

export function isOwnData(name: string): boolean {
  return kJson.test(name) || kCsv.test(name);
}

/** @throws SyntaxError */
export function readOwnData(name: string, text: string): Pair[] {
  if (kJson.test(name)) return pairsOfJson(JSON.parse(text));
  return pairsOfCsv(text, /\.tsv$/i.test(name) ? '\t' : ',');
}

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value ?? null);

function pairsOfJson(parsed: unknown): Pair[] {
  if (Array.isArray(parsed)) return parsed.map(pairOfItem);
  if (typeof parsed === 'object' && parsed !== null) {
    return Object.entries(parsed).map(([key, value]) => [key, textOf(value)] as const);
  }
  throw new SyntaxError('an object, or an array of pairs, was expected');
}

function pairOfItem(item: unknown): Pair {
  if (Array.isArray(item) && item.length >= 2) return [textOf(item[0]), textOf(item[1])];
  if (typeof item === 'object' && item !== null && 'key' in item && 'value' in item) {
    return [textOf(item.key), textOf(item.value)];
  }
  throw new SyntaxError('each item must be [key, value] or {"key": …, "value": …}');
}

function pairsOfCsv(text: string, comma: string): Pair[] {
  return rowsOf(text, comma)
    .filter((row) => row.length > 1 || row[0] !== '')
    .map(([key = '', value], i) => {
      if (value === undefined) throw new SyntaxError(`row ${i + 1} has no second column`);
      return [key, value] as const;
    });
}

/** RFC 4180: fields in quotes may hold commas, line ends and doubled quotes. */
function rowsOf(text: string, comma: string): string[][] {
  const rows: string[][] = [[]];
  let field = '';
  let isQuoted = false;
  const endField = (): void => {
    rows.at(-1)?.push(field);
    field = '';
  };
  for (let i = 0; i < text.length; i++) {
    const letter = text[i]!;
    if (isQuoted && letter === '"' && text[i + 1] === '"') {
      field += letter;
      i++;
    } else if (letter === '"' && (isQuoted || field === '')) isQuoted = !isQuoted;
    else if (!isQuoted && letter === comma) endField();
    else if (!isQuoted && letter === '\n') {
      endField();
      rows.push([]);
    } else if (isQuoted || letter !== '\r') field += letter;
  }
  if (isQuoted) throw new SyntaxError('a quote is not closed');
  endField();
  return rows;
}

/** SETs of pairs; ends with the last. */
export function pairsSource(name: string, pairs: readonly Pair[]): CommandSource {
  return listSource(
    name,
    pairs.map(([key, value]): Command => ['SET', key, value]),
  );
}
