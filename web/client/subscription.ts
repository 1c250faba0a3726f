/**
 * Messages as an async iterator: `for await (const { channel, message } of db.subscribe('news'))`.
 * A subscription has a session of its own; it ends with `return` (leaving the loop), its signal, or
 * the store. Messages that come while nobody asks wait, without bound: whoever subscribes reads.
 *
 * As in Redis a message is delivered at most once: when the tab that leads goes, the next leader
 * subscribes anew, and what was published in between is not repeated.
 */
import { WadictError } from '../errors.ts';
import { INCOMPLETE, ReplyDecoder } from '../resp/decode.ts';
import { type Argument, encodeRequest } from '../resp/encode.ts';
import { ErrorReply, type Reply } from '../resp/reply.ts';
import { decodeText } from '../resp/text.ts';
import type { Transport, TransportListener } from '../transport.ts';
import { toWadictError } from './reply-error.ts';

export interface Message<T = string> {
  readonly channel: string;
  readonly message: T;
  /** Of `psubscribe`: which pattern the channel matched. */
  readonly pattern?: string;
}

export interface SubscribeOptions {
  /** Ends the subscription: the loop ends. */
  signal?: AbortSignal | undefined;
}

export type SubscribeCommand = 'SUBSCRIBE' | 'PSUBSCRIBE' | 'SSUBSCRIBE';

export class Subscription<T = string> implements AsyncIterableIterator<Message<T>> {
  /** Resolves when the engine has subscribed: what is published from then on is heard. */
  readonly ready: Promise<void>;
  readonly #transport: Transport;
  readonly #asBytes: boolean;
  readonly #decoder = new ReplyDecoder(true);
  #unconfirmed: number;
  #setReady!: () => void;
  #setFailed!: (error: WadictError) => void;
  readonly #messages: Message<T>[] = [];
  #waiting: {
    resolve(result: IteratorResult<Message<T>>): void;
    reject(error: WadictError): void;
  }[] = [];
  #failure: WadictError | null = null;
  #isOver = false;
  #stopListening: () => void = () => undefined;

  /** @internal */
  constructor(
    transport: Transport,
    command: SubscribeCommand,
    names: readonly Argument[],
    asBytes: boolean,
    { signal }: SubscribeOptions,
  ) {
    this.#transport = transport;
    this.#asBytes = asBytes;
    this.#unconfirmed = names.length;
    this.ready = new Promise((resolve, reject) => {
      this.#setReady = resolve;
      this.#setFailed = reject;
    });
    this.ready.catch(() => undefined); // the iterator tells, too
    const listener: TransportListener = {
      onReply: (bytes) => this.#receive(bytes),
      onClose: (reason) => this.#end(asKnown(reason)),
    };
    transport.attach(listener);
    if (signal?.aborted) {
      this.#finish();
      return;
    }
    const abort = (): void => void this.#finish();
    signal?.addEventListener('abort', abort, { once: true });
    this.#stopListening = () => signal?.removeEventListener('abort', abort);
    transport.send(encodeRequest(['HELLO', '3']));
    transport.send(encodeRequest([command, ...names]));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Message<T>>> {
    const message = this.#messages.shift();
    if (message !== undefined) return Promise.resolve({ value: message, done: false });
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#isOver) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Ends the subscription; what has come already and was not asked for is dropped. */
  async return(): Promise<IteratorResult<Message<T>>> {
    this.#messages.length = 0;
    this.#finish();
    return { value: undefined, done: true };
  }

  #finish(): void {
    this.#end(null);
    void this.#transport.close();
  }

  /** `failure` null: it was asked for. */
  #end(failure: WadictError | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#failure = failure;
    this.#stopListening();
    this.#setFailed(failure ?? new WadictError('ABORTED', 'the subscription has ended'));
    for (const { resolve, reject } of this.#waiting.splice(0)) {
      if (failure === null) resolve({ value: undefined, done: true });
      else reject(failure);
    }
  }

  #receive(bytes: Uint8Array): void {
    if (this.#isOver) return;
    this.#decoder.push(bytes);
    for (;;) {
      // Payloads decide: everything is read as bytes, names become text.
      const reply = this.#decoder.next(true);
      if (reply === INCOMPLETE) return;
      if (this.#decoder.isPush) this.#hear(reply as Reply[]);
      else if (reply instanceof ErrorReply) {
        this.#end(toWadictError(reply));
        return void this.#transport.close();
      }
    }
  }

  #hear(parts: readonly Reply[]): void {
    const kind = textOf(parts[0]);
    if (kind.endsWith('subscribe')) {
      this.#unconfirmed--;
      if (this.#unconfirmed === 0) this.#setReady();
      return;
    }
    const payload = parts.at(-1) as Uint8Array;
    const message = (this.#asBytes ? payload : textOf(payload)) as T;
    const channel = textOf(parts.at(-2));
    const heard =
      kind === 'pmessage' ? { channel, message, pattern: textOf(parts[1]) } : { channel, message };
    const asked = this.#waiting.shift();
    if (asked === undefined) this.#messages.push(heard);
    else asked.resolve({ value: heard, done: false });
  }
}

function textOf(part: Reply | undefined): string {
  return part instanceof Uint8Array ? decodeText(part, 0, part.length) : String(part);
}

function asKnown(reason: Error): WadictError {
  return reason instanceof WadictError ? reason : new WadictError('WORKER_DIED', reason.message);
}
