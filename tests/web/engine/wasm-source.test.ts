import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { WasmSource } from '../../../web/engine/engine-port.ts';
import { EngineError } from '../../../web/engine/engine-error.ts';
import { checkPlatform, compileWasm, rethrowPolicy } from '../../../web/engine/wasm-source.ts';

/** A module with nothing in it but a custom section, so that cutting it breaks it. */
const good = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 0, 5, 1, 120, 1, 2, 3]);

type Answer = { status?: number; type?: string; body: Uint8Array | string; breakOff?: boolean };
const answers: Record<string, Answer> = {
  '/good': { type: 'application/wasm', body: good },
  '/untyped': { body: good },
  '/wrong-type': { type: 'text/html', body: good },
  '/spa': { type: 'text/html', body: '<!doctype html><title>app</title>' },
  '/spa-as-wasm': { type: 'application/wasm', body: '\n  <html></html>' },
  '/absent': { status: 404, body: 'no' },
  '/cut': { type: 'application/wasm', body: good.subarray(0, 12) },
  '/empty': { type: 'application/wasm', body: '' },
  '/noise': { type: 'application/wasm', body: 'version https://git-lfs' },
  '/breaks-off': { body: good, breakOff: true },
};

let server: Server;
let base: string;

before(async () => {
  server = createServer((request, response) => {
    const {
      status = 200,
      type,
      body,
      breakOff = false,
    } = answers[request.url ?? ''] ?? { body: '' };
    const head: Record<string, string> = breakOff ? { 'content-length': '1000' } : {};
    if (type !== undefined) head['content-type'] = type;
    response.writeHead(status, head);
    if (!breakOff) response.end(body);
    else response.write(body, () => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

after(() => server.close());

function load(source: WasmSource): Promise<WebAssembly.Module> {
  return compileWasm(source, (url) => fetch(url));
}

async function failure(source: WasmSource): Promise<EngineError> {
  const error = await load(source).then(
    () => assert.fail('it compiled'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof EngineError, String(error));
  return error;
}

test('code is taken from a module, bytes, a buffer, a URL, its text or a response', async () => {
  const module = await WebAssembly.compile(good);
  assert.equal(await load(module), module);
  for (const source of [
    good,
    good.buffer,
    new URL(`${base}/good`),
    `${base}/good`,
    await fetch(`${base}/good`),
  ]) {
    assert.ok((await load(source)) instanceof WebAssembly.Module);
  }
});

test('a server that names no type, or a wrong one, does no harm', async () => {
  for (const path of ['/untyped', '/wrong-type']) {
    assert.ok((await load(`${base}${path}`)) instanceof WebAssembly.Module);
  }
});

for (const [path, hint] of [
  ['/spa', /got HTML instead of engine\.wasm from http.*\/spa: .*Copy engine\.wasm/],
  ['/spa-as-wasm', /got HTML instead of engine\.wasm/],
  ['/absent', /the server answered 404.*Copy engine\.wasm/],
  ['/cut', /\(12 bytes\) does not compile/],
  ['/empty', /is empty/],
  ['/noise', /is no WebAssembly \(23 bytes\)/],
  ['/breaks-off', /broke off|could not be read/],
] as const) {
  test(`${path} is WASM_LOAD with words that help`, async () => {
    const error = await failure(`${base}${path}`);
    assert.equal(error.code, 'WASM_LOAD');
    assert.match(error.message, hint);
  });
}

test('a server that cannot be reached is WASM_LOAD with the address', async () => {
  const error = await failure('http://127.0.0.1:1/engine.wasm');
  assert.equal(error.code, 'WASM_LOAD');
  assert.match(error.message, /http:\/\/127\.0\.0\.1:1\/engine\.wasm/);
});

test('a source of another kind is INVALID_VALUE', async () => {
  assert.equal((await failure(42 as unknown as string)).code, 'INVALID_VALUE');
});

test('the words with which each browser blocks by policy become CSP and name the directive', () => {
  for (const cause of [
    new WebAssembly.CompileError(
      'WebAssembly.compile(): Wasm code generation disallowed by embedder',
    ),
    new WebAssembly.CompileError('call to WebAssembly.compileStreaming() blocked by CSP'),
    new EvalError('Refused to create a WebAssembly object'),
    new Error("Refused … because 'unsafe-eval' … Content Security Policy directive"),
  ]) {
    assert.throws(
      () => rethrowPolicy(cause),
      (error: unknown) =>
        error instanceof EngineError &&
        error.code === 'CSP' &&
        /'wasm-unsafe-eval' to script-src/.test(error.message),
    );
  }
  rethrowPolicy(new WebAssembly.CompileError('expected magic word'));
});

test('without WebAssembly, or without SIMD, the platform is UNSUPPORTED', () => {
  checkPlatform();
  const { validate } = WebAssembly;
  const isUnsupported = (error: unknown): boolean =>
    error instanceof EngineError && error.code === 'UNSUPPORTED';
  try {
    WebAssembly.validate = () => false;
    assert.throws(checkPlatform, isUnsupported);
  } finally {
    WebAssembly.validate = validate;
  }
  const real = globalThis.WebAssembly;
  try {
    Object.assign(globalThis, { WebAssembly: undefined });
    assert.throws(checkPlatform, isUnsupported);
  } finally {
    Object.assign(globalThis, { WebAssembly: real });
  }
});
