/**
 * What the compiled engine (cpp/bindings/embind.cpp) gives to JavaScript. Types only.
 *
 * Bytes go in through one input buffer (`_wadict_input`) and come out through one result block;
 * only numbers and bigints cross the boundary in calls. Rare calls are methods of an embind class,
 * the hot path is raw exports (6 ns a call instead of 70).
 */

/**
 * What a raw call answers. Failed: the result is an error text (without '-'). None: there was no
 * such key. NotAscii: done, and the result is not only ASCII.
 */
export type Status = number;
export const kFailed: Status = -1;
export const kNone: Status = 0;
export const kNotAscii: Status = 2;

/** The time of a hot call to which it does not matter. */
export const kNoTime = -1;

export interface NativeModule {
  readonly Engine: new (options: NativeOptions) => NativeEngine;
  /** Address of an input buffer of at least `bytes` bytes, 8-aligned; 0: no memory. */
  _wadict_input(bytes: number): number;
  /**
   * Address of the result block: u32 data, u32 bytes, u64 log position, u32 host requests, u32 1 if
   * the hot calls below must be told the time (else kNoTime will do), u32 sessions with news, u32
   * number of the wait that the session of this call is in (0: none).
   */
  _wadict_result(): number;
  /** Runs the first `length` bytes of the input as requests; the result is their replies. */
  _wadict_execute(session: number, length: number, nowMs: number): Status;
  /** Input: the key. Result: the value. */
  _wadict_get(keyLength: number, nowMs: number): Status;
  /** Input: value, and from the next multiple of 4 on the key. */
  _wadict_set(valueLength: number, keyLength: number, nowMs: number): Status;
  _wadict_del(keyLength: number, nowMs: number): Status;
  /** Input: `count` u32 lengths, then the keys. Result: `count` u32 lengths (kAbsent), values. */
  _wadict_get_many(count: number, nowMs: number): Status;
  /** Input: `count` pairs of u32 lengths, then key, value, key, value … */
  _wadict_set_many(count: number, nowMs: number): Status;
}

/** Length of a value that is not there, in the result of get_many. */
export const kAbsent = 0xffffffff;

export interface NativeOptions {
  seedLow: bigint;
  seedHigh: bigint;
  /** Of random choices; 0: from the seed. */
  randomSeed: bigint;
  slots: boolean;
  /** A host answers host requests; without one SAVE and its kin are refused. */
  host: boolean;
}

export interface NativeHostRequest {
  id: number;
  session: number;
  kind: string;
  argument: string;
}

/** Methods that make bytes leave them in the result block. */
export interface NativeEngine {
  openSession(nowMs: number): number;
  closeSession(session: number): void;
  /** True once QUIT or a protocol error asked to end the session after its replies. */
  closing(session: number): boolean;
  configure(name: string, value: string): boolean;
  setAddress(session: number, remote: string, local: string): void;
  /** The session's next request is number `first` of `client`, and so on, in the log. */
  numberRequests(session: number, client: number, first: number): void;
  drain(session: number, nowMs: number): void;
  /** Takes the first session with news; only called while the result block counts some. */
  takeNews(): number;
  breakWatch(session: number): void;
  /** Takes the oldest host request; only called while the result block counts some. */
  takeHostRequest(): NativeHostRequest;
  /** `error` empty: none. */
  completeHostRequest(id: number, error: string, text: string): void;
  /** A save began (`started`) or ended: for LASTSAVE, INFO and the dirty counter. */
  noteSave(started: boolean, ok: boolean, nowMs: number): void;
  noteRewrite(running: boolean, ok: boolean): void;
  noteLogBytes(logBytes: number, baseBytes: number): void;
  /** Milliseconds of the next deadline, Infinity: none. `moreWork` afterwards tells the rest. */
  tick(nowMs: number, budgetUs: number): number;
  moreWork(): boolean;

  /** flags: 1 begin, 2 barrier. 0: nothing to seal; 1: sealed; 2: sealed, and more waits. */
  takeLog(lsn: bigint, epoch: bigint, wallMs: number, flags: number): number;
  setLogging(on: boolean): void;
  /** Input: 16 bytes. */
  setIdentity(): void;
  logChain(): bigint;
  logPosition(): bigint;
  /** After recovery: the log goes on behind `position` records, linked to `chain`. */
  resumeLog(chain: bigint, position: bigint): void;

  /** False: see `error`. Input: `length` bytes. */
  loadBegin(): boolean;
  loadChunk(length: number): boolean;
  loadEnd(): boolean;
  replayBegin(nextLsn: bigint, hasChain: boolean, chain: bigint, salvage: boolean): boolean;
  replayChunk(length: number): boolean;
  replayEnd(): NativeReplayReport;
  /** Makes bytes: for each client that the records name u64 client, u64 highest request. */
  clientMarks(): void;
  /** Log position at the cut of the loaded file; 0 when it does not say. */
  loadedPosition(): bigint;
  /** The last failure: code of the list, text, byte offset. */
  error(): { code: string; message: string; offset: number };

  /** False: one is running already, or there is no memory. */
  snapshotBegin(nowMs: number, aofBase: boolean): boolean;
  /** True when this was the last step; with nothing made, `error` tells why it was given up. */
  snapshotStep(budgetUs: number, maxBytes: number): boolean;
  snapshotAbort(): void;
  delete(): void;
}

export interface NativeReplayReport {
  lastLsn: bigint;
  lastEpoch: bigint;
  verifiedLsn: bigint;
  frames: number;
  records: number;
  validBytes: number;
  damagedFrames: number;
  status: string;
  errorOffset: number;
  errorLsn: bigint;
  reason: string;
}

/** Emscripten's factory (MODULARIZE, EXPORT_ES6). */
export type ModuleFactory = (overrides: {
  wasmMemory: WebAssembly.Memory;
  instantiateWasm(
    imports: WebAssembly.Imports,
    receive: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
  ): object;
  print?: (text: string) => void;
  printErr?: (text: string) => void;
  onAbort?: (reason: unknown) => void;
}) => Promise<NativeModule>;
