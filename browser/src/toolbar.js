// The row of buttons below a cell, and the line that says what goes on.

import { announce } from "./announce.js";
import { button } from "./button.js";

/**
 * @typedef {object} Actions
 * @property {() => void} run
 * @property {() => void} stop
 * @property {() => void} edit
 * @property {() => void} reset
 */

export class Toolbar {
  /** @type {HTMLElement} */
  element;
  #run;
  #stop;
  #edit;
  #reset;
  #bar;
  #text;
  #changed;

  /**
   * @param {number} number - of the cell, as tracebacks have it
   * @param {Actions} actions
   */
  constructor(number, actions) {
    this.element = document.createElement("div");
    this.element.className = "cell-tools";
    this.element.setAttribute("role", "group");
    this.element.setAttribute("aria-label", `Cell ${number}`);
    this.#run = button("Run", `Run cell ${number}`, "cell-run", actions.run);
    this.#stop = button("Stop", `Stop cell ${number}`, "cell-stop", actions.stop);
    this.#edit = button("Edit", `Edit cell ${number}`, "", actions.edit);
    this.#reset = button("Reset", `Reset cell ${number} to the book's`, "", actions.reset);
    this.#stop.hidden = true;
    this.#reset.hidden = true;
    this.#changed = document.createElement("span");
    this.#changed.className = "cell-changed";
    this.#bar = document.createElement("progress");
    this.#bar.hidden = true;
    this.#bar.setAttribute("aria-label", "Download of Python");
    this.#text = document.createElement("span");
    this.#text.className = "cell-status";
    const name = document.createElement("span");
    name.className = "cell-number";
    name.textContent = `Cell ${number}`;
    name.setAttribute("aria-hidden", "true");
    this.element.append(
      this.#run, this.#stop, this.#edit, this.#reset, this.#changed, this.#bar, this.#text, name,
    );
  }

  /** @param {boolean} runs - or waits for its turn */
  setRunning(runs) {
    // Only the button that was pressed keeps the focus; it does nothing until the cell is done.
    if (!runs && document.activeElement === this.#stop) this.#run.focus();
    this.#run.setAttribute("aria-disabled", String(runs));
    this.#stop.hidden = !runs;
    if (!runs) this.#bar.hidden = true;
  }

  /**
   * @param {boolean} editing
   */
  setEditing(editing) {
    this.#edit.hidden = editing;
  }

  /** @param {boolean} differs - text or output differ from the book's */
  setResettable(differs) {
    if (!differs && document.activeElement === this.#reset) this.#run.focus();
    this.#reset.hidden = !differs;
  }

  /** @param {string} text - such as "changed" */
  setChanged(text) {
    this.#changed.textContent = text;
  }

  /**
   * Say what goes on.
   *
   * @param {string} text
   * @param {{aloud?: boolean, error?: boolean}} options - `aloud`: to screen readers, too
   */
  say(text, { aloud = true, error = false } = {}) {
    this.#text.textContent = text;
    this.#text.classList.toggle("cell-error", error);
    if (aloud && text) announce(text);
  }

  /**
   * @param {number} loaded - bytes
   * @param {number} total - bytes
   */
  showProgress(loaded, total) {
    this.#bar.hidden = loaded >= total;
    this.#bar.max = total;
    this.#bar.value = loaded;
  }

  focusRun() {
    this.#run.focus();
  }
}
