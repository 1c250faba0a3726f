/**
 * The words behind `wadict serve`, as redis-server takes them: `--name value ...`, where a value
 * may have several words. What is not an option of the server is a parameter of CONFIG SET.
 */

import { parseArgs } from 'node:util';
import { WadictError } from '../errors.ts';
import { durabilityOfAppendFsync } from '../host/durability.ts';
import { checkLoopback } from './listen.ts';
import type { ServerOptions } from './server.ts';

export interface ServeArguments {
  readonly options: ServerOptions;
  /** Names that Redis knows and that mean nothing here. */
  readonly ignored: readonly string[];
}

/** Parameters of redis-server that a process started by hand does not need here. */
const kIgnored = new Set([
  'daemonize',
  'pidfile',
  'logfile',
  'loglevel',
  'supervised',
  'protected-mode',
  'tcp-backlog',
  'always-show-logo',
  'set-proc-title',
  'io-threads',
  'enable-debug-command',
  'enable-protected-configs',
  'enable-module-command',
]);
const kMaxPort = 65535;

/** @throws WadictError INVALID_VALUE naming the word that is wrong */
export function readServeArguments(words: readonly string[]): ServeArguments {
  const given = pairs(words);
  const take = (name: string): string | undefined => {
    const value = given.get(name);
    given.delete(name);
    return value;
  };
  checkLoopback((take('bind') ?? '127.0.0.1').split(/\s+/));
  const port = number(take('port'), 'port', 10, kMaxPort);
  const unixSocket = take('unixsocket');
  const appendFsync = take('appendfsync');
  const options: ServerOptions = {
    port: port === 0 && unixSocket !== undefined ? null : port,
    unixSocket,
    unixSocketMode: number(take('unixsocketperm'), 'unixsocketperm', 8, 0o777),
    directory: take('dir') ?? 'wadict-data',
    log: yesOrNo(take('appendonly'), 'appendonly'),
    savePoints: take('save'),
    password: take('requirepass'),
    slots: yesOrNo(take('cluster-enabled'), 'cluster-enabled'),
    storage: oneOf(take('storage'), 'storage', ['file', 'memory']),
    durability:
      appendFsync === undefined
        ? undefined
        : durabilityOfAppendFsync(
            oneOf(appendFsync, 'appendfsync', ['always', 'everysec', 'no']) ?? '',
          ),
  };
  const ignored = [...given.keys()].filter((name) => kIgnored.has(name));
  for (const name of ignored) given.delete(name);
  return { options: { ...options, config: Object.fromEntries(given) }, ignored };
}

/** Name and value of each option; the words behind a name up to the next one are its value. */
function pairs(words: readonly string[]): Map<string, string> {
  const given = new Map<string, string>();
  const add = (name: string, value: string | undefined): void => {
    if (value === undefined) return;
    const known = given.get(name);
    given.set(name, known === undefined ? value : `${known} ${value}`);
  };
  let name = '';
  const { tokens } = parseArgs({ args: [...words], strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind === 'option' && token.rawName.startsWith('--')) {
      if (name !== '' && !given.has(name)) throw wrong(name, 'a value is missing');
      name = token.name.toLowerCase();
      if (name === 'save') given.delete(name); // a list from the beginning
      add(name, token.value);
    } else if (token.kind !== 'option-terminator') {
      const word = words[token.index] ?? '';
      if (name === '') throw wrong(word, 'an option begins with --');
      add(name, word);
    }
  }
  if (name !== '' && !given.has(name)) throw wrong(name, 'a value is missing');
  return given;
}

function wrong(name: string, why: string): WadictError {
  return new WadictError('INVALID_VALUE', `${name}: ${why}`);
}

function number(
  text: string | undefined,
  name: string,
  radix: number,
  highest: number,
): number | undefined {
  if (text === undefined) return undefined;
  const value = /^[0-9]+$/.test(text) ? parseInt(text, radix) : NaN;
  if (value >= 0 && value <= highest) return value;
  throw wrong(name, `'${text}' is no number from 0 to ${highest.toString(radix)}`);
}

function oneOf<T extends string>(
  text: string | undefined,
  name: string,
  choices: readonly T[],
): T | undefined {
  if (text === undefined) return undefined;
  const found = choices.find((choice) => choice === text.toLowerCase());
  if (found !== undefined) return found;
  throw wrong(name, `'${text}' is none of ${choices.join(', ')}`);
}

function yesOrNo(text: string | undefined, name: string): boolean | undefined {
  const word = oneOf(text, name, ['yes', 'no']);
  return word === undefined ? undefined : word === 'yes';
}
