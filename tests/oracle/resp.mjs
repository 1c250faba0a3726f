// RESP for the oracle tests: deliberately not the client's own code, so that the two check each
// other.

/** An error reply; equal when its whole text is. */
export class ErrorReply {
  constructor(text) {
    this.text = text;
  }
}

const CRLF = Buffer.from('\r\n');

export function encode(words) {
  const parts = [Buffer.from(`*${words.length}\r\n`)];
  for (const word of words) {
    const bytes = Buffer.isBuffer(word) ? word : Buffer.from(String(word), 'latin1');
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, CRLF);
  }
  return Buffer.concat(parts);
}

const NEED_MORE = Symbol('need more');

/**
 * Incremental decoder. Text is latin1, so that every byte survives: bulk strings become { bulk },
 * simple strings { simple }, numbers, null, arrays, { map }, { set }, { double }, { push }.
 */
export class Decoder {
  #buffer = Buffer.alloc(0);
  #at = 0;

  push(chunk) {
    this.#buffer = Buffer.concat([this.#buffer.subarray(this.#at), chunk]);
    this.#at = 0;
    const replies = [];
    for (;;) {
      const start = this.#at;
      try {
        replies.push(this.#value());
      } catch (error) {
        if (error !== NEED_MORE) throw error;
        this.#at = start;
        return replies;
      }
    }
  }

  get rest() {
    return this.#buffer.length - this.#at;
  }

  #line() {
    const end = this.#buffer.indexOf(CRLF, this.#at);
    if (end < 0) throw NEED_MORE;
    const line = this.#buffer.toString('latin1', this.#at, end);
    this.#at = end + 2;
    return line;
  }

  #bytes(length) {
    if (this.#at + length + 2 > this.#buffer.length) throw NEED_MORE;
    const text = this.#buffer.toString('latin1', this.#at, this.#at + length);
    this.#at += length + 2;
    return text;
  }

  #list(count) {
    return Array.from({ length: count }, () => this.#value());
  }

  #value() {
    const line = this.#line();
    const rest = line.slice(1);
    const count = Number(rest);
    switch (line[0]) {
      case '+':
        return { simple: rest };
      case '-':
        return new ErrorReply(rest);
      case ':':
        return BigInt(rest);
      case '$':
        return count < 0 ? null : { bulk: this.#bytes(count) };
      case '*':
        return count < 0 ? null : this.#list(count);
      case '%':
        return { map: Array.from({ length: count }, () => this.#list(2)) };
      case '~':
        return { set: this.#list(count) };
      case '>':
        return { push: this.#list(count) };
      case '_':
        return null;
      case '#':
        return rest === 't';
      case ',':
        return { double: rest };
      case '(':
        return { big: rest };
      case '=':
        return { verbatim: this.#bytes(count) };
      default:
        throw new Error(`not RESP: ${line.slice(0, 40)}`);
    }
  }
}

/** A reply as one line of text, for messages and comparison. */
export function show(reply) {
  if (reply instanceof ErrorReply) return `-${reply.text}`;
  if (reply === null || typeof reply === 'boolean') return String(reply);
  if (typeof reply === 'bigint') return `:${reply}`;
  if (Array.isArray(reply)) return `[${reply.map(show).join(', ')}]`;
  const [kind, value] = Object.entries(reply)[0];
  return kind === 'bulk'
    ? JSON.stringify(value)
    : `${kind} ${Array.isArray(value) ? show(value) : value}`;
}
