/**
 * Sockets for a store: each connection is a session of it, in RESP2, RESP3 or inline commands.
 * Redis's limit of clients holds; who is refused hears why.
 */

import type { AddressInfo, Server, Socket } from 'node:net';
import type { Transport } from '../transport.ts';
import { Connection } from './connection.ts';
import { listenOnPath, listenOnPort, stopListening } from './listen.ts';

/** What the server needs of a store; a Client is one. */
export interface ServedStore {
  /** A session of its own. */
  connect(): Transport;
  call(command: string, ...args: string[]): Promise<unknown>;
}

const kKeepAliveMs = 300_000;

export class RespServer {
  readonly #store: ServedStore;
  readonly #sockets = new Set<Socket>();
  #listeners: Server[] = [];
  #whenReady: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(store: ServedStore) {
    this.#store = store;
  }

  /** Accepted sockets wait until `ready` resolves; those that wait when it rejects are closed. */
  waitFor(ready: Promise<unknown>): void {
    this.#whenReady = ready.then(() => undefined);
    this.#whenReady.catch(() => this.#drop());
  }

  async listenOnPort(port: number): Promise<void> {
    this.#listeners.push(...(await listenOnPort(port, (socket) => void this.accept(socket))));
  }

  async listenOnPath(path: string, mode: number | undefined): Promise<void> {
    this.#listeners.push(await listenOnPath(path, mode, (socket) => void this.accept(socket)));
  }

  /** The port in use; null when it listens on none. */
  get port(): number | null {
    for (const listener of this.#listeners) {
      const address = listener.address() as AddressInfo | string | null;
      if (address !== null && typeof address === 'object') return address.port;
    }
    return null;
  }

  /** Serves a socket. REQUIRES: it was made with `allowHalfOpen`. */
  async accept(socket: Socket): Promise<void> {
    this.#sockets.add(socket);
    socket.on('error', () => undefined); // 'close' follows
    socket.once('close', () => this.#sockets.delete(socket));
    socket.setNoDelay(true).setKeepAlive(true, kKeepAliveMs);
    try {
      await this.#whenReady;
      const isFull = this.#sockets.size > (await this.#maxClients());
      if (socket.destroyed) return;
      if (isFull) socket.end('-ERR max number of clients reached\r\n', () => socket.destroy());
      else new Connection(socket, this.#store.connect());
    } catch {
      socket.destroy(); // the store is gone
    }
  }

  async #maxClients(): Promise<number> {
    const reply = await this.#store.call('CONFIG', 'GET', 'maxclients');
    return Number(reply instanceof Map ? reply.get('maxclients') : (reply as unknown[])[1]);
  }

  #drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Ends every connection; resolves when all sockets are gone. Idempotent. */
  async close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      const stopped = this.#listeners.map(stopListening);
      this.#drop();
      await Promise.all(stopped);
    }
  }
}
