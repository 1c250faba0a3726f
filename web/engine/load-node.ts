/// <reference path="./generated-module.d.ts" />
/** The engine in Node: `engine.wasm` is read from beside the script. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import createModule from './generated/engine.js';
import type { EngineMaker, EngineOptions, EnginePort, WasmSource } from './engine-port.ts';
import { instantiate, type RunningEngine } from './instantiate.ts';
import { kDefaultInitialMemory } from './memory-limit.ts';
import { compileWasm } from './wasm-source.ts';

/** 4 GiB: address space only, memory is taken as it is needed. */
const kDefaultMaxMemory = 2 ** 32;

/** Beside the built script, or where the build puts it before anything is packed. */
const kPlaces = ['./engine.wasm', './generated/engine.wasm'];

/** @throws EngineError WASM_LOAD, UNSUPPORTED, OOM, OUT_OF_RANGE */
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
    initial: kDefaultInitialMemory.node,
  });
}

function compile(wasm: WasmSource | undefined): Promise<WebAssembly.Module> {
  return compileWasm(wasm ?? kPlaces[0]!, wasm === undefined ? readOwn : readUrl);
}

async function readOwn(): Promise<Uint8Array> {
  const base = import.meta.url;
  const [built, unpacked] = kPlaces.map((place) => fileURLToPath(new URL(place, base)));
  return readFile(built!).catch(() => readFile(unpacked!));
}

/** A path, a file URL, or anything that fetch understands. */
async function readUrl(url: URL | string): Promise<Response | Uint8Array> {
  const text = String(url);
  if (/^file:/i.test(text)) return readFile(fileURLToPath(text));
  return /^[a-z][a-z0-9+.-]+:/i.test(text) ? fetch(text) : readFile(text);
}
