// The service worker keeps the runtime and the pages seen for use without a connection. It is
// registered with the first Run, not before: who only reads gets nothing stored.

import { ROOT } from "./site.js";

let asked = false;

/** Register the site's service worker; where that is not possible, everything works online only. */
export function startServiceWorker() {
  if (asked || !("serviceWorker" in navigator)) return;
  asked = true;
  const address = new URL("service-worker.js", ROOT);
  navigator.serviceWorker.register(address, { scope: ROOT.pathname }).catch(() => {
    // For example on a plain http address, or in a private window of some browsers.
  });
}
