/**
 * While the storage is full: which requests may run. Those that need no room do (reads, deletes,
 * new deadlines), those that add data are answered with Redis's MISCONF. The engine's own command
 * table says which is which, asked once per name.
 */

import type { EnginePort, ReplyChunk } from '../engine/engine-port.ts';
import { WadictError } from '../errors.ts';
import { errorReply } from './connection.ts';
import { splitRequests } from './request-scanner.ts';

export const kFullError = new WadictError(
  'QUOTA_EXCEEDED',
  'Errors writing to the AOF file: No space left on device',
);

export class WriteGate {
  readonly #engine: EnginePort;
  readonly #isRefused = new Map<string, boolean>();

  constructor(engine: EnginePort) {
    this.#engine = engine;
  }

  /**
   * Runs what may run of `bytes` (whole requests, then perhaps a half one) and answers the rest.
   */
  execute(
    session: number,
    bytes: Uint8Array,
    nowMs: number,
    numbered: { readonly client: number; readonly next: number } | null = null,
  ): ReplyChunk {
    const { requests, rest } = splitRequests(bytes);
    const pieces: Uint8Array[] = [];
    const hostRequests: ReplyChunk['hostRequests'] = [];
    const news: number[] = [];
    let logPosition = 0n;
    let wait = 0;
    const run = (request: Uint8Array): void => {
      const chunk = this.#engine.execute(session, request, nowMs);
      pieces.push(chunk.bytes);
      hostRequests.push(...chunk.hostRequests);
      news.push(...chunk.news);
      ({ logPosition, wait } = chunk);
    };
    for (const [index, { bytes: request, name }] of requests.entries()) {
      if (numbered !== null)
        this.#engine.numberRequests(session, numbered.client, numbered.next + index);
      if (this.#refuses(name, nowMs)) pieces.push(errorReply(kFullError));
      else run(request);
    }
    if (rest.length > 0) run(rest);
    return { bytes: concatenate(pieces), logPosition, hostRequests, wait, news };
  }

  #refuses(name: string, nowMs: number): boolean {
    let refused = this.#isRefused.get(name);
    if (refused === undefined) {
      const reply = ask(this.#engine, nowMs, 'COMMAND', 'INFO', name);
      refused = /\bwrite\b/.test(reply) && /\bdenyoom\b/.test(reply);
      this.#isRefused.set(name, refused);
    }
    return refused;
  }
}

/** Asks the engine something, in a session of its own; the reply as it stands. */
export function ask(engine: EnginePort, nowMs: number, ...argv: readonly string[]): string {
  const session = engine.openSession();
  const parts = argv.map((word) => `$${word.length}\r\n${word}\r\n`);
  const request = `*${argv.length}\r\n${parts.join('')}`;
  const { bytes, hostRequests } = engine.execute(
    session,
    Uint8Array.from(request, (char) => char.charCodeAt(0)),
    nowMs,
  );
  // the host knows: it asked
  for (const { id } of hostRequests) engine.completeHostRequest(id, null);
  engine.closeSession(session);
  return new TextDecoder('latin1').decode(bytes);
}

function concatenate(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
