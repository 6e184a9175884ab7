// What the site says of assignments, fetched when a page first needs it.

import * as answers from "./answers.js";
import { sourceById } from "./notebook.js";
import { fetchJson } from "./site.js";

/** @import { Assignment } from "./notebook.js" */

/** @type {Map<string, Promise<Assignment>>} */
const known = new Map();

/**
 * @param {string} name
 * @returns {Promise<Assignment>}
 */
export function assignment(name) {
  let data = known.get(name);
  if (!data) {
    data = fetchJson(`_python/exercises/${name}.json`);
    data.catch(() => known.delete(name));
    known.set(name, data);
  }
  return data;
}

/**
 * What stands in a cell: the reader's answer, or what was released.
 *
 * @param {Assignment} data
 * @param {string} name
 */
export function currentSource(data, name) {
  return answers.load(data.assignment, name)?.source ?? sourceById(data.notebook, name);
}

/** Answers of this page, or of another one in another tab, have changed. */
export const changes = new EventTarget();

/** @param {string} key - of the answer that changed; empty for several */
export function tellChange(key) {
  changes.dispatchEvent(new CustomEvent("change", { detail: key }));
}

addEventListener("storage", (event) => {
  const key = event.key?.replace(/^dlcore:/, "") ?? "";
  if (!event.key || key.startsWith(answers.PREFIX)) tellChange(key);
});
