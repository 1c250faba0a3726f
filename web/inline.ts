/**
 * `wadict/inline` in browsers: the same `open` with the Worker's script and the engine inside, for
 * CDNs, bundlers that copy no files, and pages that require Trusted Types.
 *
 *   import { open } from 'https://cdn.example/wadict/dist/inline.js';
 *
 * A Content-Security-Policy must allow `worker-src blob:` and `script-src 'wasm-unsafe-eval'`, and
 * where it names its `trusted-types`, the policy `wadict`.
 */
import type { Client } from './client/client.ts';
import type { JsonClient } from './client/json-client.ts';
import { type InlineCode, unpackInline } from './inline-code.ts';
import { type BrowserOpenOptions, openInBrowser, workerAt } from './open-browser.ts';

let code: Promise<InlineCode> | undefined;

/** Opens a store: as `open` of `wadict`, which see. */
export function open(
  name: string,
  options: BrowserOpenOptions & { codec: 'json' },
): Promise<JsonClient>;
export function open(name: string, options?: BrowserOpenOptions): Promise<Client>;
export async function open(
  name: string,
  options: BrowserOpenOptions = {},
): Promise<Client | JsonClient> {
  const { worker, wasm } = await (code ??= unpackInline());
  const url = URL.createObjectURL(new Blob([worker], { type: 'text/javascript' }));
  try {
    // A classic script: it imports nothing, and older browsers have no module Workers.
    return await openInBrowser(name, { wasm, ...options }, () => workerAt(url, 'classic'));
  } finally {
    URL.revokeObjectURL(url);
  }
}

export type { BrowserOpenOptions };
export { WadictError } from './errors.ts';
export type * from './public-types.ts';
