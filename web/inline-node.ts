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
export { WadictError } from './errors.ts';
export type * from './public-types.ts';
