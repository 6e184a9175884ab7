// Compiles Python for the browser, with the very Pyodide that will run it there.
// node precompile.mjs PYODIDE_FOLDER FOLDER: every .py below FOLDER gets a .pyc beside it.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { resolve } from "node:path";

const [pyodideFolder, folder] = process.argv.slice(2).map((path) => resolve(path));
const { loadPyodide } = await import(pathToFileURL(`${pyodideFolder}/pyodide.mjs`).href);
const pyodide = await loadPyodide({ indexURL: `${pyodideFolder}/` });
pyodide.FS.mkdirTree("/sources");
pyodide.FS.mount(pyodide.FS.filesystems.NODEFS, { root: folder }, "/sources");
pyodide.runPython(readFileSync(new URL("precompile.py", import.meta.url), { encoding: "utf8" }));
