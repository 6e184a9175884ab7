// How a notebook that the reader has changed compares with the released one.

import { filled, sourceOf } from "./notebook.js";

/** @typedef {import("./notebook.js").Notebook} Notebook */
/** @typedef {import("./notebook.js").Cell} Cell */

/**
 * The release a notebook was made from: a digest that tools/in_browser/lite.py puts into its
 * metadata, where Jupyter leaves it alone. Empty for a notebook from elsewhere.
 * @param {any} notebook
 * @returns {string}
 */
export function releaseOf(notebook) {
  const release = notebook?.metadata?.course?.release;
  return typeof release === "string" ? release : "";
}

/**
 * Return the answers that differ from the released ones.
 * @param {Notebook} kept
 * @param {Notebook} released
 * @returns {Map<string, string>} text by the id of the released cell
 */
export function answersOf(kept, released) {
  const found = new Map(kept.cells.filter(isAnswer).map((cell) => [nameOf(cell), sourceOf(cell)]));
  const answers = new Map();
  for (const cell of released.cells.filter(isAnswer)) {
    const source = found.get(nameOf(cell));
    if (source !== undefined && source !== sourceOf(cell)) answers.set(cell.id, source);
  }
  return answers;
}

/**
 * Return the released notebook with the reader's answers, and with the cells that the reader has
 * added, each behind the cell that it stood behind.
 * @param {Notebook} kept
 * @param {Notebook} released
 * @returns {Notebook}
 */
export function carriedOver(kept, released) {
  const notebook = filled(released, answersOf(kept, released));
  const cells = [...notebook.cells];
  let place = 0;
  for (const cell of kept.cells) {
    const same = cells.findIndex((one) => one.id === cell.id);
    if (same >= 0) {
      place = same + 1;
    } else if (isAdded(cell)) {
      cells.splice(place, 0, cell);
      place += 1;
    }
  }
  return { ...notebook, cells };
}

/** @param {Cell} cell */
function nameOf(cell) {
  return cell.metadata.nbgrader.grade_id;
}

/** @param {Cell} cell */
function isAnswer(cell) {
  return cell.metadata?.nbgrader?.solution === true;
}

/**
 * A cell of the reader's own: not one for nbgrader, and not a text of an earlier release.
 * @param {Cell} cell
 */
function isAdded(cell) {
  return !cell.metadata?.nbgrader && !/^cell-\d+$/.test(cell.id ?? "");
}
