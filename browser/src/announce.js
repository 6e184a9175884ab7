// What happens, for readers who do not see it: one region that screen readers read out.

/** @type {HTMLElement | undefined} */
let region;

/** Put the region into the page; it has to be there before it says anything. */
export function prepare() {
  if (region) return;
  region = document.createElement("div");
  region.className = "course-spoken";
  region.setAttribute("role", "status");
  region.setAttribute("aria-live", "polite");
  document.body.append(region);
}

/** @param {string} text */
export function announce(text) {
  prepare();
  if (region) region.textContent = text;
}
