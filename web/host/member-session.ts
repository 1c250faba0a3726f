/**
 * A session of a member: numbers its requests, keeps each until its reply holds, and sends again
 * what a leader that is gone may not have executed.
 *
 *   send -> cut into whole requests -> batch (first number, count) -> leader
 *                                        ^ reply: none, tentative, final
 *
 * After a welcome that says "executed up to E": batches up to E are in the log; those with a
 * tentative reply are answered by it, the others with OUTCOME_UNKNOWN (unless the leader itself
 * still has their replies). Batches beyond E changed nothing: what an older leader said about them
 * is dropped, and they are sent again.
 *
 * Messages that no request asked for come numbered, each at most once. A session that observes and
 * missed some, or cannot know, hears of it in their place (`resync`).
 *
 * Invariants: batches are contiguous, in order; replies are handed out in order, each once; a reply
 * of an epoch other than that of the last welcome is not looked at.
 */

import { WadictError } from '../errors.ts';
import { resync } from './connection.ts';
import type { Transport, TransportListener } from '../transport.ts';
import { HeardMessages } from './heard-messages.ts';
import { beginningAt } from './numbered-list.ts';
import { joined, Outbox } from './outbox.ts';
import { cutAfter, failed, unknown } from './session-batch.ts';
import type { Batch } from './session-batch.ts';
import { RequestScanner } from './request-scanner.ts';
import type { Hello, ToLeader, ToSession, Welcome } from './tab-protocol.ts';

/** The way to the leader of one epoch. */
export interface LeaderLink {
  readonly epoch: bigint;
  /** True when every message arrives, in order, at once. */
  readonly isLocal: boolean;
  post(message: ToLeader): void;
}

export interface SessionOwner {
  /** A number that is probably nobody's. */
  newClient(): number;
  elapsed(): number;
  /** The session waits for something from now on. */
  waits(): void;
  /** The session says hello to the leader if there is one. */
  join(session: MemberSession): void;
  renumbered(session: MemberSession, before: number): void;
  closed(session: MemberSession): void;
}

/** Settings of the session that hold behind request `after`. */
interface Setup {
  readonly after: number;
  readonly requests: readonly Uint8Array[];
}

/** Acknowledge to a remote leader at the latest after so many batches, or so many bytes. */
const kAckBatches = 64;
const kAckBytes = 256 * 1024;
export class MemberSession implements Transport {
  client: number;
  readonly #owner: SessionOwner;
  readonly #scanner = new RequestScanner();
  readonly #batches: Batch[] = [];
  #setups: Setup[] = [{ after: 0, requests: [] }];
  #parts: Uint8Array[] = [];
  #next = 1;
  #answered = 0;
  #acked = 0;
  #bytesToAck = 0;
  readonly #heard = new HeardMessages();
  /** A leader was asked to go on with what the session listens to. */
  #isResuming = false;
  #link: LeaderLink | null = null;
  #isFirst = false;
  readonly #out = new Outbox();
  #reason: WadictError | null = null;
  /** When the session last got what it waited for, or asked for it. */
  #movedAt = 0;

  constructor(owner: SessionOwner) {
    this.#owner = owner;
    this.client = owner.newClient();
  }

  // -- Transport ---------------------------------------------------------------------------------

  attach(listener: TransportListener): void {
    this.#out.attach(listener);
  }

  send(request: Uint8Array): void {
    if (this.#reason !== null || this.#scanner.isBroken || request.length === 0) return;
    const before = this.#scanner.settings;
    const count = this.#scanner.feed(request);
    const bytes = this.#whole(request, count);
    if (count === 0 || bytes === null) return;
    const first = this.#next;
    this.#next += count;
    if (this.#scanner.settings !== before)
      this.#setups.push({ after: this.#next - 1, requests: this.#scanner.replay().setup });
    const since = this.#owner.elapsed();
    if (this.#batches.length === 0) this.#movedAt = since;
    const fresh = { reply: null, isFinal: false, isBlocked: false, sentEpoch: 0n, since };
    this.#batches.push({ first, count, bytes, ...fresh });
    this.#sendNew();
    if (this.isWaiting) this.#owner.waits();
  }

  async close(): Promise<void> {
    if (this.#reason !== null) return;
    const link = this.#link;
    link?.post({ kind: 'bye', epoch: link.epoch, client: this.client });
    this.end(new WadictError('CLOSED', 'the session was closed'));
  }

  /** The bytes of the requests that are complete with `chunk`; null: none is. */
  #whole(chunk: Uint8Array, count: number): Uint8Array | null {
    const isClean = this.#parts.length === 0;
    if (isClean && this.#scanner.isAtStart) return chunk;
    this.#parts.push(isClean ? chunk.slice() : chunk);
    if (count === 0) return null;
    const bytes = joined(this.#parts);
    const { half } = this.#scanner.replay();
    this.#parts = half.length === 0 ? [] : [half];
    return bytes.subarray(0, bytes.length - half.length);
  }

  // -- the leader --------------------------------------------------------------------------------

  /** A request is owed an answer. */
  get isOwed(): boolean {
    // What waits for a key, and what waits behind it, waits for no sign of the leader.
    return this.#batches.length > 0 && !(this.#batches[0] as Batch).isBlocked;
  }

  /** Waits for a sign of the leader: for an answer, or to be told what it listens to. */
  get isWaiting(): boolean {
    return this.isOwed || this.#isResuming || (this.#link === null && this.#scanner.isListening);
  }

  /** True if nothing came for `ms` although something is waited for. */
  hasWaited(ms: number): boolean {
    return this.isWaiting && this.#owner.elapsed() - this.#movedAt >= ms;
  }

  hello(): Hello {
    this.#movedAt = this.#owner.elapsed();
    const sentEpoch = this.#batches.reduce(
      (last, b) => (b.sentEpoch > last ? b.sentEpoch : last),
      0n,
    );
    const from = this.#answered + 1;
    const isFresh = from === 1 && sentEpoch === 0n;
    return { client: this.client, isFresh, from, sentEpoch };
  }

  /** The leader is gone, or not the leader any more. */
  lost(): void {
    this.#link = null;
    for (const batch of this.#batches) batch.isBlocked = false;
  }

  receive(message: ToSession, link: LeaderLink): void {
    if (this.#reason !== null) return;
    switch (message.kind) {
      case 'welcome':
        return this.#welcomed(message, link);
      case 'taken':
        this.#giveUp((batch) => batch.sentEpoch > 0n);
        return this.#owner.join(this);
      case 'tentative':
        return this.#replied(message.first, message.count, message.bytes, false);
      case 'final':
        if (message.count === 0) return this.#hear(message.first, message.bytes, link);
        return this.#replied(message.first, message.count, message.bytes, true);
      case 'blocked':
        return this.#blocked(message.first, message.count);
      case 'gap':
        this.#link = null;
        this.#owner.join(this);
        return this.#owner.waits();
      case 'ended':
        return this.end(new WadictError(message.code, message.message));
    }
  }

  #welcomed({ executed, heldFrom, isForgotten, pushed }: Welcome, link: LeaderLink): void {
    this.#link = link;
    this.#isFirst = true;
    this.#isResuming = false;
    if (this.#heard.welcomed(link.epoch, pushed)) this.#missed();
    this.#movedAt = this.#owner.elapsed();
    if (isForgotten) {
      this.#giveUp((batch) => batch.sentEpoch > 0n);
      return this.#owner.join(this);
    }
    for (let index = 0; index < this.#batches.length; index++) {
      const batch = this.#batches[index] as Batch;
      const last = batch.first + batch.count - 1;
      if (last <= executed && (batch.isFinal || batch.first >= heldFrom)) continue;
      if (batch.first <= executed && last > executed) this.#split(index, executed);
      if (batch.first <= executed) {
        batch.reply ??= unknown(batch.count);
        batch.isFinal = true;
      } else {
        // Its reply may be here already, behind one that got lost: nobody has seen it.
        batch.reply = null;
        batch.isFinal = false;
        batch.isBlocked = false;
        batch.sentEpoch = 0n;
      }
    }
    this.#deliver();
    this.#sendNew();
  }

  /** Part of a batch was executed: its head and its tail go different ways. */
  #split(index: number, executed: number): void {
    const batch = this.#batches[index] as Batch;
    const tail = cutAfter(batch, executed);
    this.#batches.splice(index + 1, 0, tail);
    const head = new RequestScanner();
    for (const request of this.#setupAt(batch.first - 1)) head.feed(request);
    head.feed(batch.bytes);
    this.#setups.push({ after: executed, requests: head.replay().setup });
    this.#setups.sort((a, b) => a.after - b.after);
  }

  #setupAt(request: number): readonly Uint8Array[] {
    return this.#setups.findLast(({ after }) => after <= request)?.requests ?? [];
  }

  /** Sends what this leader was not sent: the last batches. */
  #sendNew(): void {
    const link = this.#link;
    if (link === null) return;
    const { epoch } = link;
    const isNew = ({ isFinal, sentEpoch }: Batch): boolean => !isFinal && sentEpoch !== epoch;
    let from = this.#batches.length;
    while (from > 0 && isNew(this.#batches[from - 1] as Batch)) from--;
    if (this.#batches.length === 0 && this.#isFirst && this.#scanner.isListening) {
      const { client } = this;
      const [first, setup, acked] = [this.#next, this.#setupAt(this.#next - 1), this.#answered];
      this.#isFirst = false;
      const bytes = new Uint8Array(0);
      this.#isResuming = true;
      this.#owner.waits();
      link.post({ kind: 'requests', epoch, client, first, count: 0, bytes, setup, acked });
    }
    // A leader in this thread may answer, and so change what is here, before `post` returns.
    for (const batch of this.#batches.slice(from)) {
      if (this.#link !== link) return;
      const { first, count, bytes } = batch;
      const setup = this.#isFirst ? this.#setupAt(first - 1) : null;
      this.#isFirst = false;
      batch.sentEpoch = epoch;
      this.#acked = this.#answered;
      this.#bytesToAck = 0;
      const { client } = this;
      const acked = this.#acked;
      link.post({ kind: 'requests', epoch, client, first, count, bytes, setup, acked });
    }
  }

  // -- replies -----------------------------------------------------------------------------------

  #blocked(first: number, count: number): void {
    const batch = beginningAt(this.#batches, first);
    if (batch?.count === count && batch.sentEpoch === this.#link?.epoch) batch.isBlocked = true;
  }

  #replied(first: number, count: number, bytes: Uint8Array | null, isFinal: boolean): void {
    const batch = beginningAt(this.#batches, first);
    if (batch === undefined || batch.isFinal || batch.count !== count) return;
    if (batch.sentEpoch !== this.#link?.epoch) return;
    if (bytes !== null) batch.reply = bytes;
    if (!isFinal) return;
    if (batch.reply === null) {
      this.#link = null; // the tentative one was lost
      return this.#owner.join(this);
    }
    batch.isFinal = true;
    this.#deliver();
  }

  #deliver(): void {
    let done = 0;
    for (const { isFinal, reply, first, count } of this.#batches) {
      if (!isFinal) break;
      this.#out.push(reply as Uint8Array);
      this.#bytesToAck += (reply as Uint8Array).length;
      this.#answered = first + count - 1;
      done++;
    }
    if (done === 0) return;
    this.#batches.splice(0, done);
    this.#movedAt = this.#owner.elapsed();
    while ((this.#setups[1]?.after ?? Infinity) <= this.#answered) this.#setups.shift();
    this.#acknowledge();
  }

  #acknowledge(): void {
    const link = this.#link;
    if (link === null) return;
    const isDue = this.#answered - this.#acked >= kAckBatches || this.#bytesToAck >= kAckBytes;
    if (isDue || link.isLocal) this.#tellAcked(link);
  }

  #tellAcked({ epoch, post }: LeaderLink): void {
    this.#acked = this.#answered;
    this.#bytesToAck = 0;
    const [acked, heard] = [this.#acked, this.#heard.tell()];
    post({ kind: 'acked', epoch, client: this.client, acked, heard });
  }

  /** Message `number`; null: there were messages up to that. */
  #hear(number: number, bytes: Uint8Array | null, link: LeaderLink): void {
    if (!this.#heard.isFrom(link.epoch)) return;
    this.#isResuming = false;
    if (bytes === null) {
      if (this.#heard.counted(number)) this.#missed();
    } else {
      const { isNew, isMissing } = this.#heard.came(number);
      if (isMissing) this.#missed();
      if (isNew) this.#out.push(bytes);
    }
    const isDue = bytes === null || link.isLocal || this.#heard.untold >= kAckBatches;
    if (isDue && this.#link?.epoch === link.epoch) this.#tellAcked(link);
  }

  #missed(): void {
    if (this.#scanner.isObserving) this.#out.push(resync('lost'));
  }

  /** Answers what nobody answered in time: what was sent may have happened. */
  expire(ms: number): void {
    const now = this.#owner.elapsed();
    const oldest = this.#batches[0];
    if (!this.isOwed || oldest === undefined || now - oldest.since < ms) return;
    this.#giveUp((batch) => now - batch.since >= ms);
    this.#owner.join(this);
  }

  /**
   * Answers batches that are not to be sent again, and goes on under another number: the leader
   * may still come to know of the old one's requests.
   */
  #giveUp(isGivenUp: (batch: Batch) => boolean): void {
    const late = new WadictError('TIMEOUT', 'no tab serves the store; the request was not sent');
    for (const batch of this.#batches) {
      if (batch.isFinal || !isGivenUp(batch)) continue;
      const isSent = batch.sentEpoch > 0n;
      batch.reply = isSent ? unknown(batch.count) : failed(late, batch.count);
      batch.isFinal = true;
    }
    this.#deliver();
    this.#renumber();
  }

  #renumber(): void {
    const link = this.#link;
    const before = this.client;
    link?.post({ kind: 'bye', epoch: link.epoch, client: before });
    this.#link = null;
    this.client = this.#owner.newClient();
    const shift = this.#answered;
    for (const batch of this.#batches) {
      batch.isBlocked = false;
      batch.first -= shift;
      batch.sentEpoch = 0n;
      batch.reply = null;
    }
    this.#setups = this.#setups.map(({ after, requests }) => ({
      after: Math.max(0, after - shift),
      requests,
    }));
    this.#next -= shift;
    this.#answered = this.#acked = 0;
    this.#heard.reset();
    this.#owner.renumbered(this, before);
  }

  end(reason: WadictError): void {
    if (this.#reason !== null) return;
    this.#reason = reason;
    this.#link = null;
    // The reason tells nothing about requests that somebody may have run.
    const sent = this.#batches.findLastIndex(({ sentEpoch }) => sentEpoch > 0n);
    if (reason.code !== 'CLOSED')
      for (const batch of this.#batches.splice(0, sent + 1))
        this.#out.push(batch.isFinal ? (batch.reply as Uint8Array) : unknown(batch.count));
    this.#batches.length = 0;
    this.#owner.closed(this);
    this.#out.end(reason);
  }
}
