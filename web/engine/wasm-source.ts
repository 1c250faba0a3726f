/**
 * The engine's code from wherever it is, compiled, with errors that say what to do: a page instead
 * of the file, a wrong path, a policy that forbids WebAssembly, a browser without SIMD.
 */
import type { WasmSource } from './engine-port.ts';
import { EngineError } from './engine-error.ts';

/** Reads a URL or path: the one thing that browsers and Node do differently. */
export type Fetcher = (url: URL | string) => Promise<Response | Uint8Array>;

/** `(module (func (result v128) i32.const 0 i8x16.splat))`: valid where SIMD is. */
const kSimdProbe = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15,
  11,
];
const kMagic = [0x00, 0x61, 0x73, 0x6d];

/** @throws EngineError UNSUPPORTED */
export function checkPlatform(): void {
  if (typeof WebAssembly !== 'object') {
    const message = 'there is no WebAssembly here (lockdown mode, or a very old browser)';
    throw new EngineError('UNSUPPORTED', message);
  }
  if (!WebAssembly.validate(new Uint8Array(kSimdProbe))) {
    const message =
      'WebAssembly SIMD is missing: Chrome 91, Firefox 89, Safari 16.4 or newer have it';
    throw new EngineError('UNSUPPORTED', message);
  }
}

/** @throws EngineError WASM_LOAD, CSP, UNSUPPORTED, INVALID_VALUE */
export async function compileWasm(
  source: WasmSource,
  fetcher: Fetcher,
): Promise<WebAssembly.Module> {
  checkPlatform();
  if (source instanceof WebAssembly.Module) return source;
  if (source instanceof Uint8Array) return compileBytes(source, 'the bytes given');
  if (source instanceof ArrayBuffer) return compileBytes(new Uint8Array(source), 'the bytes given');
  if (isResponse(source)) return compileResponse(source, source.url || 'the response given');
  if (typeof source !== 'string' && !(source instanceof URL)) {
    const message = 'wasm takes a WebAssembly.Module, bytes, a URL or a Response';
    throw new EngineError('INVALID_VALUE', message);
  }
  const where = String(source);
  let found: Response | Uint8Array;
  try {
    found = await fetcher(source);
  } catch (cause) {
    const message = `engine.wasm could not be read from ${where}: ${String(cause)}`;
    throw new EngineError('WASM_LOAD', message, { cause });
  }
  return found instanceof Uint8Array ? compileBytes(found, where) : compileResponse(found, where);
}

function isResponse(source: unknown): source is Response {
  return typeof Response === 'function' && source instanceof Response;
}

/**
 * Compiles while it arrives where the server names the type; otherwise, or on failure, the bytes.
 */
async function compileResponse(response: Response, where: string): Promise<WebAssembly.Module> {
  if (!response.ok) {
    const message = `engine.wasm is not at ${where}: the server answered ${response.status}`;
    throw new EngineError('WASM_LOAD', `${message}. ${kHowToServe}`);
  }
  const type = response.headers.get('content-type') ?? '';
  let spare: Response = response;
  if (type.startsWith('application/wasm') && WebAssembly.compileStreaming !== undefined) {
    spare = response.clone();
    try {
      return await WebAssembly.compileStreaming(response);
    } catch (cause) {
      rethrowPolicy(cause);
    }
  }
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await spare.arrayBuffer());
  } catch (cause) {
    throw new EngineError('WASM_LOAD', `engine.wasm broke off at ${where}: ${String(cause)}`, {
      cause,
    });
  }
  return compileBytes(bytes, where);
}

const kHowToServe =
  'Copy engine.wasm beside the script, or say where it is: open(name, { wasm: url })';

async function compileBytes(bytes: Uint8Array, where: string): Promise<WebAssembly.Module> {
  checkMagic(bytes, where);
  try {
    return await WebAssembly.compile(bytes as Uint8Array<ArrayBuffer>);
  } catch (cause) {
    rethrowPolicy(cause);
    const what = `engine.wasm from ${where} (${bytes.length} bytes)`;
    const message = `${what} does not compile: ${String(cause)}`;
    throw new EngineError('WASM_LOAD', message, { cause });
  }
}

function checkMagic(bytes: Uint8Array, where: string): void {
  if (kMagic.every((byte, i) => bytes[i] === byte)) return;
  const head = new TextDecoder().decode(bytes.subarray(0, 64)).trimStart();
  if (head.startsWith('<')) {
    const message =
      `got HTML instead of engine.wasm from ${where}: the server answered a page for it, as ` +
      `servers of single-page apps do for unknown paths. ${kHowToServe}`;
    throw new EngineError('WASM_LOAD', message);
  }
  const what = bytes.length === 0 ? 'is empty' : `is no WebAssembly (${bytes.length} bytes)`;
  throw new EngineError(
    'WASM_LOAD',
    `what came as engine.wasm from ${where} ${what}. ${kHowToServe}`,
  );
}

/** A Content-Security-Policy shows as CompileError (Chromium), EvalError or text naming it. */
export function rethrowPolicy(cause: unknown): void {
  const text = String(cause);
  const isPolicy =
    cause instanceof EvalError ||
    /disallowed by embedder|content.security.policy|\bCSP\b/i.test(text);
  if (!isPolicy) return;
  const message =
    "the page's Content-Security-Policy forbids WebAssembly: add 'wasm-unsafe-eval' to " +
    'script-src (for the Worker script too)';
  throw new EngineError('CSP', message, { cause });
}
