/**
 * The seam between whoever issues commands (the client) and whoever runs them (a host, in this
 * thread, in a Worker, later behind a socket). Types only; imports nothing.
 *
 * A Transport is one session: a duplex stream of RESP bytes. Requests go in by `send`, replies come
 * out through the listener, in the order of the requests; how they are cut into chunks means
 * nothing. A Backend is one opened store: it hands out sessions and does what is not a command.
 *
 * Promise of every implementation: for each complete request either its reply arrives or `onClose`
 * is called, within a bound, so that nothing waits for ever.
 */

export interface TransportListener {
  /** The next bytes of the reply stream. The listener owns the buffer. */
  onReply(bytes: Uint8Array): void;
  /**
   * The session is over; called once, nothing follows. `reason` is a WadictError where one is
   * known.
   */
  onClose(reason: Error): void;
  /** Everything sent so far has been given to the engine: there is room for more. */
  onTaken?(): void;
}

/** The two ends of a client's connection, as 'host:port'. */
export interface Peer {
  readonly remote: string;
  readonly local: string;
}

export interface Transport {
  /**
   * Sets the one listener. Called once, before the first `send`. Must not call back synchronously.
   */
  attach(listener: TransportListener): void;
  /**
   * Hands request bytes over, whole requests or parts of one. Gives the buffer away (it may be
   * transferred). Never throws: failures arrive as error replies or as `onClose`.
   */
  send(request: Uint8Array): void;
  /** Ends the session; unanswered requests are answered by `onClose`. Idempotent. */
  close(): Promise<void>;
  /** Says where the client is, for CLIENT LIST. Before the first `send`. */
  identify?(peer: Peer): void;
  /** Nothing more will be sent: the session ends when what was sent is answered. Idempotent. */
  finish?(): void;
  /** Bytes sent that have not been given to the engine; `onTaken` says when there are none. */
  readonly backlogBytes?: number;
}

/** What a store's storage is doing; every degradation is visible here. */
export interface StoreStatus {
  /**
   * 'none': memory only. 'full': quota reached, only deletes are accepted. 'degraded': retrying.
   */
  readonly storage: 'ok' | 'degraded' | 'full' | 'none';
  /** The medium in use: 'memory' | 'indexeddb' | 'file'. */
  readonly medium: string;
  readonly durability: 'always' | 'commit' | 'everysec' | 'no';
  readonly role: 'solo' | 'leader' | 'follower';
  /** True when the browser promised not to evict the store (navigator.storage.persisted()). */
  readonly persisted: boolean;
  /**
   * True when a note outside the database would tell that the browser lost the store or brought
   * back an older state; false for media that do not lose it silently, and where there is no room
   * for such a note (private windows).
   */
  readonly witnessed: boolean;
  /**
   * Number of log records executed so far, and how many of them are safe at the chosen durability.
   */
  readonly position: bigint;
  readonly durablePosition: bigint;
  readonly unflushedBytes: number;
  readonly usageBytes: number | null;
  readonly quotaBytes: number | null;
  readonly lastError: { readonly code: string; readonly message: string } | null;
}

/** What a flush made durable: the log position reached, bytes written by this call, time taken. */
export interface FlushReport {
  readonly position: bigint;
  readonly bytes: number;
  readonly ms: number;
}

export interface ImportReport {
  readonly keys: number;
  readonly bytes: number;
}

export interface Backend {
  /** Opens a session. May be called before the store has finished loading: requests then wait. */
  connect(): Transport;
  /** Resolves when everything executed so far is strictly durable; rejects if that cannot be. */
  flush(): Promise<FlushReport>;
  /** An RDB file of the store as it is now, in chunks, without stopping writers. */
  exportRdb(): ReadableStream<Uint8Array>;
  /** Replaces the contents by an RDB file: all or nothing. Rejects with IMPORT_REJECTED. */
  importRdb(file: ReadableStream<Uint8Array>): Promise<ImportReport>;
  readonly status: StoreStatus;
  /** Calls `listener` after each change; returns a function that stops it. */
  onStatus(listener: (status: StoreStatus) => void): () => void;
  /** Flushes, releases locks, ends sessions. Idempotent. */
  close(): Promise<void>;
}
