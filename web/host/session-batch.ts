/** Requests of a session that went out together, and what came back. */

import { WadictError } from '../errors.ts';
import { errorReply } from './connection.ts';
import { joined } from './outbox.ts';
import { endOfReplies } from './reply-bytes.ts';
import { splitRequests } from './request-scanner.ts';

export interface Batch {
  first: number;
  count: number;
  bytes: Uint8Array;
  reply: Uint8Array | null;
  isFinal: boolean;
  /** The leader said that it waits for a key. */
  isBlocked: boolean;
  /** Epoch it was last sent to; 0: to none. */
  sentEpoch: bigint;
  since: number;
}

/** Cuts a batch behind request `executed`, which is in it; returns what lies behind. */
export function cutAfter(batch: Batch, executed: number): Batch {
  const kept = executed - batch.first + 1;
  const { requests } = splitRequests(batch.bytes);
  const size = requests.slice(0, kept).reduce((sum, { bytes }) => sum + bytes.length, 0);
  const tail: Batch = {
    ...batch,
    first: executed + 1,
    count: batch.count - kept,
    bytes: batch.bytes.slice(size),
    reply: null,
    isBlocked: false,
  };
  batch.count = kept;
  batch.bytes = batch.bytes.slice(0, size);
  if (batch.reply !== null) batch.reply = batch.reply.subarray(0, endOfReplies(batch.reply, kept));
  return tail;
}

const kUnknown = new WadictError(
  'OUTCOME_UNKNOWN',
  'the tab that ran this request is gone, and whether it took effect cannot be known',
);

export const unknown = (count: number): Uint8Array => failed(kUnknown, count);

export function failed(error: WadictError, count: number): Uint8Array {
  return joined(Array.from({ length: count }, () => errorReply(error)));
}
