/**
 * `wadict` in browsers: the engine in a module Worker, the data in IndexedDB.
 *
 *   import { open } from 'wadict';
 *   const db = await open('app');
 *
 * Importing does nothing, on a server too; `open` needs a browser.
 */
import { Client } from './client/client.ts';
import { checkOpenArguments, type OpenOptions } from './client/open-options.ts';
import type { WasmSource } from './engine/engine-port.ts';
import { WadictError } from './errors.ts';
import { WorkerBackend } from './worker/worker-transport.ts';

export interface BrowserOpenOptions extends OpenOptions {
  /** 'indexeddb' (default), or 'memory': nothing is stored. */
  storage?: 'indexeddb' | 'memory' | undefined;
  /** Where the engine's code is; default: engine.wasm beside the Worker's script. */
  wasm?: WasmSource | undefined;
  /** Makes the Worker where its script lies elsewhere: `() => new Worker(url, {…})`. */
  worker?: (() => Worker) | undefined;
}

/**
 * Opens a store. Rejects with LOCKED (another tab has it), STORAGE_UNAVAILABLE (if storage is
 * required), CORRUPT, FORMAT_TOO_NEW, WORKER_LOAD, WASM_LOAD, CSP, UNSUPPORTED …
 */
export async function open(name: string, options: BrowserOpenOptions = {}): Promise<Client> {
  checkOpenArguments(name, options);
  const { durability, requireStorage, ifLocked, signal, storage } = options;
  const { maxMemory, seed, slots, recover } = options;
  const wasm = await toClonable(options.wasm);
  const worker = startWorker(options.worker ?? defaultWorker);
  const backend = await WorkerBackend.open({
    worker,
    open: {
      name,
      durability,
      requireStorage,
      ifLocked,
      recover,
      storage,
      wasm,
      seed,
      maxMemory,
      slots,
    },
    signal,
  });
  return new Client(name, backend, options);
}

/** Bundlers look for exactly this expression. */
function defaultWorker(): Worker {
  return new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
}

function startWorker(make: () => Worker): Worker {
  if (typeof Worker !== 'function') {
    const message = 'there is no Worker here: open() needs a page or a Worker of a browser';
    throw new WadictError('UNSUPPORTED', message);
  }
  try {
    return make();
  } catch (cause) {
    const text = String(cause);
    const isTrustedTypes = /Trusted/.test(text);
    const hint = isTrustedTypes
      ? 'Trusted Types want a policy: { worker: () => new Worker(policy.createScriptURL(url), …) }'
      : "It must come from the page's own origin and be allowed by the page's policy (worker-src)";
    const message = `the Worker's script could not be started: ${text}. ${hint}`;
    throw new WadictError(isTrustedTypes ? 'CSP' : 'WORKER_LOAD', message, { cause });
  }
}

/** What can be posted to a Worker, whose own URL is not the page's. */
async function toClonable(
  wasm: WasmSource | undefined,
): Promise<WebAssembly.Module | ArrayBuffer | Uint8Array | string | undefined> {
  if (typeof wasm === 'string' || wasm instanceof URL) return new URL(wasm, location.href).href;
  return typeof Response === 'function' && wasm instanceof Response ? wasm.arrayBuffer() : wasm;
}

export type { Client } from './client/client.ts';
export type { Entries, Key, Value } from './client/arguments.ts';
export type { ExpiryOptions, GetexOptions, SetOptions } from './client/command-options.ts';
export { WadictError, type WadictErrorCode } from './errors.ts';
export type { FlushReport, ImportReport, StoreStatus } from './transport.ts';
