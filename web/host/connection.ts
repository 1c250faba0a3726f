/**
 * One client's session at the host: what came and waits to run, what ran and waits for the log,
 * what may leave. Replies leave in the order of the requests, those of one turn in one piece.
 *
 * Invariant: for each request that was complete one reply leaves, if only an error, or the session
 * is ended with a reason. While a request of the session waits for the host (SAVE) or for a key
 * (BLPOP), later bytes wait in the inbox, so that each piece of replies belongs to one `send`.
 * Messages that no request asked for leave as soon as the log allows.
 *
 * A numbered session (tab-leader.ts) hands over whole requests and is told more: its replies as
 * soon as they are made, and once more when the log has reached them, or that they failed.
 */

import type { ReplyChunk } from '../engine/engine-port.ts';
import type { WadictError, WadictErrorCode } from '../errors.ts';
import type { Peer, Transport, TransportListener } from '../transport.ts';
import { joined, Outbox } from './outbox.ts';
import { countReplies } from './reply-bytes.ts';
import { RequestScanner } from './request-scanner.ts';

/** What a connection needs of its host. */
export interface ConnectionOwner {
  receive(connection: Connection): void;
  disconnect(connection: Connection): void;
  /** CONFIG SET of `names`: a new engine must be given it, too. */
  rememberConfig(names: string, request: Uint8Array): void;
}

/** Whose requests carry numbers into the log. */
export interface Numbered {
  readonly client: number;
  /** The number of the next request to run. */
  next: number;
  /**
   * Replies to `count` requests from number `first` on, which hold once `onFinal` says so. (What no
   * request asked for comes by `onFinal` alone: count 0.)
   */
  onTentative(first: number, count: number, bytes: Uint8Array): void;
  /** One of them waits for a key: the replies may take any time. */
  onBlocked(first: number, count: number): void;
  /** They hold; null: as they were told. */
  onFinal(first: number, count: number, bytes: Uint8Array | null): void;
}

/** The replies to one `send`, or to a part of it. */
interface Owed {
  /** Requests it completed, and the number of the first where they are numbered. */
  count: number;
  readonly first: number;
  isTold: boolean;
  readonly pieces: Uint8Array[];
  position: bigint;
  /** Requests of it that wait: for the host, or for a key. */
  open: number;
}

/** The RESP word for a code where Redis has one. */
const kWords: Partial<Record<WadictErrorCode, string>> = { QUOTA_EXCEEDED: 'MISCONF' };

export function errorReply(error: WadictError): Uint8Array {
  const text = error.message.replaceAll(/[\r\n]+/g, ' ');
  return new TextEncoder().encode(`-${kWords[error.code] ?? error.code} ${text}\r\n`);
}

/** Tells a session that observes that anything may be different now (cpp/commands/changes.h). */
export const resync = (reason: 'restarted' | 'lost'): Uint8Array =>
  new TextEncoder().encode(
    `>3\r\n$6\r\nchange\r\n$6\r\nresync\r\n$${reason.length}\r\n${reason}\r\n`,
  );

export class Connection implements Transport {
  /** The engine's number of this session; changes when the engine is rebuilt. */
  session = 0;
  readonly scanner: RequestScanner;
  /** Bytes that have not been given to the engine yet. */
  readonly inbox: Uint8Array[] = [];
  readonly #owner: ConnectionOwner;
  #owed: Owed[] = [];
  readonly #out = new Outbox();
  #isEnded = false;
  /** The engine's number of the wait for a key that the session is in; 0: none. */
  #wait = 0;
  /** End when everything owed has left (QUIT). */
  endsWhenPaid = false;

  readonly numbered: Numbered | null;
  peer: Peer | null = null;

  constructor(owner: ConnectionOwner, numbered: Numbered | null = null) {
    this.#owner = owner;
    this.numbered = numbered;
    this.scanner = new RequestScanner((names, request) => owner.rememberConfig(names, request));
  }

  attach(listener: TransportListener): void {
    this.#out.attach(listener);
  }

  send(request: Uint8Array): void {
    if (this.#isEnded || request.length === 0) return;
    this.inbox.push(request);
    this.#owner.receive(this);
  }

  async close(): Promise<void> {
    this.#owner.disconnect(this);
  }

  identify(peer: Peer): void {
    this.peer = peer;
  }

  /** A request that waits for a key is given up, the others are answered first. */
  finish(): void {
    this.endsWhenPaid = true;
    if (this.#wait !== 0) this.#owed = this.#owed.filter(({ open }) => open === 0);
    this.#wait = 0;
    this.#endIfPaid();
  }

  get backlogBytes(): number {
    return this.inbox.reduce((sum, bytes) => sum + bytes.length, 0);
  }

  /** The inbox was worked through. */
  taken(): void {
    if (this.inbox.length > 0) return;
    this.#endIfPaid();
    this.#out.listener?.onTaken?.();
  }

  #endIfPaid(): void {
    const isPaid = this.#owed.length === 0 && this.inbox.length === 0;
    if (this.endsWhenPaid && isPaid) this.#owner.disconnect(this);
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** True while a request of this session waits. */
  get isWaiting(): boolean {
    return this.#owed.some((owed) => owed.open > 0);
  }

  get hasOwed(): boolean {
    return this.#owed.length > 0;
  }

  /** The engine ran something: `chunk` leaves when the log has reached its position. */
  owe(count: number, chunk: ReplyChunk): void {
    if (count === 0 && chunk.bytes.length === 0) return;
    const { bytes, logPosition, hostRequests, wait } = chunk;
    this.#wait = wait;
    this.#push(count, [bytes], logPosition, hostRequests.length + (wait === 0 ? 0 : 1));
    if (wait !== 0) this.#partAnswered(this.#owed.length - 1);
  }

  /**
   * What was answered before a request that waits for a key need not wait with it. (Where requests
   * are numbered, replies stay together: that is how the other side knows them.)
   */
  #partAnswered(index: number): void {
    const owed = this.#owed[index] as Owed;
    const { first, open, pieces, position } = owed;
    this.numbered?.onBlocked(first, owed.count);
    if (this.numbered !== null || pieces.every(({ length }) => length === 0)) return;
    const answered = pieces.reduce((sum, piece) => sum + countReplies(piece), 0);
    const rest = { count: owed.count - answered, first, isTold: false, pieces: [], position, open };
    owed.count = answered;
    owed.open = 0;
    this.#owed.splice(index + 1, 0, rest);
  }

  /** The engine could not run what was sent: one error for each request it completes. */
  oweErrors(count: number, error: WadictError): void {
    const pieces = Array.from({ length: count }, () => errorReply(error));
    this.#push(count, pieces, 0n, 0);
  }

  #push(count: number, pieces: Uint8Array[], position: bigint, open: number): void {
    const first = this.numbered?.next ?? 0;
    if (this.numbered !== null) this.numbered.next += count;
    this.#owed.push({ count, first, isTold: false, pieces, position, open });
  }

  /** A request that waited is completed; `late` is what the engine then had to say. */
  complete(late: ReplyChunk): void {
    this.#wait = late.wait;
    const index = this.#owed.findIndex((item) => item.open > 0);
    const owed = this.#owed[index];
    if (owed === undefined) return;
    owed.open += late.hostRequests.length + (late.wait === 0 ? 0 : 1) - 1;
    owed.pieces.push(late.bytes);
    owed.position = late.logPosition;
    if (late.wait !== 0) this.#partAnswered(index);
  }

  /** The engine had something for the session: the end of a wait, or messages. */
  hear(late: ReplyChunk): void {
    const { bytes, logPosition, wait } = late;
    if (this.#wait !== 0 && this.#wait !== wait) return this.complete(late);
    if (bytes.length === 0) return;
    const first = this.numbered?.next ?? 0;
    const message = { count: 0, first, isTold: false, pieces: [bytes], position: logPosition };
    // What waits is not in the way of messages.
    const waiting = this.#owed.findIndex((item) => item.open > 0);
    this.#owed.splice(waiting < 0 ? this.#owed.length : waiting, 0, { ...message, open: 0 });
  }

  /** Of a session that observes: nobody knows what it has missed. */
  restarted(): void {
    if (!this.scanner.isObserving) return;
    const nothing = { hostRequests: [], news: [], wait: 0 };
    this.hear({ ...nothing, bytes: resync('restarted'), logPosition: 0n });
  }

  /** Lets go what the log has reached; null: it need not. */
  release(upTo: bigint | null): void {
    let released = 0;
    for (const owed of this.#owed) {
      if (owed.open > 0 || (upTo !== null && owed.position > upTo)) break;
      if (this.numbered === null) this.#out.push(...owed.pieces);
      released++;
    }
    if (released > 0) {
      const done = this.#owed.splice(0, released);
      if (this.numbered !== null) for (const owed of done) settle(this.numbered, owed);
    }
    if (this.numbered !== null) this.#tell(this.numbered);
    this.#endIfPaid();
  }

  /** What was made and may not leave yet is told already. */
  #tell(numbered: Numbered): void {
    for (const owed of this.#owed) {
      if (owed.open > 0) return;
      if (owed.isTold || owed.count === 0) continue;
      owed.isTold = true;
      numbered.onTentative(owed.first, owed.count, joined(owed.pieces));
    }
  }

  /**
   * What lies beyond `position` (null: everything), or waits for the host, is answered by errors.
   */
  fail(beyond: bigint | null, error: WadictError): void {
    let hasFailed = false;
    for (const owed of this.#owed) {
      if (beyond !== null && owed.position <= beyond && owed.open === 0) continue;
      hasFailed ||= owed.count > 0;
      owed.pieces.length = 0;
      for (let count = owed.count; count > 0; count--) owed.pieces.push(errorReply(error));
      owed.position = beyond ?? 0n;
      owed.open = 0;
      owed.isTold = false;
    }
    this.#wait = 0;
    // Numbers in the log say that everything before them was done: what came behind was not.
    if (hasFailed && this.numbered !== null)
      for (const bytes of this.inbox.splice(0)) this.refuse(bytes, error);
  }

  /** Bytes that cannot run: one error for each request they complete. */
  refuse(bytes: Uint8Array, error: WadictError): void {
    this.oweErrors(this.scanner.feed(bytes), error);
  }

  /** Nothing follows: after what may leave now, the listener hears why. Idempotent. */
  end(reason: WadictError): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#owed = [];
    this.inbox.length = 0;
    this.#out.end(reason);
  }
}

function settle(numbered: Numbered, { first, count, pieces, isTold }: Owed): void {
  numbered.onFinal(first, count, isTold ? null : joined(pieces));
}
