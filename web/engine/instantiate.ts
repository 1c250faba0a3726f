/** From compiled code to a running engine: memory, seed, the Emscripten module, the gate. */
import type { EngineOptions } from './engine-port.ts';
import { Gate, WasmEngine } from './engine.ts';
import { EngineError } from './engine-error.ts';
import { ImageMaker } from './engine-image.ts';
import { Heap } from './heap.ts';
import { createMemory } from './memory-limit.ts';
import type { ModuleFactory, NativeEngine, NativeModule } from './native-module.ts';
import { rethrowPolicy } from './wasm-source.ts';

/** One instance with its parts; `port` is what a host needs, the rest is for the hot path. */
export interface RunningEngine {
  readonly port: WasmEngine;
  readonly module: NativeModule;
  readonly heap: Heap;
  readonly gate: Gate;
  /** Whole states of this instance, to go back to. */
  images(): ImageMaker;
}

/** @throws EngineError OUT_OF_RANGE, OOM, WASM_LOAD, CSP */
export async function instantiate(
  code: WebAssembly.Module,
  factory: ModuleFactory,
  options: EngineOptions & { host: boolean },
  defaults: { maximum: number; initial: number },
): Promise<RunningEngine> {
  const memory = createMemory({
    maximum: options.maxMemory,
    initial: options.initialMemory ?? defaults.initial,
    defaultMaximum: defaults.maximum,
  });
  const { seed, storeSeed } = options;
  const [seedLow, seedHigh] = seedWords(seed ?? storeSeed);
  // The store's own seed is the same in each of its lives: its random choices must not be.
  const [randomSeed] = seed === undefined ? seedWords(undefined) : [0n];
  const module = await makeModule(code, factory, memory);
  const gate = new Gate();
  let engine: NativeEngine;
  try {
    const { host, slots = false } = options;
    engine = new module.Engine({ seedLow, seedHigh, randomSeed, slots, host });
  } catch (cause) {
    throw new EngineError('OOM', `the engine could not start: ${String(cause)}`, { cause });
  }
  const heap = new Heap(memory, module);
  const port = new WasmEngine(module, engine, heap, gate);
  return { port, module, heap, gate, images: () => new ImageMaker(memory, heap) };
}

async function makeModule(
  code: WebAssembly.Module,
  factory: ModuleFactory,
  memory: WebAssembly.Memory,
): Promise<NativeModule> {
  // The factory's promise stays pending for ever if instantiation fails: the failure races it.
  let fail: (cause: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => (fail = reject));
  const made = factory({
    wasmMemory: memory,
    instantiateWasm(imports, receive) {
      WebAssembly.instantiate(code, imports).then((instance) => receive(instance, code), fail);
      return {};
    },
  });
  try {
    return await Promise.race([made, failed]);
  } catch (cause) {
    rethrowPolicy(cause);
    if (cause instanceof RangeError) {
      throw new EngineError('OOM', `no memory for the engine: ${cause.message}`, { cause });
    }
    const message = `engine.wasm does not fit this version of wadict: ${String(cause)}`;
    throw new EngineError('WASM_LOAD', message, { cause });
  }
}

/** Two words of the seed; random unless given. @throws EngineError INVALID_VALUE */
function seedWords(seed: Uint8Array | bigint | undefined): [low: bigint, high: bigint] {
  if (typeof seed === 'bigint') return [BigInt.asUintN(64, seed), BigInt.asUintN(64, seed >> 64n)];
  const bytes = seed ?? crypto.getRandomValues(new Uint8Array(16));
  if (!(bytes instanceof Uint8Array) || bytes.length !== 16) {
    throw new EngineError('INVALID_VALUE', 'seed takes 16 bytes or a bigint');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
  return [view.getBigUint64(0, true), view.getBigUint64(8, true)];
}
