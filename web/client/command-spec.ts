/**
 * One typed method = one CommandSpec. `commandMethods` turns a table of them into methods, `get`
 * and, where bytes make sense, `getBuffer`; the asynchronous client and the synchronous engine
 * share it.
 *
 * The command's name follows from the method's: `objectEncoding` is OBJECT ENCODING, further
 * capitals are hyphens (`debugDictResizing`: DEBUG DICT-RESIZING). Arguments are told by one letter
 * each:
 *
 *   k key      v value     i integer             K keys, one by one or as an array
 *   E pairs    T values, any number              s, m duration in seconds, milliseconds
 *   S, M point in time in seconds, milliseconds, or a Date
 *
 * and what follows them (options) by a function. The whole client is loaded by every page, so this
 * table is as short as it can be.
 */
import { WadictError } from '../errors.ts';
import type { Argument } from '../resp/encode.ts';
import type { Reply } from '../resp/reply.ts';
import { decodeText } from '../resp/text.ts';
import { entries, integer, key, type KeyList, keys, type Value, value } from './arguments.ts';
import { absolute, relative } from './command-options.ts';

type Decode<R> = (reply: Reply) => R;

/** `A` arguments, `R` result, `B` result of the `…Buffer` twin (never: there is none). */
export interface CommandSpec<A extends unknown[], R, B> {
  readonly letters: string;
  /** Redis's: words of the whole request, the name included; negative: at least so many. */
  readonly arity: number;
  /** Arguments of the rest: an options object, an optional word. Not asked if there is none. */
  readonly tail: ((...rest: never[]) => Argument[]) | undefined;
  /** Undefined: the reply as it is; its shape is the command's promise. */
  readonly decode: Decode<R> | undefined;
  readonly hasBuffer: boolean;
  /** True if the reply is binary by nature (DUMP): the plain method answers bytes. */
  readonly isBinary: boolean;
  /** A command that may wait: the whole request behind the name, in place of letters. */
  readonly wait?: (...args: never[]) => Argument[];
  /** Only for types. */
  readonly phantom?: (...args: A) => [R, B];
}

export type AnyCommandSpec = CommandSpec<never[], unknown, unknown>;

/** A spec with the name that its method gives it. */
export interface NamedSpec {
  /** As in COMMAND's reply, subcommands as 'CONFIG GET'. */
  readonly command: string;
  readonly words: readonly string[];
  /** The first argument is a key. */
  readonly isKeyed: boolean;
  readonly spec: AnyCommandSpec;
}

interface More<R> {
  tail?: (...rest: never[]) => Argument[];
  decode?: Decode<R>;
}

/** A method whose reply holds no user bytes. */
export function plain<A extends unknown[], R>(
  letters: string,
  arity: number,
  { tail, decode }: More<R> = {},
): CommandSpec<A, R, never> {
  return { letters, arity, tail, decode, hasBuffer: false, isBinary: false };
}

/** A method with a `…Buffer` twin. */
export function bulk<A extends unknown[], R, B>(
  letters: string,
  arity: number,
  { tail, decode }: More<R | B> = {},
): CommandSpec<A, R, B> {
  const either = decode as Decode<R> | undefined; // text or bytes, as the reply is
  return { letters, arity, tail, decode: either, hasBuffer: true, isBinary: false };
}

/** Of a method that may wait. */
export interface WaitOptions {
  /** Seconds to wait at most, fractions allowed; 0 or left out: for ever. */
  timeout?: number | undefined;
  /** Ends the wait: the promise rejects with ABORTED, and nothing was taken. */
  signal?: AbortSignal | undefined;
}

/**
 * A blocking command, with a `…Buffer` twin. Its method's last argument is WaitOptions or has them;
 * it runs in a session of its own, so nothing else waits behind it. `request` makes the arguments.
 */
export function waits<A extends unknown[], R, B>(
  arity: number,
  request: (...args: A) => Argument[],
  { decode }: Pick<More<R | B>, 'decode'> = {},
): CommandSpec<A, R, B> {
  const wait = request as unknown as (...args: never[]) => Argument[];
  return { ...bulk<A, R, B>('', arity, decode === undefined ? {} : { decode }), wait };
}

/** The timeout as an argument. @throws WadictError OUT_OF_RANGE */
export function timeoutArgument({ timeout = 0 }: WaitOptions = {}): Argument {
  if (timeout >= 0 && timeout < Infinity) return timeout;
  const message = `timeout is seconds from 0 (no limit) on, not ${String(timeout)}`;
  throw new WadictError('OUT_OF_RANGE', message);
}

/** The signal in the last argument of such a method. */
export function signalOf(args: readonly unknown[]): AbortSignal | undefined {
  const last = args.at(-1);
  return typeof last === 'object' && last !== null ? (last as WaitOptions).signal : undefined;
}

/** A method that always answers bytes. */
export function binary<A extends unknown[], R>(
  letters: string,
  arity: number,
): CommandSpec<A, R, never> {
  return { letters, arity, tail: undefined, decode: undefined, hasBuffer: false, isBinary: true };
}

/** The name of the command behind a method. */
export function named(method: string, spec: AnyCommandSpec): NamedSpec {
  const words = method
    .replace(/[A-Z]/, ' $&')
    .replace(/(?<=\w)[A-Z]/g, '-$&')
    .toUpperCase()
    .split(' ');
  return { command: words.join(' '), words, isKeyed: /^[kKE]/.test(spec.letters), spec };
}

const kEncoders: Readonly<Record<string, (argument: never) => Argument>> = {
  k: key,
  v: value,
  i: integer,
  s: (seconds: number) => relative(seconds, 'seconds', true),
  m: (ms: number) => relative(ms, 'ms', false),
  S: (at: number | Date) => absolute(at, 'the time', true),
  M: (at: number | Date) => absolute(at, 'the time', false),
};

/**
 * The whole request. @throws WadictError INVALID_KEY, INVALID_VALUE, OUT_OF_RANGE, SYNTAX,
 * NOT_INTEGER
 */
export function encodeArguments({ words, spec }: NamedSpec, args: readonly never[]): Argument[] {
  const { letters, tail, wait } = spec;
  const argv: Argument[] = words.slice();
  if (wait !== undefined) return argv.concat(wait(...args));
  for (let at = 0; at < letters.length; at++) {
    const letter = letters[at]!;
    if (letter === 'K') return argv.concat(keys(args.slice(at) as unknown as KeyList));
    if (letter === 'T') return argv.concat((args.slice(at) as unknown as Value[]).map(value));
    if (letter === 'E') for (const each of entries(args[at] as never)) argv.push(each);
    else argv.push(kEncoders[letter]!(args[at] as never));
  }
  if (tail === undefined || args.length <= letters.length) return argv;
  return argv.concat(tail(...args.slice(letters.length)));
}

/**
 * Pairs of RESP3 (a map) or RESP2 (a flat array) as an object; `__proto__` is a name like others.
 */
export function toRecord<V = Reply>(reply: Reply): Record<string, V> {
  const flat = reply instanceof Map ? [...reply].flat() : expectArray(reply);
  const pairs: [string, Reply][] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) pairs.push([String(flat[i]), flat[i + 1] as Reply]);
  return Object.fromEntries(pairs) as Record<string, V>;
}

/** Cursor (text: it has 64 bits) and keys of one SCAN step. */
export function toScan<K>(reply: Reply): [cursor: string, keys: K[]] {
  const [cursor, found] = expectArray(reply);
  const text = cursor instanceof Uint8Array ? decodeText(cursor, 0, cursor.length) : String(cursor);
  return [text, expectArray(found) as K[]];
}

/** As toRecord; the values of the `…Buffer` twin are bytes, the names are text all the same. */
export function toFields<V>(reply: Reply): Record<string, V> {
  const flat = reply instanceof Map ? [...reply].flat() : expectArray(reply);
  const names = flat.map((item, at) =>
    at % 2 === 0 && item instanceof Uint8Array ? decodeText(item, 0, item.length) : item,
  );
  return toRecord<Reply>(names) as Record<string, V>;
}

/** TIME: seconds and microseconds. */
export function toTime(reply: Reply): [seconds: number, microseconds: number] {
  const [seconds, microseconds] = expectArray(reply);
  return [Number(seconds), Number(microseconds)];
}

function expectArray(reply: Reply | undefined): Reply[] {
  if (Array.isArray(reply)) return reply;
  throw new WadictError('REPLY', 'the reply does not have the shape that this method expects');
}

type Table = Readonly<Record<string, AnyCommandSpec>>;

/** Names of the table's commands that have a `…Buffer` twin. */
type BufferNames<T> = {
  [N in keyof T]: T[N] extends CommandSpec<infer _A, infer _R, infer B>
    ? [B] extends [never]
      ? never
      : N
    : never;
}[keyof T];

export type AsyncMethods<T> = {
  [N in keyof T]: T[N] extends CommandSpec<infer A, infer R, infer _B>
    ? (...args: A) => Promise<R>
    : never;
} & {
  [N in BufferNames<T> as `${N & string}Buffer`]: T[N] extends CommandSpec<
    infer A,
    infer _R,
    infer B
  >
    ? (...args: A) => Promise<B>
    : never;
};

export type SyncMethods<T> = {
  [N in keyof T]: T[N] extends CommandSpec<infer A, infer R, infer _B> ? (...args: A) => R : never;
} & {
  [N in BufferNames<T> as `${N & string}Buffer`]: T[N] extends CommandSpec<
    infer A,
    infer _R,
    infer B
  >
    ? (...args: A) => B
    : never;
};

/** How a class that has the methods runs one. `asBytes`: bulk strings are wanted as bytes. */
export const RUN: unique symbol = Symbol('run');

export interface Runner {
  [RUN](spec: NamedSpec, args: readonly unknown[], asBytes: boolean): unknown;
}

/** A class with one method per entry, and its `…Buffer` twin, on the prototype. */
export function commandMethods(table: Table): abstract new () => object {
  abstract class Methods {}
  const define = (name: string, spec: NamedSpec, asBytes: boolean): void => {
    const method = function (this: Runner, ...args: unknown[]): unknown {
      return this[RUN](spec, args, asBytes);
    };
    Object.defineProperty(Methods.prototype, name, {
      value: method,
      configurable: true,
      writable: true,
    });
  };
  for (const [name, entry] of Object.entries(table)) {
    const spec = named(name, entry);
    define(name, spec, entry.isBinary);
    if (entry.hasBuffer) define(`${name}Buffer`, spec, true);
  }
  return Methods;
}
