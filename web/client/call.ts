/**
 * From a method call to a checked request, for the client and the synchronous engine alike.
 */
import { WadictError } from '../errors.ts';
import type { Argument } from '../resp/encode.ts';
import { checkSizes, keyText, value, type Value } from './arguments.ts';
import { encodeArguments, type NamedSpec } from './command-spec.ts';
import { asWadictError, type CallLabel } from './pipeline.ts';

/** Largest argument accepted before anything is sent; the engine's own default limit of a value. */
export const kMaxValueBytes = 64 * 1024 * 1024;

export interface PreparedCall {
  readonly argv: readonly Argument[];
  readonly label: CallLabel;
}

/** They hold their session until a key is ready. */
const kBlocking = /^(B[LRZ](POP|MOVE|MPOP|POPLPUSH|POPMIN|POPMAX)|BRPOPLPUSH|WAIT|WAITAOF)$/;

/** Whether the request may wait for a key. */
export function mayBlock([name, ...rest]: readonly Argument[]): boolean {
  const command = String(name).toUpperCase();
  if (command !== 'XREAD' && command !== 'XREADGROUP') return kBlocking.test(command);
  const end = rest.findIndex((word) => String(word).toUpperCase() === 'STREAMS');
  return rest.slice(0, end).some((word) => String(word).toUpperCase() === 'BLOCK');
}

/** They change what the next calls of the session mean, and the session is everybody's. */
const kTransaction: ReadonlySet<string> = new Set(['MULTI', 'EXEC', 'DISCARD', 'WATCH', 'UNWATCH']);

/** Commands after which replies no longer answer requests one by one. */
const kStreaming: ReadonlySet<string> = new Set([
  'SUBSCRIBE',
  'PSUBSCRIBE',
  'SSUBSCRIBE',
  'UNSUBSCRIBE',
  'PUNSUBSCRIBE',
  'SUNSUBSCRIBE',
  'MONITOR',
  'SYNC',
  'PSYNC',
]);

/** @throws WadictError INVALID_KEY, INVALID_VALUE, OUT_OF_RANGE, SYNTAX, VALUE_TOO_LARGE … */
export function prepareMethod(
  named: NamedSpec,
  args: readonly unknown[],
  limit: number,
): PreparedCall {
  const { command, words, isKeyed } = named;
  let label: CallLabel = { command, key: undefined };
  try {
    const argv = encodeArguments(named, args as never[]);
    if (isKeyed) label = { command, key: keyText(argv[words.length]) };
    checkSizes(argv, limit);
    return { argv, label };
  } catch (cause) {
    throw asWadictError(cause, label);
  }
}

/** `isShared`: others call in the same session. @throws WadictError */
export function prepareCall(args: readonly Value[], limit: number, isShared = false): PreparedCall {
  const [name] = args;
  if (typeof name !== 'string' || name === '') {
    throw new WadictError('SYNTAX', "call() begins with a command's name: call('GET', key)");
  }
  const command = name.toUpperCase();
  const label: CallLabel = { command, key: undefined };
  const isReplySwitch = command === 'CLIENT' && String(args[1]).toUpperCase() === 'REPLY';
  if (isReplySwitch || kStreaming.has(command)) {
    const message = `${command} would detach replies from calls and cannot be used through call()`;
    throw new WadictError('UNSUPPORTED', message, label);
  }
  if (isShared && kTransaction.has(command)) {
    const message = `${command} would catch the calls of others: use multi() or watch()`;
    throw new WadictError('UNSUPPORTED', message, label);
  }
  try {
    const argv = args.map(value);
    checkSizes(argv, limit);
    return { argv, label };
  } catch (cause) {
    throw asWadictError(cause, label);
  }
}
