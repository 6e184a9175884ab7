// The files of the runtime: asked for early and all at once, counted as they come, and each under
// an address with its digest, so that a cache never mixes versions.

/** @import { Parts } from "./messages.js" */

const DIGITS = 16;
// Needed by every start, besides the packages.
const CORE = ["pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json"];
const AT_START = /^(numpy|dlcore|cycler)-.*\.whl$/;
const WASM = "application/wasm";
const FAST = 10e6; // bytes a second

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
    const copy = /** @type {ReadableStream<Uint8Array>} */ (response.clone().body);
    const counted = copy.pipeTo(new WritableStream({
      write(chunk) {
        loaded += chunk.byteLength;
        report(loaded, total);
      },
    }));
    arrivals.push(counted.catch(() => { /* whoever reads the response gets the error */ }));
    // The browser compiles WebAssembly while it arrives, if it has its type, and keeps the result
    // for the next time, if the response is its own.
    if (!name.endsWith(".wasm") || response.headers.get("Content-Type") === WASM) return response;
    return new Response(response.body, { headers: { "Content-Type": WASM } });
  }

  const began = performance.now();
  /** @type {Promise<void>[]} */
  const arrivals = [];
  /** @type {Map<string, Promise<Response>>} */
  const early = new Map();
  /** @type {Map<string, ArrayBuffer>} */
  const ahead = new Map();
  const wheels = Object.keys(parts).filter((file) => AT_START.test(file));
  for (const name of [...CORE, ...wheels]) {
    const response = fetchPart(name);
    response.catch(() => { /* whoever waits for it gets the error */ });
    early.set(name, response);
  }
  const responses = [...early.values()];

  self.fetch = async (input, options) => {
    const address = new URL(input instanceof Request ? input.url : input, location.href).href;
    if (!address.startsWith(runtime)) return fetchAnything(input, options);
    const name = address.slice(runtime.length);
    const response = early.get(name) ?? fetchPart(name);
    early.delete(name);
    return response;
  };

  /** Whether files come so quickly that one more, of some megabytes, makes no difference. */
  const isFast = () => loaded > FAST * (performance.now() - began) / 1000;

  /**
   * Fetch files that may be wanted later, after all that is needed now.
   *
   * @param {string[]} names
   */
  async function fetchAhead(names) {
    await Promise.all(responses);
    await Promise.all(arrivals);
    await Promise.all(names.map(async (name) => {
      const response = await fetchPart(name);
      ahead.set(name, await response.arrayBuffer());
    }));
  }

  /**
   * Return a file that was fetched ahead, or fetch it while Python waits, which a worker may do.
   *
   * @param {string} name
   * @returns {ArrayBuffer}
   */
  function fetchAtOnce(name) {
    const there = ahead.get(name);
    if (there) {
      ahead.delete(name);
      return there;
    }
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

  return { versioned, isFast, fetchAhead, fetchAtOnce };
}
