/**
 * Optimistic transactions: reads under WATCH, then a transaction that happens only if none of the
 * watched keys changed since; if one did, all of it again.
 */
import { WadictError } from '../errors.ts';
import type { Reply } from '../resp/reply.ts';
import { type Key, keys as keyArguments } from './arguments.ts';
import { type AsyncMethods, commandMethods, type NamedSpec, RUN } from './command-spec.ts';
import { type CommandTable, commandTable } from './commands.ts';
import { createMulti, type Multi, type MultiRunner, type QueuedCall } from './multi.ts';
import { asWadictError, type Pipeline } from './pipeline.ts';
import type { SideSessions } from './side-sessions.ts';

export interface WatchOptions {
  /** Ends the attempts: `watch` rejects with ABORTED before the next one. */
  signal?: AbortSignal | undefined;
  /** Give up with EXEC_ABORT after so many attempts. Default: never. */
  attempts?: number | undefined;
}

/** What `watch` hands to its function: the typed methods, and `multi` for what it decides. */
export type Watched = AsyncMethods<CommandTable> & { multi(): Multi };

/** From the client: how a method becomes a request. */
export type Prepare = MultiRunner['prepare'];

const asItIs = (reply: Reply): Reply => reply;

const WatchedMethods = /* @__PURE__ */ commandMethods(commandTable);

class WatchingStore extends WatchedMethods {
  readonly #pipeline: Pipeline;
  readonly #prepare: Prepare;

  constructor(pipeline: Pipeline, prepare: Prepare) {
    super();
    this.#pipeline = pipeline;
    this.#prepare = prepare;
  }

  async [RUN](named: NamedSpec, args: readonly unknown[], asBytes: boolean): Promise<unknown> {
    const call = this.#prepare(named, args, asBytes);
    return this.#pipeline.call(call.argv, call.label, asBytes, call.decode);
  }

  multi(): Multi {
    return createMulti(multiRunner(this.#pipeline, this.#prepare));
  }
}

/** Runs transactions in the session of `pipeline`. */
export function multiRunner(pipeline: Pipeline, prepare: Prepare): MultiRunner {
  return { prepare, exec: (calls, asBytes) => exec(pipeline, calls, asBytes) };
}

async function exec(
  pipeline: Pipeline,
  calls: readonly QueuedCall[],
  asBytes: boolean,
): Promise<Reply[] | null> {
  const label = (command: string): { command: string; key: undefined } => ({
    command,
    key: undefined,
  });
  let refusal: unknown;
  const note = (error: unknown): void => void (refusal ??= error);
  // All in one turn: nothing of the client comes between them.
  pipeline.call(['MULTI'], label('MULTI'), false, asItIs).catch(note);
  for (const call of calls) pipeline.call(call.argv, call.label, false, asItIs).catch(note);
  try {
    return (await pipeline.call(['EXEC'], label('EXEC'), asBytes, asItIs)) as Reply[] | null;
  } catch (error) {
    // Why a command was refused says more than that EXEC was.
    const isAborted = error instanceof WadictError && error.code === 'EXEC_ABORT';
    throw isAborted && refusal instanceof WadictError
      ? new WadictError('EXEC_ABORT', error.message, { command: 'EXEC', cause: refusal })
      : error;
  }
}

export async function watch<R extends unknown[]>(
  sessions: SideSessions,
  prepare: Prepare,
  watched: Key | readonly Key[],
  decide: (store: Watched) => Promise<Multi<R> | null | undefined>,
  { signal, attempts = Infinity }: WatchOptions,
): Promise<R | null> {
  const label = { command: 'WATCH', key: undefined };
  const names = keyArguments([Array.isArray(watched) ? watched : [watched as Key]]);
  return sessions.lend(async ({ pipeline }) => {
    for (let left = attempts; left > 0; left--) {
      if (signal?.aborted)
        throw new WadictError('ABORTED', 'watch was aborted', { ...label, cause: signal.reason });
      await pipeline.call(['WATCH', ...names], label, false, asItIs);
      let results: R | null;
      try {
        const store = new WatchingStore(pipeline, prepare) as unknown as Watched;
        const decided = await decide(store);
        if (decided === null || decided === undefined) return null;
        results = await decided.exec();
      } finally {
        await pipeline.call(['UNWATCH'], label, false, asItIs).catch(() => undefined);
      }
      if (results !== null) return results;
    }
    const message = `a watched key changed in each of ${attempts} attempts`;
    throw asWadictError(new WadictError('EXEC_ABORT', message), label);
  });
}
