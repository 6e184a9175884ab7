// The box of one exercise: its field, its buttons, what came of the last try, and where it stands.

import { announce } from "./announce.js";
import * as answers from "./answers.js";
import { changes, currentSource, tellChange } from "./assignments.js";
import { button } from "./button.js";
import { digest } from "./digest.js";
import { createField } from "./exercise_fields.js";
import { sourceById } from "./notebook.js";
import { render } from "./outputs.js";
import { python, Stopped } from "./python.js";
import { tryAnswer } from "./trying.js";
import { megabytes, messageOf } from "./wording.js";

/** @import { Field } from "./exercise_fields.js" */
/** @import { Output } from "./messages.js" */
/** @import { Assignment, Part } from "./notebook.js" */

const SECONDS_UNTIL_HINT = 10;
const NOT_KEPT =
  "The browser does not keep your answer: its storage is full or forbidden. Copy it before you " +
  "leave the page.";

export class ExerciseBox {
  #root;
  #data;
  #part;
  #released;
  /** @type {Field | null} */
  #field = null;
  /** @type {Promise<void> | null} */
  #opening = null;
  #place = element("div", "exercise-field");
  #tools = element("div", "cell-tools exercise-tools");
  #text = element("span", "cell-status");
  #state = element("span", "exercise-state");
  #output = element("div", "exercise-output cell_output");
  #bar = document.createElement("progress");
  /** @type {HTMLButtonElement[]} */
  #starters = [];
  #stop;
  #reset;
  /** What "Reset" has taken away, until something new is written. */
  #before = "";

  /**
   * @param {HTMLElement} root
   * @param {Assignment} data
   * @param {Part} part
   */
  constructor(root, data, part) {
    this.#root = root;
    this.#data = data;
    this.#part = part;
    this.#released = sourceById(data.notebook, part.name);
    const { name, kind, check } = part;
    if (check) {
      this.#starters.push(
        button("Check my answer", `Check my answer: ${name}`, "cell-run", () => this.#try(true)),
      );
    }
    if (kind === "code" || kind === "extra") {
      this.#starters.push(
        button("Run", `Run ${name}`, check ? "" : "cell-run", () => this.#try(false)),
      );
    }
    this.#stop = button("Stop", `Stop ${name}`, "cell-stop", () => python.stop());
    this.#reset = button("Reset", `Reset ${name}`, "", () => this.#resetOrUndo());
    this.#stop.hidden = true;
    this.#bar.hidden = true;
    this.#bar.setAttribute("aria-label", "Download of Python");
    this.#tools.append(...this.#starters, this.#stop, this.#reset, this.#state);
    this.#tools.append(this.#bar, this.#text);
    this.#output.hidden = true;

    root.setAttribute("role", "group");
    root.setAttribute("aria-label", kind === "extra" ? `Cell ${name}` : `Your answer: ${name}`);
    root.append(this.#tools, this.#output);
    if (kind !== "extra") root.prepend(this.#place);
    // Pygments' colours, for the editor.
    if (kind === "code") this.#place.classList.add("highlight");
    this.#showState();
    const key = answers.keyOf(data.assignment, name);
    changes.addEventListener("change", (event) => {
      const changed = /** @type {CustomEvent<string>} */ (event).detail;
      if (!changed || changed === key) this.#reload();
    });
  }

  /** Put the field in place of the cell as it was released. Its script comes when it is needed. */
  open() {
    this.#opening ??= this.#open().catch((error) => {
      this.#opening = null;
      this.#say(`The editor could not be loaded: ${messageOf(error)}`, { error: true });
    });
    return this.#opening;
  }

  async #open() {
    if (this.#part.kind === "extra") return;
    this.#field = await createField({
      parent: this.#place,
      part: this.#part,
      source: this.#source(),
      released: this.#released,
      onChange: () => this.#changed(),
      onRun: () => this.#try(Boolean(this.#part.check)),
    });
    for (const built of this.#root.querySelectorAll(":scope > [class*=highlight-]")) built.remove();
  }

  #source() {
    return currentSource(this.#data, this.#part.name);
  }

  #changed() {
    if (!this.#field) return;
    this.#before = "";
    this.#keep(this.#field.text());
  }

  /** @param {string} source */
  #keep(source) {
    const { assignment } = this.#data;
    const kept = answers.save(assignment, this.#part.name, source, this.#released);
    if (!kept) this.#say(NOT_KEPT, { error: true });
    else if (this.#text.textContent) this.#say("", { aloud: false });
    this.#showState();
    tellChange(answers.keyOf(assignment, this.#part.name));
  }

  /** Show what another box, tab or file has changed. */
  #reload() {
    const source = this.#source();
    if (this.#field && this.#field.text() !== source) {
      this.#field.setText(source);
      this.#before = "";
    }
    this.#showState();
  }

  #resetOrUndo() {
    const source = this.#before || this.#released;
    const undone = Boolean(this.#before);
    const before = undone ? "" : this.#source();
    this.#field?.setText(source);
    this.#keep(source);
    this.#before = before;
    this.#output.hidden = true;
    this.#output.replaceChildren();
    this.#say(undone ? "Your answer is back." : "As it was released. Your answer was taken away.");
    this.#showState();
  }

  #showState() {
    const answer = answers.load(this.#data.assignment, this.#part.name);
    const { text, passed } = stateInWords(this.#part, answer);
    this.#state.textContent = text;
    this.#state.classList.toggle("exercise-passed", passed);
    const outdated = answer && answer.stub !== digest(this.#released);
    if (outdated) {
      this.#state.textContent = `${text}; the exercise has changed since, Reset shows it anew`;
    }
    const resettable = this.#part.kind !== "extra" && (this.#before !== ""
      || this.#source() !== this.#released);
    this.#reset.hidden = !resettable;
    this.#reset.textContent = this.#before ? "Undo reset" : "Reset";
    this.#reset.setAttribute("aria-label", `${this.#reset.textContent}: ${this.#part.name}`);
  }

  /** @param {boolean} withCheck */
  async #try(withCheck) {
    if (!this.#stop.hidden) return;
    const checked = this.#source();
    this.#setRunning(true);
    const ended = this.#watch(withCheck ? "Checking" : "Running");
    let isFirst = true;
    try {
      const passed = await tryAnswer(this.#data, this.#part, withCheck, (output) => {
        if (isFirst) this.#output.replaceChildren();
        isFirst = false;
        this.#output.hidden = false;
        render(this.#output, output, { alt: `Picture drawn by ${this.#part.name}` });
      });
      if (isFirst) this.#output.replaceChildren();
      this.#output.hidden = isFirst;
      ended();
      this.#conclude(withCheck, passed, checked);
    } catch (error) {
      ended();
      if (error instanceof Stopped) {
        this.#say("Stopped. Nothing of your answer is lost; the next run starts anew.");
      } else {
        this.#say(messageOf(error), { error: true });
      }
    }
    this.#setRunning(false);
  }

  /**
   * @param {boolean} withCheck
   * @param {boolean} passed
   * @param {string} checked
   */
  #conclude(withCheck, passed, checked) {
    if (!withCheck) {
      this.#say(passed ? "Done." : "Stopped by an error; it stands below.", { error: !passed });
      return;
    }
    if (!passed) {
      this.#say("Not yet: what the check found stands below.", { error: true });
      return;
    }
    const { assignment } = this.#data;
    const name = this.#part.name;
    const kept = answers.savePass(assignment, name, checked, this.#released, new Date());
    this.#showState();
    tellChange(answers.keyOf(assignment, name));
    const said = this.#part.kind === "choice" ? "Your answer counts as one." : "The check passes.";
    this.#say(kept ? said : `${said} ${NOT_KEPT}`);
  }

  /**
   * Say how far things are while something runs.
   *
   * @param {string} doing
   * @returns {() => void} to be called when it has ended
   */
  #watch(doing) {
    const start = Date.now();
    let hinted = false;
    const tell = () => {
      if (python.state === "starting") return;
      this.#bar.hidden = true;
      const seconds = Math.floor((Date.now() - start) / 1000);
      const hint = seconds >= SECONDS_UNTIL_HINT;
      const text = `${doing} … ${seconds} s.`;
      if (!hint) {
        this.#say(seconds ? text : `${doing} …`, { aloud: seconds === 0 });
        return;
      }
      const advice = " This takes long. If there may be a loop without an end, press Stop.";
      this.#say(text + advice, { aloud: !hinted });
      hinted = true;
    };
    /** @param {Event} event */
    const onProgress = (event) => {
      const { loaded, total } = /** @type {CustomEvent} */ (event).detail;
      this.#bar.hidden = loaded >= total;
      this.#bar.max = total;
      this.#bar.value = loaded;
      this.#say(`Starting Python: ${megabytes(loaded)} of ${megabytes(total)} MB`, { aloud: false });
    };
    if (python.state === "ready" || python.state === "busy") tell();
    else this.#say("Starting Python …");
    const timer = setInterval(tell, 1000);
    python.addEventListener("progress", onProgress);
    return () => {
      clearInterval(timer);
      python.removeEventListener("progress", onProgress);
      this.#bar.hidden = true;
    };
  }

  /** @param {boolean} runs */
  #setRunning(runs) {
    if (!runs && document.activeElement === this.#stop) this.#starters[0]?.focus();
    for (const starter of this.#starters) starter.setAttribute("aria-disabled", String(runs));
    this.#stop.hidden = !runs;
  }

  /**
   * @param {string} text
   * @param {{aloud?: boolean, error?: boolean}} options
   */
  #say(text, { aloud = true, error = false } = {}) {
    this.#text.textContent = text;
    this.#text.classList.toggle("cell-error", error);
    if (aloud && text) announce(text);
  }
}

/**
 * @param {Part} part
 * @param {answers.Answer | null} answer
 * @returns {{text: string, passed: boolean}}
 */
export function stateInWords(part, answer) {
  const state = answers.stateOf(answer);
  if (state === "untouched" || part.kind === "extra") return { text: "", passed: false };
  if (part.kind === "written") return { text: "written", passed: true };
  const word = part.kind === "choice" ? "answered" : "passed";
  if (state === "passed") return { text: word, passed: true };
  return { text: state === "begun" ? "begun" : `${word} before the last change`, passed: false };
}

/**
 * @param {string} tag
 * @param {string} classes
 */
function element(tag, classes) {
  const made = document.createElement(tag);
  made.className = classes;
  return made;
}
