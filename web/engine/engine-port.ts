/**
 * The engine as the host sees it: one WebAssembly instance, bytes in, bytes out. Types only.
 * `engine.ts` implements it; it is the only owner of heap views, so every Uint8Array here is a copy
 * that belongs to the receiver.
 *
 * Errors: an expected failure is an EngineError with a code of the list in `web/errors.ts`.
 * Anything else that leaves WebAssembly (a trap, a RangeError) poisons the engine: that call and
 * every later one throws EngineError WORKER_DIED, and the host rebuilds a fresh engine from
 * storage.
 */

/** Replies of one execute or drain. `logPosition` is the number of log records appended so far. */
export interface ReplyChunk {
  bytes: Uint8Array;
  logPosition: bigint;
  hostRequests: HostRequest[];
  /** Number of the wait for a key that the session is in now; 0: none. */
  wait: number;
  /** Other sessions that have something to drain since. */
  news: number[];
}

/** Something only the host can do; answered by `completeHostRequest`. */
export interface HostRequest {
  id: number;
  session: number;
  kind: 'save' | 'bgsave' | 'bgrewriteaof' | 'shutdown' | 'config' | 'debug-loadaof';
  argument: string;
}

export interface TickResult {
  /** Unix ms of the next deadline; Infinity when there is none. */
  nextDeadlineMs: number;
  /** True when background work was left over because the budget ended. */
  moreWork: boolean;
  logPosition: bigint;
  hostRequests: HostRequest[];
  news: number[];
}

/** One sealed frame of the log, at most 60 KiB. */
export interface Frame {
  bytes: Uint8Array;
  lastPosition: bigint;
  lsn: bigint;
  /** True when records are still waiting: ask again. */
  more: boolean;
}

export interface FrameRequest {
  lsn: bigint;
  epoch: bigint;
  wallMs: number;
  begin?: boolean;
  barrier?: boolean;
}

export interface ReplayReport {
  lastLsn: bigint;
  lastEpoch: bigint;
  /** Last LSN up to which every frame was good; with salvage, frames behind it may be missing. */
  verifiedLsn: bigint;
  frames: number;
  records: number;
  validBytes: number;
  /** Frames left out, with salvage. */
  damagedFrames: number;
  status: 'ok' | 'torn' | 'corrupt' | 'too-new' | 'foreign';
  errorOffset: number;
  errorLsn: bigint;
  reason: string;
}

export interface EnginePort {
  openSession(): number;
  closeSession(session: number): void;
  /** True once QUIT or a protocol error asked to end the session after its replies. */
  closing(session: number): boolean;
  /** Where the session's client is, for CLIENT LIST. */
  setAddress(session: number, remote: string, local: string): void;
  /** A parameter of CONFIG, immutable ones too. @throws EngineError INVALID_VALUE */
  configure(name: string, value: string): void;
  /**
   * The session's next request is number `first` of `client`, the one behind it `first` + 1, …: the
   * log's records say so. REQUIRES: integers below 2^53, client > 0.
   */
  numberRequests(session: number, client: number, first: number): void;
  /** Runs all complete requests; keeps a half request in the session. */
  execute(session: number, request: Uint8Array, nowMs: number): ReplyChunk;
  /** The session watched keys of an engine before this one: its next EXEC must do nothing. */
  breakWatch(session: number): void;
  /** Late replies, pushes, and the replies of requests that waited behind. */
  drain(session: number): ReplyChunk;
  /** Answers a host request; its reply then comes out of `drain`. `error` is a RESP error text. */
  completeHostRequest(id: number, error: string | null, text?: string): void;
  /** What the host does with snapshots and the log, for LASTSAVE, INFO and the dirty counter. */
  noteSave(started: boolean, ok: boolean, nowMs: number): void;
  noteRewrite(running: boolean, ok: boolean): void;
  noteLogBytes(logBytes: number, baseBytes: number): void;
  /** Expiry, rehash, compaction, lazy free, eviction, save points, within the budget. */
  tick(nowMs: number, budgetUs: number): TickResult;

  /** Seals one frame; null when nothing is pending and no flag asks for an empty frame. */
  takeLog(request: FrameRequest): Frame | null;
  setLogging(on: boolean): void;
  /** REQUIRES: 16 bytes. */
  setIdentity(dbId: Uint8Array): void;

  /** Recovery (engine empty, logging off): first a snapshot … Throws EngineError with `offset`. */
  loadBegin(): void;
  loadChunk(rdb: Uint8Array): void;
  loadEnd(): void;
  /** … then the log. */
  /** `salvage`: leave damaged frames out instead of ending at the first. */
  replayBegin(expect: { nextLsn: bigint; chain: bigint | null; salvage?: boolean }): void;
  replayChunk(bytes: Uint8Array): void;
  replayEnd(): ReplayReport;
  /** The highest request with a record of each client that the replayed log names. */
  clientMarks(): Map<number, number>;
  /** Log position at the cut of the loaded snapshot; 0 when it does not say. */
  loadedPosition(): bigint;
  logState(): { chain: bigint; position: bigint };
  /** The log goes on behind `position` records, linked to `chain` (replayEnd does this itself). */
  resumeLog(state: { chain: bigint; position: bigint }): void;

  /**
   * Snapshot without fork: begin fixes the cut, step walks; the chunks concatenate to an RDB file.
   */
  /** `aofBase`: the file says that it is the base of a log. */
  snapshotBegin(nowMs: number, aofBase?: boolean): { logPosition: bigint };
  snapshotStep(budgetUs: number, maxBytes: number): { chunk: Uint8Array | null; done: boolean };
  snapshotAbort(): void;
  snapshotSync(): Uint8Array[];

  memory(): { wasmBytes: number };
}

/** Where the engine's code comes from. Without it: `engine.wasm` beside the script. */
export type WasmSource = WebAssembly.Module | ArrayBuffer | Uint8Array | URL | string | Response;

export interface EngineOptions {
  wasm?: WasmSource | undefined;
  /** Seed of the keyed hash and of every random choice: 16 bytes, or a bigint. Default: random. */
  seed?: Uint8Array | bigint | undefined;
  /** @internal Without `seed`: 16 bytes that key the hash, so that a SCAN goes on in another life. */
  storeSeed?: Uint8Array | undefined;
  /**
   * Most bytes the engine may take: a number, or '64mb', '1gb'. Default 1gb (browser), 4gb (Node).
   */
  maxMemory?: number | string | undefined;
  /**
   * Bytes asked for at the start, so that memory need not grow while operations run; untouched,
   * they cost addresses only. Default 64mb (browser), 256mb (Node); at most maxMemory.
   */
  initialMemory?: number | string | undefined;
  /** 16,384 slot dictionaries (CLUSTER COUNTKEYSINSLOT and its kin); database 0 only. */
  slots?: boolean | undefined;
}

/** Implemented by `loadEngine` of load-browser.ts (pages, Workers) and load-node.ts. */
export type EngineLoader = (options?: EngineOptions) => Promise<EnginePort>;

/** Makes an engine; `storeSeed`: see EngineOptions. */
export type EngineMaker = (storeSeed?: Uint8Array) => Promise<EnginePort>;
