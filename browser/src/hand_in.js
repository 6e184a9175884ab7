// What concerns all answers of an assignment: how many there are, the notebook with them to be
// handed in, and answers from a notebook that was begun elsewhere.

import { announce } from "./announce.js";
import * as answers from "./answers.js";
import { changes, tellChange } from "./assignments.js";
import { stateInWords } from "./exercise_box.js";
import { answersIn, exercises, filled, fileOf, sourceById } from "./notebook.js";
import { ROOT } from "./site.js";
import { messageOf } from "./wording.js";

/** @import { Assignment } from "./notebook.js" */

/**
 * @param {HTMLElement} root
 * @param {Assignment} data
 */
export function startHandIn(root, data) {
  const count = document.createElement("p");
  const status = document.createElement("p");
  status.className = "cell-status";
  const field = document.createElement("input");
  const download = document.createElement("button");

  /** @param {string} text */
  const say = (text) => {
    status.textContent = text;
    announce(text);
  };
  const show = () => {
    const done = exercises(data).filter((part) => (
      stateInWords(part, answers.load(data.assignment, part.name)).passed
    )).length;
    const progress = document.createElement("a");
    progress.href = new URL("appendix/progress.html", ROOT).href;
    progress.textContent = "Your progress";
    count.replaceChildren(
      `${done} of ${exercises(data).length} exercises passed, answered or written. `, progress,
    );
  };

  download.type = "button";
  download.className = "cell-run";
  download.textContent = "Download the notebook with my answers";
  download.addEventListener("click", () => {
    const found = answersKept(data);
    const blob = new Blob([fileOf(filled(data.notebook, found))], { type: "application/json" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${data.assignment}.ipynb`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    say(`${link.download} has ${number(found.size)} from here. Hand it in under this name.`);
  });

  field.type = "file";
  field.accept = ".ipynb";
  field.addEventListener("change", async () => {
    const file = field.files?.[0];
    if (!file) return;
    try {
      const found = answersIn(await file.text(), data);
      for (const [name, source] of found) {
        answers.save(data.assignment, name, source, sourceById(data.notebook, name));
      }
      tellChange("");
      say(`Took over ${number(found.size)} from ${file.name}. Check them here once more.`);
    } catch (error) {
      say(messageOf(error));
    }
    field.value = "";
  });
  const label = document.createElement("label");
  label.append("Take over answers from a notebook file ", field);
  const tools = document.createElement("div");
  tools.className = "cell-tools";
  tools.append(download, label);
  root.append(count, tools, status);
  show();
  changes.addEventListener("change", show);
}

/**
 * @param {Assignment} data
 * @returns {Map<string, string>}
 */
function answersKept(data) {
  const found = new Map();
  for (const { name } of exercises(data)) {
    const source = answers.load(data.assignment, name)?.source;
    if (source !== undefined && source !== sourceById(data.notebook, name)) found.set(name, source);
  }
  return found;
}

/** @param {number} count */
function number(count) {
  return count === 1 ? "1 answer" : `${count} answers`;
}
