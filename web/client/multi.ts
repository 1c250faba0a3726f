/**
 * A transaction being made: typed methods queue, `exec` sends it as one and resolves with the typed
 * results. All or nothing for everybody else, and in the log; as in Redis a command that fails does
 * not undo the others.
 */
import { WadictError } from '../errors.ts';
import type { Argument } from '../resp/encode.ts';
import { ErrorReply, type Reply } from '../resp/reply.ts';
import { decodeText } from '../resp/text.ts';
import { type CommandSpec, commandMethods, type NamedSpec, RUN } from './command-spec.ts';
import { type CommandTable, commandTable } from './commands.ts';
import { asWadictError, type CallLabel } from './pipeline.ts';
import { toWadictError } from './reply-error.ts';

/** One queued command. */
export interface QueuedCall {
  readonly argv: readonly Argument[];
  readonly label: CallLabel;
  readonly asBytes: boolean;
  readonly decode: (reply: Reply) => unknown;
}

/** What runs it: MULTI, the calls, EXEC. Resolves with EXEC's reply: null if a watched key changed. */
export interface MultiRunner {
  prepare(named: NamedSpec, args: readonly unknown[], asBytes: boolean): QueuedCall;
  exec(calls: readonly QueuedCall[], asBytes: boolean): Promise<Reply[] | null>;
}

/** The results so far, as a tuple. */
type MultiMethods<R extends unknown[]> = {
  [N in keyof CommandTable]: CommandTable[N] extends CommandSpec<infer A, infer Result, infer _B>
    ? (...args: A) => Multi<[...R, Result]>
    : never;
};

/** Results of which some may be errors. */
type Settled<R extends unknown[]> = { [I in keyof R]: R[I] | WadictError };

export type Multi<R extends unknown[] = []> = MultiMethods<R> & {
  /**
   * Runs what was queued. Resolves with the results in order; null if a watched key changed, and
   * nothing was done (only in `watch`). Rejects with the first command's error, EXEC_ABORT if the
   * engine would not queue a command (nothing was done); a command that failed while it ran rejects
   * too, the others are done then: `execSettled` tells which.
   */
  exec(): Promise<R | null>;
  /** The same, but the results of commands that failed while they ran are WadictErrors in place. */
  execSettled(): Promise<Settled<R> | null>;
};

const MultiMethodsBase = /* @__PURE__ */ commandMethods(commandTable);

class QueuedCommands extends MultiMethodsBase {
  readonly #runner: MultiRunner;
  readonly #calls: QueuedCall[] = [];
  #problem: WadictError | undefined;
  #isDone = false;

  constructor(runner: MultiRunner) {
    super();
    this.#runner = runner;
  }

  /** @internal */
  [RUN](named: NamedSpec, args: readonly unknown[], asBytes: boolean): this {
    try {
      this.#calls.push(this.#runner.prepare(named, args, asBytes));
    } catch (error) {
      this.#problem ??= asWadictError(error, { command: named.command, key: undefined });
    }
    return this;
  }

  async exec(): Promise<unknown[] | null> {
    const results = await this.execSettled();
    for (const result of results ?? []) if (result instanceof WadictError) throw result;
    return results;
  }

  async execSettled(): Promise<unknown[] | null> {
    if (this.#problem !== undefined) throw this.#problem;
    if (this.#isDone) throw new WadictError('SYNTAX', 'this transaction was executed already');
    this.#isDone = true;
    const asBytes = this.#calls.some((call) => call.asBytes);
    const replies = await this.#runner.exec(this.#calls, asBytes);
    if (replies === null) return null;
    return this.#calls.map((call, index) => settled(call, replies[index] as Reply, asBytes));
  }
}

export function createMulti(runner: MultiRunner): Multi {
  return new QueuedCommands(runner) as unknown as Multi;
}

function settled(call: QueuedCall, reply: Reply, asBytes: boolean): unknown {
  if (reply instanceof ErrorReply) return toWadictError(reply, call.label);
  try {
    return call.decode(asBytes && !call.asBytes ? toText(reply) : reply);
  } catch (cause) {
    return asWadictError(cause, call.label);
  }
}

/** A reply that was read as bytes, because another one of the transaction is binary. */
function toText(reply: Reply): Reply {
  if (reply instanceof Uint8Array) return decodeText(reply, 0, reply.length);
  if (Array.isArray(reply)) return reply.map(toText);
  if (reply instanceof Map)
    return new Map([...reply].map(([name, item]) => [toText(name), toText(item)]));
  return reply;
}
