/**
 * The synchronous engine: the whole command set in this thread, nothing awaited, nothing stored.
 * Typed methods answer values and throw WadictErrors. Keys expire when they are read; `tick`
 * removes the expired ones that nobody reads.
 */
import {
  entries,
  type Entries,
  key,
  type Key,
  type KeyList,
  keys,
  type Value,
} from '../client/arguments.ts';
import { kMaxValueBytes, prepareCall, prepareMethod, type PreparedCall } from '../client/call.ts';
import {
  type AnyCommandSpec,
  commandMethods,
  named,
  type NamedSpec,
  RUN,
  type Runner,
} from '../client/command-spec.ts';
import type { SetOptions } from '../client/command-options.ts';
import { commandTable, type SyncCommands } from '../client/commands.ts';
import { type PublicReply, toPublicReply, toWadictError } from '../client/reply-error.ts';
import { WadictError } from '../errors.ts';
import { INCOMPLETE, ReplyDecoder } from '../resp/decode.ts';
import { type Argument, encodeRequest } from '../resp/encode.ts';
import { ErrorReply, type Reply } from '../resp/reply.ts';
import type { Clock } from './clock.ts';
import type { Piece } from './heap.ts';
import { HotPath } from './hot-path.ts';
import type { RunningEngine } from './instantiate.ts';

/** Methods with a path of their own, without RESP. */
type Overridden = 'get' | 'getBuffer' | 'set' | 'del';

const CommandMethods = /* @__PURE__ */ commandMethods(commandTable) as abstract new () => Omit<
  SyncCommands,
  Overridden
>;

const kGet = /* @__PURE__ */ plainly('get');
const kSet = /* @__PURE__ */ plainly('set');
const kDel = /* @__PURE__ */ plainly('del');
const kMget = /* @__PURE__ */ plainly('mget');

/** The command behind a method that has a path of its own as well. */
function plainly(method: keyof typeof commandTable): NamedSpec {
  return named(method, commandTable[method] as AnyCommandSpec);
}

export class Engine extends CommandMethods implements Runner {
  readonly #running: RunningEngine;
  readonly #hot: HotPath;
  readonly #clock: Clock;
  #session: number;
  /** The hot path knows database 0 and no transaction; anything else goes through the session. */
  #isPlain = true;
  #database = 0;
  #isInTransaction = false;
  #isClosed = false;

  /** @internal Use `createEngine`. */
  constructor(running: RunningEngine, clock: Clock) {
    super();
    this.#running = running;
    this.#hot = new HotPath(running, clock, toWadictError);
    this.#clock = clock;
    this.#session = this.#openSession();
  }

  #openSession(): number {
    const { port } = this.#running;
    const session = port.openSession();
    port.execute(session, encodeRequest(['HELLO', '3']), this.#clock());
    if (this.#database !== 0) {
      port.execute(session, encodeRequest(['SELECT', this.#database]), this.#clock());
    }
    return session;
  }

  /**
   * QUIT and a request for which memory ended close the session. True: it was closed, and there is
   * a new one in the same database.
   */
  #reviveSession(): boolean {
    const { port } = this.#running;
    if (!port.closing(this.#session)) return false;
    port.closeSession(this.#session);
    this.#session = this.#openSession();
    this.#isInTransaction = false;
    this.#isPlain = this.#database === 0;
    return true;
  }

  /** The value, or null if there is none. */
  get(k: Key): string | null {
    if (typeof k === 'string' && this.#isPlain) return this.#hot.get(k);
    return this[RUN](kGet, [k], false) as string | null;
  }

  getBuffer(k: Key): Uint8Array | null {
    if (this.#isPlain) return this.#hot.getBytes(piece(key(k)));
    return this[RUN](kGet, [k], true) as Uint8Array | null;
  }

  /** 'OK', null if nx or xx forbade it, or with `get: true` the previous value. */
  set(k: Key, v: Value, options?: SetOptions): string | null {
    if (options === undefined && this.#isPlain && isShort(k) && isShort(v)) {
      this.#hot.set(k, v);
      return 'OK';
    }
    return this[RUN](kSet, [k, v, options], false) as string | null;
  }

  /** The number of keys that there were. */
  del(...list: KeyList): number {
    const [first] = list;
    if (list.length === 1 && typeof first === 'string' && this.#isPlain) {
      return this.#hot.del(first) ? 1 : 0;
    }
    return this[RUN](kDel, list, false) as number;
  }

  /**
   * Values in the order of the keys; null where there is none. Several times faster than `get`.
   * Values of one call may share memory: one that is kept can keep up to 512 of its neighbours.
   */
  getMany(list: readonly Key[]): (string | null)[] {
    if (list.length === 0) return [];
    if (this.#isPlain) {
      return this.#hot.getMany(areTexts(list) ? list : keys([list]).map(piece));
    }
    return this[RUN](kMget, [list], false) as (string | null)[];
  }

  /** Sets all pairs; of equal keys the last wins. Answers their number. */
  setMany(pairs: Entries): number {
    const argv = pairsOfTexts(pairs) ?? entries(pairs);
    if (argv.length === 0) return 0;
    if (this.#isPlain) this.#hot.setMany(areTexts(argv) ? argv : argv.map(piece));
    else
      this.#execute({ argv: ['MSET', ...argv], label: { command: 'MSET', key: undefined } }, false);
    return argv.length / 2;
  }

  /** Any command: `engine.call('OBJECT', 'ENCODING', 'k')`. */
  call(command: string, ...args: Value[]): PublicReply {
    return this.#call([command, ...args], false);
  }

  /** The same with bulk strings as bytes. */
  callBuffer(command: string, ...args: Value[]): PublicReply {
    return this.#call([command, ...args], true);
  }

  #call(args: Value[], asBytes: boolean): PublicReply {
    return toPublicReply(this.#execute(prepareCall(args, kMaxValueBytes), asBytes));
  }

  /** Removes expired keys and goes on with background work, for at most `budgetMs`. */
  tick(budgetMs = 2): { nextDeadlineMs: number; moreWork: boolean } {
    this.#checkOpen();
    const { nextDeadlineMs, moreWork } = this.#running.port.tick(this.#clock(), budgetMs * 1000);
    return { nextDeadlineMs, moreWork };
  }

  get wasmBytes(): number {
    return this.#running.heap.wasmBytes;
  }

  /** Ends the engine; its memory goes when the object does. Every later call throws CLOSED. */
  close(): void {
    this.#isClosed = true;
    this.#isPlain = false;
  }

  /** @internal */
  [RUN](spec: NamedSpec, args: readonly unknown[], asBytes: boolean): unknown {
    const reply = this.#execute(prepareMethod(spec, args, kMaxValueBytes), asBytes);
    return spec.spec.decode === undefined ? reply : spec.spec.decode(reply);
  }

  #execute({ argv, label }: PreparedCall, asBytes: boolean): Reply {
    this.#checkOpen();
    const request = encodeRequest(argv);
    let reply = this.#replyTo(request, asBytes);
    if (reply === INCOMPLETE && this.#reviveSession()) reply = this.#replyTo(request, asBytes);
    if (reply === INCOMPLETE) {
      const message = `${label.command} needs a host, which the synchronous engine has not`;
      throw new WadictError('UNSUPPORTED', message, label);
    }
    if (reply instanceof ErrorReply) {
      this.#reviveSession();
      throw toWadictError(reply, label);
    }
    this.#followState(argv);
    return reply;
  }

  #replyTo(request: Uint8Array, asBytes: boolean): Reply | typeof INCOMPLETE {
    const { bytes } = this.#running.port.execute(this.#session, request, this.#clock());
    const decoder = new ReplyDecoder();
    decoder.push(bytes);
    let reply = decoder.next(asBytes);
    while (reply !== INCOMPLETE && decoder.isPush) reply = decoder.next(asBytes);
    return reply;
  }

  /** After these the hot path may or may not speak of the same database as the session. */
  #followState(argv: readonly Argument[]): void {
    switch (String(argv[0]).toUpperCase()) {
      case 'SELECT':
        this.#database = Number(argv[1]);
        break;
      case 'MULTI':
        this.#isInTransaction = true;
        break;
      case 'EXEC':
      case 'DISCARD':
        this.#isInTransaction = false;
        break;
      case 'RESET':
        this.#database = 0;
        this.#isInTransaction = false;
        break;
      default:
        return;
    }
    this.#isPlain = this.#database === 0 && !this.#isInTransaction;
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new WadictError('CLOSED', 'the engine is closed');
  }
}

function isShort(candidate: Key | Value): candidate is Piece {
  if (typeof candidate !== 'string' && !(candidate instanceof Uint8Array)) return false;
  return candidate.length * 3 <= kMaxValueBytes;
}

function piece(argument: Argument): Piece {
  return typeof argument === 'string' || argument instanceof Uint8Array
    ? argument
    : String(argument);
}

function areTexts(list: readonly unknown[]): list is readonly string[] {
  for (let i = 0; i < list.length; i++) if (typeof list[i] !== 'string') return false;
  return true;
}

/** Keys and values in turn, if `pairs` is an array and all of them are texts. */
function pairsOfTexts(pairs: Entries): string[] | undefined {
  if (!Array.isArray(pairs)) return undefined;
  const texts: string[] = [];
  for (let i = 0; i < pairs.length; i++) {
    const pair: unknown = pairs[i];
    if (!Array.isArray(pair)) return undefined;
    const k: unknown = pair[0];
    const v: unknown = pair[1];
    if (typeof k !== 'string' || typeof v !== 'string') return undefined;
    texts.push(k, v);
  }
  return texts;
}
