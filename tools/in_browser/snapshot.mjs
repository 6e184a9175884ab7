// Starts Pyodide once and keeps its memory: from it a browser starts Python in a fraction of the time.
// node snapshot.mjs PYODIDE_FOLDER FILE

import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { resolve } from "node:path";
import { gzipSync } from "node:zlib";

const [pyodideFolder, file] = process.argv.slice(2).map((path) => resolve(path));
const { loadPyodide } = await import(pathToFileURL(`${pyodideFolder}/pyodide.mjs`).href);
const pyodide = await loadPyodide({
  indexURL: `${pyodideFolder}/`,
  env: { HOME: "/home/pyodide", PYTHONHASHSEED: "0" },
  _makeSnapshot: true,
});
writeFileSync(file, gzipSync(pyodide.makeMemorySnapshot(), { level: 9 }));
