/// <reference path="./generated-module.d.ts" />
/** The engine in a page or a Worker: `engine.wasm` beside the script, compiled while it arrives. */
import createModule from './generated/engine.js';
import type { EngineMaker, EngineOptions, EnginePort, WasmSource } from './engine-port.ts';
import { instantiate, type RunningEngine } from './instantiate.ts';
import { kDefaultInitialMemory } from './memory-limit.ts';
import { namingPolicy } from '../policy-watch.ts';
import { compileWasm } from './wasm-source.ts';

/** 1 GiB; reserving more makes phones refuse. */
const kDefaultMaxMemory = 2 ** 30;

/** @throws EngineError WASM_LOAD, CSP, UNSUPPORTED, OOM, OUT_OF_RANGE */
export function loadEngine(options: EngineOptions = {}): Promise<EnginePort> {
  return engineMaker(options)();
}

/** Makes engines from one compilation: a host replaces its engine when one fails. */
export function engineMaker(options: EngineOptions = {}): EngineMaker {
  let code: Promise<WebAssembly.Module> | undefined;
  return async (storeSeed) => {
    code ??= compile(options.wasm).catch((error: unknown) => {
      code = undefined; // the next call may have more luck
      throw error;
    });
    return (await start(await code, { ...options, storeSeed, host: true })).port;
  };
}

/** @internal */
export async function startEngine(
  options: EngineOptions & { host: boolean },
): Promise<RunningEngine> {
  return start(await compile(options.wasm), options);
}

function start(
  code: WebAssembly.Module,
  options: EngineOptions & { host: boolean },
): Promise<RunningEngine> {
  return instantiate(code, createModule, options, {
    maximum: kDefaultMaxMemory,
    initial: kDefaultInitialMemory.browser,
  });
}

function compile(wasm: WasmSource | undefined): Promise<WebAssembly.Module> {
  const source = wasm ?? new URL('./engine.wasm', import.meta.url);
  return namingPolicy(() => compileWasm(source, (url) => fetch(url)));
}
