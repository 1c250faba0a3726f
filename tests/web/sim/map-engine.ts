/**
 * An engine that is a Map: the EnginePort of most simulated seeds (the others run the real one).
 * Its frames begin as real ones do and carry JSON; number, epoch and chain are checked at replay as
 * the real reader checks them. Commands: APPEND, INCR, GET, SET, DEL, SELECT, and what the host
 * asks.
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

/** client, request, database, key, value (null: deleted) */
type Effect = [number, number, number, string, string | null];

interface FrameBody {
  readonly lsn: string;
  readonly epoch: string;
  readonly previous: string;
  readonly records: Effect[];
}

interface MapSession {
  database: number;
  client: number;
  next: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const kRecordsInFrame = 4;
const kWrites = new Set(['APPEND', 'INCR', 'SET']);

function hash(text: string): bigint {
  let a = 0x811c9dc5;
  let b = 0x1000193;
  for (let at = 0; at < text.length; at++) {
    a = Math.imul(a ^ text.charCodeAt(at), 0x01000193);
    b = Math.imul(b ^ text.charCodeAt(at), 0x85ebca6b);
  }
  return (BigInt(a >>> 0) << 32n) | BigInt(b >>> 0);
}

export function parseRequests(bytes: Uint8Array): string[][] {
  const words = decoder.decode(bytes).split('\r\n');
  const requests: string[][] = [];
  for (let at = 0; at < words.length - 1;) {
    const count = Number((words[at] as string).slice(1));
    const argv: string[] = [];
    for (let left = count; left > 0; left--)
      argv.push(words[at + 2 * (count - left) + 2] as string);
    requests.push(argv);
    at += 1 + 2 * count;
  }
  return requests;
}

export class MapEngine implements EnginePort {
  readonly #values = new Map<string, string>();
  readonly #sessions = new Map<number, MapSession>();
  readonly #marks = new Map<number, number>();
  #lastSession = 0;
  #isLogging = false;
  #pending: Effect[] = [];
  #position = 0n;
  #sealed = 0n;
  #chain = 0n;
  #loaded = 0n;
  #snapshot: string | null = null;
  #report: ReplayReport | null = null;
  #isDead = false;
  /** Asked before each request: true makes the engine trap. */
  trapOn: () => boolean = () => false;

  openSession(): number {
    this.#sessions.set(++this.#lastSession, { database: 0, client: 0, next: 0 });
    return this.#lastSession;
  }
  closeSession(session: number): void {
    this.#sessions.delete(session);
  }
  closing(): boolean {
    return false;
  }
  numberRequests(session: number, client: number, first: number): void {
    const known = this.#sessions.get(session) as MapSession;
    known.client = client;
    known.next = first;
  }

  execute(session: number, bytes: Uint8Array): ReplyChunk {
    const known = this.#sessions.get(session);
    if (this.#isDead || known === undefined || this.trapOn()) {
      this.#isDead = true;
      throw new EngineError('WORKER_DIED', 'the engine stopped');
    }
    let replies = '';
    for (const argv of parseRequests(bytes)) {
      replies += this.#run(known, argv);
      known.next++;
    }
    return {
      bytes: encoder.encode(replies),
      logPosition: this.#position,
      hostRequests: [],
      wait: 0,
      news: [],
    };
  }

  #run(session: MapSession, [name = '', key = '', value = '']: string[]): string {
    const place = `${session.database}:${key}`;
    const known = this.#values.get(place);
    switch (name.toUpperCase()) {
      case 'GET':
        return known === undefined ? '_\r\n' : `$${known.length}\r\n${known}\r\n`;
      case 'APPEND':
        return `:${this.#set(session, key, (known ?? '') + value).length}\r\n`;
      case 'INCR':
        return `:${this.#set(session, key, String(Number(known ?? 0) + 1))}\r\n`;
      case 'SET':
        this.#set(session, key, value);
        return '+OK\r\n';
      case 'DEL':
        if (known !== undefined) this.#change(session, key, null);
        return `:${known === undefined ? 0 : 1}\r\n`;
      case 'SELECT':
        session.database = Number(key);
        return '+OK\r\n';
      case 'COMMAND':
        return kWrites.has(value) ? '*2\r\n+write\r\n+denyoom\r\n' : '*0\r\n';
      default:
        return '+OK\r\n'; // HELLO, CONFIG SET …
    }
  }

  #set(session: MapSession, key: string, value: string): string {
    this.#change(session, key, value);
    return value;
  }

  #change({ database, client, next }: MapSession, key: string, value: string | null): void {
    this.#apply([client, next, database, key, value]);
    if (!this.#isLogging) return;
    this.#pending.push([client, next, database, key, value]);
    this.#position++;
  }

  #apply([client, request, database, key, value]: Effect): void {
    if (value === null) this.#values.delete(`${database}:${key}`);
    else this.#values.set(`${database}:${key}`, value);
    if (client !== 0) this.#marks.set(client, Math.max(request, this.#marks.get(client) ?? 0));
  }

  breakWatch(): void {}

  drain(): ReplyChunk {
    return {
      bytes: new Uint8Array(0),
      logPosition: this.#position,
      hostRequests: [],
      wait: 0,
      news: [],
    };
  }
  completeHostRequest(): void {}
  configure(): void {}
  setAddress(): void {}
  noteSave(): void {}
  noteRewrite(): void {}
  noteLogBytes(): void {}
  tick(): TickResult {
    const logPosition = this.#position;
    return { nextDeadlineMs: Infinity, moreWork: false, logPosition, hostRequests: [], news: [] };
  }

  // -- log ---------------------------------------------------------------------------------------

  takeLog({ lsn, epoch, begin = false, barrier = false }: FrameRequest): Frame | null {
    if (this.#isDead) throw new EngineError('WORKER_DIED', 'the engine stopped');
    if (this.#pending.length === 0 && !begin && !barrier) return null;
    const records = begin ? [] : this.#pending.splice(0, kRecordsInFrame);
    this.#sealed += BigInt(records.length);
    const previous = String(this.#chain);
    const body: FrameBody = { lsn: String(lsn), epoch: String(epoch), previous, records };
    const flags = (begin ? 4 : 0) | (barrier ? 16 : 0);
    const text = `#WD1:0000000000${flags.toString(16).padStart(2, '0')}${JSON.stringify(body)}`;
    this.#chain = hash(text);
    const bytes = encoder.encode(text);
    return { bytes, lastPosition: this.#sealed, lsn, more: this.#pending.length > 0 };
  }

  setLogging(on: boolean): void {
    this.#isLogging = on;
  }
  setIdentity(): void {}
  loadBegin(): void {}
  loadChunk(bytes: Uint8Array): void {
    this.#snapshot = (this.#snapshot ?? '') + decoder.decode(bytes);
  }
  loadEnd(): void {
    try {
      const { values, position } = JSON.parse(this.#snapshot as string) as {
        values: [string, string][];
        position: string;
      };
      for (const [key, value] of values) this.#values.set(key, value);
      this.#loaded = BigInt(position);
      this.#snapshot = null;
    } catch (cause) {
      throw new EngineError('CORRUPT', `the snapshot is damaged: ${String(cause)}`);
    }
  }

  replayBegin(expect: { nextLsn: bigint; chain: bigint | null }): void {
    this.#chain = expect.chain ?? 0n;
    this.#marks.clear();
    this.#report = {
      lastLsn: expect.nextLsn - 1n,
      lastEpoch: 0n,
      verifiedLsn: expect.nextLsn - 1n,
      frames: 0,
      records: 0,
      validBytes: 0,
      damagedFrames: 0,
      status: 'ok',
      errorOffset: 0,
      errorLsn: 0n,
      reason: '',
    };
  }

  /** REQUIRES: one frame. */
  replayChunk(bytes: Uint8Array): void {
    const report = this.#report as ReplayReport;
    if (report.status !== 'ok') return;
    const text = decoder.decode(bytes);
    const { lsn, epoch, previous, records } = JSON.parse(text.slice(17)) as FrameBody;
    const isNext = BigInt(lsn) === report.lastLsn + 1n && previous === String(this.#chain);
    if (!isNext || BigInt(epoch) < report.lastEpoch) {
      report.status = 'corrupt';
      report.errorLsn = report.lastLsn + 1n;
      report.errorOffset = report.validBytes;
      report.reason = `found LSN ${lsn}, epoch ${epoch}`;
      return;
    }
    for (const effect of records) this.#apply(effect);
    report.lastLsn = report.verifiedLsn = BigInt(lsn);
    report.lastEpoch = BigInt(epoch);
    report.frames++;
    report.records += records.length;
    report.validBytes += bytes.length;
    this.#chain = hash(text);
  }

  replayEnd(): ReplayReport {
    return this.#report as ReplayReport;
  }
  clientMarks(): Map<number, number> {
    return this.#marks;
  }
  loadedPosition(): bigint {
    return this.#loaded;
  }
  logState(): { chain: bigint; position: bigint } {
    return { chain: this.#chain, position: this.#position };
  }
  resumeLog({ chain, position }: { chain: bigint; position: bigint }): void {
    this.#chain = chain;
    this.#position = this.#sealed = position;
  }

  // -- snapshot ----------------------------------------------------------------------------------

  snapshotBegin(): { logPosition: bigint } {
    const values = [...this.#values];
    this.#snapshot = JSON.stringify({ values, position: String(this.#position) });
    return { logPosition: this.#position };
  }
  snapshotStep(): { chunk: Uint8Array | null; done: boolean } {
    const text = this.#snapshot as string;
    const size = Math.max(1, text.length >> 1);
    this.#snapshot = text.slice(size);
    return { chunk: encoder.encode(text.slice(0, size)), done: this.#snapshot.length === 0 };
  }
  snapshotAbort(): void {
    this.#snapshot = null;
  }
  snapshotSync(): Uint8Array[] {
    this.snapshotBegin();
    const text = this.#snapshot as string;
    this.#snapshot = null;
    return [encoder.encode(text)];
  }
  memory(): { wasmBytes: number } {
    return { wasmBytes: 0 };
  }
}
