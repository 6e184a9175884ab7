// The files of the runtime: asked for early and all at once, counted as they come, and each under
// an address with its digest, so that a cache never mixes versions.

/** @import { Parts } from "./messages.js" */

const DIGITS = 16;
// Needed by every start, besides the packages.
const CORE = ["pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json"];
const AT_START = /^(numpy|dlcore|cycler)-.*\.whl$/;

/**
 * From now on, let `fetch` take the runtime's files by their versions, and count what comes.
 *
 * @param {string} runtime - address of the folder
 * @param {Parts} parts
 * @param {(loaded: number, total: number) => void} report - gets bytes
 */
export function fetchParts(runtime, parts, report) {
  let loaded = 0;
  let total = 0;
  const fetchAnything = self.fetch.bind(self);

  /** @param {string} name */
  const versioned = (name) => {
    const part = parts[name];
    return runtime + name + (part ? `?v=${part.sha256.slice(0, DIGITS)}` : "");
  };

  /**
   * @param {string} name
   * @returns {Promise<Response>}
   */
  async function fetchPart(name) {
    const part = parts[name];
    total += part?.size ?? 0;
    const response = await fetchAnything(versioned(name));
    if (!response.ok || !response.body) {
      throw new Error(`${name}: the site answered with status ${response.status}`);
    }
    const count = new TransformStream({
      transform(chunk, controller) {
        loaded += chunk.byteLength;
        report(loaded, total);
        controller.enqueue(chunk);
      },
    });
    // With its type the browser compiles WebAssembly while it still arrives.
    const type = name.endsWith(".wasm") ? "application/wasm" : "application/octet-stream";
    return new Response(response.body.pipeThrough(count), { headers: { "Content-Type": type } });
  }

  /** @type {Map<string, Promise<Response>>} */
  const early = new Map();
  const wheels = Object.keys(parts).filter((file) => AT_START.test(file));
  for (const name of [...CORE, ...wheels]) {
    const response = fetchPart(name);
    response.catch(() => { /* whoever waits for it gets the error */ });
    early.set(name, response);
  }

  self.fetch = async (input, options) => {
    const address = new URL(input instanceof Request ? input.url : input, location.href).href;
    if (!address.startsWith(runtime)) return fetchAnything(input, options);
    const name = address.slice(runtime.length);
    const response = early.get(name) ?? fetchPart(name);
    early.delete(name);
    return response;
  };

  /**
   * Fetch a file while Python waits, which a worker may do.
   *
   * @param {string} name
   * @returns {ArrayBuffer}
   */
  function fetchAtOnce(name) {
    const size = parts[name]?.size ?? 0;
    total += size;
    report(loaded, total);
    const request = new XMLHttpRequest();
    request.open("GET", versioned(name), false);
    request.responseType = "arraybuffer";
    request.send();
    if (request.status !== 200) {
      throw new Error(`${name}: the site answered with status ${request.status}`);
    }
    loaded += size;
    report(loaded, total);
    return request.response;
  }

  return { versioned, fetchAtOnce };
}
