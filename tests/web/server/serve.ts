/** Servers and clients for the tests of the server: real sockets, real processes. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { connect } from 'node:net';
import type { NetConnectOpts, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

import { INCOMPLETE, ReplyDecoder } from '../../../web/resp/decode.ts';
import type { Reply } from '../../../web/resp/reply.ts';
import { createServer } from '../../../web/server/server.ts';
import type { ServerOptions, WadictServer } from '../../../web/server/server.ts';

export const kCli = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));

export async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'wadict-server-'));
  // Servers are closed when the test ends, and write into it then.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A server in this process, in memory unless a folder is given, on a free port. */
export async function serve(t: TestContext, options: ServerOptions = {}): Promise<WadictServer> {
  const storage = options.directory === undefined ? 'memory' : 'file';
  const server = await createServer({ port: 0, storage, maxMemory: '256mb', ...options });
  t.after(() => server.close());
  return server;
}

/** `wadict serve` as a process of its own; resolves when it is ready. */
export class ServeProcess {
  readonly child: ChildProcess;
  output = '';
  port = 0;
  readonly #ended: Promise<unknown[]>;

  constructor(words: readonly string[]) {
    this.child = spawn(process.execPath, [kCli, 'serve', ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#ended = once(this.child, 'exit');
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (bytes: Buffer) => (this.output += bytes.toString()));
  }

  static async start(t: TestContext, ...words: readonly string[]): Promise<ServeProcess> {
    const server = new ServeProcess(['--port', '0', ...words]);
    t.after(() => server.child.kill('SIGKILL'));
    await server.ready();
    return server;
  }

  async ready(): Promise<void> {
    const stdout = this.child.stdout;
    assert.ok(stdout);
    for (;;) {
      const line = /connections on redis:\/\/127\.0\.0\.1:(\d+)|connections on unix/.exec(
        this.output,
      );
      if (line !== null) {
        this.port = Number(line[1] ?? 0);
        return;
      }
      await Promise.race([
        once(stdout, 'data'),
        this.ended().then(() => Promise.reject(this.output)),
      ]);
    }
  }

  /** Exit status, or the signal's name. */
  async ended(): Promise<number | string> {
    const [status, signal] = await this.#ended;
    return (status ?? signal) as number | string;
  }

  end(signal: NodeJS.Signals): Promise<number | string> {
    this.child.kill(signal);
    return this.ended();
  }
}

export const words = (...argv: readonly string[]): string =>
  `*${argv.length}\r\n${argv.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;

/** A client that sends bytes and counts replies. */
export class RawClient {
  readonly socket: Socket;
  readonly #decoder = new ReplyDecoder();
  readonly #replies: Reply[] = [];
  #wake: () => void = () => undefined;
  isClosed = false;

  constructor(to: NetConnectOpts) {
    this.socket = connect(to);
    this.socket.on('data', (bytes: Buffer) => {
      this.#decoder.push(bytes);
      this.#take();
    });
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.isClosed = true;
      this.#wake();
    });
  }

  static async connect(t: TestContext, to: NetConnectOpts): Promise<RawClient> {
    const client = new RawClient(to);
    t.after(() => client.socket.destroy());
    await once(client.socket, 'connect');
    return client;
  }

  #take(): void {
    for (let next = this.#decoder.next(); next !== INCOMPLETE; next = this.#decoder.next())
      this.#replies.push(next);
    this.#wake();
  }

  send(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  /** The next `count` replies; fewer if the connection ends before. */
  async replies(count: number): Promise<Reply[]> {
    while (this.#replies.length < count && !this.isClosed)
      await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#replies.splice(0, count);
  }

  async call(...argv: readonly string[]): Promise<Reply> {
    this.send(words(...argv));
    const [reply] = await this.replies(1);
    return reply ?? null;
  }

  async closed(): Promise<void> {
    if (!this.isClosed) await once(this.socket, 'close');
  }
}
