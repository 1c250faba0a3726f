/** What `open` takes everywhere; index.ts and node.ts add what only they know. */
import { WadictError } from '../errors.ts';
import type { StoreStatus } from '../transport.ts';
import type { ClientOptions } from './client.ts';
import { describe } from './arguments.ts';

export interface OpenOptions extends ClientOptions {
  /** When a call resolves. Default 'commit'. */
  durability?: StoreStatus['durability'] | undefined;
  /** Reject with STORAGE_UNAVAILABLE rather than keep everything in memory only. */
  requireStorage?: boolean | undefined;
  /**
   * When another tab or process has the store. In browsers: share it (default), reject with LOCKED,
   * or wait until it is gone. In Node LOCKED is the default, and sharing is not possible.
   */
  ifLocked?: 'share' | 'fail' | 'wait' | undefined;
  /** Ends the waiting. */
  signal?: AbortSignal | undefined;
  /** Most memory of the engine: bytes, '64mb', '1gb'. */
  maxMemory?: number | string | undefined;
  /** 16,384 slot dictionaries (CLUSTER COUNTKEYSINSLOT and its kin); database 0 only. */
  slots?: boolean | undefined;
  /** Seed of the keyed hash: 16 bytes or a bigint. Default: random, which keeps floods out. */
  seed?: Uint8Array | bigint | undefined;
  /**
   * About damage inside the log: refuse (default), keep what is before it, or leave it out. About a
   * store that the browser dropped or set back: all refuse (STORAGE_VANISHED, ROLLBACK_DETECTED,
   * FOREIGN_STORE) but 'accept-loss', which goes on with what is left.
   */
  recover?: 'refuse' | 'before-damage' | 'skip-damaged' | 'accept-loss' | undefined;
}

const kChoices = {
  codec: ['json'],
  durability: ['always', 'commit', 'everysec', 'no'],
  ifLocked: ['share', 'fail', 'wait'],
  recover: ['refuse', 'before-damage', 'skip-damaged', 'accept-loss'],
} as const;

/** @throws WadictError INVALID_VALUE, before anything is opened */
export function checkOpenArguments(name: string, options: OpenOptions): void {
  if (typeof name !== 'string' || name === '' || name.includes('\0')) {
    throw new WadictError('INVALID_VALUE', `open() takes a name, not ${describe(name)}`);
  }
  for (const [option, choices] of Object.entries(kChoices)) {
    const given = options[option as keyof typeof kChoices];
    if (given === undefined || (choices as readonly string[]).includes(given)) continue;
    const message = `${option} '${describe(given)}' is none of ${choices.join(', ')}`;
    throw new WadictError('INVALID_VALUE', message);
  }
}
