/**
 * What comes without being asked for each time, as an async iterator with a session of its own: the
 * base of subscriptions and of observed changes. It ends with `return` (leaving the loop), its
 * signal, or the store. What comes while nobody asks waits.
 */
import { WadictError } from '../errors.ts';
import { INCOMPLETE, ReplyDecoder } from '../resp/decode.ts';
import { type Argument, encodeRequest } from '../resp/encode.ts';
import { ErrorReply, type Reply } from '../resp/reply.ts';
import { decodeText } from '../resp/text.ts';
import type { Transport } from '../transport.ts';
import { knownReason } from './pipeline.ts';
import { toWadictError } from './reply-error.ts';

interface Asked<T> {
  resolve(result: IteratorResult<T>): void;
  reject(error: WadictError): void;
}

export abstract class Feed<T> implements AsyncIterableIterator<T> {
  /** Resolves when the engine knows: what happens from then on is heard. */
  readonly ready: Promise<void>;
  readonly #transport: Transport;
  readonly #decoder = new ReplyDecoder(true);
  #unconfirmed: number;
  #setReady!: () => void;
  #setFailed!: (error: WadictError) => void;
  /** What waits to be asked for. */
  protected readonly kept: T[] = [];
  readonly #asked: Asked<T>[] = [];
  #failure: WadictError | null = null;
  #isOver = false;
  readonly #signal: AbortSignal | undefined;

  /** @internal `requests`: the last one is confirmed `confirmations` times. */
  constructor(
    transport: Transport,
    requests: readonly (readonly Argument[])[],
    confirmations: number,
    signal: AbortSignal | undefined,
  ) {
    this.#transport = transport;
    this.#unconfirmed = confirmations;
    this.ready = new Promise((resolve, reject) => {
      this.#setReady = resolve;
      this.#setFailed = reject;
    });
    this.ready.catch(() => undefined); // the iterator tells, too
    transport.attach({
      onReply: (bytes) => this.#receive(bytes),
      onClose: (reason) => this.#end(knownReason(reason)),
    });
    this.#signal = signal;
    signal?.addEventListener('abort', this.#finish);
    if (signal?.aborted) this.#finish();
    transport.send(encodeRequest(['HELLO', '3']));
    for (const request of requests) transport.send(encodeRequest(request));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T>> {
    const value = this.kept.shift();
    if (value !== undefined) return Promise.resolve({ value, done: false });
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#isOver) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve, reject) => this.#asked.push({ resolve, reject }));
  }

  /** Ends it; what has come already and was not asked for is dropped. */
  async return(): Promise<IteratorResult<T>> {
    this.kept.length = 0;
    this.#finish();
    return { value: undefined, done: true };
  }

  /** Something came: its kind, and the rest. Not called once it is over. */
  protected abstract hear(kind: string, parts: readonly Reply[]): void;

  /** Hands out what was made of it. */
  protected give(value: T): void {
    const asked = this.#asked.shift();
    if (asked === undefined) this.kept.push(value);
    else asked.resolve({ value, done: false });
  }

  /** It is over; `failure` null: that was asked for. */
  protected ended(_failure: WadictError | null): void {
    // the iterator tells
  }

  readonly #finish = (): void => {
    this.#end(null);
    void this.#transport.close();
  };

  #end(failure: WadictError | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#failure = failure;
    this.#signal?.removeEventListener('abort', this.#finish);
    this.#setFailed(failure ?? new WadictError('ABORTED', 'it was ended'));
    for (const { resolve, reject } of this.#asked.splice(0)) {
      if (failure === null) resolve({ value: undefined, done: true });
      else reject(failure);
    }
    this.ended(failure);
  }

  #receive(bytes: Uint8Array): void {
    this.#decoder.push(bytes);
    while (!this.#isOver) {
      // Payloads decide: everything is read as bytes, names become text.
      const reply = this.#decoder.next(true);
      if (reply === INCOMPLETE) return;
      if (this.#decoder.isPush) this.#take(reply as Reply[]);
      else if (reply instanceof ErrorReply) {
        this.#end(toWadictError(reply));
        return void this.#transport.close();
      }
    }
  }

  #take([kind, ...parts]: readonly Reply[]): void {
    const name = textOf(kind);
    if (this.#unconfirmed > 0 && /(subscrib|observ)e$/.test(name)) {
      this.#unconfirmed--;
      if (this.#unconfirmed > 0) return;
      this.#setReady();
    }
    this.hear(name, parts);
  }
}

export function textOf(part: Reply | undefined): string {
  return part instanceof Uint8Array ? decodeText(part, 0, part.length) : String(part);
}
