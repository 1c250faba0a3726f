/**
 * Sessions beside the client's own, for what would hold everything else up (blocking commands) or
 * must not be disturbed by it (WATCH). A session is used by one at a time and then by the next; it
 * follows the database that the client has selected.
 *
 * Aborting a blocking command asks the engine to end the wait (CLIENT UNBLOCK), so that an element
 * is never taken for somebody who has gone: if it was served before, its promise resolves all the
 * same. The session is found by its name, which it keeps when another tab begins to lead.
 */
import { WadictError } from '../errors.ts';
import type { Reply } from '../resp/reply.ts';
import type { Transport } from '../transport.ts';
import type { PreparedCall } from './call.ts';
import { type CallLabel, Pipeline } from './pipeline.ts';
import type { Timers } from './scheduler.ts';

export interface SideSessionsOptions {
  readonly connect: () => Transport;
  readonly timers: Timers;
  /** A command of the client's own session. */
  readonly call: (...argv: string[]) => Promise<unknown>;
  /** The database that the client has selected. */
  readonly database: () => string;
}

export interface SideSession {
  readonly name: string;
  readonly pipeline: Pipeline;
  database: string;
}

/** Idle sessions kept for the next. */
const kKept = 8;
const kFirstRetryMs = 5;
const kLastRetryMs = 1_000;
/** The longest delay of a timer. */
const kHoldMs = 2 ** 31 - 1;

const ignore = (): void => {};
const asItIs = (reply: Reply): Reply => reply;

export class SideSessions {
  readonly #options: SideSessionsOptions;
  readonly #idle: SideSession[] = [];
  readonly #all = new Set<SideSession>();
  #ended: WadictError | undefined;

  constructor(options: SideSessionsOptions) {
    this.#options = options;
  }

  /** Lends a session while `use` runs. Rejects with CLOSED after end(). */
  async lend<R>(use: (session: SideSession) => Promise<R>): Promise<R> {
    if (this.#ended !== undefined) throw this.#ended;
    const session = this.#idle.pop() ?? this.#open();
    this.#select(session);
    try {
      return await use(session);
    } finally {
      if (session.pipeline.hasEnded) this.#all.delete(session);
      else if (this.#idle.length < kKept) this.#idle.push(session);
      else this.#drop(session);
    }
  }

  /** Runs a command that may block. Rejects with ABORTED if `signal` ended its wait. */
  async wait<R>(
    { argv, label }: PreparedCall,
    asBytes: boolean,
    decode: (reply: Reply) => R,
    signal: AbortSignal | undefined,
  ): Promise<R> {
    if (signal?.aborted) throw aborted(signal, label);
    return this.lend(async (session) => {
      const answer = session.pipeline.call(argv, label, asBytes, decode);
      session.pipeline.send(); // what asks to end it comes behind it
      // A program of Node that only waits must not end: a timer holds it as long.
      const release = this.#options.timers.setTimer(kHoldMs, ignore);
      const stop = signal === undefined ? ignore : this.#unblockOn(signal, session);
      try {
        return await answer;
      } catch (error) {
        const isUnblocked = error instanceof WadictError && error.message.startsWith('UNBLOCKED');
        throw signal?.aborted && isUnblocked ? aborted(signal, label) : error;
      } finally {
        stop();
        release();
      }
    });
  }

  /** Nothing is lent any more, what is lent fails with `error`. */
  end(error: WadictError): void {
    this.#ended ??= error;
    for (const { pipeline } of this.#all) pipeline.end(error);
  }

  fail(error: WadictError): void {
    this.end(error);
    for (const { pipeline } of this.#all) pipeline.fail(error);
    this.#all.clear();
    this.#idle.length = 0;
  }

  #open(): SideSession {
    const digits = crypto.getRandomValues(new Uint8Array(12));
    const name = `wadict-side-${[...digits].map((n) => n.toString(16).padStart(2, '0')).join('')}`;
    const session = { name, pipeline: new Pipeline(this.#options.connect()), database: '0' };
    this.#all.add(session);
    tell(session, 'CLIENT', 'SETNAME', name);
    return session;
  }

  #select(session: SideSession): void {
    const database = this.#options.database();
    if (session.database === database) return;
    session.database = database;
    tell(session, 'SELECT', database);
  }

  #drop(session: SideSession): void {
    this.#all.delete(session);
    session.pipeline.end(new WadictError('CLOSED', 'the session is not used any more'));
    session.pipeline.close();
  }

  /** When `signal` aborts, ends the session's wait. Returns what stops that. */
  #unblockOn(signal: AbortSignal, { name }: SideSession): () => void {
    const { call, timers } = this.#options;
    let isStopped = false;
    let cancel = ignore;
    let delayMs = kFirstRetryMs;
    // The request may be on its way still, or the leader may be changing: asked until it is over.
    const ask = async (): Promise<void> => {
      const lines = String(await call('CLIENT', 'LIST')).split('\n');
      const line = lines.find((text) => text.includes(` name=${name} `));
      const id = /^id=(\d+) /.exec(line ?? '')?.[1];
      if (id !== undefined && !isStopped) await call('CLIENT', 'UNBLOCK', id, 'ERROR');
    };
    const again = (): void => {
      if (isStopped) return;
      cancel = timers.setTimer(delayMs, run);
      delayMs = Math.min(kLastRetryMs, 2 * delayMs);
    };
    const run = (): void => void ask().then(again, again);
    signal.addEventListener('abort', run, { once: true });
    return () => {
      isStopped = true;
      cancel();
      signal.removeEventListener('abort', run);
    };
  }
}

/** A command whose reply nobody waits for. */
function tell({ pipeline }: SideSession, ...argv: string[]): void {
  const label = { command: argv[0] as string, key: undefined };
  pipeline.call(argv, label, false, asItIs).catch(ignore);
}

function aborted(signal: AbortSignal, { command, key }: CallLabel): WadictError {
  const cause: unknown = signal.reason;
  return new WadictError('ABORTED', `${command} was aborted`, { command, key, cause });
}
