// Where an answer is written: an editor for code, radio buttons for a choice, a field for text.

import { createEditorLater } from "./editor_loader.js";

/** @import { Part } from "./notebook.js" */

/**
 * @typedef {object} Field
 * @property {() => string} text - the cell's source as it stands there
 * @property {(source: string) => void} setText
 * @property {() => void} focus
 */

/**
 * @typedef {object} Options
 * @property {HTMLElement} parent
 * @property {Part} part
 * @property {string} source
 * @property {string} released
 * @property {() => void} onChange
 * @property {() => void} onRun
 */

/**
 * @param {Options} options
 * @returns {Promise<Field>}
 */
export async function createField(options) {
  if (options.part.kind === "choice") return choiceField(options);
  if (options.part.kind === "written") return textField(options);
  const createEditor = await createEditorLater();
  const { parent, part, source, onChange, onRun } = options;
  return createEditor({
    parent, text: source, label: `Your answer: ${part.name}`, onChange, onRun,
  });
}

/**
 * @param {Options} options
 * @returns {Field}
 */
function choiceField({ parent, part, source, released, onChange }) {
  const group = document.createElement("fieldset");
  group.className = "exercise-choice";
  const legend = document.createElement("legend");
  legend.textContent = "Your answer";
  group.append(legend);
  // What is not of this form, as from another notebook, is kept until a letter is chosen.
  let current = source;
  const radios = [...part.letters].map((letter) => {
    const label = document.createElement("label");
    const radio = document.createElement("input");
    radio.type = "radio";
    radio.name = `answer-${part.name}`;
    radio.value = letter;
    radio.autocomplete = "off";
    radio.addEventListener("change", () => {
      current = withLetter(released, letter);
      onChange();
    });
    label.append(radio, ` ${letter})`);
    group.append(label);
    return radio;
  });
  const show = () => {
    for (const radio of radios) radio.checked = current === withLetter(released, radio.value);
  };
  show();
  parent.append(group);
  return {
    text: () => current,
    setText(text) {
      current = text;
      show();
    },
    focus: () => radios[0]?.focus(),
  };
}

/**
 * The cell of a choice question with a letter in place of the first None.
 *
 * @param {string} released
 * @param {string} letter
 */
function withLetter(released, letter) {
  return released.replace("None", `"${letter}"`);
}

/**
 * @param {Options} options
 * @returns {Field}
 */
function textField({ parent, part, source, released, onChange }) {
  const label = document.createElement("label");
  label.className = "exercise-written";
  label.textContent = "Your answer";
  const area = document.createElement("textarea");
  area.name = `answer-${part.name}`;
  area.rows = 6;
  area.autocomplete = "off";
  label.append(area);
  parent.append(label);
  // "Your answer here" is no answer; who leaves the field empty has written none.
  /** @param {string} text */
  const show = (text) => { area.value = text === released ? "" : text; };
  show(source);
  area.addEventListener("input", onChange);
  return {
    text: () => (area.value.trim() ? area.value : released),
    setText: show,
    focus: () => area.focus(),
  };
}
