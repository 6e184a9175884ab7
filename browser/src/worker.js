// Python itself, in a worker of its own: starts Pyodide, runs what the page asks for one after the
// other, and sends back outputs as they come.

import { fetchParts } from "./parts.js";
import { loadNeeded, lockForPages, matplotlibFiles, START } from "./packages.js";

/** @import { Answer, Request } from "./messages.js" */
/** @import { PyodideAPI } from "pyodide" */

/** @type {PyodideAPI} */
let pyodide;
/** @type {any} */
let pageSide;

// Python's memory just after a start, gzipped: with it a start takes half the time. It is large, so
// the first start does without, unless files come quickly; then it is kept for the next.
const MEMORY = "started.bin";

const ENVIRONMENT = {
  // Sliders and questions write HTML, as in the build of the book.
  DLCORE_STATIC: "1",
  // Only that sliders draw one picture, and the others when they are asked for.
  DLCORE_LIVE: "1",
  MPLBACKEND: "module://course_page.pictures",
};

/** Addresses of all files that are worth keeping. @type {Set<string>} */
const addresses = new Set();

/** @param {Answer} answer */
function post(answer) {
  postMessage(answer);
}

/** @param {Extract<Request, {kind: "start"}>} request */
async function start({ runtime, parts }) {
  const { versioned, isFast, fetchAhead, fetchAtOnce } = fetchParts(runtime, parts, (loaded, total) => {
    post({ kind: "progress", loaded, total });
  });
  const own = fetchOwn("course_page.zip");
  const lock = fetch(`${runtime}pyodide-lock.json`)
    .then((response) => response.json())
    .then(lockForPages);
  const memory = unpacked(() => caches.match(versioned(MEMORY)));
  // If something else fails first, nobody waits for these any more.
  for (const coming of [lock, own]) coming.catch(() => {});
  const [{ loadPyodide }, core] = await Promise.all([
    import(versioned("pyodide.mjs")),
    import(versioned("pyodide.asm.mjs")),
  ]);
  const options = {
    indexURL: runtime,
    packageBaseUrl: runtime,
    lockFileContents: await lock,
    createPyodideModule: core.default,
    packages: START,
  };
  const files = matplotlibFiles(await lock);
  const fetched = fetchAhead(files).catch(() => { /* they are fetched when they are wanted */ });
  const _loadSnapshot = await memory ?? (isFast() ? await unpacked(() => fetch(runtime + MEMORY)) : undefined);
  try {
    pyodide = await loadPyodide(_loadSnapshot ? { ...options, _loadSnapshot } : options);
  } catch (error) {
    if (!_loadSnapshot) throw error;
    pyodide = await loadPyodide(options);
  }
  pyodide.globals.get("__import__")("os").environ.update(pyodide.toPy(ENVIRONMENT));
  pyodide.unpackArchive(await own, "zip");
  pageSide = pyodide.pyimport("course_page.page_side");
  pageSide.prepare(() => {
    for (const name of files) pyodide.unpackArchive(fetchAtOnce(name), "wheel");
  });
  fetched.then(() => {
    // Not sooner, because it would take its part of the line.
    addresses.add(versioned(MEMORY));
    tellLoaded();
  });
}

/**
 * The content of a gzipped file, if there is one and it can be had. (Pages that came over plain http
 * have no caches.)
 *
 * @param {() => Promise<Response | undefined>} get
 * @returns {Promise<ArrayBuffer | undefined>}
 */
async function unpacked(get) {
  try {
    const body = (await get())?.body?.pipeThrough(new DecompressionStream("gzip"));
    return body && await new Response(body).arrayBuffer();
  } catch {
    return undefined;
  }
}

/**
 * A file that lies beside the scripts.
 *
 * @param {string} name
 * @returns {Promise<ArrayBuffer>}
 */
async function fetchOwn(name) {
  const response = await fetch(new URL(name, import.meta.url));
  if (!response.ok) throw new Error(`${name}: the site answered with status ${response.status}`);
  return response.arrayBuffer();
}

/** @param {Extract<Request, {kind: "run" | "call"}>} request */
async function answer(request) {
  /** @param {string} output */
  const receive = (output) => {
    post({ kind: "output", id: request.id, output: JSON.parse(output) });
  };
  await loadNeeded(pyodide, request.code, fetchOwn);
  if (request.kind === "run") {
    return pageSide.run(request.code, request.name, request.namespace, receive);
  }
  return JSON.parse(pageSide.call(request.name, request.parameters, receive));
}

let told = 0;

/** Tell the page which files have come since last time, so that they can be kept. */
function tellLoaded() {
  for (const entry of performance.getEntriesByType("resource")) addresses.add(entry.name);
  if (addresses.size === told) return;
  told = addresses.size;
  post({ kind: "loaded", addresses: [...addresses] });
}

/** Each request waits for the one before. */
let last = Promise.resolve();

addEventListener("message", ({ data }) => {
  const request = /** @type {Request} */ (data);
  last = last.then(async () => {
    if (request.kind === "start") {
      try {
        await start(request);
        post({ kind: "ready" });
        tellLoaded();
      } catch (error) {
        post({ kind: "broken", message: `Python could not be started: ${messageOf(error)}` });
      }
      return;
    }
    try {
      const result = await answer(request);
      post({ kind: "done", id: request.id, result });
      tellLoaded();
    } catch (error) {
      const name = /** @type {any} */ (error)?.type ?? "Error";
      post({ kind: "failed", id: request.id, name, message: messageOf(error) });
    }
  });
});

/**
 * The last line of a Python error's message names it; before it stand its frames.
 *
 * @param {unknown} error
 * @returns {string}
 */
function messageOf(error) {
  const message = error instanceof Error ? error.message : String(error);
  return message.trim().split("\n").at(-1) ?? message;
}
