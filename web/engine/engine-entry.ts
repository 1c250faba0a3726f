/**
 * `wadict/engine`: the engine in this thread, synchronous, without persistence.
 *
 *   const engine = await createEngine();
 *   engine.set('k', 'v');
 *   engine.get('k'); // 'v'
 */
import { type Clock, systemClock } from './clock.ts';
import type { EngineOptions } from './engine-port.ts';
import { startEngine } from './load-browser.ts';
import { Engine } from './sync-engine.ts';

export type CreateEngineOptions = EngineOptions & { clock?: Clock | undefined };

/**
 * Loads the code, then everything is synchronous. Rejects with WASM_LOAD, CSP, UNSUPPORTED, OOM …
 */
export async function createEngine(options: CreateEngineOptions = {}): Promise<Engine> {
  const { clock = systemClock, ...rest } = options;
  return new Engine(await startEngine({ ...rest, host: false }), clock);
}

export type { Engine };
export { WadictError, type WadictErrorCode } from '../errors.ts';
