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

/** @throws WadictError */
export function prepareCall(args: readonly Value[], limit: number): PreparedCall {
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
  try {
    const argv = args.map(value);
    checkSizes(argv, limit);
    return { argv, label };
  } catch (cause) {
    throw asWadictError(cause, label);
  }
}
