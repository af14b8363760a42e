// Keeps the page working offline. VERSION and FILES stand above, written when the page was put together.
// Whatever names other files is asked of the server first, so that nothing stale is served to those who are online;
// all other files carry a hash in their address and never change.
const PREFIX = "on-device-";
const CACHE = PREFIX + VERSION;
const PATIENCE = 4000; // milliseconds until a slow network counts as none
const immutable = (url) => /\/(page|model|runtime)-[0-9a-f]+\//.test(url);

self.addEventListener("install", (event) => event.waitUntil(fill().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(tidy().then(() => self.clients.claim())));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(self.registration.scope)) return;
  event.respondWith(immutable(request.url) ? fromCache(request) : fromNetwork(request));
});

async function fill() {
  const cache = await caches.open(CACHE);
  const paths = ["./", ...FILES.filter((path) => !["index.html", "sw.js"].includes(path))];
  await Promise.all(paths.map(async (path) => {
    const known = immutable(`/${path}`) && (await caches.match(path));
    const response = known || (await fetch(path, { cache: immutable(`/${path}`) ? "default" : "no-cache" }));
    if (!response.ok) throw new Error(path);
    await cache.put(path, response);
  }));
}

async function tidy() {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
}

async function fromCache(request) {
  const again = request.cache === "reload"; // the page found the file faulty
  const known = again ? null : await caches.match(request, { ignoreSearch: true });
  if (known) return known;
  const response = await fetch(request);
  if (response.ok) {
    const copy = response.clone();
    caches.open(CACHE).then((cache) => cache.put(request, copy)).catch(() => {});
  }
  return response;
}

async function fromNetwork(request) {
  const known = await caches.match(request.mode === "navigate" ? "./" : request, { ignoreSearch: true });
  const patience = new Promise((resolve, reject) => {
    if (known) setTimeout(reject, PATIENCE);
  });
  try {
    return await Promise.race([fetch(request), patience]);
  } catch {
    return known ?? Response.error();
  }
}
