// Which of Pyodide's packages a page loads, and when.

/** @import { PyodideAPI } from "pyodide" */

/** What every cell of the course needs. */
export const START = ["numpy", "dlcore"];

// dlcore draws with matplotlib, but imports it only when it does.
const DRAWS = /\bmatplotlib\b|\buse_course_style\b/;
const READS_RESULTS = /\bdlcore\.experiments\b/;

/**
 * The list of packages without what a page does not load together with dlcore: matplotlib comes
 * with the first cell that draws.
 *
 * @param {any} lock - pyodide-lock.json
 */
export function lockForPages(lock) {
  lock.packages.dlcore.depends = ["numpy"];
  return lock;
}

let hasResults = false;

/**
 * Load what the code imports, directly or through dlcore, and what is not there yet.
 *
 * @param {PyodideAPI} pyodide
 * @param {string} code
 * @param {(name: string) => Promise<ArrayBuffer>} fetchOwn - fetches a file beside the scripts
 */
export async function loadNeeded(pyodide, code, fetchOwn) {
  const quiet = { messageCallback() {}, errorCallback: console.error };
  if (DRAWS.test(code)) await pyodide.loadPackage("matplotlib", quiet);
  await pyodide.loadPackagesFromImports(code, quiet);
  if (!hasResults && READS_RESULTS.test(code)) {
    pyodide.unpackArchive(await fetchOwn("results.zip"), "zip", { extractDir: "/home/pyodide" });
    hasResults = true;
  }
}
