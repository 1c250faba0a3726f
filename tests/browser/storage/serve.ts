/**
 * Bundles a script for a page and serves it, with what else is asked for, from a port of its own:
 * tests of the layers below the page need neither the built page nor its policy.
 */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const kTypes: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
};

export interface Served {
  readonly url: string;
  /** What pages posted since the last call. */
  takePosted(): string[];
  close(): Promise<void>;
}

/** `scripts`: name under which each entry point (relative to this file) is served. */
export async function serve(
  scripts: Record<string, string>,
  files: Record<string, string> = {},
): Promise<Served> {
  const bodies = new Map<string, Uint8Array | string>();
  for (const [name, entry] of Object.entries(scripts)) {
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
      bundle: true,
      format: 'esm',
      target: 'es2022',
      write: false,
      logLevel: 'error',
      // The engine's file lies beside the script that asks for it, as in the built package.
      external: ['node:*'],
    });
    bodies.set(`/${name}`, outputFiles[0]?.text ?? '');
  }
  for (const [name, path] of Object.entries(files)) {
    bodies.set(`/${name}`, await readFile(fileURLToPath(new URL(path, import.meta.url))));
  }
  const first = Object.keys(scripts)[0];
  bodies.set(
    '/',
    `<!doctype html><title>test</title><script type="module" src="/${first}"></script>`,
  );
  let posted: string[] = [];
  const server = createServer((request, response) => {
    if (request.method === 'POST') {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        posted.push(Buffer.concat(pieces).toString());
        response.end('noted');
      });
      return;
    }
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const body = bodies.get(path);
    const extension = path === '/' ? '.html' : path.slice(path.lastIndexOf('.'));
    response.writeHead(body === undefined ? 404 : 200, {
      'content-type': kTypes[extension] ?? 'text/plain',
    });
    response.end(body ?? 'not here');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    takePosted() {
      const taken = posted;
      posted = [];
      return taken;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
