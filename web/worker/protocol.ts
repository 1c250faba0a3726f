/**
 * What passes between a page and the Worker that holds its store. Wire types only: everything here
 * survives structured cloning, and nothing else is ever posted.
 *
 *   page                                Worker
 *   open ------------------------------>
 *        <------------------------------ alive (the script runs; names the lock it holds)
 *        <------------------------------ opened | failed (id 0)
 *   connect, request, disconnect ------>
 *        <------------------------------ reply …, session-closed
 *   call ------------------------------>
 *        <------------------------------ done | failed
 *   export, pull … -------------------->                    one chunk for each pull
 *        <------------------------------ chunk …, done
 *   import ---------------------------->
 *        <------------------------------ pull …
 *   chunk …, end ---------------------->
 *        <------------------------------ done
 */

import type { WadictErrorCode } from '../errors.ts';
import type { Durability } from '../host/durability.ts';
import type { RecoverMode } from '../host/recovery.ts';
import type { StoreStatus } from '../transport.ts';
import type { PageLife } from './page-life.ts';

export interface WireError {
  readonly code: WadictErrorCode;
  readonly message: string;
  readonly retryable: boolean;
}

/** How the Worker opens the store; all of it can be cloned. */
export interface WorkerOpenOptions {
  readonly name: string;
  readonly durability?: Durability | undefined;
  readonly requireStorage?: boolean | undefined;
  readonly ifLocked?: 'share' | 'fail' | 'wait' | undefined;
  readonly recover?: RecoverMode | undefined;
  readonly log?: boolean | undefined;
  readonly savePoints?: string | undefined;
  /** 'memory': nothing is stored. Default: IndexedDB. */
  readonly storage?: 'indexeddb' | 'memory' | undefined;
  readonly wasm?: WebAssembly.Module | ArrayBuffer | Uint8Array | string | undefined;
  readonly seed?: Uint8Array | bigint | undefined;
  readonly maxMemory?: number | string | undefined;
  readonly slots?: boolean | undefined;
}

export type ToWorker =
  | { readonly kind: 'open'; readonly options: WorkerOpenOptions }
  | { readonly kind: 'connect'; readonly session: number }
  | { readonly kind: 'request'; readonly session: number; readonly bytes: Uint8Array }
  | { readonly kind: 'disconnect'; readonly session: number }
  | { readonly kind: 'page'; readonly life: PageLife }
  | { readonly kind: 'call'; readonly id: number; readonly method: 'flush' | 'close' | 'ping' }
  | { readonly kind: 'export'; readonly id: number }
  | { readonly kind: 'import'; readonly id: number }
  | { readonly kind: 'pull'; readonly id: number }
  | { readonly kind: 'chunk'; readonly id: number; readonly bytes: Uint8Array }
  /** The stream has ended: whole, or broken off by whoever sent it. */
  | { readonly kind: 'end'; readonly id: number; readonly error: WireError | null };

export type FromWorker =
  | { readonly kind: 'alive'; readonly lockName: string | null }
  | { readonly kind: 'opened'; readonly status: StoreStatus }
  | { readonly kind: 'reply'; readonly session: number; readonly bytes: Uint8Array }
  | { readonly kind: 'session-closed'; readonly session: number; readonly error: WireError }
  | { readonly kind: 'status'; readonly status: StoreStatus }
  | { readonly kind: 'pull'; readonly id: number }
  | { readonly kind: 'chunk'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: 'done'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly error: WireError };

/** The id under which opening fails. */
export const kOpenId = 0;
