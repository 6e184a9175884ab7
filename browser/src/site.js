// Where things lie in the site. The scripts lie in _python/scripts-<digest>/, whatever path the
// site has; a change of any script gives the folder another name, so none is ever out of date.

/** The root of the site. */
export const ROOT = new URL("../../", import.meta.url);

/** Pyodide, its packages and the list of these files; JupyterLite uses the same folder. */
export const RUNTIME = new URL("lite/static/pyodide/", ROOT);

/** The page's name, such as `ch4/convolution`. */
export const PAGE = document.querySelector("script[data-course-page]")
  ?.getAttribute("data-course-page") ?? "";

/**
 * Fetch a JSON file of the site, the newest one if the site can be reached.
 *
 * @param {string} path - from the root of the site
 * @returns {Promise<any>}
 */
export async function fetchJson(path) {
  const response = await fetch(new URL(path, ROOT), { cache: "no-cache" });
  if (!response.ok) throw new Error(`${path}: the site answered with status ${response.status}`);
  return response.json();
}
