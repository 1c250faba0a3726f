/**
 * What may be handed to a command, and the check of it before anything is sent. Text and bytes
 * travel as they are, numbers and bigints as their decimal text; nothing else is guessed about.
 */
import { WadictError } from '../errors.ts';
import type { Argument } from '../resp/encode.ts';
import { byteLength } from '../resp/text.ts';

export type Key = string | Uint8Array | number | bigint;
export type Value = string | Uint8Array | number | bigint;

/** @throws WadictError INVALID_KEY */
export function key(candidate: Key): Argument {
  const problem = problemOf(candidate);
  if (problem !== undefined) throw new WadictError('INVALID_KEY', `a key ${problem}`);
  return candidate;
}

/** Keys given one by one or as one array. */
export type KeyList = Key[] | [keys: readonly Key[]];

export function keys(list: KeyList): Argument[] {
  const flat = Array.isArray(list[0]) ? (list[0] as readonly Key[]) : (list as Key[]);
  return flat.map(key);
}

/** @throws WadictError INVALID_VALUE */
export function value(candidate: Value): Argument {
  const problem = problemOf(candidate);
  if (problem !== undefined) throw new WadictError('INVALID_VALUE', `a value ${problem}`);
  return candidate;
}

/** Pairs as an object, a Map, or any iterable of [key, value]. */
export type Entries = Readonly<Record<string, Value>> | Iterable<readonly [Key, Value]>;

export function entries(list: Entries): Argument[] {
  if (list === null || typeof list !== 'object') {
    throw new WadictError('INVALID_VALUE', 'pass the pairs as an object, a Map or [key, value][]');
  }
  const pairs = Symbol.iterator in list ? list : Object.entries(list);
  const argv: Argument[] = [];
  for (const [k, v] of pairs as Iterable<readonly [Key, Value]>) argv.push(key(k), value(v));
  return argv;
}

/** A whole number that goes to the engine as it is. @throws WadictError NOT_INTEGER */
export function integer(candidate: number | bigint): Argument {
  if (typeof candidate === 'bigint' || Number.isSafeInteger(candidate)) return candidate;
  const hint = Number.isInteger(candidate)
    ? 'is beyond 2^53, where numbers skip integers: pass a bigint'
    : 'is not a whole number';
  throw new WadictError('NOT_INTEGER', `${describe(candidate)} ${hint}`);
}

/** @throws WadictError VALUE_TOO_LARGE if an argument has more than `limit` bytes. */
export function checkSizes(argv: readonly Argument[], limit: number): void {
  for (const argument of argv) {
    if (typeof argument === 'number' || typeof argument === 'bigint') continue;
    if (argument.length * 3 <= limit) continue; // a text unit takes at most three bytes
    const bytes = typeof argument === 'string' ? byteLength(argument) : argument.length;
    if (bytes <= limit) continue;
    const message = `an argument of ${bytes} bytes exceeds the limit of ${limit} (maxValueBytes)`;
    throw new WadictError('VALUE_TOO_LARGE', message);
  }
}

/** For `error.key`: the key as text, or nothing for bytes. */
export function keyText(argument: Argument | undefined): string | undefined {
  return argument === undefined || argument instanceof Uint8Array ? undefined : String(argument);
}

function problemOf(candidate: unknown): string | undefined {
  switch (typeof candidate) {
    case 'string':
    case 'bigint':
      return undefined;
    case 'number':
      if (Number.isFinite(candidate)) return undefined;
      return `cannot be ${candidate}: pass the text that you mean, 'inf' for example`;
    case 'object':
      return candidate instanceof Uint8Array ? undefined : objectProblem(candidate);
    case 'boolean':
      return `cannot be the boolean ${candidate}: pass '1' and '0', or text of your choice`;
    case 'undefined':
      return 'is missing (undefined)';
    default:
      return `cannot be a ${typeof candidate}: pass a string, Uint8Array, number or bigint`;
  }
}

function objectProblem(candidate: object | null): string {
  if (candidate === null) return 'cannot be null: delete the key instead, or pass text';
  if (candidate instanceof Date) {
    return 'cannot be a Date: pass date.getTime() or date.toISOString()';
  }
  if (candidate instanceof ArrayBuffer || ArrayBuffer.isView(candidate)) {
    const how =
      candidate instanceof ArrayBuffer ? 'buffer' : 'x.buffer, x.byteOffset, x.byteLength';
    return `must be bytes as Uint8Array: pass new Uint8Array(${how})`;
  }
  if (typeof Blob === 'function' && candidate instanceof Blob) {
    return 'cannot be a Blob: pass new Uint8Array(await blob.arrayBuffer())';
  }
  const name = Array.isArray(candidate) ? 'an array' : `an object (${describe(candidate)})`;
  return `cannot be ${name}: pass JSON.stringify(it), or bytes as Uint8Array`;
}

/** Short text for error messages; never runs the object's own code. */
export function describe(candidate: unknown): string {
  if (typeof candidate === 'object' && candidate !== null) {
    return Object.prototype.toString.call(candidate);
  }
  const text = String(candidate);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
