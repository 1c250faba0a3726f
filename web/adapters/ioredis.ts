/**
 * `wadict/ioredis`: an unmodified ioredis over a store in this process, without a socket.
 *
 *   const redis = new Redis({ Connector: Connector(db) });
 *
 * Everything of ioredis works: pipelines, transactions, subscriptions, `duplicate()`. What it
 * writes in one turn reaches the engine in one piece.
 */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { AbstractConnector } from 'ioredis';
import type { Transport } from '../transport.ts';

/** What is used of a store; a Client is one. */
export interface SessionStore {
  connect(): Transport;
}

const kDisconnectMs = 2000;

/** For ioredis's option `Connector`: each connection of the client is a session of `store`. */
export function Connector(store: SessionStore): new (options: unknown) => AbstractConnector {
  return class extends AbstractConnector {
    constructor() {
      super(kDisconnectMs);
    }

    /** Rejects with CLOSED when the store is. */
    async connect(): Promise<Socket> {
      this.connecting = true;
      const stream = new SessionStream(store.connect());
      this.stream = stream as unknown as Socket;
      return this.stream as Socket;
    }
  };
}

/** A session as the stream that a client would have of a socket. */
class SessionStream extends Duplex {
  readonly #transport: Transport;
  #waiting: Buffer[] = [];
  #whenTaken: (() => void) | null = null;

  constructor(transport: Transport) {
    super({ allowHalfOpen: false });
    this.#transport = transport;
    transport.attach({
      onReply: (bytes) => void this.push(bytes),
      onClose: () => void this.push(null),
      onTaken: () => this.#taken(),
    });
  }

  // What clients ask of sockets; here it means nothing.
  readonly connecting = false;
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }

  override _read(): void {
    // replies come by themselves
  }

  override _write(bytes: Buffer, _encoding: string, done: () => void): void {
    this.#waiting.push(bytes);
    if (this.#waiting.length === 1) queueMicrotask(() => this.#send());
    if ((this.#transport.backlogBytes ?? 0) > this.writableHighWaterMark) this.#whenTaken = done;
    else done();
  }

  override _final(done: () => void): void {
    this.#send();
    if (this.#transport.finish !== undefined) this.#transport.finish();
    else void this.#transport.close();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#waiting = [];
    void this.#transport.close();
    this.#taken();
    done(error);
  }

  #send(): void {
    if (this.#waiting.length === 0) return;
    const bytes = Buffer.concat(this.#waiting); // a copy, which may be given away
    this.#waiting = [];
    this.#transport.send(bytes);
  }

  #taken(): void {
    const done = this.#whenTaken;
    this.#whenTaken = null;
    done?.();
  }
}
