/**
 * The leader's side of sessions: runs the requests of each in the order of their numbers, each at
 * most once, and keeps replies until the other side has them.
 *
 * A session's client is known from the log (client-marks.ts) or from this leader's life; whatever
 * is up to its mark was executed and is never executed again. Replies are sent twice: as soon as
 * they are made (tentative), and when the log has reached them (final, mostly without bytes). Who
 * has the tentative reply of a request that the next leader finds in the log needs nothing else.
 *
 * A member may seem gone and come back (a browser gave its lock away). What it was told tentatively
 * counts then as soon as the log is known to hold it; if that cannot be known, it is forgotten.
 *
 * Messages that no request asked for are numbered and sent once. The other side says how far it
 * has heard; as long as that is not all, it is told after a second, a few times, how many there
 * were. So it knows what it missed, and nothing is kept for it. One that observes and is far behind
 * gets none until it has caught up.
 */

import { WadictError } from '../errors.ts';
import type { ClientMarks } from './client-marks.ts';
import type { Connection, Numbered } from './connection.ts';
import { beginningAt } from './numbered-list.ts';
import type { Scheduler } from './scheduler.ts';
import type { Hello, Requests, ToLeader, ToSession } from './tab-protocol.ts';

export interface TabLeaderOptions {
  readonly epoch: bigint;
  readonly marks: ClientMarks;
  /** True once the store itself serves nothing any more. */
  readonly hasEnded: () => boolean;
  /** Whether the log came to hold everything executed so far. */
  readonly holdsAll: () => Promise<boolean>;
  readonly connect: (numbered: Numbered, setup: readonly Uint8Array[]) => Connection;
  readonly post: (member: string, message: ToSession) => void;
  readonly scheduler: Scheduler;
}

const kAskEveryMs = 1_000;
/** Then it sleeps, and says hello when it wakes. */
const kAskTimes = 8;
/** Messages under way to a session that observes. */
const kMostUnheard = 1_024;

/** Replies that the session has not acknowledged. */
interface Kept {
  readonly first: number;
  readonly count: number;
  bytes: Uint8Array;
  isFinal: boolean;
  /** It was told otherwise before: the requests failed after all. */
  isRevoked: boolean;
}

export class TabLeader {
  readonly #options: TabLeaderOptions;
  readonly #served = new Map<number, ServedSession>();
  /** Clients that went with replies that were not final: whether those hold. */
  readonly #unsettled = new Map<number, Promise<boolean>>();
  #cancelAsking: (() => void) | null = null;

  constructor(options: TabLeaderOptions) {
    this.#options = options;
  }

  hello(member: string, hello: Hello): void {
    const settling = this.#unsettled.get(hello.client);
    if (settling === undefined) return this.#welcome(member, hello, false);
    void settling.then((holds) => this.#welcome(member, hello, !holds));
  }

  #welcome(member: string, hello: Hello, isLost: boolean): void {
    const { epoch, marks, post } = this.#options;
    const { client } = hello;
    let served = this.#served.get(client);
    const isTaken =
      served === undefined ? hello.isFresh && marks.last(client) > 0 : served.member !== member;
    if (isTaken) return post(member, { kind: 'taken', epoch, client });
    if (served === undefined) {
      served = new ServedSession(member, hello, this.#options, () => this.#ask());
      served.isForgotten ||= isLost;
      this.#served.set(client, served);
    }
    served.welcome(hello);
  }

  receive(member: string, message: ToLeader): void {
    if (message.kind === 'rpc-to-leader' || message.epoch !== this.#options.epoch) return;
    const { epoch, client } = message;
    const served = this.#served.get(client);
    if (served === undefined || served.member !== member) {
      if (message.kind === 'requests') this.#options.post(member, { kind: 'gap', epoch, client });
    } else if (message.kind === 'requests') {
      served.requests(message);
    } else if (message.kind === 'acked') {
      served.acked(message.acked);
      served.heard(message.heard);
    } else {
      this.#served.delete(client);
      this.#unsettled.delete(client);
      served.close(true);
    }
  }

  /** The member is gone; its requests that came run to their end. */
  gone(member: string): void {
    for (const [client, served] of this.#served) {
      if (served.member !== member) continue;
      this.#served.delete(client);
      if (served.isUnsettled) this.#settle(client);
      served.close(false);
    }
  }

  #settle(client: number): void {
    const settling = this.#options.holdsAll();
    this.#unsettled.set(client, settling);
    void settling.then((holds) => {
      if (holds && this.#unsettled.get(client) === settling) this.#unsettled.delete(client);
    });
  }

  dispose(): void {
    this.#cancelAsking?.();
  }

  /** Messages are under way: sees to it that they are heard, or missed. */
  #ask(): void {
    this.#cancelAsking ??= this.#options.scheduler.setTimer(kAskEveryMs, () => {
      this.#cancelAsking = null;
      const isAny = [...this.#served.values()].filter((served) => served.ask()).length > 0;
      if (isAny) this.#ask();
    });
  }
}

class ServedSession implements Numbered {
  readonly member: string;
  readonly client: number;
  next: number;
  readonly #options: TabLeaderOptions;
  /** What was sent before may have happened, or not. */
  isForgotten: boolean;
  #connection: Connection | null = null;
  /** Requests up to this one came. */
  #accepted: number;
  #kept: Kept[] = [];
  readonly #onPush: () => void;
  /** Messages so far; those that the other side is known to have heard of. */
  #pushed = 0;
  #heard = 0;
  #asked = 0;

  constructor(member: string, hello: Hello, options: TabLeaderOptions, onPush: () => void) {
    this.#onPush = onPush;
    const { marks } = options;
    this.member = member;
    this.client = hello.client;
    this.#options = options;
    const mark = marks.last(hello.client);
    this.#accepted = Math.max(mark, hello.from - 1);
    this.next = this.#accepted + 1;
    const wasSent = hello.sentEpoch > 0n;
    this.isForgotten = mark === 0 && wasSent && marks.mayHaveForgotten(hello.sentEpoch);
    marks.present(hello.client);
  }

  welcome(hello: Hello): void {
    const { epoch, post } = this.#options;
    const { client } = this;
    this.acked(hello.from - 1);
    const isHeld = this.#connection !== null;
    // An older hello may have come late, and first.
    if (!isHeld && hello.from > this.next) this.#accepted = (this.next = hello.from) - 1;
    const executed = this.#accepted;
    const heldFrom = isHeld ? hello.from : executed + 1;
    const isForgotten = this.isForgotten && !isHeld;
    const pushed = this.#pushed;
    post(this.member, { kind: 'welcome', epoch, client, executed, heldFrom, isForgotten, pushed });
    for (const { first, count, bytes, isFinal } of this.#kept) {
      const kind = isFinal ? 'final' : 'tentative';
      post(this.member, { kind, epoch, client, first, count, bytes });
    }
  }

  requests(message: Requests): void {
    const { first, count, bytes, setup } = message;
    this.acked(message.acked);
    if (count === 0) {
      if (setup !== null && this.#connection === null) this.#open(setup);
      return this.#tellPushed(); // so that it knows that it is served
    }
    if (first + count - 1 <= this.#accepted) return; // came before
    const isUnknown = this.#connection === null && setup === null;
    // A later number in the log would say that they were done.
    const isRevoked = this.#kept.some((kept) => kept.isRevoked);
    if (isUnknown || isRevoked || first !== this.#accepted + 1) {
      const { epoch, post } = this.#options;
      return post(this.member, { kind: 'gap', epoch, client: this.client });
    }
    if (this.#connection === null) this.#open(setup ?? []);
    this.#accepted = first + count - 1;
    this.#connection?.send(bytes);
  }

  #open(setup: readonly Uint8Array[]): void {
    const { connect, epoch, hasEnded, post } = this.#options;
    const { member, client } = this;
    this.#connection = connect(this, setup);
    this.#connection.attach({
      onReply: () => undefined, // numbered replies come by onTentative and onFinal
      onClose: (reason) => {
        const { code, message } = asKnown(reason);
        // When the store itself ended, the next leader serves the session.
        if (!hasEnded()) post(member, { kind: 'ended', epoch, client, code, message });
      },
    });
  }

  acked(upTo: number): void {
    let done = 0;
    for (const { first, count, isFinal } of this.#kept) {
      if (!isFinal || first + count - 1 > upTo) break;
      done++;
    }
    if (done > 0) this.#kept.splice(0, done);
  }

  close(isFinal: boolean): void {
    this.#options.marks.gone(this.client, isFinal);
    void this.#connection?.close();
  }

  onBlocked(first: number, count: number): void {
    const { epoch, post } = this.#options;
    post(this.member, { kind: 'blocked', epoch, client: this.client, first, count });
  }

  onTentative(first: number, count: number, bytes: Uint8Array): void {
    const { epoch, post } = this.#options;
    this.#keep(first, count, bytes, false);
    post(this.member, { kind: 'tentative', epoch, client: this.client, first, count, bytes });
  }

  onFinal(first: number, count: number, bytes: Uint8Array | null): void {
    const { epoch, post } = this.#options;
    if (count === 0) return this.#push(bytes as Uint8Array);
    this.#keep(first, count, bytes, true);
    post(this.member, { kind: 'final', epoch, client: this.client, first, count, bytes });
  }

  #push(bytes: Uint8Array): void {
    const { epoch, post } = this.#options;
    const first = ++this.#pushed;
    const isBehind = first - this.#heard > kMostUnheard && this.#connection?.scanner.isObserving;
    if (isBehind !== true)
      post(this.member, { kind: 'final', epoch, client: this.client, first, count: 0, bytes });
    if (this.#heard < this.#pushed) this.#onPush();
  }

  #tellPushed(): void {
    const { epoch, post } = this.#options;
    const nothing = { first: this.#pushed, count: 0, bytes: null };
    post(this.member, { kind: 'final', epoch, client: this.client, ...nothing });
  }

  get isUnsettled(): boolean {
    return this.#kept.some(({ isFinal }) => !isFinal);
  }

  heard(upTo: number): void {
    if (upTo <= this.#heard) return;
    this.#heard = upTo;
    this.#asked = 0;
  }

  /** Says how many messages there were, if they are not known to have been heard. */
  ask(): boolean {
    if (this.#heard >= this.#pushed || this.#asked >= kAskTimes) return false;
    this.#asked++;
    this.#tellPushed();
    return true;
  }

  #keep(first: number, count: number, bytes: Uint8Array | null, isFinal: boolean): void {
    const known = beginningAt(this.#kept, first);
    if (known === undefined) {
      const known = bytes ?? new Uint8Array(0);
      this.#kept.push({ first, count, bytes: known, isFinal, isRevoked: false });
      return;
    }
    known.isFinal = isFinal;
    if (bytes === null) return;
    known.isRevoked = isFinal;
    known.bytes = bytes;
  }
}

function asKnown(reason: Error): WadictError {
  return reason instanceof WadictError ? reason : new WadictError('WORKER_DIED', reason.message);
}
