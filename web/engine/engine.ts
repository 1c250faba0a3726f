/**
 * The engine in WebAssembly as the host's EnginePort, behind a gate: after a trap the instance's
 * memory may be half-changed, so the gate closes and every later call throws WORKER_DIED.
 *
 * Bytes are copied in and out by Heap, the only owner of views.
 */
import type { WadictErrorCode } from '../errors.ts';
import { EngineError } from './engine-error.ts';
import type {
  EnginePort,
  Frame,
  FrameRequest,
  HostRequest,
  ReplayReport,
  ReplyChunk,
  TickResult,
} from './engine-port.ts';
import { Heap } from './heap.ts';
import type { NativeEngine, NativeModule } from './native-module.ts';

/** A longer request goes in by pieces, so that the input buffer stays small. */
const kPieceBytes = 1024 * 1024;
const kFlagBegin = 1;
const kFlagBarrier = 2;

/** Closed for good by the first trap. */
export class Gate {
  #cause: unknown;
  #isShut = false;

  /** @throws EngineError WORKER_DIED if the gate is shut. */
  check(): void {
    if (this.#isShut) throw this.#error();
  }

  /** To be thrown for anything that left WebAssembly; shuts the gate unless it was expected. */
  fail(cause: unknown): EngineError {
    if (cause instanceof EngineError) return cause;
    if (!this.#isShut) this.#cause = cause;
    this.#isShut = true;
    return this.#error();
  }

  #error(): EngineError {
    const message = `the engine stopped and must be rebuilt: ${String(this.#cause)}`;
    return new EngineError('WORKER_DIED', message, { cause: this.#cause });
  }
}

export class WasmEngine implements EnginePort {
  readonly #engine: NativeEngine;
  readonly #module: NativeModule;
  readonly #heap: Heap;
  readonly #gate: Gate;
  #nowMs = 0;

  constructor(module: NativeModule, engine: NativeEngine, heap: Heap, gate: Gate) {
    this.#module = module;
    this.#engine = engine;
    this.#heap = heap;
    this.#gate = gate;
  }

  openSession(): number {
    const session = this.#run(() => this.#engine.openSession(this.#nowMs));
    if (session === 0) throw new EngineError('OOM', 'the engine has no memory for a session');
    return session;
  }

  closeSession(session: number): void {
    this.#run(() => this.#engine.closeSession(session));
  }

  closing(session: number): boolean {
    return this.#run(() => this.#engine.closing(session));
  }

  setAddress(session: number, remote: string, local: string): void {
    this.#run(() => this.#engine.setAddress(session, remote, local));
  }

  configure(name: string, value: string): void {
    if (!this.#run(() => this.#engine.configure(name, value)))
      throw new EngineError('INVALID_VALUE', `${name} cannot be '${value}'`);
  }

  numberRequests(session: number, client: number, first: number): void {
    this.#run(() => this.#engine.numberRequests(session, client, first));
  }

  execute(session: number, request: Uint8Array, nowMs: number): ReplyChunk {
    this.#nowMs = nowMs;
    if (request.length <= kPieceBytes) return this.#execute(session, request, nowMs);
    const parts: ReplyChunk[] = [];
    for (let at = 0; at < request.length; at += kPieceBytes) {
      parts.push(this.#execute(session, request.subarray(at, at + kPieceBytes), nowMs));
    }
    return joinChunks(parts);
  }

  #execute(session: number, piece: Uint8Array, nowMs: number): ReplyChunk {
    return this.#run(() => {
      this.#heap.writeInput(piece);
      this.#module._wadict_execute(session, piece.length, nowMs);
      return this.#chunk();
    });
  }

  drain(session: number): ReplyChunk {
    return this.#run(() => {
      this.#engine.drain(session, this.#nowMs);
      return this.#chunk();
    });
  }

  breakWatch(session: number): void {
    this.#run(() => this.#engine.breakWatch(session));
  }

  completeHostRequest(id: number, error: string | null, text = ''): void {
    this.#run(() => this.#engine.completeHostRequest(id, error ?? '', text));
  }

  noteSave(started: boolean, ok: boolean, nowMs: number): void {
    this.#run(() => this.#engine.noteSave(started, ok, nowMs));
  }

  noteRewrite(running: boolean, ok: boolean): void {
    this.#run(() => this.#engine.noteRewrite(running, ok));
  }

  noteLogBytes(logBytes: number, baseBytes: number): void {
    this.#run(() => this.#engine.noteLogBytes(logBytes, baseBytes));
  }

  tick(nowMs: number, budgetUs: number): TickResult {
    this.#nowMs = nowMs;
    return this.#run(() => {
      const nextDeadlineMs = this.#engine.tick(nowMs, budgetUs);
      const moreWork = this.#engine.moreWork();
      this.#heap.fresh();
      const { logPosition } = this.#heap;
      const hostRequests = this.#hostRequests();
      return { nextDeadlineMs, moreWork, logPosition, hostRequests, news: this.#news() };
    });
  }

  takeLog(request: FrameRequest): Frame | null {
    const { lsn, epoch, wallMs } = request;
    const flags = (request.begin ? kFlagBegin : 0) | (request.barrier ? kFlagBarrier : 0);
    return this.#run(() => {
      const sealed = this.#engine.takeLog(lsn, epoch, wallMs, flags);
      if (sealed === 0) return null;
      this.#heap.fresh();
      const { logPosition } = this.#heap;
      return { bytes: this.#heap.readBytes(), lastPosition: logPosition, lsn, more: sealed === 2 };
    });
  }

  setLogging(on: boolean): void {
    this.#run(() => this.#engine.setLogging(on));
  }

  setIdentity(dbId: Uint8Array): void {
    if (dbId.length !== 16) throw new EngineError('INVALID_VALUE', 'a store identity has 16 bytes');
    this.#run(() => {
      this.#heap.writeInput(dbId);
      this.#engine.setIdentity();
    });
  }

  loadBegin(): void {
    this.#expect(() => this.#engine.loadBegin());
  }

  loadChunk(rdb: Uint8Array): void {
    this.#feed(rdb, (length) => this.#engine.loadChunk(length));
  }

  loadEnd(): void {
    this.#expect(() => this.#engine.loadEnd());
  }

  replayBegin(expect: { nextLsn: bigint; chain: bigint | null; salvage?: boolean }): void {
    const { nextLsn, chain, salvage = false } = expect;
    this.#expect(() => this.#engine.replayBegin(nextLsn, chain !== null, chain ?? 0n, salvage));
  }

  replayChunk(bytes: Uint8Array): void {
    this.#feed(bytes, (length) => this.#engine.replayChunk(length));
  }

  replayEnd(): ReplayReport {
    const report = this.#run(() => this.#engine.replayEnd());
    if (isReplayStatus(report.status)) return { ...report, status: report.status };
    throw new EngineError(report.status as WadictErrorCode, report.reason);
  }

  clientMarks(): Map<number, number> {
    const bytes = this.#run(() => {
      this.#engine.clientMarks();
      this.#heap.fresh();
      return this.#heap.readBytes();
    });
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const marks = new Map<number, number>();
    for (let at = 0; at < bytes.length; at += 16)
      marks.set(Number(view.getBigUint64(at, true)), Number(view.getBigUint64(at + 8, true)));
    return marks;
  }

  loadedPosition(): bigint {
    return this.#run(() => unsigned(this.#engine.loadedPosition()));
  }

  logState(): { chain: bigint; position: bigint } {
    return this.#run(() => {
      const chain = unsigned(this.#engine.logChain());
      return { chain, position: unsigned(this.#engine.logPosition()) };
    });
  }

  resumeLog(state: { chain: bigint; position: bigint }): void {
    this.#run(() => this.#engine.resumeLog(state.chain, state.position));
  }

  snapshotBegin(nowMs: number, aofBase = false): { logPosition: bigint } {
    if (!this.#run(() => this.#engine.snapshotBegin(nowMs, aofBase))) {
      throw new EngineError('OOM', 'a snapshot is running already, or there is no memory for one');
    }
    return { logPosition: this.logState().position };
  }

  snapshotStep(budgetUs: number, maxBytes: number): { chunk: Uint8Array | null; done: boolean } {
    return this.#run(() => {
      const done = this.#engine.snapshotStep(budgetUs, maxBytes);
      this.#heap.fresh();
      if (this.#heap.resultBytes > 0) return { chunk: this.#heap.readBytes(), done };
      if (done) this.#throwLast(); // the last step always makes the file's end
      return { chunk: null, done };
    });
  }

  snapshotAbort(): void {
    this.#run(() => this.#engine.snapshotAbort());
  }

  snapshotSync(): Uint8Array[] {
    this.snapshotBegin(this.#nowMs);
    const chunks: Uint8Array[] = [];
    for (let isDone = false; !isDone;) {
      const { chunk, done } = this.snapshotStep(Number.MAX_SAFE_INTEGER, kPieceBytes);
      if (chunk !== null) chunks.push(chunk);
      isDone = done;
    }
    return chunks;
  }

  memory(): { wasmBytes: number } {
    return { wasmBytes: this.#heap.wasmBytes };
  }

  #chunk(): ReplyChunk {
    this.#heap.fresh();
    const bytes = this.#heap.readBytes();
    const { logPosition, wait } = this.#heap;
    return { bytes, logPosition, hostRequests: this.#hostRequests(), wait, news: this.#news() };
  }

  #news(): number[] {
    return Array.from({ length: this.#heap.newsCount }, () => this.#engine.takeNews());
  }

  #hostRequests(): HostRequest[] {
    const requests: HostRequest[] = [];
    for (let left = this.#heap.hostRequestCount; left > 0; left--) {
      requests.push(this.#engine.takeHostRequest() as HostRequest);
    }
    return requests;
  }

  /** Bytes of any length into a call that takes them from the input buffer. */
  #feed(bytes: Uint8Array, take: (length: number) => boolean): void {
    for (let at = 0; at < bytes.length; at += kPieceBytes) {
      const piece = bytes.subarray(at, at + kPieceBytes);
      this.#expect(() => {
        this.#heap.writeInput(piece);
        return take(piece.length);
      });
    }
  }

  /** A call that answers false when it failed and can then say why. */
  #expect(call: () => boolean): void {
    if (!this.#run(call)) this.#throwLast();
  }

  #throwLast(): never {
    const { code, message, offset } = this.#run(() => this.#engine.error());
    throw new EngineError(code as WadictErrorCode, message, { offset });
  }

  #run<T>(call: () => T): T {
    this.#gate.check();
    try {
      const result = call();
      // Any call may have grown the memory, and a view of before takes writes without a word.
      this.#heap.settle();
      return result;
    } catch (cause) {
      throw this.#gate.fail(cause);
    }
  }
}

function isReplayStatus(status: string): status is ReplayReport['status'] {
  return ['ok', 'torn', 'corrupt', 'too-new', 'foreign'].includes(status);
}

/** A 64-bit number of the engine; some ways across the boundary make it signed. */
function unsigned(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

function joinChunks(parts: readonly ReplyChunk[]): ReplyChunk {
  const total = parts.reduce((sum, part) => sum + part.bytes.length, 0);
  const bytes = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    bytes.set(part.bytes, at);
    at += part.bytes.length;
  }
  const hostRequests = parts.flatMap((part) => part.hostRequests);
  const news = parts.flatMap((part) => part.news);
  const { logPosition, wait } = parts.at(-1)!;
  return { bytes, logPosition, hostRequests, wait, news };
}
