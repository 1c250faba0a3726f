/**
 * Read, compute, write as one step, and locks: everything here is one compare-and-set command of
 * the engine (SET IFEQ, SET NX, DELEX IFEQ), so that it holds between tabs, Workers and processes.
 * The comparison is of the stored bytes, whatever the codec.
 */
import { WadictError } from '../errors.ts';
import { decodeText } from '../resp/text.ts';
import { describe, type Key, type Value } from './arguments.ts';
import { type ExpiryOptions, expiryArguments } from './command-options.ts';
import type { PublicReply } from './reply-error.ts';
import type { Timers } from './scheduler.ts';

/** What these functions need of a store. */
export interface AtomicStore {
  call(command: string, ...args: Value[]): Promise<PublicReply>;
  callBuffer(command: string, ...args: Value[]): Promise<PublicReply>;
}

/** How values become stored text and back; undefined: text as it is. */
export interface Codec {
  encode(value: unknown): Value;
  decode(stored: string): unknown;
}

export interface UpdateOptions extends ExpiryOptions {
  /** When the updater returns undefined: delete the key instead of rejecting. */
  deleteOnUndefined?: boolean | undefined;
}

export interface LockOptions {
  /** How long the lock outlives a holder that died, in ms; while `work` runs it is renewed. */
  ttl?: number | undefined;
  /** When somebody has it: wait (default), or reject with LOCKED. */
  ifLocked?: 'wait' | 'fail' | undefined;
  /** Ends the waiting, not the work. */
  signal?: AbortSignal | undefined;
}

const kLockTtlMs = 10_000;
/** A waiting lock asks at least so often; sooner when the present holder's time is up. */
const kAskAgainMs = 100;

function write(
  store: AtomicStore,
  key: Key,
  seen: Value | null,
  next: Value,
  expiry: ExpiryOptions,
): Promise<PublicReply> {
  const condition: Value[] = seen === null ? ['NX'] : ['IFEQ', seen];
  const given = expiryArguments(expiry, []);
  const time = given.length > 0 || seen === null ? given : ['KEEPTTL'];
  return store.call('SET', key, next, ...condition, ...time);
}

/** `expected` null: the key must be missing; `next` null: it is deleted. True if it was done. */
export function compareAndSet(
  store: AtomicStore,
  codec: Codec | undefined,
  key: Key,
  expected: unknown,
  next: unknown,
  expiry: ExpiryOptions,
): Promise<boolean> {
  const stored = (value: unknown): Value | null =>
    value === null || codec === undefined ? (value as Value | null) : codec.encode(value);
  return swap(store, key, stored(expected), stored(next), expiry);
}

async function swap(
  store: AtomicStore,
  key: Key,
  expected: Value | null,
  next: Value | null,
  expiry: ExpiryOptions,
): Promise<boolean> {
  if (next !== null) return (await write(store, key, expected, next, expiry)) !== null;
  if (expected === null) return (await store.call('EXISTS', key)) === 0;
  return (await store.call('DELEX', key, 'IFEQ', expected)) === 1;
}

/** Calls `updater` with the present value until nobody was faster. Resolves with the new one. */
export async function update(
  store: AtomicStore,
  codec: Codec | undefined,
  key: Key,
  updater: (current: never) => unknown,
  options: UpdateOptions,
): Promise<unknown> {
  for (;;) {
    const seen = (await store.callBuffer('GET', key)) as Uint8Array | null;
    const text = seen === null ? null : decodeText(seen, 0, seen.length);
    const current = codec === undefined || text === null ? text : codec.decode(text);
    const next = updater(current as never);
    if (next === undefined && options.deleteOnUndefined === true) {
      if (seen === null || (await swap(store, key, seen, null, {}))) return undefined;
      continue;
    }
    checkUpdated(next);
    const stored = codec === undefined ? (next as Value) : codec.encode(next);
    if (await swap(store, key, seen, stored, options)) return next;
  }
}

function checkUpdated(next: unknown): void {
  const isPromise = typeof (next as PromiseLike<unknown> | null | undefined)?.then === 'function';
  if (!isPromise && next !== undefined) return;
  const message = isPromise
    ? 'the updater must not be async: the value could change while it waits'
    : 'the updater returned undefined; to delete the key pass { deleteOnUndefined: true }';
  throw new WadictError('INVALID_VALUE', message, { command: 'update' });
}

/**
 * Runs `work` while this lock is held, renewing it. `work` gets a signal that aborts should the
 * lock be lost (the store was cleared, or this thread stood still for longer than `ttl`).
 */
export async function withLock<R>(
  store: AtomicStore,
  timers: Timers,
  key: Key,
  options: LockOptions,
  work: (signal: AbortSignal) => R | Promise<R>,
): Promise<Awaited<R>> {
  const { ttl = kLockTtlMs } = options;
  const token = crypto.getRandomValues(new Uint8Array(16));
  await acquire(store, timers, key, token, ttl, options);
  const lost = new AbortController();
  const stop = renew(store, timers, key, token, ttl, lost);
  try {
    return await work(lost.signal);
  } finally {
    stop();
    await store.call('DELEX', key, 'IFEQ', token);
  }
}

async function acquire(
  store: AtomicStore,
  timers: Timers,
  key: Key,
  token: Uint8Array,
  ttl: number,
  { ifLocked = 'wait', signal }: LockOptions,
): Promise<void> {
  for (;;) {
    if (signal?.aborted) throw new WadictError('ABORTED', `waiting for '${describe(key)}' ended`);
    if (await write(store, key, null, token, { px: ttl })) return;
    if (ifLocked === 'fail') {
      throw new WadictError('LOCKED', `'${describe(key)}' is locked`, { key: String(key) });
    }
    const left = Number(await store.call('PTTL', key));
    await pause(timers, left > 0 ? Math.min(left, kAskAgainMs) : kAskAgainMs, signal);
  }
}

function pause(timers: Timers, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const cancel = timers.setTimer(ms, end);
    function end(): void {
      cancel();
      signal?.removeEventListener('abort', end);
      resolve();
    }
    signal?.addEventListener('abort', end);
  });
}

function renew(
  store: AtomicStore,
  timers: Timers,
  key: Key,
  token: Uint8Array,
  ttl: number,
  lost: AbortController,
): () => void {
  let isOver = false;
  let cancel = (): void => {};
  const lose = (cause?: unknown): void =>
    lost.abort(new WadictError('LOCKED', `the lock '${describe(key)}' was lost`, { cause }));
  const again = (): void => {
    cancel = timers.setTimer(ttl / 3, () => {
      write(store, key, token, token, { px: ttl }).then((kept) => {
        if (isOver) return;
        if (kept === null) lose();
        else again();
      }, lose);
    });
  };
  again();
  return () => {
    isOver = true;
    cancel();
  };
}
