/**
 * `codec: 'json'`: strings hold JSON, and the typed methods that write or read a whole string take
 * and give values. What JSON would drop or bend without a word (functions, Maps, binary, NaN …) is
 * refused by name. `getBuffer`, `call` and everything else see the text as it is stored.
 */
import { WadictError } from '../errors.ts';
import { decodeText } from '../resp/text.ts';
import type { Reply } from '../resp/reply.ts';
import { describe } from './arguments.ts';
import type { Codec } from './atomic.ts';

/** Where a typed method takes the value it writes; 'pairs': keys and values. */
const kWrites: Readonly<Record<string, number | 'pairs'>> = {
  SET: 1,
  SETNX: 1,
  GETSET: 1,
  SETEX: 2,
  PSETEX: 2,
  MSET: 'pairs',
  MSETNX: 'pairs',
};
const kReads: ReadonlySet<string> = new Set(['GET', 'GETDEL', 'GETEX', 'GETSET', 'MGET']);

interface Comparison {
  readonly ifeq?: unknown;
  readonly ifne?: unknown;
  readonly get?: boolean;
}

/** @throws WadictError INVALID_VALUE for what JSON cannot hold */
export function toJson(value: unknown): string {
  const text = JSON.stringify(value, function (this: unknown, name: string, item: unknown) {
    const isBent =
      ['function', 'symbol', 'bigint'].includes(typeof item) ||
      (typeof item === 'number' && !Number.isFinite(item)) ||
      ArrayBuffer.isView(item) ||
      item instanceof ArrayBuffer ||
      item instanceof Map ||
      item instanceof Set;
    if (!isBent) return item;
    const where = name === '' ? 'the value' : `'${name}' inside it`;
    throw new WadictError('INVALID_VALUE', `JSON cannot hold ${where}: ${describe(item)}`);
  }) as string | undefined;
  if (text !== undefined) return text;
  throw new WadictError('INVALID_VALUE', 'JSON cannot hold undefined; del() removes a key');
}

/** @throws WadictError INVALID_VALUE when something else wrote the key */
export function fromJson(stored: string | Uint8Array): unknown {
  const text = typeof stored === 'string' ? stored : decodeText(stored, 0, stored.length);
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = 'the stored value is not JSON; getBuffer() and call() read it as it is';
    throw new WadictError('INVALID_VALUE', message, { cause });
  }
}

export const jsonCodec: Codec = { encode: toJson, decode: fromJson };

/** The arguments of a typed method with values as JSON. */
export function encodeValues(command: string, args: readonly unknown[]): unknown[] {
  const place = kWrites[command];
  const encoded = [...args];
  if (place === 'pairs' && typeof args[0] === 'object' && args[0] !== null) {
    const given = args[0] as Iterable<readonly [unknown, unknown]>;
    const pairs = Symbol.iterator in given ? given : Object.entries(given);
    encoded[0] = Array.from(pairs as typeof given, ([key, value]) => [key, toJson(value)]);
  } else if (typeof place === 'number') {
    encoded[place] = toJson(args[place]);
    const options = args[2] as Comparison | undefined;
    if (command === 'SET' && options !== undefined) encoded[2] = encodeComparison(options);
  }
  return encoded;
}

function encodeComparison(options: Comparison): object {
  const { ifeq, ifne } = options;
  return {
    ...options,
    ...(ifeq === undefined ? {} : { ifeq: toJson(ifeq) }),
    ...(ifne === undefined ? {} : { ifne: toJson(ifne) }),
  };
}

/** How the reply becomes a value; undefined: it holds none. */
export function valueDecoder(
  command: string,
  args: readonly unknown[],
): ((reply: Reply) => unknown) | undefined {
  const isOldValue = command === 'SET' && (args[2] as Comparison | undefined)?.get === true;
  if (!isOldValue && !kReads.has(command)) return undefined;
  const one = (reply: Reply): unknown => (reply === null ? null : fromJson(reply as string));
  return (reply) => (Array.isArray(reply) ? reply.map(one) : one(reply));
}
