/**
 * Which of a leader's messages have come: those that no request asked for are numbered from 1 on,
 * for each session that a leader serves, and each is heard at most once.
 *
 * Invariants: numbers only grow as long as the leader serves the session without a break; what is
 * missing is found when the next one comes, or when the leader says how many there were.
 */
export class HeardMessages {
  #last = 0;
  #told = 0;
  #epoch = 0n;

  /** The leader of that epoch serves the session, and has sent so many. True: some are missing. */
  welcomed(epoch: bigint, sent: number): boolean {
    // Fewer than came: it had given the session up, and begins anew.
    const known = epoch === this.#epoch ? this.#last : 0;
    this.#epoch = epoch;
    this.#told = 0;
    this.#last = sent;
    return sent > known;
  }

  /** The session goes by another number: what comes now is not for it. */
  reset(): void {
    this.welcomed(0n, 0);
  }

  /** Whether messages of that leader count: the welcome comes first. */
  isFrom(epoch: bigint): boolean {
    return epoch === this.#epoch;
  }

  /** Message `number` came. */
  came(number: number): { isNew: boolean; isMissing: boolean } {
    const isNew = number > this.#last;
    const isMissing = number > this.#last + 1;
    if (isNew) this.#last = number;
    return { isNew, isMissing };
  }

  /** There were messages up to `number`. True: some are missing. */
  counted(number: number): boolean {
    const isMissing = number > this.#last;
    if (isMissing) this.#last = number;
    return isMissing;
  }

  /** How many came since the leader was told. */
  get untold(): number {
    return this.#last - this.#told;
  }

  /** The leader is told: up to this one. */
  tell(): number {
    return (this.#told = this.#last);
  }
}
