/** The sessions of a member, whoever serves them. */

import type { WadictError } from '../errors.ts';
import { MemberSession } from '../host/member-session.ts';
import type { LeaderLink, SessionOwner } from '../host/member-session.ts';
import type { Scheduler } from '../host/scheduler.ts';
import type { Hello, ToSession } from '../host/tab-protocol.ts';

export interface MemberSessionsOptions {
  readonly scheduler: Scheduler;
  readonly randomBytes: (count: number) => Uint8Array;
  /** A session waits for something. */
  readonly onWait: () => void;
  /** Brings hellos to the leader, if there is one. */
  readonly onHello: (hellos: readonly Hello[]) => void;
}

export class MemberSessions implements SessionOwner {
  readonly #options: MemberSessionsOptions;
  readonly #sessions = new Map<number, MemberSession>();

  constructor(options: MemberSessionsOptions) {
    this.#options = options;
  }

  open(): MemberSession {
    const session = new MemberSession(this);
    this.#sessions.set(session.client, session);
    this.join(session);
    return session;
  }

  get areWaiting(): boolean {
    for (const session of this.#sessions.values()) if (session.isWaiting) return true;
    return false;
  }

  get areOwed(): boolean {
    return this.#all().some((session) => session.isOwed);
  }

  /** Those that miss something for `ms`. */
  stuck(ms: number): MemberSession[] {
    return this.#all().filter((session) => session.hasWaited(ms));
  }

  hellos(sessions: readonly MemberSession[] = this.#all()): Hello[] {
    return sessions.map((session) => session.hello());
  }

  receive(message: ToSession, link: LeaderLink): void {
    this.#sessions.get(message.client)?.receive(message, link);
  }

  /** Nobody serves them at the moment. */
  lost(): void {
    for (const session of this.#all()) session.lost();
  }

  /** Answers what has waited for `ms`. */
  expire(ms: number): void {
    for (const session of this.#all()) session.expire(ms);
  }

  end(reason: WadictError): void {
    for (const session of this.#all()) session.end(reason);
  }

  #all(): MemberSession[] {
    return [...this.#sessions.values()];
  }

  // -- SessionOwner ------------------------------------------------------------------------------

  newClient(): number {
    for (;;) {
      const bytes = this.#options.randomBytes(4);
      const client = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
      if (client !== 0 && !this.#sessions.has(client)) return client;
    }
  }

  elapsed(): number {
    return this.#options.scheduler.elapsed();
  }

  waits(): void {
    this.#options.onWait();
  }

  join(session: MemberSession): void {
    this.#options.onHello(this.hellos([session]));
  }

  renumbered(session: MemberSession, before: number): void {
    this.#sessions.delete(before);
    this.#sessions.set(session.client, session);
  }

  closed(session: MemberSession): void {
    this.#sessions.delete(session.client);
  }
}
