// The reader's answers to exercises, kept in the browser: one record for each exercise, shared by
// all pages on which it stands.

import { digest } from "./digest.js";
import * as store from "./store.js";

/**
 * @typedef {object} Answer
 * @property {string} source what was written
 * @property {string} stub fingerprint of the released cell that it was written into
 * @property {{digest: string, date: string}} [passed] when a check last passed, and for which answer
 */

/** @typedef {"untouched" | "begun" | "passed" | "passed-before"} State */

export const PREFIX = "exercise:";

// What the browser would not keep: it counts until the page is closed.
/** @type {Map<string, Answer>} */
const unkept = new Map();

/**
 * @param {string} assignment
 * @param {string} name
 */
export function keyOf(assignment, name) {
  return `${PREFIX}${assignment}:${name}`;
}

/**
 * Return the kept answer, or null if there is none that can be read.
 * @param {string} assignment
 * @param {string} name
 * @returns {Answer | null}
 */
export function load(assignment, name) {
  const key = keyOf(assignment, name);
  const record = unkept.get(key) ?? store.load(key);
  return isAnswer(record) ? record : null;
}

/**
 * @param {unknown} record
 * @returns {record is Answer}
 */
export function isAnswer(record) {
  if (typeof record !== "object" || record === null) return false;
  const { source, stub, passed } = /** @type {Record<string, any>} */ (record);
  const fits = passed === undefined
    || (typeof passed?.digest === "string" && typeof passed?.date === "string");
  return typeof source === "string" && typeof stub === "string" && fits;
}

/**
 * Keep what was written. What stands there as released is no answer, and is not kept.
 * @param {string} assignment
 * @param {string} name
 * @param {string} source
 * @param {string} released what stood in the cell
 * @returns {boolean} whether the browser has kept it
 */
export function save(assignment, name, source, released) {
  const passed = load(assignment, name)?.passed;
  if (source === released && !passed) {
    unkept.delete(keyOf(assignment, name));
    store.remove(keyOf(assignment, name));
    return true;
  }
  const record = { source, stub: digest(released), ...(passed ? { passed } : {}) };
  return keep(keyOf(assignment, name), record);
}

/**
 * @param {string} key
 * @param {Answer} record
 */
function keep(key, record) {
  const kept = store.save(key, record);
  if (kept) unkept.delete(key);
  else unkept.set(key, record);
  return kept;
}

/**
 * Keep that the check has passed for an answer; what stands there now may have changed meanwhile.
 * @param {string} assignment
 * @param {string} name
 * @param {string} checked
 * @param {string} released
 * @param {Date} date
 * @returns {boolean} whether the browser has kept it
 */
export function savePass(assignment, name, checked, released, date) {
  const source = load(assignment, name)?.source ?? checked;
  const passed = { digest: digest(checked), date: date.toISOString() };
  return keep(keyOf(assignment, name), { source, stub: digest(released), passed });
}

/**
 * @param {Answer | null} answer
 * @returns {State}
 */
export function stateOf(answer) {
  if (!answer) return "untouched";
  if (!answer.passed) return "begun";
  return answer.passed.digest === digest(answer.source) ? "passed" : "passed-before";
}
