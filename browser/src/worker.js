// Python itself, in a worker of its own: starts Pyodide, runs what the page asks for one after the
// other, and sends back outputs as they come.

import { fetchParts } from "./parts.js";
import { loadNeeded } from "./packages.js";

/** @import { Answer, Request } from "./messages.js" */
/** @import { PyodideAPI } from "pyodide" */

/** @type {PyodideAPI} */
let pyodide;
/** @type {any} */
let tools;

/** @param {Answer} answer */
function post(answer) {
  postMessage(answer);
}

/** @param {Extract<Request, {kind: "start"}>} request */
async function start({ runtime, parts, packages }) {
  const { versioned, progress } = fetchParts(runtime, parts, packages);
  progress((loaded, total) => post({ kind: "progress", loaded, total }));
  const [{ loadPyodide }, core] = await Promise.all([
    import(versioned("pyodide.mjs")),
    import(versioned("pyodide.asm.mjs")),
  ]);
  pyodide = await loadPyodide({
    indexURL: runtime,
    packageBaseUrl: runtime,
    createPyodideModule: core.default,
    packages,
    env: {
      HOME: "/home/pyodide",
      // Sliders and questions write HTML, as in the build of the book.
      DLCORE_STATIC: "1",
      MPLBACKEND: "module://course_page.pictures",
    },
  });
  tools = pyodide.pyimport("course_page.page_side");
}

/** @param {Extract<Request, {kind: "run" | "call"}>} request */
async function answer(request) {
  /** @param {string} output */
  const receive = (output) => {
    post({ kind: "output", id: request.id, output: JSON.parse(output) });
  };
  if (request.kind === "run") {
    await loadNeeded(pyodide, request.code);
    return tools.run(request.code, request.name, request.namespace, receive);
  }
  return JSON.parse(tools.call(request.name, request.parameters, receive));
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
      } catch (error) {
        post({ kind: "broken", message: `Python could not be started: ${messageOf(error)}` });
      }
      return;
    }
    try {
      post({ kind: "done", id: request.id, result: await answer(request) });
    } catch (error) {
      const name = /** @type {any} */ (error)?.type ?? "Error";
      post({ kind: "failed", id: request.id, name, message: messageOf(error) });
    }
  });
});

/**
 * The last line of a Python error's message names it; the rest are its frames.
 *
 * @param {unknown} error
 * @returns {string}
 */
function messageOf(error) {
  const message = error instanceof Error ? error.message : String(error);
  return message.trim().split("\n").at(-1) ?? message;
}
