/** Which connection has which session of the engine that serves, and what that has for them. */

import type { EnginePort, ReplyChunk } from '../engine/engine-port.ts';
import type { Connection } from './connection.ts';
import type { EngineLife } from './engine-life.ts';
import { openSession } from './engine-settings.ts';

export interface SessionOwner {
  readonly life: EngineLife;
  /** Something ran for the connection. */
  absorb(connection: Connection, chunk: ReplyChunk): void;
  /** Requests that waited may go on. */
  receive(connection: Connection): void;
  noteFailure(error: unknown): void;
}

export class SessionTable {
  readonly #owner: SessionOwner;
  readonly #byNumber = new Map<number, Connection>();

  constructor(owner: SessionOwner) {
    this.#owner = owner;
  }

  open(connection: Connection, engine: EnginePort, now: number): void {
    openSession(connection, engine, now);
    this.#byNumber.set(connection.session, connection);
    connection.restarted();
  }

  /** Another engine serves from now on. */
  reopen(connections: Iterable<Connection>, engine: EnginePort, now: number): void {
    this.#byNumber.clear();
    for (const connection of connections) this.open(connection, engine, now);
  }

  find(session: number): Connection | undefined {
    return this.#byNumber.get(session);
  }

  forget({ session }: Connection): void {
    this.#byNumber.delete(session);
  }

  /** Fetches what the engine has for sessions that did not ask just now. */
  drain(sessions: readonly number[]): void {
    const { life } = this.#owner;
    for (const session of sessions) {
      const connection = this.#byNumber.get(session);
      if (connection === undefined || life.isFailed) continue;
      try {
        const late = life.engine.drain(session);
        connection.hear(late);
        if (life.engine.closing(session)) connection.finish();
        this.#owner.absorb(connection, late);
      } catch (error) {
        return this.#owner.noteFailure(error);
      }
      this.#owner.receive(connection);
    }
  }
}
