/**
 * `wadict/inline` in Node: the same `open` with the engine inside the module, for programs that are
 * bundled into one file.
 */
import type { Client } from './client/client.ts';
import type { JsonClient } from './client/json-client.ts';
import { type InlineCode, unpackInline } from './inline-code.ts';
import { type NodeOpenOptions, open as openInNode } from './node.ts';

let code: Promise<InlineCode> | undefined;

/** Opens a store: as `open` of `wadict`, which see. */
export function open(
  name: string,
  options: NodeOpenOptions & { codec: 'json' },
): Promise<JsonClient>;
export function open(name: string, options?: NodeOpenOptions): Promise<Client>;
export async function open(
  name: string,
  options: NodeOpenOptions = {},
): Promise<Client | JsonClient> {
  const { wasm } = await (code ??= unpackInline());
  return openInNode(name, { wasm, ...options });
}

export type { NodeOpenOptions };
export type { LockOptions, UpdateOptions } from './client/atomic.ts';
export type { Client } from './client/client.ts';
export type { ExportedEntry } from './client/iterate.ts';
export type { JsonClient, JsonNamespace } from './client/json-client.ts';
export type { Namespace } from './client/namespace.ts';
export type { Entries, Key, Value } from './client/arguments.ts';
export type { ExpiryOptions, GetexOptions, SetOptions } from './client/command-options.ts';
export { WadictError, type WadictErrorCode } from './errors.ts';
export type { FlushReport, ImportReport, StoreStatus } from './transport.ts';
