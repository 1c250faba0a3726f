/**
 * `wadict` in browsers: the engine in a module Worker, the data in IndexedDB.
 *
 *   import { open } from 'wadict';
 *   const db = await open('app');
 *
 * Importing does nothing, on a server too; `open` needs a browser.
 */
import type { Client } from './client/client.ts';
import type { JsonClient } from './client/json-client.ts';
import { type BrowserOpenOptions, openInBrowser } from './open-browser.ts';

/**
 * Opens a store. Rejects with LOCKED (another tab has it), STORAGE_UNAVAILABLE (if storage is
 * required), CORRUPT, FORMAT_TOO_NEW, WORKER_LOAD, WASM_LOAD, CSP, UNSUPPORTED …
 */
export function open(
  name: string,
  options: BrowserOpenOptions & { codec: 'json' },
): Promise<JsonClient>;
export function open(name: string, options?: BrowserOpenOptions): Promise<Client>;
export function open(name: string, options: BrowserOpenOptions = {}): Promise<Client | JsonClient> {
  return openInBrowser(name, options, defaultWorker);
}

/** Bundlers look for exactly this expression. */
function defaultWorker(): Worker {
  return new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
}

export type { BrowserOpenOptions };
export { WadictError } from './errors.ts';
export type * from './public-types.ts';
