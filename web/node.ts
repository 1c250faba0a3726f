/**
 * `wadict` in Node: the engine in this process, the data in files (or only in memory).
 *
 *   import { open } from 'wadict';
 *   const db = await open('app'); // in ./app/
 */
import { resolve } from 'node:path';
import { Client } from './client/client.ts';
import type { JsonClient } from './client/json-client.ts';
import { checkOpenArguments, type OpenOptions } from './client/open-options.ts';
import type { WasmSource } from './engine/engine-port.ts';
import { engineMaker } from './engine/load-node.ts';
import { WadictError } from './errors.ts';
import { Host } from './host/host.ts';
import { kNodeRewrite } from './host/snapshot-policy.ts';
import { FileStorage } from './storage/file-storage.ts';
import type { Storage } from './storage/storage.ts';

export interface NodeOpenOptions extends OpenOptions {
  /** 'file' (default): in a folder. 'memory': nothing is stored. */
  storage?: 'file' | 'memory' | undefined;
  /** The folder; default: `name` in the current folder. It must be empty or a store of wadict. */
  directory?: string | undefined;
  /** Where the engine's code is; default: beside this module. */
  wasm?: WasmSource | undefined;
  /** Whether a log is kept (Redis's appendonly). Default true. */
  log?: boolean | undefined;
  /** Save points in Redis's words: '3600 1 300 100'. Default: none. */
  savePoints?: string | undefined;
}

/**
 * Opens a store. Rejects with LOCKED (another process has it), FOREIGN_STORE (the folder holds
 * something else), CORRUPT, FORMAT_TOO_NEW, STORAGE_UNAVAILABLE, WASM_LOAD, UNSUPPORTED …
 */
export function open(
  name: string,
  options: NodeOpenOptions & { codec: 'json' },
): Promise<JsonClient>;
export function open(name: string, options?: NodeOpenOptions): Promise<Client>;
export async function open(
  name: string,
  options: NodeOpenOptions = {},
): Promise<Client | JsonClient> {
  checkOpenArguments(name, options);
  const { storage = 'file', directory = name, ifLocked, requireStorage = false } = options;
  if (ifLocked === 'share')
    throw new WadictError('UNSUPPORTED', "ifLocked: 'share' needs the tabs of a browser");
  if (storage === 'memory') {
    if (!requireStorage) return new Client(name, await openHost(null, directory, options), options);
    throw new WadictError('STORAGE_UNAVAILABLE', "storage: 'memory' stores nothing");
  }
  const files = new FileStorage({ directory: resolve(directory), lock: { ifLocked } });
  try {
    return new Client(name, await openHost(files, directory, options), options);
  } catch (error) {
    const isWithout = error instanceof WadictError && error.code === 'STORAGE_UNAVAILABLE';
    if (requireStorage || !isWithout) throw error;
    return new Client(name, await openHost(null, directory, options), options);
  }
}

function openHost(
  storage: Storage | null,
  directory: string,
  options: NodeOpenOptions,
): Promise<Host> {
  const { durability, log, savePoints, recover, signal, wasm, seed, maxMemory, slots } = options;
  return Host.open({
    engine: engineMaker({ wasm, seed, maxMemory, slots }),
    storage,
    durability,
    log,
    savePoints,
    recover,
    signal,
    rewrite: kNodeRewrite,
    parameters: storage === null ? {} : { dir: resolve(directory) },
  });
}

export { WadictError } from './errors.ts';
export type * from './public-types.ts';
