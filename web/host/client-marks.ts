/**
 * Which requests are in the store already: for each client (a session of a tab) the number of the
 * last one that was executed. A client numbers its requests from 1 without gaps and they run in
 * that order, so everything up to the mark was executed, and what it changed is in the store; a
 * request beyond it changed nothing.
 *
 * The log's records carry both numbers; the manifest keeps the marks of what lies before the log.
 * Marks grow when a request runs. Only a recovery takes one back: what ran and did not get into the
 * store has changed nothing, and must not be taken for done by whoever comes back. A mark is
 * forgotten some time after its client is gone; of a client that comes back later still, nothing
 * can be known, and the epoch of forgetting says so.
 */

import type { Scheduler } from './scheduler.ts';

export interface MarksRecord {
  readonly clients: ReadonlyMap<number, number>;
  /** Marks that were last used in an epoch up to this one may have been forgotten. */
  readonly forgottenEpoch: bigint;
}

export const kNoMarks: MarksRecord = { clients: new Map(), forgottenEpoch: 0n };

/** How long the mark of a client that is gone, or that has not come yet, is kept. */
const kKeptMs = 600_000;
const kMaxMarks = 1_024;

export class ClientMarks {
  readonly #scheduler: Scheduler;
  readonly #last = new Map<number, number>();
  /** Clients without a session, and since when; in the order of their going. */
  readonly #absent = new Map<number, number>();
  #forgottenEpoch = 0n;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** What a recovery found: that is what is in the store. */
  recovered({ clients, forgottenEpoch }: MarksRecord): void {
    if (forgottenEpoch > this.#forgottenEpoch) this.#forgottenEpoch = forgottenEpoch;
    for (const client of [...this.#last.keys()]) {
      if (clients.has(client)) continue;
      this.#last.delete(client);
      this.#absent.delete(client);
    }
    for (const [client, request] of clients) {
      if (!this.#last.has(client)) this.#absent.set(client, this.#scheduler.elapsed());
      this.#last.set(client, request);
    }
  }

  /** Request `request` of `client` was executed. */
  note(client: number, request: number): void {
    const known = this.#last.get(client) ?? 0;
    if (request > known) this.#last.set(client, request);
  }

  /** 0: nothing is known of this client. */
  last(client: number): number {
    return this.#last.get(client) ?? 0;
  }

  /** Whether a client of which nothing is known may have been forgotten since `epoch`. */
  mayHaveForgotten(epoch: bigint): boolean {
    return epoch <= this.#forgottenEpoch;
  }

  present(client: number): void {
    this.#absent.delete(client);
  }

  /** Its session ended; `isFinal`: it will not come back. */
  gone(client: number, isFinal: boolean): void {
    if (isFinal) {
      this.#last.delete(client);
      this.#absent.delete(client);
    } else if (this.#last.has(client)) {
      this.#absent.set(client, this.#scheduler.elapsed());
    }
  }

  /** What a manifest written now must say. */
  record(epoch: bigint): MarksRecord {
    const now = this.#scheduler.elapsed();
    for (const [client, since] of this.#absent) {
      if (now - since < kKeptMs && this.#last.size <= kMaxMarks) break;
      this.#last.delete(client);
      this.#absent.delete(client);
      this.#forgottenEpoch = epoch;
    }
    return { clients: new Map(this.#last), forgottenEpoch: this.#forgottenEpoch };
  }
}
