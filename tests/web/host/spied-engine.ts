/**
 * The real engine behind a window: a test sees what the host asked of it, and can let it trap at a
 * chosen request. After a trap every call throws WORKER_DIED, as engine.ts does.
 */

import { EngineError } from '../../../web/engine/engine-error.ts';
import type {
  EnginePort,
  Frame,
  FrameRequest,
  ReplayReport,
  ReplyChunk,
  TickResult,
} from '../../../web/engine/engine-port.ts';
import { splitRequests } from '../../../web/host/request-scanner.ts';

/** What a test may make it do; each is asked before the real call. */
export interface Faults {
  trapOn?: (argv: readonly string[]) => boolean;
  /** The engine has no memory for such a request; it goes on. */
  failOn?: (argv: readonly string[]) => boolean;
  trapOnTick?: () => boolean;
  trapOnReplay?: () => boolean;
}

export function request(...argv: readonly string[]): Uint8Array {
  const parts = argv.map((word) => `$${word.length}\r\n${word}\r\n`);
  return Uint8Array.from(`*${argv.length}\r\n${parts.join('')}`, (char) => char.charCodeAt(0));
}

function argvOf(bytes: Uint8Array): string[] {
  const lines = new TextDecoder('latin1').decode(bytes).split('\r\n');
  return bytes[0] === 42
    ? lines.filter((_, index) => index % 2 === 0 && index > 0)
    : (lines[0] ?? '').split(' ');
}

export class SpiedEngine implements EnginePort {
  readonly #engine: EnginePort;
  readonly #faults: Faults;
  #isDead = false;
  ticks = 0;
  readonly budgets: number[] = [];
  readonly notes: string[] = [];

  constructor(engine: EnginePort, faults: Faults) {
    this.#engine = engine;
    this.#faults = faults;
  }

  openSession(): number {
    return this.#live().openSession();
  }

  closeSession(session: number): void {
    this.#live().closeSession(session);
  }

  closing(session: number): boolean {
    return this.#live().closing(session);
  }

  setAddress(session: number, remote: string, local: string): void {
    this.#live().setAddress(session, remote, local);
  }

  configure(name: string, value: string): void {
    this.#live().configure(name, value);
  }

  numberRequests(session: number, client: number, first: number): void {
    this.#live().numberRequests(session, client, first);
  }

  execute(session: number, bytes: Uint8Array, nowMs: number): ReplyChunk {
    const engine = this.#live();
    const { trapOn, failOn } = this.#faults;
    if (trapOn !== undefined || failOn !== undefined) {
      for (const item of splitRequests(bytes).requests) {
        if (trapOn?.(argvOf(item.bytes))) this.#trap();
        if (failOn?.(argvOf(item.bytes))) throw new EngineError('OOM', 'no memory for the request');
      }
    }
    return engine.execute(session, bytes, nowMs);
  }

  breakWatch(session: number): void {
    this.#live().breakWatch(session);
  }

  drain(session: number): ReplyChunk {
    return this.#live().drain(session);
  }

  completeHostRequest(id: number, error: string | null, text?: string): void {
    this.#live().completeHostRequest(id, error, text);
  }

  noteSave(started: boolean, ok: boolean, nowMs: number): void {
    this.notes.push(`save ${started ? 'started' : ok ? 'ok' : 'failed'}`);
    this.#live().noteSave(started, ok, nowMs);
  }

  noteRewrite(running: boolean, ok: boolean): void {
    this.notes.push(`rewrite ${running ? 'started' : ok ? 'ok' : 'failed'}`);
    this.#live().noteRewrite(running, ok);
  }

  noteLogBytes(logBytes: number, baseBytes: number): void {
    this.#live().noteLogBytes(logBytes, baseBytes);
  }

  tick(nowMs: number, budgetUs: number): TickResult {
    const engine = this.#live();
    this.ticks++;
    this.budgets.push(budgetUs);
    if (this.#faults.trapOnTick?.()) this.#trap();
    return engine.tick(nowMs, budgetUs);
  }

  takeLog(wanted: FrameRequest): Frame | null {
    return this.#live().takeLog(wanted);
  }

  setLogging(on: boolean): void {
    this.#live().setLogging(on);
  }

  setIdentity(dbId: Uint8Array): void {
    this.#live().setIdentity(dbId);
  }

  loadBegin(): void {
    this.#live().loadBegin();
  }

  loadChunk(rdb: Uint8Array): void {
    this.#live().loadChunk(rdb);
  }

  loadEnd(): void {
    this.#live().loadEnd();
  }

  replayBegin(expect: { nextLsn: bigint; chain: bigint | null; salvage?: boolean }): void {
    this.#live().replayBegin(expect);
  }

  replayChunk(bytes: Uint8Array): void {
    const engine = this.#live();
    if (this.#faults.trapOnReplay?.()) this.#trap();
    engine.replayChunk(bytes);
  }

  replayEnd(): ReplayReport {
    return this.#live().replayEnd();
  }

  clientMarks(): Map<number, number> {
    return this.#live().clientMarks();
  }

  loadedPosition(): bigint {
    return this.#live().loadedPosition();
  }

  logState(): { chain: bigint; position: bigint } {
    return this.#live().logState();
  }

  resumeLog(state: { chain: bigint; position: bigint }): void {
    this.#live().resumeLog(state);
  }

  snapshotBegin(nowMs: number, aofBase?: boolean): { logPosition: bigint } {
    return this.#live().snapshotBegin(nowMs, aofBase);
  }

  snapshotStep(budgetUs: number, maxBytes: number): { chunk: Uint8Array | null; done: boolean } {
    return this.#live().snapshotStep(budgetUs, maxBytes);
  }

  snapshotAbort(): void {
    this.#live().snapshotAbort();
  }

  snapshotSync(): Uint8Array[] {
    return this.#live().snapshotSync();
  }

  memory(): { wasmBytes: number } {
    return this.#live().memory();
  }

  #trap(): never {
    this.#isDead = true;
    throw new EngineError(
      'WORKER_DIED',
      'the engine stopped and must be rebuilt: RuntimeError: unreachable',
    );
  }

  #live(): EnginePort {
    if (this.#isDead)
      throw new EngineError('WORKER_DIED', 'the engine stopped and must be rebuilt');
    return this.#engine;
  }
}
