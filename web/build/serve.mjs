// A static server for the page: right MIME types, the strict policy, nothing outside its folder,
// and loopback only. `npm start` and the browser tests use it.
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PAGE_POLICY } from './page-policy.mjs';
import { at } from './steps.mjs';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.txt': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.wasm': 'application/wasm',
  '.gz': 'application/gzip',
};

const HEADERS = {
  'Content-Security-Policy': PAGE_POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-cache',
};

/** The file that a request names, or undefined: outside the folder, absent, or not a file. */
function fileFor(folder, url) {
  let path;
  try {
    path = decodeURIComponent(new URL(url, 'http://localhost').pathname);
  } catch {
    return undefined;
  }
  const file = join(folder, normalize(path.endsWith('/') ? `${path}index.html` : path));
  if (path.includes('\0') || !file.startsWith(folder + sep)) return undefined;
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat?.isFile()
    ? { file, size: stat.size, tag: `"${stat.size}-${Math.trunc(stat.mtimeMs)}"` }
    : undefined;
}

function answer(folder, request, response) {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return response.writeHead(405, { ...HEADERS, Allow: 'GET, HEAD' }).end();
  }
  const found = fileFor(folder, request.url ?? '/');
  if (found === undefined) {
    return response.writeHead(404, { ...HEADERS, 'Content-Type': 'text/plain' }).end('not found\n');
  }
  if (request.headers['if-none-match'] === found.tag) return response.writeHead(304, HEADERS).end();
  response.writeHead(200, {
    ...HEADERS,
    'Content-Type': TYPES[extname(found.file)] ?? 'application/octet-stream',
    'Content-Length': found.size,
    ETag: found.tag,
  });
  if (request.method === 'HEAD') return response.end();
  return createReadStream(found.file)
    .on('error', () => response.destroy())
    .pipe(response);
}

/** Port 0: any free one. Rejects when the port is taken. */
export async function serve({ folder, port = 0, host = '127.0.0.1' }) {
  const server = createServer((request, response) => answer(folder, request, response));
  await new Promise((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  return {
    address: `http://${host}:${server.address().port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const port = Number(process.argv[2] ?? process.env.PORT ?? 8080);
  const { address } = await serve({ folder: process.argv[3] ?? at('dist/page'), port });
  console.log(`wadict: serving at ${address}`);
}
