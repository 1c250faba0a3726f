/** Whatever was thrown below the host, as the one error class of the API. */

import { WadictError } from '../errors.ts';
import { StorageError } from '../storage/storage.ts';

export function asWadictError(error: unknown): WadictError {
  if (error instanceof WadictError) return error;
  if (error instanceof StorageError)
    return new WadictError(error.code, error.message, { cause: error });
  return new WadictError('WORKER_DIED', `internal error: ${String(error)}`, { cause: error });
}

export const closedError = (): WadictError => new WadictError('CLOSED', 'the store is closed');
