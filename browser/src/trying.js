// Run an answer, and its check, in the page's Python. What is run, and in which order, is decided
// there (course_page/checking.py); here it is carried out step by step.

import { currentSource } from "./assignments.js";
import { sourceById } from "./notebook.js";
import { python } from "./python.js";

/** @import { Output } from "./messages.js" */
/** @import { Assignment, Part } from "./notebook.js" */

/**
 * @typedef {object} Step
 * @property {"imports" | "before" | "cell" | "check"} role
 * @property {string} cell
 * @property {string} title
 * @property {string} source
 */

/** Answers have a place for their names in common, so one waits for the other. */
let last = Promise.resolve();

/**
 * @param {Assignment} data
 * @param {Part} part
 * @param {boolean} withCheck
 * @param {(output: Output) => void} onOutput
 * @returns {Promise<boolean>} whether all was run without an error
 */
export function tryAnswer(data, part, withCheck, onOutput) {
  const turn = last.then(() => carryOut(data, part, withCheck, onOutput));
  last = turn.then(() => {}, () => {});
  return turn;
}

/**
 * @param {Assignment} data
 * @param {Part} part
 * @param {boolean} withCheck
 * @param {(output: Output) => void} onOutput
 */
async function carryOut(data, part, withCheck, onOutput) {
  const { namespace, steps } = await python.call("course_page.checking.plan", {
    imports: data.setup.map((id) => sourceById(data.notebook, id)),
    cells: data.parts
      .filter(({ kind }) => kind !== "written")
      .map(({ name }) => ({ name, source: currentSource(data, name) })),
    name: part.name,
    check: withCheck && part.check ? sourceById(data.notebook, part.check) : "",
  });
  for (const step of /** @type {Step[]} */ (steps)) {
    const isBefore = step.role === "before";
    const { ok } = await python.run(step.source, {
      name: step.title,
      namespace,
      onOutput: (output) => {
        if (!isBefore) onOutput(output);
        else if (output.output_type === "error") onOutput(remark(step.cell, output));
      },
    });
    if (!ok && !isBefore) return false;
  }
  return true;
}

/**
 * Say that another answer, which this one makes use of, cannot be run.
 *
 * @param {string} name
 * @param {Output} error
 * @returns {Output}
 */
function remark(name, error) {
  const reason = [error.ename, error.evalue].filter(Boolean).join(": ");
  const text = `Your answer to ${name}, which this one makes use of, can't be run: ${reason}\n`;
  return { output_type: "stream", name: "stderr", text };
}
