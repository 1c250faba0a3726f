/**
 * The engine of the lab Worker as a store that a Client can ask: what is drawn of the past is asked
 * for by the same commands as what is drawn of the present. Nothing in it is stored.
 */
import { WadictError } from '../errors.ts';
import type { Backend, StoreStatus, Transport, TransportListener } from '../transport.ts';

const kStatus: StoreStatus = {
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

function refuse(): never {
  throw new WadictError('UNSUPPORTED', 'the past can be looked at, and nothing else');
}

/** One session; `send` gets requests to the lab, whose replies come back by `onReply`. */
export class LabBackend implements Backend {
  readonly status = kStatus;
  readonly #send: (request: Uint8Array) => void;
  #listener: TransportListener | null = null;

  constructor(send: (request: Uint8Array) => void) {
    this.#send = send;
  }

  onReply(bytes: Uint8Array): void {
    this.#listener?.onReply(bytes);
  }

  /** The lab has nothing to answer from any more. */
  end(reason: string): void {
    const listener = this.#listener;
    this.#listener = null;
    listener?.onClose(new WadictError('CLOSED', `there is no history: ${reason}`));
  }

  connect(): Transport {
    return {
      attach: (listener) => {
        this.#listener = listener;
      },
      send: (request) => this.#send(request),
      close: async () => this.end('it was closed'),
    };
  }

  flush = refuse;
  exportRdb = refuse;
  importRdb = refuse;
  onStatus(): () => void {
    return () => {};
  }
  async close(): Promise<void> {
    this.end('it was closed');
  }
}
