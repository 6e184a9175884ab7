// Starts Pyodide once and keeps its memory: from it a browser starts Python in a fraction of the time.
// node snapshot.mjs PYODIDE_FOLDER LIBRARY FILE

import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { resolve } from "node:path";
import { gzipSync } from "node:zlib";

const [pyodideFolder, library, file] = process.argv.slice(2).map((path) => resolve(path));
const { loadPyodide } = await import(pathToFileURL(`${pyodideFolder}/pyodide.mjs`).href);
// Modules of Python's library that NumPy, matplotlib and the cells need.
const IMPORTED = `
import argparse, calendar, ctypes, datetime, decimal, difflib, fractions, gettext, html
import importlib.resources, ipaddress, pickle, platform, plistlib, pprint, unittest, urllib.parse
`;
const pyodide = await loadPyodide({
  indexURL: `${pyodideFolder}/`,
  stdLibURL: library,
  env: { HOME: "/home/pyodide", PYTHONHASHSEED: "0" },
  _makeSnapshot: true,
});
pyodide.runPython(IMPORTED);
writeFileSync(file, gzipSync(pyodide.makeMemorySnapshot(), { level: 9 }));
