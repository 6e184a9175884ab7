// Keeps what a reader has used for times without a connection. It is registered with the first Run.
//
// An address that names a version (`?v=…`, or a folder of scripts with its digest) always has the
// same content: it is taken from the cache. Everything else comes from the site whenever that can be
// reached, so no page is ever out of date; the cache answers when it cannot.

/** @typedef {{request: Request, respondWith: (response: Promise<Response>) => void}} FetchEvent */
/** @typedef {Event & {waitUntil: (work: Promise<unknown>) => void}} WaitingEvent */

const worker = /** @type {any} */ (self);
const CACHE = "dlcore-course";
const SCRIPTS = /\/_python\/scripts-[0-9a-f]+\//;

/** @param {URL} address */
function isVersioned(address) {
  return address.searchParams.has("v") || SCRIPTS.test(address.pathname);
}

/**
 * The address without its version: two that agree in it are versions of one file.
 *
 * @param {URL} address
 */
function withoutVersion(address) {
  return address.pathname.replace(SCRIPTS, "/_python/scripts/");
}

/**
 * Keep an answer, in place of other versions of the same file.
 *
 * @param {Request} request
 * @param {Response} response
 */
async function keep(request, response) {
  if (!response.ok || response.status !== 200 || response.type !== "basic") return;
  try {
    const cache = await caches.open(CACHE);
    const address = new URL(request.url);
    if (isVersioned(address)) {
      for (const other of await cache.keys()) {
        const kept = new URL(other.url);
        const isOld = isVersioned(kept) && kept.href !== address.href
          && withoutVersion(kept) === withoutVersion(address);
        if (isOld) await cache.delete(other);
      }
    }
    await cache.put(request, response);
  } catch {
    // No room: the page works all the same, as long as there is a connection.
  }
}

/**
 * @param {Request} request
 * @returns {Promise<Response>}
 */
async function answer(request) {
  const cache = await caches.open(CACHE);
  if (isVersioned(new URL(request.url))) {
    const kept = await cache.match(request.url);
    if (kept) return kept;
  }
  try {
    const response = await fetch(request);
    keep(request, response.clone());
    return response;
  } catch (error) {
    const kept = await cache.match(request.url, { ignoreSearch: request.mode === "navigate" });
    if (kept) return kept;
    throw error;
  }
}

/**
 * Fetch files that a page loaded before this worker was there; the browser mostly still has them.
 *
 * @param {string[]} addresses
 */
async function keepAll(addresses) {
  const cache = await caches.open(CACHE);
  for (const address of addresses) {
    if (await cache.match(address)) continue;
    try {
      const request = new Request(address, { cache: "force-cache" });
      await keep(request, await fetch(request));
    } catch {
      // Then it is fetched when it is needed.
    }
  }
}

worker.addEventListener("install", () => worker.skipWaiting());

worker.addEventListener("activate", (/** @type {WaitingEvent} */ event) => {
  event.waitUntil(worker.clients.claim());
});

worker.addEventListener("fetch", (/** @type {FetchEvent} */ event) => {
  const { request } = event;
  if (request.method === "GET" && request.url.startsWith(worker.registration.scope)) {
    event.respondWith(answer(request));
  }
});

worker.addEventListener("message", (/** @type {WaitingEvent & MessageEvent} */ event) => {
  if (Array.isArray(event.data?.keep)) event.waitUntil(keepAll(event.data.keep));
});
