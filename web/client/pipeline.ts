/**
 * One session's calls: those made in one turn leave in one message, or in several of kMessageBytes,
 * so that the other side works while the rest is still being issued, and no reply is so long that
 * settling its calls holds the thread up. Replies are matched in order.
 *
 * Invariants: #pending holds the unanswered calls in the order sent; every one of them settles, by
 * its reply or, when the session ends, by the error that ended it. Bytes handed in are copied at
 * the call, so the caller may reuse its buffer at once.
 */
import { WadictError, type WadictErrorCode } from '../errors.ts';
import { INCOMPLETE, ReplyDecoder } from '../resp/decode.ts';
import { type Argument, RequestBatch } from '../resp/encode.ts';
import { ErrorReply, type Reply } from '../resp/reply.ts';
import type { Transport, TransportListener } from '../transport.ts';
import { toWadictError } from './reply-error.ts';

/** What a call says about itself for its error. */
export interface CallLabel {
  readonly command: string;
  readonly key: string | undefined;
}

interface Pending {
  readonly label: CallLabel;
  readonly asBytes: boolean;
  readonly decode: (reply: Reply) => unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: WadictError) => void;
}

const kGreeting: CallLabel = { command: 'HELLO', key: undefined };
/** A message that has grown to this leaves at once. */
const kMessageBytes = 128 * 1024;
/** Answered calls are dropped from the front of the queue in steps of this many. */
const kCompactAt = 1024;

export class Pipeline implements TransportListener {
  readonly #transport: Transport;
  readonly #onPush: (message: Reply) => void;
  readonly #decoder = new ReplyDecoder();
  #pending: Pending[] = [];
  #head = 0;
  readonly #batch = new RequestBatch();
  #isSendPlanned = false;
  #isGreeted = false;
  #ended: WadictError | undefined;

  constructor(transport: Transport, onPush: (message: Reply) => void = () => {}) {
    this.#transport = transport;
    this.#onPush = onPush;
    transport.attach(this);
  }

  /** No call can be made any more. */
  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  /** Ends the session; what is unanswered settles by that. */
  close(): void {
    void this.#transport.close();
  }

  /** Calls that have not settled yet. */
  get unanswered(): number {
    return this.#pending.length - this.#head;
  }

  /** Queues one command; it leaves at the end of this turn. Rejects with WadictError. */
  call<R>(
    argv: readonly Argument[],
    label: CallLabel,
    asBytes: boolean,
    decode: (reply: Reply) => R,
  ): Promise<R> {
    if (this.#ended !== undefined) return Promise.reject(relabel(this.#ended, label));
    return new Promise<R>((resolve, reject) => {
      if (!this.#isGreeted) this.#greet();
      this.#batch.add(argv);
      const settle = resolve as (result: unknown) => void;
      this.#pending.push({ label, asBytes, decode, resolve: settle, reject });
      if (this.#batch.bytes >= kMessageBytes) this.send();
      else if (!this.#isSendPlanned) this.#planSend();
    });
  }

  #planSend(): void {
    this.#isSendPlanned = true;
    queueMicrotask(() => {
      this.#isSendPlanned = false;
      this.send();
    });
  }

  /** Sends what waits now, instead of at the end of the turn: it precedes whatever follows. */
  send(): void {
    const { count } = this.#batch;
    if (count === 0 || this.#ended !== undefined) return;
    let request: Uint8Array;
    try {
      request = this.#batch.take();
    } catch (cause) {
      this.#rejectUnsent(count, cause);
      return;
    }
    this.#transport.send(request);
  }

  /** Sends what waits and takes no more calls: they reject with `error`. */
  end(error: WadictError): void {
    this.send();
    this.#ended ??= error;
  }

  /** Settles everything that is still unanswered. Idempotent. */
  fail(error: WadictError): void {
    this.#ended ??= error;
    const rest = this.#pending.slice(this.#head);
    this.#pending = [];
    this.#head = 0;
    for (const { label, reject } of rest) reject(relabel(error, label));
  }

  onReply(bytes: Uint8Array): void {
    try {
      this.#decoder.push(bytes);
      for (;;) {
        const call = this.#pending[this.#head];
        const reply = this.#decoder.next(call?.asBytes ?? false);
        if (reply === INCOMPLETE) return;
        if (this.#decoder.isPush) this.#onPush(reply);
        else if (call !== undefined) this.#settle(call, reply);
        else throw new Error('a reply came that no call waits for');
      }
    } catch (cause) {
      this.fail(new WadictError('WORKER_DIED', `the reply stream is broken: ${cause}`, { cause }));
      void this.#transport.close();
    }
  }

  onClose(reason: Error): void {
    this.fail(knownReason(reason));
  }

  /** RESP3 has maps, doubles and pushes; nobody waits for this reply. */
  #greet(): void {
    this.#isGreeted = true;
    this.#batch.add(['HELLO', '3']);
    const ignore = (): void => {};
    const decode = (): undefined => undefined;
    const greeting = { label: kGreeting, asBytes: false, decode, resolve: ignore, reject: ignore };
    this.#pending.push(greeting);
  }

  #settle(call: Pending, reply: Reply): void {
    this.#head++;
    if (this.#head === this.#pending.length) {
      this.#pending = [];
      this.#head = 0;
    } else if (this.#head >= kCompactAt && this.#head * 2 >= this.#pending.length) {
      this.#pending = this.#pending.slice(this.#head);
      this.#head = 0;
    }
    if (reply instanceof ErrorReply) {
      call.reject(toWadictError(reply, call.label));
      return;
    }
    try {
      call.resolve(call.decode(reply));
    } catch (cause) {
      call.reject(asWadictError(cause, call.label));
    }
  }

  /** The batch could not even be encoded: there is no memory for it. */
  #rejectUnsent(count: number, cause: unknown): void {
    const message = 'there is no memory for the calls of this turn; make fewer or smaller ones';
    const error = new WadictError('OOM', message, { cause });
    for (const { label, reject } of this.#pending.splice(this.#pending.length - count)) {
      if (label === kGreeting) this.#isGreeted = false;
      reject(relabel(error, label));
    }
  }
}

/** Why a session is over. */
export function knownReason(reason: Error): WadictError {
  const code: WadictErrorCode = reason instanceof WadictError ? reason.code : 'WORKER_DIED';
  return new WadictError(code, reason.message, { cause: reason });
}

/** The same failure, told to one call: a promise's error names its own command and key. */
function relabel(error: WadictError, label: CallLabel): WadictError {
  const { code, message, retryable } = error;
  return new WadictError(code, message, { ...label, retryable, cause: error.cause ?? error });
}

export function asWadictError(cause: unknown, label: CallLabel): WadictError {
  if (!(cause instanceof WadictError)) {
    return new WadictError('REPLY', String(cause), { ...label, cause });
  }
  if (cause.command !== undefined) return cause;
  const { code, message, retryable } = cause;
  return new WadictError(code, message, { ...label, retryable, cause: cause.cause });
}
