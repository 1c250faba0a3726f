/** What a member of a store is given, and what it knows of the leader. */

import type { WadictError, WadictErrorCode } from '../errors.ts';
import type { Durability } from '../host/durability.ts';
import type { Host } from '../host/host.ts';
import type { LockManagerWithQuery } from '../host/leadership.ts';
import type { LeaderLink } from '../host/member-session.ts';
import type { Scheduler } from '../host/scheduler.ts';
import type { Channel, Channels } from '../host/tab-protocol.ts';
import type { StoreStatus } from '../transport.ts';
import { RemoteStore } from './remote-store.ts';

export interface MemberOptions {
  readonly name: string;
  readonly manager: LockManagerWithQuery;
  readonly channels: Channels;
  readonly scheduler: Scheduler;
  readonly randomBytes: (count: number) => Uint8Array;
  /** Opens the store as its writer; `onEnded` hears when it is not that any more. */
  readonly lead: (
    onEnded: (reason: WadictError) => void,
    holdsLead: () => Promise<boolean>,
  ) => Promise<Host>;
  readonly durability: Durability;
  /** 'share' (default): follow whoever leads. 'fail': LOCKED. 'wait': until nobody leads. */
  readonly ifLocked?: 'share' | 'fail' | 'wait' | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Leader {
  readonly epoch: bigint;
  readonly link: LeaderLink;
  /** Null when it is this member. */
  readonly remote: RemoteStore | null;
  /** What the leader said of the store; null until it knows this member. */
  status: StoreStatus | null;
}

/** After these nobody can lead the store as it is. */
export const kHopelessCodes: ReadonlySet<WadictErrorCode> = new Set([
  'CORRUPT',
  'FORMAT_TOO_NEW',
  'FOREIGN_STORE',
  'STORAGE_VANISHED',
  'ROLLBACK_DETECTED',
  'RELOAD_REQUIRED',
]);

/** A leader at the other end of a member's channel. */
export function distantLeader(epoch: bigint, channel: Channel, scheduler: Scheduler): Leader {
  const post: LeaderLink['post'] = (message) => channel.post(message);
  const remote = new RemoteStore(scheduler, (body) => post({ kind: 'rpc-to-leader', epoch, body }));
  return { epoch, link: { epoch, isLocal: false, post }, remote, status: null };
}
