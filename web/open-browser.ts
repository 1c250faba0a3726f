/**
 * `open` in browsers, whoever makes the Worker: a bundled script, a given URL, an inlined source.
 */
import { Client } from './client/client.ts';
import { checkOpenArguments, type OpenOptions } from './client/open-options.ts';
import type { WasmSource } from './engine/engine-port.ts';
import { WadictError } from './errors.ts';
import { namingPolicy } from './policy-watch.ts';
import { WorkerBackend } from './worker/worker-transport.ts';

export interface BrowserOpenOptions extends OpenOptions {
  /** 'indexeddb' (default), or 'memory': nothing is stored. */
  storage?: 'indexeddb' | 'memory' | undefined;
  /** Where the engine's code is; default: engine.wasm beside the Worker's script. */
  wasm?: WasmSource | undefined;
  /** Makes the Worker where its script lies elsewhere: `() => new Worker(url, {…})`. */
  worker?: (() => Worker) | undefined;
  /**
   * Where the Worker's script is. Where the page requires Trusted Types, it goes through a policy
   * named `wadict`, which `trusted-types` must allow.
   */
  workerUrl?: string | URL | undefined;
}

/** @throws what `open` throws */
export async function openInBrowser(
  name: string,
  options: BrowserOpenOptions,
  ownWorker: () => Worker,
): Promise<Client> {
  checkOpenArguments(name, options);
  const { durability, requireStorage, ifLocked, signal, storage, workerUrl } = options;
  const { maxMemory, seed, slots, recover } = options;
  const wasm = await toClonable(options.wasm);
  const fromUrl = workerUrl === undefined ? ownWorker : () => workerAt(workerUrl, 'module');
  const backend = await namingPolicy(() =>
    WorkerBackend.open({
      worker: startWorker(options.worker ?? fromUrl),
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
    }),
  );
  return new Client(name, backend, options);
}

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): string };
}

let policy: ReturnType<TrustedTypes['createPolicy']> | undefined;

/** A Worker on a script that the page's author or this package named, Trusted Types or not. */
export function workerAt(url: string | URL, type: WorkerType): Worker {
  const { href } = new URL(url, location.href);
  const factory = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
  policy ??= factory?.createPolicy('wadict', { createScriptURL: (own) => own });
  return new Worker(policy === undefined ? href : policy.createScriptURL(href), { type });
}

function startWorker(make: () => Worker): Worker {
  if (typeof Worker !== 'function') {
    const message = 'there is no Worker here: open() needs a page or a Worker of a browser';
    throw new WadictError('UNSUPPORTED', message);
  }
  try {
    return make();
  } catch (cause) {
    const isTrustedTypes = /Trusted|policy/i.test(String(cause));
    const hint = isTrustedTypes
      ? "Trusted Types: use 'wadict/inline' or the option workerUrl, and allow the policy 'wadict'"
      : "It must come from the page's own origin; 'wadict/inline' may come from any";
    const message = `the Worker's script could not be started: ${String(cause)}. ${hint}`;
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
