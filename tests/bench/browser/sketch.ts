/**
 * What the path costs without an engine: a Worker with a JavaScript Map behind the leanest
 * messages. `packed`: all calls of a turn in one message, as two transferred buffers (lengths, one
 * text); `single`: one message per call. Neither stores anything, checks a deadline, knows another
 * command or survives an error: they are the floor that wadict is measured against, not a peer.
 */
import { type Contestant, type Entry } from './contestant.ts';
import { kAbsent, pack, type Packed, unpack, type SketchReply } from './sketch-message.ts';
import { startWorker } from './stores.ts';

type Resolve = (value: string | null) => void;

export class Sketch implements Contestant {
  readonly #isPacked: boolean;
  readonly #worker: Worker;
  #keys: string[] = [];
  #resolvers: Resolve[] = [];
  #sent: Resolve[][] = [];
  readonly #single = new Map<number, Resolve>();
  #nextId = 0;
  #stored: (() => void) | undefined;

  constructor(isPacked: boolean) {
    this.#isPacked = isPacked;
    this.#worker = startWorker('sketch-worker.js');
    this.#worker.onmessage = ({ data }: MessageEvent<SketchReply>) => this.#receive(data);
  }

  async open(): Promise<void> {}

  get = (key: string): Promise<unknown> =>
    new Promise<string | null>((resolve) => {
      if (this.#isPacked) {
        if (this.#keys.length === 0) queueMicrotask(() => this.#send());
        this.#keys.push(key);
        this.#resolvers.push(resolve);
      } else {
        const id = this.#nextId++;
        this.#single.set(id, resolve);
        this.#worker.postMessage({ kind: 'single', id, key });
      }
    });

  set = (key: string, value: string): Promise<unknown> => this.setMany([[key, value]]);

  setMany = (entries: Entry[]): Promise<unknown> =>
    new Promise<void>((resolve) => {
      this.#stored = resolve;
      this.#worker.postMessage({ kind: 'store', entries });
    });

  async readAll(): Promise<readonly unknown[]> {
    throw new Error('the sketch cannot do that');
  }
  async settle(): Promise<void> {}
  async close(): Promise<void> {
    this.#worker.terminate();
  }

  #send(): void {
    const packed = pack(this.#keys);
    this.#sent.push(this.#resolvers);
    this.#keys = [];
    this.#resolvers = [];
    this.#worker.postMessage({ kind: 'packed', packed }, transferOf(packed));
  }

  #receive(reply: SketchReply): void {
    if (reply.kind === 'stored') return this.#stored?.();
    if (reply.kind === 'single') {
      this.#single.get(reply.id)?.(reply.value);
      this.#single.delete(reply.id);
      return;
    }
    const resolvers = this.#sent.shift() ?? [];
    const { lengths } = reply.packed;
    const text = unpack(reply.packed);
    for (let index = 0, at = 0; index < resolvers.length; index++) {
      const length = lengths[index]!;
      resolvers[index]!(length === kAbsent ? null : text.slice(at, at + length));
      if (length !== kAbsent) at += length;
    }
  }
}

export const transferOf = ({ lengths, bytes }: Packed): ArrayBuffer[] => [
  lengths.buffer as ArrayBuffer,
  bytes.buffer as ArrayBuffer,
];
