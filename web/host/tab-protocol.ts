/**
 * What members of one store say to each other. A member is one Worker (or page) that has the store
 * open; one of them leads: it has the engine. Everything here survives structured cloning.
 *
 *   member                                  leader
 *     everybody's channel  wadict:<name>
 *   join (hello of each session) --------->          also the sign of life that is asked for
 *        <-------------------------------- leading (to all: a new epoch has begun), starting
 *     the member's own channel  wadict:<name>:<member>
 *        <-------------------------------- leading, welcome (to each hello)
 *   requests, acked, bye ----------------->
 *        <-------------------------------- tentative, final, blocked, gap, ended
 *   rpc <--------------------------------> rpc          flush, export, import (worker/protocol.ts)
 *
 * Channels promise nothing: messages may be lost, doubled, late. So each names its epoch, requests
 * and replies carry numbers, and whoever misses something says hello again. The leader talks to its
 * own sessions in the same words, by calls.
 */

import type { WadictErrorCode } from '../errors.ts';
import type { StoreStatus } from '../transport.ts';
import type { Durability } from './durability.ts';

export interface Channel {
  post(message: object): void;
  close(): void;
}

/** BroadcastChannel, or what stands for it in a test. */
export interface Channels {
  open(name: string, receive: (message: unknown) => void): Channel;
}

export const everybodysChannel = (store: string): string => `wadict:${store}`;
export const memberChannel = (store: string, member: string): string => `wadict:${store}:${member}`;
/** Held as long as the member lives. */
export const memberLockName = (store: string, member: string): string =>
  `wadict:${store}:c:${member}`;

/** A session asks to be served from request `from` on. */
export interface Hello {
  readonly client: number;
  /** Nothing was ever sent under this number: it must be nobody else's. */
  readonly isFresh: boolean;
  /** The first request without an answer. */
  readonly from: number;
  /** The last epoch that such a request was sent to; 0: none was sent. */
  readonly sentEpoch: bigint;
}

export interface Leading {
  readonly kind: 'leading';
  readonly member: string;
  readonly epoch: bigint;
  /** To one member: it is known to the leader now. */
  readonly status: StoreStatus | null;
}

export type Hint =
  | Leading
  /** The lock is held, the store is being loaded. */
  | { readonly kind: 'starting'; readonly member: string }
  | {
      readonly kind: 'join';
      readonly member: string;
      readonly durability: Durability;
      readonly hellos: readonly Hello[];
    };

export interface Requests {
  readonly kind: 'requests';
  readonly epoch: bigint;
  readonly client: number;
  readonly first: number;
  /** 0: the session has subscriptions and nothing to ask, `setup` is what matters. */
  readonly count: number;
  /** Whole requests. */
  readonly bytes: Uint8Array;
  /** With the first ones after a welcome: brings a new session into the state it had. */
  readonly setup: readonly Uint8Array[] | null;
  readonly acked: number;
}

export type ToLeader =
  | Requests
  /** Answers up to here arrived, and messages up to number `heard`. */
  | {
      readonly kind: 'acked';
      readonly epoch: bigint;
      readonly client: number;
      readonly acked: number;
      readonly heard: number;
    }
  | { readonly kind: 'bye'; readonly epoch: bigint; readonly client: number }
  | { readonly kind: 'rpc-to-leader'; readonly epoch: bigint; readonly body: unknown };

export interface Welcome {
  readonly kind: 'welcome';
  readonly epoch: bigint;
  readonly client: number;
  /** Requests up to this one were executed, and what they changed is, or will be, in the log. */
  readonly executed: number;
  /** Replies from this request on are with the leader and follow; none if above `executed`. */
  readonly heldFrom: number;
  /** Nothing is known any more of what was sent before. */
  readonly isForgotten: boolean;
  /** The number of the last message that no request asked for. */
  readonly pushed: number;
}

export type ToSession =
  | Welcome
  /** The number is in use: take another. */
  | { readonly kind: 'taken'; readonly epoch: bigint; readonly client: number }
  | {
      readonly kind: 'tentative';
      readonly epoch: bigint;
      readonly client: number;
      readonly first: number;
      readonly count: number;
      readonly bytes: Uint8Array;
    }
  | {
      readonly kind: 'final';
      readonly epoch: bigint;
      readonly client: number;
      readonly first: number;
      /** 0: a message that no request asked for, number `first`. */
      readonly count: number;
      /** Null: as the tentative ones; with count 0: there were messages up to `first`. */
      readonly bytes: Uint8Array | null;
    }
  /** One of these requests waits for a key: that the leader is silent about them means nothing. */
  | {
      readonly kind: 'blocked';
      readonly epoch: bigint;
      readonly client: number;
      readonly first: number;
      readonly count: number;
    }
  /** Something is missing, or the session is unknown: say hello again. */
  | { readonly kind: 'gap'; readonly epoch: bigint; readonly client: number }
  | {
      readonly kind: 'ended';
      readonly epoch: bigint;
      readonly client: number;
      readonly code: WadictErrorCode;
      readonly message: string;
    };

export type ToMember =
  | Leading
  | ToSession
  | { readonly kind: 'status'; readonly epoch: bigint; readonly status: StoreStatus }
  | { readonly kind: 'rpc-to-member'; readonly epoch: bigint; readonly body: unknown };

export type Message = Hint | ToLeader | ToMember;

/** Both ends of a member's channel hear everything that is said to the other. */
export function isForMember(message: ToLeader | ToMember): message is ToMember {
  return !['requests', 'acked', 'bye', 'rpc-to-leader'].includes(message.kind);
}
