#!/usr/bin/env node
/** `wadict serve`: a server from the command line, with redis-server's words where it has them. */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { readServeArguments } from './serve-arguments.ts';
import { createServer, WadictError } from './server.ts';

const kHelp = `wadict serve [options]      a Redis-compatible server on this machine

  --port 6379               TCP port on 127.0.0.1 and ::1; 0: one that is free
  --unixsocket PATH         a Unix socket; --unixsocketperm 700
  --dir ./wadict-data       where its files lie; one server at a time
  --save "3600 1 300 100"   snapshot after so many seconds and changes; "": none
  --appendonly yes          every change is logged; --appendfsync always|everysec|no
  --requirepass SECRET      clients must AUTH
  --storage memory          nothing is stored
  --NAME VALUE              any parameter of CONFIG SET, e.g. --maxmemory 100mb

wadict --version            wadict --help
`;

const kFailed = 1;
const kMisused = 2;

function version(): string {
  const file = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(file) as { version: string }).version;
}

function fail(error: unknown): never {
  const code = error instanceof WadictError ? `${error.code}: ` : '';
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`wadict: ${code}${message}\n`);
  process.exit(kFailed);
}

async function serve(words: readonly string[]): Promise<void> {
  const { options, ignored } = readServeArguments(words);
  for (const name of ignored) process.stderr.write(`wadict: --${name} has no effect here\n`);
  const server = await createServer(options);
  let isEnding = false;
  const end = (): void => {
    if (isEnding) process.exit(kFailed); // asked twice
    isEnding = true;
    process.stdout.write('Saving and ending ...\n');
    server.close().then(() => process.exit(0), fail);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, end);
  const where = options.storage === 'memory' ? 'memory' : resolve(options.directory ?? '');
  process.stdout.write(
    `wadict ${version()} PID: ${process.pid}\nServer initialized, data in ${where}\n` +
      `Ready to accept connections on ${server.url}\n`,
  );
  const reason = await server.ended;
  if (isEnding) return; // `end` says how it went
  if (reason !== null) fail(reason);
  process.exit(0);
}

const [command, ...words] = process.argv.slice(2);
if (command === 'serve' && !words.includes('--help')) {
  serve(words).catch(fail);
} else if (command === '--version') {
  process.stdout.write(`${version()}\n`);
} else {
  const isAsked = command === undefined || command === 'serve' || command === '--help';
  (isAsked ? process.stdout : process.stderr).write(kHelp);
  process.exitCode = isAsked ? 0 : kMisused;
}
