/**
 * A member's locks: the one that says it lives, and the one of the leader, which it waits for, or
 * takes away from a leader that does not answer.
 */

import { webLocks, writerLockName } from '../host/leadership.ts';
import type { Lease, LockManagerWithQuery, Locks } from '../host/leadership.ts';
import type { Scheduler } from '../host/scheduler.ts';
import { memberLockName } from '../host/tab-protocol.ts';

/** A browser that answers no question about locks for so long has forgotten it while it slept. */
const kForgottenMs = 10_000;

export interface CandidacyOptions {
  readonly store: string;
  readonly member: string;
  readonly manager: LockManagerWithQuery;
  readonly scheduler: Scheduler;
  readonly onGranted: (lease: Lease) => void;
  /** The browser grants no locks. */
  readonly onFailed: (error: unknown) => void;
}

export class Candidacy {
  readonly locks: Locks;
  readonly #options: CandidacyOptions;
  #queued: AbortController | null = null;
  #life: Lease | null = null;
  #regaining: AbortController | null = null;
  #isEnded = false;

  constructor(options: CandidacyOptions) {
    this.#options = options;
    this.locks = webLocks(options.manager);
  }

  /** Others see by this lock when the member is gone. */
  async holdLife(): Promise<void> {
    const { store, member } = this.#options;
    this.#life = await this.locks.acquire(memberLockName(store, member), { wait: true });
    if (this.#isEnded) this.#life.release();
  }

  /**
   * The thread slept: a browser may have given its lock away without a word. Stands behind it, so
   * that it is held again as soon as it is free, which it is now if it was lost; then `onRegained`.
   */
  regainLife(onRegained: () => void): void {
    this.#regaining?.abort();
    const regaining = (this.#regaining = new AbortController());
    const { store, member } = this.#options;
    const options = { wait: true, signal: regaining.signal };
    this.locks.acquire(memberLockName(store, member), options).then(
      (lease) => {
        if (this.#isEnded) return lease.release();
        this.#life = lease;
        onRegained();
      },
      () => undefined, // it is not needed any more
    );
  }

  /** The lock itself: LOCKED if somebody has it and `wait` is false. */
  acquire(wait: boolean, signal: AbortSignal | undefined): Promise<Lease> {
    return this.locks.acquire(writerLockName(this.#options.store), { wait, signal });
  }

  /**
   * Whether this thread has the lock, in one moment after the call: whoever has it has a lock, too,
   * that this thread was given just now.
   */
  holdsLead(): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const { scheduler } = this.#options;
      const cancel = scheduler.setTimer(kForgottenMs, () => resolve(false));
      this.#asksLocks().finally(cancel).then(resolve, reject);
    });
  }

  async #asksLocks(): Promise<boolean> {
    const { store, member, manager } = this.#options;
    const mine = `${memberLockName(store, member)}:now`;
    const lease = await this.locks.acquire(mine, { wait: true });
    try {
      const { held = [] } = await manager.query();
      const holder = (lock: string): unknown => held.find(({ name }) => name === lock)?.clientId;
      return holder(mine) !== undefined && holder(mine) === holder(writerLockName(store));
    } finally {
      lease.release();
    }
  }

  /** Waits for the lock; does nothing if it does so already. */
  stand(): void {
    if (this.#queued !== null || this.#isEnded) return;
    const queued = new AbortController();
    this.#queued = queued;
    const { onGranted, onFailed } = this.#options;
    this.acquire(true, queued.signal).then(
      (lease) => {
        if (this.#queued === queued) this.#queued = null;
        onGranted(lease);
      },
      (error: unknown) => {
        if (queued.signal.aborted) return;
        this.#queued = null;
        if (isStolen(error)) this.stand();
        else onFailed(error);
      },
    );
  }

  /** Takes the lock away from its holder. */
  take(): void {
    this.#withdraw();
    const name = writerLockName(this.#options.store);
    this.locks.acquire(name, { wait: true, steal: true }).then(
      (lease) => this.#options.onGranted(lease),
      () => this.stand(),
    );
  }

  #withdraw(): void {
    this.#queued?.abort();
    this.#queued = null;
  }

  end(): void {
    this.#isEnded = true;
    this.#withdraw();
    this.#regaining?.abort();
    this.#life?.release();
  }
}

/** The lock was taken away in the moment in which it was granted. */
function isStolen(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof DOMException && cause.name === 'AbortError';
}

export function newMemberId(randomBytes: (count: number) => Uint8Array): string {
  return Array.from(randomBytes(8), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
