/**
 * What a reply becomes in JavaScript. Bulk strings are text, or bytes when bytes were asked for.
 * RESP3 maps are Map (a plain object would lose `__proto__` and byte keys), sets are arrays in the
 * order sent. Integers beyond 2^53 are bigint, exact.
 */
export type Reply =
  string | number | bigint | boolean | null | Uint8Array | ErrorReply | Reply[] | Map<Reply, Reply>;

/** An error that the engine answered. `message` is the whole line, its first word included. */
export class ErrorReply {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }

  /** WRONGTYPE, ERR, OOM … */
  get word(): string {
    const space = this.message.indexOf(' ');
    return space < 0 ? this.message : this.message.slice(0, space);
  }
}

/** The bytes are no RESP; nothing after them can be trusted. */
export class ProtocolError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ProtocolError';
  }
}
