// The service worker at the site's root keeps the runtime and the pages seen for use without a
// connection. A page registers it with the first Run, not before: who only reads gets nothing stored.

/** @type {Promise<ServiceWorkerRegistration | null> | undefined} */
let registered;

/**
 * Register the site's service worker, and let it keep what the page has loaded so far. Where that is
 * not possible, everything works as long as there is a connection.
 *
 * @param {URL} root - of the site
 * @param {string[]} [more] - addresses of further files to keep
 */
export async function keepForOffline(root, more = []) {
  if (!("serviceWorker" in navigator)) return;
  registered ??= navigator.serviceWorker
    .register(new URL("service-worker.js", root), { scope: root.pathname })
    // Refused for example on plain http, and in private windows of some browsers.
    .then(() => navigator.serviceWorker.ready, () => null);
  const registration = await registered;
  const own = performance.getEntriesByType("resource").map((entry) => entry.name);
  const page = location.href.replace(/#.*/, "");
  const inSite = [page, ...own, ...more].filter((address) => address.startsWith(root.href));
  registration?.active?.postMessage({ keep: [...new Set(inSite)] });
}
