/**
 * Transcripts through a Worker: the same files that run natively, over TCP and against
 * redis-server.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { Host } from '../../../web/host/host.ts';
import { encodeRequest } from '../../../web/resp/encode.ts';
import { MemoryDisk, MemoryStorage } from '../../../web/storage/memory-storage.ts';
import type { Backend, Transport } from '../../../web/transport.ts';
import { WorkerBackend } from '../../../web/worker/worker-transport.ts';
import {
  parseTranscript,
  printReply,
  replyMatches,
  splitCommand,
} from '../../transcripts/transcript.mjs';
import { makeEngine } from '../host/harness.ts';
import { ManualScheduler, turns } from '../host/manual-scheduler.ts';
import { FakeWorker } from './worker-pair.ts';

const kFiles = ['multi', 'pubsub', 'list', 'list-blocking', 'hash', 'string'];
/** Turns of the event loop after which a reply that has not come will not come. */
const kPatience = 200;

/** One session: what it has got and nobody has looked at. */
class Reader {
  readonly #transport: Transport;
  #bytes = new Uint8Array(0);

  constructor(transport: Transport) {
    this.#transport = transport;
    transport.attach({
      onReply: (bytes) => {
        const joined = new Uint8Array(this.#bytes.length + bytes.length);
        joined.set(this.#bytes);
        joined.set(bytes, this.#bytes.length);
        this.#bytes = joined;
      },
      onClose: () => undefined,
    });
  }

  send(argv: Uint8Array[]): void {
    this.#transport.send(encodeRequest(argv));
  }

  /** The lines that come until there are `count`. */
  async take(count: number): Promise<string[]> {
    const lines: string[] = [];
    for (let left = count === 0 ? 10 : kPatience; left > 0; left--) {
      for (let printed = printReply(this.#bytes); printed !== null;) {
        lines.push(...printed.lines);
        this.#bytes = this.#bytes.slice(printed.used);
        printed = printReply(this.#bytes);
      }
      if (count > 0 && lines.length >= count) break;
      await turns(1);
    }
    return lines;
  }
}

async function replay(name: string, backend: Backend, scheduler: ManualScheduler): Promise<void> {
  const path = new URL(`../../../tests/transcripts/${name}.txt`, import.meta.url);
  const { exchanges } = parseTranscript(readFileSync(path, 'utf8'));
  const sessions = new Map<number, Reader>();
  for (const exchange of exchanges) {
    const { session, advanceMs, arrives, command, reply, line } = exchange;
    if (advanceMs > 0) await scheduler.advance(advanceMs);
    const reader = sessions.get(session) ?? new Reader(backend.connect());
    sessions.set(session, reader);
    if (!arrives) reader.send(splitCommand(command));
    const actual = await reader.take(reply.join() === '@nothing' ? 0 : reply.length);
    const shown = `${name}.txt:${line}> ${command}\n${reply.join('\n')}\nactual:\n${actual.join('\n')}`;
    assert.ok(replyMatches(exchange, actual), shown);
  }
}

describe('transcripts', () => {
  for (const name of [...kFiles, 'blocking']) {
    test(`${name}: a Worker`, async () => {
      const scheduler = new ManualScheduler();
      const storage = new MemoryStorage(new MemoryDisk());
      const worker = new FakeWorker(() => Host.open({ engine: makeEngine, storage, scheduler }));
      const open = { name: 'app' };
      const backend = await WorkerBackend.open({ worker, open, locks: worker.locks });
      await replay(name, backend, scheduler);
      await backend.close();
    });
  }
});
