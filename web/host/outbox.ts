/**
 * What leaves a session: pieces of one turn go out as one, after the turn, and the end comes behind
 * them, once. Nothing leaves before somebody listens.
 */

import type { TransportListener } from '../transport.ts';

export class Outbox {
  listener: TransportListener | null = null;
  #pieces: Uint8Array[] = [];
  #reason: Error | null = null;
  #isPlanned = false;

  attach(listener: TransportListener): void {
    this.listener = listener;
    this.#plan();
  }

  push(...pieces: Uint8Array[]): void {
    this.#pieces.push(...pieces);
    this.#plan();
  }

  /** Called once; nothing is pushed behind it. */
  end(reason: Error): void {
    this.#reason = reason;
    this.#plan();
  }

  #plan(): void {
    if (this.#isPlanned || this.listener === null) return;
    this.#isPlanned = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    this.#isPlanned = false;
    const bytes = joined(this.#pieces);
    this.#pieces = [];
    if (bytes.length > 0) this.listener?.onReply(bytes);
    const reason = this.#reason;
    this.#reason = null;
    if (reason !== null) this.listener?.onClose(reason);
  }
}

/** One piece is handed on as it is. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0] as Uint8Array;
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
