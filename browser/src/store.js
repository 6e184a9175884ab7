// What the page keeps in this browser. Storage may be forbidden or full: then nothing is kept, and
// what the reader does works all the same until the page is closed.

const PREFIX = "dlcore:";

/**
 * @param {string} key - without the prefix
 * @returns {any} what was kept, or null
 */
export function load(key) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + key) ?? "null");
  } catch {
    return null;
  }
}

/**
 * @param {string} key - without the prefix
 * @param {unknown} value - anything that JSON can hold
 * @returns {boolean} whether it was kept
 */
export function save(key, value) {
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

/** @param {string} key - without the prefix */
export function remove(key) {
  try {
    localStorage.removeItem(PREFIX + key);
  } catch { /* see above */ }
}

/**
 * All keys that begin with a text, without the prefix.
 *
 * @param {string} start
 * @returns {string[]}
 */
export function keys(start) {
  try {
    return Object.keys(localStorage)
      .filter((key) => key.startsWith(PREFIX + start))
      .map((key) => key.slice(PREFIX.length));
  } catch {
    return [];
  }
}
