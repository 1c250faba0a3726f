/**
 * Who may write. In a browser one host per store holds the Web Lock `wadict:<name>:w`; the lock
 * only elects, what excludes is the claim in the log (recovery.ts): a writer who lost the lock
 * without noticing finds its next LSN taken. Files bring a lock of their own
 * (storage/directory-lock.ts).
 *
 * Whoever does not get the lease becomes a client of its holder and waits here, with `wait`, to
 * take over (worker/member.ts); when the holder does not answer, `steal` takes the lease from it.
 */

import { WadictError } from '../errors.ts';

export interface Lease {
  /** Resolves when the lease was taken away (stolen, or released by the browser); never rejects. */
  readonly lost: Promise<void>;
  /** Idempotent. */
  release(): void;
}

export interface Locks {
  /** @throws WadictError LOCKED when somebody holds it and `wait` is false. */
  acquire(
    name: string,
    options: { wait: boolean; steal?: boolean | undefined; signal?: AbortSignal | undefined },
  ): Promise<Lease>;
}

/** The part of navigator.locks that is used. */
export interface LockManagerLike {
  request(
    name: string,
    options: LockOptions,
    callback: (lock: unknown) => Promise<void> | undefined,
  ): Promise<unknown>;
}

export interface LockManagerWithQuery extends LockManagerLike {
  query(): Promise<{ readonly held?: readonly LockInfo[] }>;
}

export const writerLockName = (store: string): string => `wadict:${store}:w`;

export function webLocks(manager: LockManagerLike): Locks {
  return {
    acquire(name, { wait, steal = false, signal }) {
      return new Promise((resolve, reject) => {
        let release: () => void = () => undefined;
        const held = new Promise<void>((done) => (release = done));
        let lose: () => void = () => undefined;
        const lost = new Promise<void>((done) => (lose = done));
        // ifAvailable and signal exclude each other.
        let options: LockOptions = { ifAvailable: true };
        if (steal) options = { steal: true };
        else if (wait) options = signal === undefined ? {} : { signal };
        manager
          .request(name, options, (lock) => {
            if (lock === null) {
              reject(new WadictError('LOCKED', `another tab or process holds ${name}`));
              return undefined;
            }
            resolve({ lost, release });
            return held;
          })
          .catch((cause: unknown) => {
            reject(new WadictError('LOCKED', `no lock ${name}: ${String(cause)}`, { cause }));
            lose(); // it was held, and is not any more
          });
      });
    },
  };
}
