// What the page and its worker say to each other. Only types, no code.

/**
 * An output of a cell in the format of Jupyter notebooks (nbformat 4).
 *
 * @typedef {object} Output
 * @property {string} output_type - stream, display_data, execute_result, error or clear_output
 * @property {string} [name] - of a stream: stdout or stderr
 * @property {string} [text] - of a stream
 * @property {Record<string, any>} [data] - by MIME types
 * @property {Record<string, any>} [metadata]
 * @property {string} [ename]
 * @property {string} [evalue]
 * @property {string[]} [traceback]
 */

/**
 * To the worker. `start` comes first and once; `run` and `call` are answered by `done` or `failed`
 * with the same id.
 *
 * @typedef {{kind: "start", runtime: string, parts: Parts}
 *   | {kind: "run", id: number, code: string, name: string, namespace: string}
 *   | {kind: "call", id: number, name: string, parameters: string, code: string}} Request
 */

/**
 * From the worker.
 *
 * @typedef {{kind: "ready"}
 *   | {kind: "broken", message: string}
 *   | {kind: "progress", loaded: number, total: number}
 *   | {kind: "loaded", addresses: string[]}
 *   | {kind: "output", id: number, output: Output}
 *   | {kind: "done", id: number, result: any}
 *   | {kind: "failed", id: number, name: string, message: string}} Answer
 */

/**
 * The files of the runtime: their sizes, and digests that tell their versions apart.
 *
 * @typedef {Record<string, {size: number, sha256: string}>} Parts
 */

export {};
