/**
 * A Backend for tests of the client: a Map behind real RESP. It knows a handful of commands,
 * answers in RESP3, can hold replies back, cut them anywhere, and die. What it was sent is kept.
 */
import { encodeRequest } from '../../../web/resp/encode.ts';
import { INCOMPLETE, ReplyDecoder } from '../../../web/resp/decode.ts';
import { textToBytes } from '../../../web/resp/text.ts';
import type {
  Backend,
  FlushReport,
  ImportReport,
  StoreStatus,
  Transport,
  TransportListener,
} from '../../../web/transport.ts';

const status: StoreStatus = {
  storage: 'none',
  medium: 'memory',
  durability: 'no',
  role: 'solo',
  persisted: false,
  witnessed: false,
  position: 0n,
  durablePosition: 0n,
  unflushedBytes: 0,
  usageBytes: null,
  quotaBytes: null,
  lastError: null,
};

type Handler = (
  this: TinyStore,
  argv: string[],
  raw: Uint8Array[],
) => string | Uint8Array | Uint8Array[];

export class TinyStore implements Backend, Transport {
  /** Messages as they came: each `send` is one. */
  readonly messages: Uint8Array[] = [];
  /** Commands in the order executed. */
  readonly commands: string[][] = [];
  readonly values = new Map<string, Uint8Array>();
  /** Bytes per chunk of replies; Infinity: one chunk per message. */
  chunkBytes = Infinity;
  /** While true, replies are kept until `release`. */
  held = false;
  closed = 0;
  imported: Uint8Array[] = [];
  status = status;
  flushedAfter: number | undefined;
  closeError: Error | undefined;
  #listeners = new Set<(status: StoreStatus) => void>();
  #listener: TransportListener | undefined;
  #requests = new ReplyDecoder();
  #waiting: Uint8Array[] = [];

  connect(): Transport {
    return this;
  }

  attach(listener: TransportListener): void {
    this.#listener = listener;
  }

  send(request: Uint8Array): void {
    this.messages.push(request);
    this.#requests.push(request);
    const replies: Uint8Array[] = [];
    for (;;) {
      const raw = this.#requests.next(true);
      if (raw === INCOMPLETE) break;
      replies.push(this.#execute(raw as Uint8Array[]));
    }
    this.#waiting.push(new Uint8Array(Buffer.concat(replies)));
    if (!this.held) queueMicrotask(() => this.release());
  }

  release(): void {
    for (const reply of this.#waiting.splice(0)) {
      for (let at = 0; at < reply.length; at += this.chunkBytes) {
        this.#listener?.onReply(reply.slice(at, at + this.chunkBytes));
      }
    }
  }

  /** Sends bytes that no request asked for. */
  inject(bytes: string): void {
    this.#listener?.onReply(textToBytes(bytes));
  }

  die(reason: Error): void {
    this.#waiting = [];
    this.#listener?.onClose(reason);
  }

  changeStatus(change: Partial<StoreStatus>): void {
    this.status = { ...this.status, ...change };
    for (const listener of this.#listeners) listener(this.status);
  }

  async flush(): Promise<FlushReport> {
    this.flushedAfter = this.commands.length;
    return { position: BigInt(this.commands.length), bytes: 0, ms: 0 };
  }

  exportRdb(): ReadableStream<Uint8Array> {
    const text = `REDIS:${[...this.values.keys()].join(',')}`;
    return new Blob([text]).stream();
  }

  async importRdb(file: ReadableStream<Uint8Array>): Promise<ImportReport> {
    for await (const piece of file) this.imported.push(piece);
    return { keys: 0, bytes: this.imported.reduce((sum, piece) => sum + piece.length, 0) };
  }

  onStatus(listener: (status: StoreStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.closed++;
    if (this.closeError !== undefined) throw this.closeError;
  }

  #execute(raw: Uint8Array[]): Uint8Array {
    const argv = raw.map((bytes) => new TextDecoder().decode(bytes));
    this.commands.push(argv);
    const handler = kHandlers[argv[0]!.toUpperCase()];
    if (handler === undefined) return line(`-ERR unknown command '${argv[0]}'`);
    const reply = handler.call(this, argv, raw);
    if (typeof reply === 'string') return line(reply);
    return reply instanceof Uint8Array ? bulk(reply) : list(reply);
  }
}

const kHandlers: Readonly<Record<string, Handler>> = {
  HELLO: () => '%1\r\n+proto\r\n:3',
  PING: () => '+PONG',
  ECHO: (_argv, raw) => raw[1]!,
  SET(argv, raw) {
    this.values.set(argv[1]!, raw[2]!);
    return '+OK';
  },
  GET(argv) {
    const value = this.values.get(argv[1]!);
    return value ?? '_';
  },
  INCR(argv) {
    const old = new TextDecoder().decode(this.values.get(argv[1]!) ?? textToBytes('0'));
    if (!/^-?\d+$/.test(old)) return '-ERR value is not an integer or out of range';
    const next = BigInt(old) + 1n;
    this.values.set(argv[1]!, textToBytes(String(next)));
    return `:${next}`;
  },
  KEYS() {
    return [...this.values.keys()].map(textToBytes);
  },
  SCAN() {
    const found = list([...this.values.keys()].map(textToBytes));
    return `*2\r\n$2\r\n17\r\n${new TextDecoder().decode(found)}`.replace(/\r\n$/, '');
  },
  CONFIG: () => '%2\r\n$10\r\nmaxmemory\0\r\n$1\r\n0\r\n$9\r\n__proto__\r\n$1\r\nx',
  LPUSH: () => '-WRONGTYPE Operation against a key holding the wrong kind of value',
  EXECUTE: () => '*2\r\n:1\r\n-ERR value is not an integer or out of range',
  FULL: () => '-MISCONF the quota is exhausted',
};

function line(text: string): Uint8Array {
  return textToBytes(`${text}\r\n`);
}

function bulk(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(Buffer.concat([textToBytes(`$${bytes.length}\r\n`), bytes, line('')]));
}

/** An array of bulk strings is what a request is, too. */
function list(items: Uint8Array[]): Uint8Array {
  return items.length === 0 ? line('*0') : encodeRequest(items);
}
