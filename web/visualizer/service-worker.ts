/**
 * Keeps the page's files, so that it opens without a network. The small ones are fetched when the
 * worker is installed; WordNet, which is large, is kept after its first use. Files of one build
 * stay together: another build has another cache, and the old one goes when the new worker starts.
 */
export {};

declare const self: ServiceWorkerGlobalScope;
/** Relative URLs of everything in the page's folder, './' first; put in by the build. */
declare const PRECACHE_FILES: readonly string[];
declare const BUILD_ID: string;

const kPrefix = 'wadict-page-';
const kCache = `${kPrefix}${BUILD_ID}`;
const kKeptAfterUse = /wordnet\.bin\.gz$/;
/** Sources that the build copies along and the page does not load. */
const kNotLoaded = /(^|\/)page\.css$/;

const kFiles = PRECACHE_FILES.filter((file) => !kKeptAfterUse.test(file) && !kNotLoaded.test(file));

async function install(): Promise<void> {
  const cache = await caches.open(kCache);
  await cache.addAll(kFiles.map((file) => new Request(file, { cache: 'reload' })));
  await self.skipWaiting();
}

async function activate(): Promise<void> {
  for (const name of await caches.keys()) {
    if (name.startsWith(kPrefix) && name !== kCache) await caches.delete(name);
  }
  await self.clients.claim();
}

async function answer(event: FetchEvent): Promise<Response> {
  const { request } = event;
  const cache = await caches.open(kCache);
  const isPage = request.mode === 'navigate';
  const kept = await cache.match(isPage ? './' : request, { ignoreSearch: isPage });
  if (kept !== undefined) return kept;
  const response = await fetch(request);
  if (response.ok && kKeptAfterUse.test(new URL(request.url).pathname)) {
    event.waitUntil(cache.put(request, response.clone())); // the page reads along meanwhile
  }
  return response;
}

self.addEventListener('install', (event) => event.waitUntil(install()));
self.addEventListener('activate', (event) => event.waitUntil(activate()));
self.addEventListener('fetch', (event) => {
  const { method, url } = event.request;
  const isOurs = url.startsWith(self.registration.scope);
  if (method === 'GET' && isOurs) event.respondWith(answer(event));
});
