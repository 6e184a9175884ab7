// Let the site's service worker keep JupyterLite too, which brings none of its own here.

import { LITE } from "./released_notebooks.js";

/**
 * Keep what has been loaded so far, and what will be; without a service worker, such as on plain
 * http, everything works as long as there is a connection.
 */
export async function keepForOffline() {
  if (!("serviceWorker" in navigator)) return;
  const site = new URL("..", LITE);
  const script = new URL("service-worker.js", site);
  await navigator.serviceWorker.register(script, { scope: site.pathname });
  const { active } = await navigator.serviceWorker.ready;
  const loaded = performance.getEntriesByType("resource").map((entry) => entry.name);
  const keep = [location.href, ...loaded].filter((address) => address.startsWith(site.href));
  active?.postMessage({ keep: [...new Set(keep)] });
}
