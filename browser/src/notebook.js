// Put answers into a released notebook, and take them out of one. Only the text of the cells for
// answers changes: ids, metadata and everything else stay as they were, so that it can be graded.

/**
 * @typedef {object} Cell
 * @property {string} id
 * @property {string} cell_type
 * @property {string | string[]} source
 * @property {Record<string, any>} metadata
 */

/** @typedef {{cells: Cell[], nbformat: number, nbformat_minor: number}} Notebook */

/**
 * @typedef {object} Part
 * @property {string} name id of the cell; of an exercise, its name
 * @property {"code" | "choice" | "written" | "extra"} kind
 * @property {string} check id of the cell that checks the answer, or ""
 * @property {string} letters of a choice question
 */

/**
 * What the site says of an assignment, see book/_ext/released_notebook.py.
 * @typedef {object} Assignment
 * @property {string} assignment
 * @property {string} page
 * @property {string[]} setup
 * @property {Part[]} parts
 * @property {Notebook} notebook
 */

/**
 * @param {Cell} cell
 * @returns {string}
 */
export function sourceOf(cell) {
  return Array.isArray(cell.source) ? cell.source.join("") : cell.source;
}

/**
 * @param {Notebook} notebook
 * @param {string} id
 * @returns {string} the cell's text
 */
export function sourceById(notebook, id) {
  const cell = notebook.cells.find((one) => one.id === id);
  if (!cell) throw new Error(`The notebook has no cell ${id}.`);
  return sourceOf(cell);
}

/**
 * The parts in which something is written.
 * @param {Assignment} data
 */
export function exercises(data) {
  return data.parts.filter((part) => part.kind !== "extra");
}

/**
 * Return the released notebook with these answers; cells without one stay as they were.
 * @param {Notebook} notebook
 * @param {Map<string, string>} answers text by the cell's id
 * @returns {Notebook}
 */
export function filled(notebook, answers) {
  const cells = notebook.cells.map((cell) => {
    const answer = answers.get(cell.id);
    if (answer === undefined) return cell;
    return { ...cell, source: Array.isArray(cell.source) ? lines(answer) : answer };
  });
  return { ...notebook, cells };
}

/**
 * The text of the notebook's file, in the form in which Jupyter writes it.
 * @param {Notebook} notebook
 */
export function fileOf(notebook) {
  return `${JSON.stringify(notebook, null, 1)}\n`;
}

/** @param {string} text */
function lines(text) {
  return text.match(/[^\n]*\n|[^\n]+/g) ?? [];
}

/**
 * Return the answers in a notebook's file, for the exercises of an assignment.
 * @param {string} text what the file holds
 * @param {Assignment} data
 * @returns {Map<string, string>} those that differ from the released cells
 * @throws {Error} with a message for the reader
 */
export function answersIn(text, data) {
  /** @type {any} */
  let found;
  try {
    found = JSON.parse(text);
  } catch {
    throw new Error("This file is no notebook: choose one whose name ends in .ipynb.");
  }
  if (!Array.isArray(found?.cells)) {
    throw new Error("This file is no Jupyter notebook of version 4: it has no list of cells.");
  }
  const answers = new Map();
  let recognised = 0;
  for (const part of exercises(data)) {
    const cell = found.cells.find((/** @type {any} */ one) => holds(one, part.name));
    if (!cell) continue;
    recognised += 1;
    const source = sourceOf(cell);
    if (typeof source === "string" && source !== sourceById(data.notebook, part.name)) {
      answers.set(part.name, source);
    }
  }
  if (!recognised) {
    throw new Error(`This is another notebook: none of its cells belongs to ${data.assignment}.`);
  }
  return answers;
}

/**
 * nbgrader knows a cell by its metadata; some programs give cells new ids.
 * @param {any} cell
 * @param {string} name
 */
function holds(cell, name) {
  const about = cell?.metadata?.nbgrader;
  return about?.solution === true && about.grade_id === name;
}
