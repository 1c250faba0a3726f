import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { serve } from '../../web/build/serve.mjs';

let folder;
let server;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wadict-serve-'));
  mkdirSync(join(folder, 'page/sub'), { recursive: true });
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  writeFileSync(join(folder, 'page/index.html'), '<p>page</p>');
  writeFileSync(join(folder, 'page/engine.wasm'), Buffer.from([0, 97, 115, 109]));
  server = await serve({ folder: join(folder, 'page') });
});

after(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

/** fetch() would tidy the path before sending it. */
function status(path, options = {}) {
  return new Promise((resolve, reject) => {
    request(server.address, { path, ...options }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .once('error', reject)
      .end();
  });
}

test('the page is served with its policy, wasm with its type', async () => {
  const page = await fetch(server.address);
  assert.equal(await page.text(), '<p>page</p>');
  assert.match(page.headers.get('content-type'), /^text\/html/);
  const policy = page.headers.get('content-security-policy');
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /script-src 'self' 'wasm-unsafe-eval'(;|$)/);
  assert.match(policy, /worker-src 'self'/);
  const wasm = await fetch(`${server.address}engine.wasm`);
  assert.equal(wasm.headers.get('content-type'), 'application/wasm');
});

test('nothing outside the folder is served', async () => {
  for (const path of [
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/sub/..%2f..%2fsecret.txt',
    '/sub',
  ]) {
    assert.equal(await status(path), 404, path);
  }
  assert.equal(await status('/%zz'), 404);
  assert.equal(await status('/%00'), 404);
});

test('only GET and HEAD', async () => {
  assert.equal(await status('/', { method: 'POST' }), 405);
  assert.equal(await status('/', { method: 'HEAD' }), 200);
});

test('an unchanged file is not sent again', async () => {
  const first = await fetch(server.address);
  const headers = { 'If-None-Match': first.headers.get('etag') };
  assert.equal(await status('/', { headers }), 304);
});
