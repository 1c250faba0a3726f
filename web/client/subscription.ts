/**
 * Messages as an async iterator: `for await (const { channel, message } of db.subscribe('news'))`.
 * Messages that come while nobody asks wait, without bound: whoever subscribes reads.
 *
 * As in Redis a message is delivered at most once: when the tab that leads goes, the next leader
 * subscribes anew, and what was published in between is not repeated.
 */
import type { Argument } from '../resp/encode.ts';
import type { Reply } from '../resp/reply.ts';
import type { Transport } from '../transport.ts';
import { Feed, textOf } from './feed.ts';

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

export class Subscription<T = string> extends Feed<Message<T>> {
  readonly #asBytes: boolean;

  /** @internal */
  constructor(
    transport: Transport,
    command: SubscribeCommand,
    names: readonly Argument[],
    asBytes: boolean,
    { signal }: SubscribeOptions,
  ) {
    super(transport, [[command, ...names]], names.length, signal);
    this.#asBytes = asBytes;
  }

  protected hear(kind: string, parts: readonly Reply[]): void {
    if (!kind.endsWith('message')) return;
    const payload = parts.at(-1) as Uint8Array;
    const message = (this.#asBytes ? payload : textOf(payload)) as T;
    const channel = textOf(parts.at(-2));
    this.give(
      kind === 'pmessage' ? { channel, message, pattern: textOf(parts[0]) } : { channel, message },
    );
  }
}
