// The one Python of a page. It lives in a worker, so that the page stays quick and a cell that runs
// for ever can be stopped: by ending the worker.

import { fetchJson, ROOT, RUNTIME } from "./site.js";
import { keepForOffline } from "./offline.js";

/** @import { Answer, Output, Parts, Request } from "./messages.js" */

/** Why something did not come to its end: the reader pressed Stop. */
export class Stopped extends Error {
  constructor() {
    super("Stopped.");
    this.name = "Stopped";
  }
}

/** A function of course_page that was called raised an error. */
export class PythonError extends Error {
  /**
   * @param {string} name - of the exception
   * @param {string} message
   */
  constructor(name, message) {
    super(message);
    this.name = name;
  }
}

/** Python could not be started; the message says why, and what helps. */
export class CannotStart extends Error {}

const LIST = "lite/static/pyodide/files.json";

/**
 * @typedef {object} Job
 * @property {(result: any) => void} resolve
 * @property {(error: Error) => void} reject
 * @property {((output: Output) => void) | undefined} onOutput
 */

/**
 * Events: `state` when `state` changes; `progress` (a CustomEvent with `loaded` and `total`, bytes)
 * while files come; `restarted` when a Python that had been ready is gone, with all it had computed.
 */
class Python extends EventTarget {
  /** @type {"off" | "starting" | "ready" | "busy"} */
  state = "off";

  /** @type {Worker | null} */
  #worker = null;
  /** @type {Promise<void> | null} */
  #started = null;
  /** @type {(error: Error) => void} */
  #giveUp = () => {};
  /** @type {Map<number, Job>} */
  #jobs = new Map();
  #lastId = 0;

  /** @param {"off" | "starting" | "ready" | "busy"} state */
  #setState(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }

  /**
   * Start Python, unless it is running or starting.
   *
   * @returns {Promise<void>}
   */
  start() {
    if (!this.#started) {
      this.#setState("starting");
      const started = new Promise((resolve, reject) => {
        this.#giveUp = reject;
        this.#startWorker(resolve).catch(reject);
      });
      this.#started = started;
      started.catch(() => {
        // A later run tries again.
        if (this.#started === started) this.#end();
      });
    }
    return this.#started;
  }

  /** @param {(value: void) => void} ready */
  async #startWorker(ready) {
    if (typeof WebAssembly === "undefined") {
      throw new CannotStart(
        "Python cannot run here: this browser has no WebAssembly, or it is switched off. " +
          "Any current Chrome, Edge, Firefox or Safari has it.",
      );
    }
    const giveUp = this.#giveUp;
    let parts;
    try {
      parts = /** @type {Parts} */ (await fetchJson(LIST));
    } catch (error) {
      throw new CannotStart(whyNotLoaded(error));
    }
    if (this.#giveUp !== giveUp) return; // stopped in the meantime
    const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
    this.#worker = worker;
    worker.addEventListener("message", ({ data }) => {
      const answer = /** @type {Answer} */ (data);
      if (answer.kind === "ready") {
        this.#setState("ready");
        ready();
      } else if (answer.kind === "broken") {
        giveUp(new CannotStart(answer.message));
      } else {
        this.#receive(answer);
      }
    });
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      giveUp(new CannotStart(whyNotLoaded(event.message)));
    });
    this.#send({ kind: "start", runtime: RUNTIME.href, parts });
  }

  /** @param {Request} request */
  #send(request) {
    this.#worker?.postMessage(request);
  }

  /** @param {Answer} answer */
  #receive(answer) {
    if (answer.kind === "progress") {
      const { loaded, total } = answer;
      this.dispatchEvent(new CustomEvent("progress", { detail: { loaded, total } }));
      return;
    }
    if (answer.kind === "loaded") {
      keepForOffline(ROOT, answer.addresses);
      return;
    }
    if (!("id" in answer)) return;
    const job = this.#jobs.get(answer.id);
    if (!job) return;
    if (answer.kind === "output") {
      job.onOutput?.(answer.output);
      return;
    }
    this.#jobs.delete(answer.id);
    if (!this.#jobs.size) this.#setState("ready");
    if (answer.kind === "done") job.resolve(answer.result);
    else job.reject(new PythonError(answer.name, answer.message));
  }

  /**
   * @param {{kind: "run", code: string, name: string, namespace: string}
   *   | {kind: "call", name: string, parameters: string, code: string}} request
   * @param {((output: Output) => void) | undefined} onOutput
   * @returns {Promise<any>}
   */
  async #ask(request, onOutput) {
    await this.start();
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      this.#jobs.set(id, { resolve, reject, onOutput });
      this.#setState("busy");
      this.#send({ ...request, id });
    });
  }

  /**
   * Run code. Several runs at a time wait for each other, in their order.
   *
   * @param {string} code
   * @param {{name: string, onOutput?: (output: Output) => void, namespace?: string}} options -
   *   `name` is what tracebacks call the code; `namespace` keeps its names apart from the page's
   * @returns {Promise<{ok: boolean}>}
   */
  async run(code, { name, onOutput, namespace = "" }) {
    return { ok: await this.#ask({ kind: "run", code, name, namespace }, onOutput) };
  }

  /**
   * Call a function of the Python package course_page.
   *
   * @param {string} name - such as `course_page.order.needs`
   * @param {Record<string, unknown>} parameters - keyword arguments
   * @param {object} options
   * @param {(output: Output) => void} [options.onOutput] - gets what it prints and shows
   * @param {string} [options.code] - code that it will run: what this imports is loaded first
   * @returns {Promise<any>} what it returned, by way of JSON
   */
  async call(name, parameters = {}, { onOutput, code = "" } = {}) {
    const request = { name, parameters: JSON.stringify(parameters), code };
    return this.#ask({ kind: "call", ...request }, onOutput);
  }

  /**
   * End the worker, and with it whatever runs or loads. What waits is rejected with `Stopped`. A
   * Python that had been ready is started anew at once, without anything that it had computed.
   */
  stop() {
    if (this.state === "off") return;
    const wasReady = this.state !== "starting";
    this.#end();
    if (wasReady) {
      this.dispatchEvent(new Event("restarted"));
      this.start().catch(() => { /* the next run says why */ });
    }
  }

  #end() {
    this.#worker?.terminate();
    this.#worker = null;
    const giveUp = this.#giveUp;
    this.#giveUp = () => {};
    this.#started = null;
    giveUp(new Stopped());
    const jobs = [...this.#jobs.values()];
    this.#jobs.clear();
    for (const job of jobs) job.reject(new Stopped());
    this.#setState("off");
  }
}

/**
 * @param {unknown} error
 * @returns {string}
 */
function whyNotLoaded(error) {
  const reason = error instanceof Error ? error.message : String(error ?? "");
  return (
    "Python could not be loaded from this site. Is there a connection? Without one, cells run " +
    "only if they have run before in this browser. Press Run to try again." +
    (reason ? ` (${reason})` : "")
  );
}

export const python = new Python();
