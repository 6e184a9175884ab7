// Packages that only some cells need, loaded when the first of them comes.

/** @import { PyodideAPI } from "pyodide" */

// dlcore draws with matplotlib, but imports it only when it does.
const DRAWS = /\bmatplotlib\b|\buse_course_style\b/;

/**
 * Load the packages that the code imports, directly or through dlcore, and that are not there yet.
 *
 * @param {PyodideAPI} pyodide
 * @param {string} code
 */
export async function loadNeeded(pyodide, code) {
  const quiet = { messageCallback() {}, errorCallback: console.error };
  if (DRAWS.test(code)) await pyodide.loadPackage("matplotlib", quiet);
  await pyodide.loadPackagesFromImports(code, quiet);
}
