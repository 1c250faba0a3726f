/**
 * One socket and its session: what is read goes to the session as it came, one hand-over for each
 * read, and what the session answers is written as it comes. Nothing here looks at a command.
 *
 * Back-pressure: reading stops while more than kPauseOutputBytes wait to be written or more than
 * kPauseInputBytes wait for the engine. What comes nevertheless (messages to a subscriber, replies
 * to what was read before) may pile up to kMaxOutputBytes; a client that lets it grow beyond is
 * disconnected.
 */

import type { Socket } from 'node:net';
import type { Peer, Transport } from '../transport.ts';

export const kPauseOutputBytes = 256 * 1024;
export const kPauseInputBytes = 1024 * 1024;
export const kMaxOutputBytes = 64 * 1024 * 1024;

const kTlsHandshake = 0x16;
/** Enough for the first line of what a browser sends. */
const kLineBytes = 4096;

/** True for the first bytes of HTTP or TLS: a page that tries to reach the store, not a client. */
export function isForeign(first: Uint8Array): boolean {
  if (first[0] === kTlsHandshake) return true;
  const line = Buffer.from(first.subarray(0, kLineBytes)).toString('latin1').split('\r\n', 1)[0];
  return /^[A-Z]+ \S+ HTTP\/\d/.test(line ?? '');
}

/** As Redis writes them: '127.0.0.1:6379', '[::1]:6379'; 'unix:0' for a Unix socket. */
function peerOf(socket: Socket): Peer {
  const text = (host: string | undefined, port: number | undefined): string =>
    host === undefined ? 'unix:0' : `${host.includes(':') ? `[${host}]` : host}:${port ?? 0}`;
  return {
    remote: text(socket.remoteAddress, socket.remotePort),
    local: text(socket.localAddress, socket.localPort),
  };
}

export class Connection {
  readonly #socket: Socket;
  readonly #transport: Transport;
  #isFirst = true;

  /** REQUIRES: a socket with `allowHalfOpen`, whose errors somebody hears. */
  constructor(socket: Socket, transport: Transport) {
    this.#socket = socket;
    this.#transport = transport;
    transport.identify?.(peerOf(socket));
    transport.attach({
      onReply: (bytes) => this.#write(bytes),
      onClose: () => socket.destroySoon(),
      onTaken: () => this.#resume(),
    });
    socket.on('data', (bytes: Buffer) => this.#read(bytes));
    socket.on('end', () => this.#finish());
    socket.on('drain', () => this.#resume());
    socket.on('close', () => void transport.close());
  }

  #read(bytes: Buffer): void {
    if (this.#isFirst && isForeign(bytes)) return void this.#socket.destroy();
    this.#isFirst = false;
    this.#transport.send(bytes);
    if (!this.#hasRoom) this.#socket.pause();
  }

  #write(bytes: Uint8Array): void {
    const socket = this.#socket;
    if (socket.destroyed) return;
    if (socket.writableLength > kMaxOutputBytes) return void socket.destroy();
    socket.write(bytes);
    if (!this.#hasRoom) socket.pause();
  }

  /** The client sends nothing more; what it sent is still answered. */
  #finish(): void {
    const transport = this.#transport;
    if (transport.finish !== undefined) transport.finish();
    else void transport.close();
  }

  #resume(): void {
    if (this.#socket.isPaused() && this.#hasRoom) this.#socket.resume();
  }

  get #hasRoom(): boolean {
    return (
      this.#socket.writableLength <= kPauseOutputBytes &&
      (this.#transport.backlogBytes ?? 0) <= kPauseInputBytes
    );
  }
}
