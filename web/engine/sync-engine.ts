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
  readonly #session: number;
  /** The hot path knows database 0 and no transaction; anything else goes through the session. */
  #isPlain = true;
  #isInDatabase0 = true;
  #isInTransaction = false;
  #isClosed = false;

  /** @internal Use `createEngine`. */
  constructor(running: RunningEngine, clock: Clock) {
    super();
    const { module, heap, gate, port } = running;
    this.#running = running;
    this.#hot = new HotPath(module, heap, gate, toWadictError);
    this.#clock = clock;
    this.#session = port.openSession();
    this.#execute({ argv: ['HELLO', '3'], label: { command: 'HELLO', key: undefined } }, false);
  }

  /** The value, or null if there is none. */
  get(k: Key): string | null {
    if (typeof k === 'string' && this.#isPlain) return this.#hot.get(k, this.#clock());
    return this[RUN](kGet, [k], false) as string | null;
  }

  getBuffer(k: Key): Uint8Array | null {
    if (this.#isPlain) return this.#hot.getBytes(piece(key(k)), this.#clock());
    return this[RUN](kGet, [k], true) as Uint8Array | null;
  }

  /** 'OK', null if nx or xx forbade it, or with `get: true` the previous value. */
  set(k: Key, v: Value, options?: SetOptions): string | null {
    if (options === undefined && this.#isPlain && isShort(k) && isShort(v)) {
      this.#hot.set(k, v, this.#clock());
      return 'OK';
    }
    return this[RUN](kSet, [k, v, options], false) as string | null;
  }

  /** The number of keys that there were. */
  del(...list: KeyList): number {
    const [first] = list;
    if (list.length === 1 && typeof first === 'string' && this.#isPlain) {
      return this.#hot.del(first, this.#clock()) ? 1 : 0;
    }
    return this[RUN](kDel, list, false) as number;
  }

  /** Values in the order of the keys; null where there is none. Several times faster than `get`. */
  getMany(list: readonly Key[]): (string | null)[] {
    if (list.length === 0) return [];
    if (this.#isPlain) return this.#hot.getMany(pieces(keys([list])), this.#clock());
    return this[RUN](kMget, [list], false) as (string | null)[];
  }

  /** Sets all pairs; of equal keys the last wins. Answers their number. */
  setMany(pairs: Entries): number {
    const argv = entries(pairs);
    if (argv.length === 0) return 0;
    if (this.#isPlain) this.#hot.setMany(pieces(argv), this.#clock());
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
    const { port } = this.#running;
    const { bytes } = port.execute(this.#session, encodeRequest(argv), this.#clock());
    const decoder = new ReplyDecoder();
    decoder.push(bytes);
    let reply = decoder.next(asBytes);
    while (reply !== INCOMPLETE && decoder.isPush) reply = decoder.next(asBytes);
    if (reply === INCOMPLETE) {
      const message = `${label.command} needs a host, which the synchronous engine has not`;
      throw new WadictError('UNSUPPORTED', message, label);
    }
    if (reply instanceof ErrorReply) throw toWadictError(reply, label);
    this.#followState(argv);
    return reply;
  }

  /** After these the hot path may or may not speak of the same database as the session. */
  #followState(argv: readonly Argument[]): void {
    switch (String(argv[0]).toUpperCase()) {
      case 'SELECT':
        this.#isInDatabase0 = Number(argv[1]) === 0;
        break;
      case 'MULTI':
        this.#isInTransaction = true;
        break;
      case 'EXEC':
      case 'DISCARD':
        this.#isInTransaction = false;
        break;
      case 'RESET':
        this.#isInDatabase0 = true;
        this.#isInTransaction = false;
        break;
      default:
        return;
    }
    this.#isPlain = this.#isInDatabase0 && !this.#isInTransaction;
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

function pieces(argv: Argument[]): Piece[] {
  return argv.every((item) => typeof item === 'string') ? argv : argv.map(piece);
}
