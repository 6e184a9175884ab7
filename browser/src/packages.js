// Which of Pyodide's packages a page loads, and when.

/** @import { PyodideAPI } from "pyodide" */

/** What every cell of the course needs; cycler is what it takes to choose the look of figures. */
export const START = ["numpy", "dlcore", "cycler"];

const LATE = "matplotlib";
const READS_RESULTS = /\bdlcore\.experiments\b/;

/**
 * The list of packages without what a page does not load together with dlcore: matplotlib comes
 * when something is drawn (course_page.late_matplotlib).
 *
 * @param {any} lock - pyodide-lock.json
 */
export function lockForPages(lock) {
  lock.packages.dlcore.depends = ["numpy"];
  return lock;
}

/**
 * The files of matplotlib and of what it needs, besides what is there from the start.
 *
 * @param {any} lock
 * @returns {string[]}
 */
export function matplotlibFiles(lock) {
  const names = new Set([LATE]);
  for (const name of names) {
    for (const other of lock.packages[name].depends) {
      if (!START.includes(other)) names.add(other);
    }
  }
  return [...names].map((name) => lock.packages[name].file_name);
}

let hasResults = false;

/**
 * Load what the code imports and is not there yet.
 *
 * @param {PyodideAPI} pyodide
 * @param {string} code
 * @param {(name: string) => Promise<ArrayBuffer>} fetchOwn - fetches a file beside the scripts
 */
export async function loadNeeded(pyodide, code, fetchOwn) {
  const quiet = { messageCallback() {}, errorCallback: console.error };
  // Pyodide would load matplotlib at once where it is imported.
  await pyodide.loadPackagesFromImports(code.replaceAll(LATE, "sys"), quiet);
  if (!hasResults && READS_RESULTS.test(code)) {
    pyodide.unpackArchive(await fetchOwn("results.zip"), "zip", { extractDir: "/home/pyodide" });
    hasResults = true;
  }
}
