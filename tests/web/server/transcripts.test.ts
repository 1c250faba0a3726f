/**
 * The transcripts over TCP: the same files that run natively and against redis-server, each with a
 * server of its own and a socket for each session. Time is the test's.
 */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

import { engineMaker } from '../../../web/engine/load-node.ts';
import { Host } from '../../../web/host/host.ts';
import { RespServer } from '../../../web/server/resp-server.ts';
import { MemoryDisk, MemoryStorage } from '../../../web/storage/memory-storage.ts';
import {
  parseTranscript,
  printReply,
  replyMatches,
  splitCommand,
} from '../../transcripts/transcript.mjs';
import { ManualScheduler } from '../host/manual-scheduler.ts';

const kFolder = fileURLToPath(new URL('../../transcripts', import.meta.url));
/** So many answers on another connection: what was sent before has been read and answered. */
const kQuietRounds = 3;

/** What ends the server is the subject of other tests. */
const kEnding = /^SHUTDOWN (NO)?SAVE$/;

class Session {
  readonly #socket: Socket;
  #bytes = Buffer.alloc(0);
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, bytes]);
      this.#wake();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => this.#wake());
  }

  send(argv: readonly Uint8Array[]): void {
    this.#socket.cork();
    this.#socket.write(`*${argv.length}\r\n`);
    for (const word of argv) {
      this.#socket.write(`$${word.length}\r\n`);
      this.#socket.write(word);
      this.#socket.write('\r\n');
    }
    this.#socket.uncork();
  }

  /** What comes, as lines, until there are `count`; fewer if the connection ends before. */
  async reply(count: number): Promise<string[]> {
    const lines: string[] = [];
    for (;;) {
      lines.push(...this.arrived());
      if (lines.length >= count || this.#socket.closed) return lines;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Ends the connection; resolves when the server has done so, too. */
  async end(): Promise<void> {
    this.#socket.end();
    await once(this.#socket, 'close');
  }

  /** What is there already. */
  arrived(): string[] {
    const lines: string[] = [];
    for (let printed = printReply(this.#bytes); printed !== null;) {
      lines.push(...printed.lines);
      this.#bytes = this.#bytes.subarray(printed.used);
      printed = printReply(this.#bytes);
    }
    return lines;
  }
}

async function startServer(
  t: TestContext,
  slots: boolean,
): Promise<{ scheduler: ManualScheduler; open: () => Promise<Session> }> {
  const scheduler = new ManualScheduler();
  const host = await Host.open({
    engine: engineMaker({ slots, maxMemory: '512mb' }),
    storage: new MemoryStorage(new MemoryDisk()),
    scheduler,
    log: false,
  });
  const server = new RespServer({
    connect: () => host.connect(),
    call: async () => ['maxclients', '100'],
  });
  await server.listenOnPort(0);
  t.after(async () => {
    await server.close();
    await host.close();
  });
  const open = async (): Promise<Session> => {
    const socket = connect({ port: server.port ?? 0, noDelay: true });
    await once(socket, 'connect');
    return new Session(socket);
  };
  return { scheduler, open };
}

/** Resolves when what was sent before has been answered, if it is answered at all. */
async function quiet(open: () => Promise<Session>): Promise<void> {
  const barrier = await open();
  for (let round = 0; round < kQuietRounds; round++) {
    barrier.send(splitCommand('PING'));
    await barrier.reply(1);
  }
  await barrier.end();
}

for (const name of readdirSync(kFolder).filter((file) => file.endsWith('.txt'))) {
  test(`transcript over TCP: ${name} [W01]`, async (t) => {
    const { slots, exchanges } = parseTranscript(readFileSync(join(kFolder, name), 'utf8'));
    const { scheduler, open } = await startServer(t, slots);
    const sessions = new Map<number, Session>();
    for (const exchange of exchanges) {
      if (kEnding.test(exchange.command)) continue;
      if (exchange.advanceMs > 0) await scheduler.advance(exchange.advanceMs);
      const session = sessions.get(exchange.session) ?? (await open());
      sessions.set(exchange.session, session);
      if (!exchange.arrives) session.send(splitCommand(exchange.command));
      let actual: string[];
      if (exchange.reply.join() === '@nothing') {
        await quiet(open);
        actual = session.arrived();
      } else {
        actual = await session.reply(exchange.reply.length);
      }
      assert.ok(
        replyMatches(exchange, actual),
        `${name}:${exchange.line}: ${exchange.command}\nexpected\n${exchange.reply.join('\n')}\n` +
          `got\n${actual.join('\n')}`,
      );
    }
  });
}
