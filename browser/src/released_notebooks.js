// The notebooks that the site offers for JupyterLite, as tools/in_browser/lite.py has listed them.

/**
 * @typedef {object} Released
 * @property {string} name of the assignment
 * @property {string} path of its notebook in JupyterLite
 * @property {string} title
 * @property {string} release a digest of the notebook
 */

/** Address of JupyterLite's folder, in which this script lies. */
export const LITE = new URL(".", import.meta.url).href;

/** @returns {Promise<Released[]>} */
export async function listed() {
  return load("released.json");
}

/**
 * @param {Released} about
 * @returns {Promise<import("./notebook.js").Notebook>}
 */
export async function released(about) {
  return load(`files/${about.path}`);
}

/** @param {string} path */
async function load(path) {
  const address = new URL(path, LITE);
  const answer = await fetch(address, { cache: "no-cache" });
  if (!answer.ok) throw new Error(`The site did not give ${address.pathname} (${answer.status}).`);
  return answer.json();
}
