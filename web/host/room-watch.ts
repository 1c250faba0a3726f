/**
 * Whether the storage has room. While it has not, a probe every 5 s finds out when it has again;
 * otherwise no timer runs.
 */

import type { Storage } from '../storage/storage.ts';
import type { Scheduler } from './scheduler.ts';

const kProbeEveryMs = 5_000;
/** What must fit before writes are accepted again. */
const kProbeBytes = 256 * 1024;

export class RoomWatch {
  readonly #storage: Storage | null;
  readonly #scheduler: Scheduler;
  readonly #onRoom: () => void;
  #isFull = false;
  #cancel: (() => void) | null = null;

  /** `onRoom` is called when there is room again. */
  constructor(storage: Storage | null, scheduler: Scheduler, onRoom: () => void) {
    this.#storage = storage;
    this.#scheduler = scheduler;
    this.#onRoom = onRoom;
  }

  get isFull(): boolean {
    return this.#isFull;
  }

  set(isFull: boolean): void {
    if (isFull === this.#isFull) return;
    this.#isFull = isFull;
    this.stop();
    if (isFull) this.#plan();
    else this.#onRoom();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #plan(): void {
    this.#cancel = this.#scheduler.setTimer(kProbeEveryMs, () => {
      this.#cancel = null;
      this.#storage?.probe(kProbeBytes).then(
        () => this.set(false),
        () => {
          if (this.#isFull) this.#plan();
        },
      );
    });
  }
}
