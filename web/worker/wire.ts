/** Errors and bytes on their way through postMessage. */

import { WadictError } from '../errors.ts';
import { asWadictError } from '../host/host-errors.ts';
import type { WireError } from './protocol.ts';

/** One end of a message port, as pages, Workers and Node's worker_threads have it. */
export interface Port<Out> {
  postMessage(message: Out, transfer: Transferable[]): void;
}

export function toWire(error: unknown): WireError {
  const { code, message, retryable } = asWadictError(error);
  return { code, message, retryable };
}

export function fromWire({ code, message, retryable }: WireError): WadictError {
  return new WadictError(code, message, { retryable });
}

/** Bytes that own their whole buffer, so that it can be transferred. */
export function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  const isWhole = buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength;
  return isWhole ? (bytes as Uint8Array<ArrayBuffer>) : bytes.slice();
}
