/**
 * The one error class of wadict and the one list of its codes. Every rejected promise and every
 * thrown error of the public API is a WadictError; RESP keeps Redis's texts in `message`.
 */

export const WADICT_ERROR_CODES = [
  // what a command answered
  'WRONGTYPE',
  'SYNTAX',
  'WRONG_ARITY',
  'UNKNOWN_COMMAND',
  'NOT_INTEGER',
  'NOT_FLOAT',
  'OUT_OF_RANGE',
  'NO_SUCH_KEY',
  'BUSY_KEY',
  'EXEC_ABORT',
  'NO_AUTH',
  'NO_PERMISSION',
  'REPLY',
  // what was handed in
  'INVALID_KEY',
  'INVALID_VALUE',
  'NOT_CLONEABLE',
  'VALUE_TOO_LARGE',
  'OOM',
  // storage
  'QUOTA_EXCEEDED',
  'STORAGE_UNAVAILABLE',
  'STORAGE_LOST',
  'STORAGE_VANISHED',
  'ROLLBACK_DETECTED',
  'FOREIGN_STORE',
  'LOCKED',
  'FENCED',
  'OUTCOME_UNKNOWN',
  'RELOAD_REQUIRED',
  'FORMAT_TOO_NEW',
  'CORRUPT',
  'IMPORT_REJECTED',
  'WRONG_KEY',
  // life cycle and environment
  'TIMEOUT',
  'ABORTED',
  'CLOSED',
  'WORKER_DIED',
  'WASM_LOAD',
  'WORKER_LOAD',
  'CSP',
  'UNSUPPORTED',
] as const;

export type WadictErrorCode = (typeof WADICT_ERROR_CODES)[number];

/** Codes after which the same call may succeed if it is made again (on a reopened store). */
const kRetryable: ReadonlySet<WadictErrorCode> = new Set<WadictErrorCode>([
  'LOCKED',
  'TIMEOUT',
  'WORKER_DIED',
  'STORAGE_LOST',
  'FENCED',
]);

export interface WadictErrorDetails {
  command?: string | undefined;
  key?: string | undefined;
  retryable?: boolean | undefined;
  cause?: unknown;
}

export class WadictError extends Error {
  readonly code: WadictErrorCode;
  readonly retryable: boolean;
  readonly command?: string;
  readonly key?: string;

  constructor(code: WadictErrorCode, message: string, details: WadictErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'WadictError';
    this.code = code;
    this.retryable = details.retryable ?? kRetryable.has(code);
    if (details.command !== undefined) this.command = details.command;
    if (details.key !== undefined) this.key = details.key;
  }
}
