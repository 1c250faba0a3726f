/**
 * What happens to keys, told to every tab: `db.observe('user:*', (change) => …)`, or as an
 * iterator, `for await (const change of db.changes('user:*'))`. OBSERVE of the engine, with a
 * session of its own (cpp/commands/changes.h): it needs no setting, and costs nothing while nothing
 * happens.
 *
 * Changes are told when they are as safe as the store's durability promises, in the order in which
 * they happened. Whenever one may have been missed (another tab leads now, messages were lost, too
 * many came at once) there is a 'resync' in its place, and what comes behind it is complete again.
 */
import { WadictError } from '../errors.ts';
import type { Argument } from '../resp/encode.ts';
import type { Reply } from '../resp/reply.ts';
import type { Transport } from '../transport.ts';
import type { Value } from './arguments.ts';
import { Feed, textOf } from './feed.ts';

export type Change =
  /**
   * 'set': the key has a new value, whichever command gave it. 'del', 'expired', 'evicted': it is
   * gone. As seen through the pattern: a key that is renamed out of it is gone, one into it is set.
   */
  | {
      readonly type: 'set' | 'del' | 'expired' | 'evicted';
      readonly key: string;
      /** The number of the database: the one that was selected when observing began. */
      readonly db: number;
    }
  /** `key` is gone, `newKey` has its value; the pattern fits both. */
  | {
      readonly type: 'renamed';
      readonly key: string;
      readonly newKey: string;
      readonly db: number;
    }
  /**
   * Anything that the pattern fits may be different: read it again. 'restarted': another tab leads
   * now, or the contents were replaced. 'lost': messages did not arrive. 'overflow': too many
   * changes at once. 'flushed': FLUSHDB, FLUSHALL, SWAPDB. 'started': see ObserveOptions.
   */
  | {
      readonly type: 'resync';
      readonly reason: 'restarted' | 'lost' | 'overflow' | 'flushed' | 'started';
      readonly db: number;
    };

/** The last that a listener hears, unless it stopped or the store was closed: it hears no more. */
export interface ObservingEnded {
  readonly type: 'ended';
  readonly error: WadictError;
}

export interface ObserveOptions {
  /** Stops it. */
  signal?: AbortSignal | undefined;
  /** Begins with a resync, 'started', so that one piece of code reads everything then and later. */
  initial?: boolean | undefined;
}

export interface ChangesOptions extends ObserveOptions {
  /** Changes that wait for the loop at most, then a resync replaces them. Default 10,000. */
  maxWaiting?: number | undefined;
}

/** Stops observing; nothing is heard any more. Idempotent. */
export interface StopObserving {
  (): void;
  /** Resolves when every change from then on is told. Rejects if that cannot be. */
  readonly ready: Promise<void>;
}

export type ChangeListener = (change: Change | ObservingEnded) => void;

/** What a part of a store and a listener say beside. */
export interface Inside {
  /** Letters at the beginning of each key that are not told. */
  cut?: number;
  /** Without: for the iterator. */
  listener?: ChangeListener;
}

export class Changes extends Feed<Change> {
  readonly #options: ChangesOptions & Inside;
  readonly #db: number;

  /** @internal */
  constructor(transport: Transport, database: string, pattern: Argument, options: ChangesOptions) {
    super(
      transport,
      [
        ['SELECT', database],
        ['OBSERVE', pattern],
      ],
      1,
      options.signal,
    );
    this.#options = options;
    this.#db = Number(database);
  }

  protected hear(kind: string, [type, what, newKey]: readonly Reply[]): void {
    const { cut, initial, listener, maxWaiting = 10_000 } = this.#options;
    if (kind !== 'change' && !initial) return;
    const db = this.#db;
    const text = textOf(what);
    const name = textOf(type) as Change['type'];
    const key = text.slice(cut);
    let change: Change = { type: 'resync', reason: 'started', db };
    if (kind === 'change') {
      if (name === 'resync') change = { type: name, reason: text as 'restarted', db };
      else if (name !== 'renamed') change = { type: name, key, db };
      else change = { type: name, key, newKey: textOf(newKey).slice(cut), db };
    }
    if (listener !== undefined) return tell(listener, change);
    if (this.kept.length >= maxWaiting) {
      this.kept.length = 0;
      this.give({ type: 'resync', reason: 'overflow', db });
    }
    this.give(change);
  }

  protected override ended(error: WadictError | null): void {
    if (error === null || error.code === 'CLOSED') return;
    const { listener } = this.#options;
    if (listener !== undefined) tell(listener, { type: 'ended', error });
  }
}

/** What has changes. */
export interface Observable {
  changes(pattern: Value, options?: ChangesOptions): Changes;
}

/** `observe` of a store and of a part of one. */
export function observe(
  store: Observable,
  pattern: Value,
  listener: ChangeListener,
  options: ObserveOptions,
): StopObserving {
  if (typeof listener !== 'function')
    throw new WadictError('INVALID_VALUE', 'observe() takes a function');
  const changes = store.changes(pattern, { ...options, listener } as ChangesOptions & Inside);
  return Object.assign(() => void changes.return(), { ready: changes.ready });
}

/** A listener's own problem: reported as uncaught, never felt by the store or by others. */
export function tell<T>(listener: (value: T) => void, value: T): void {
  try {
    listener(value);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
