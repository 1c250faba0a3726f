// A static server for built consumers: a folder, an answer for what is not there, extra headers.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';

const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

/**
 * `base`: the path under which the folder appears. `headers`: sent with every answer. `answers`:
 * path -> { status, type, body } for what shall go wrong.
 */
export async function serveFolder(folder, { base = '/', headers = {}, answers = {} } = {}) {
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
    const answer = answers[path];
    if (answer !== undefined) {
      response.writeHead(answer.status ?? 200, { ...headers, 'content-type': answer.type });
      return response.end(answer.body);
    }
    const inside = path.startsWith(base) ? path.slice(base.length) : undefined;
    const file = inside === '' || inside?.endsWith('/') ? `${inside}index.html` : inside;
    try {
      const body = await readFile(join(folder, normalize(`/${file ?? '\0'}`)));
      response.writeHead(200, { ...headers, 'content-type': TYPES[extname(file)] ?? 'text/plain' });
      response.end(body);
    } catch {
      response.writeHead(404, { 'content-type': 'text/plain' });
      response.end('not here');
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${server.address().port}${base}`;
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { url, close };
}
