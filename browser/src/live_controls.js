// The controls of a figure that Python draws: ranges with finer steps, and fields for any value.

/**
 * One control as dlcore/_live.py describes it.
 *
 * @typedef {object} Description
 * @property {string} label
 * @property {string[]} texts - of the positions
 * @property {number} start - position of the default
 * @property {number[]} given - positions of the values that have been prepared
 * @property {string} expected - what can be typed; empty where only positions can be chosen
 */

/** A position, or what the reader typed. @typedef {number | string} Setting */

class LiveControl {
  /** @type {Setting} */
  setting;
  element = document.createElement("div");

  /** What was drawn last. @type {Setting} */
  #good;
  #range = document.createElement("input");
  /** @type {HTMLInputElement | null} */
  #field = null;
  #output = document.createElement("output");
  #problem = document.createElement("p");

  /**
   * @param {string} id - for the range
   * @param {Description} description
   * @param {number} position
   * @param {() => void} onChange
   */
  constructor(id, description, position, onChange) {
    const { label, texts, expected } = description;
    this.setting = position;
    this.#good = position;
    this.element.className = "dlc-control";
    const name = document.createElement("label");
    name.htmlFor = id;
    name.textContent = label;
    Object.assign(this.#range, { type: "range", id, min: "0", max: String(texts.length - 1) });
    this.#range.step = "1";
    this.#range.autocomplete = "off";
    this.element.append(name, this.#range);
    this.#range.addEventListener("input", () => {
      this.setting = Number(this.#range.value);
      this.showProblem("");
      this.#showText(texts[this.setting] ?? "");
      onChange();
    });
    if (expected) {
      this.#addField(`${id}-exact`, label, expected, onChange);
    } else {
      this.#output.htmlFor.add(id);
      this.#output.setAttribute("aria-live", "off");
      this.element.append(this.#output);
    }
    this.show(texts[position] ?? "", position);
  }

  /**
   * @param {string} id
   * @param {string} label
   * @param {string} expected
   * @param {() => void} onChange
   */
  #addField(id, label, expected, onChange) {
    const field = document.createElement("input");
    Object.assign(field, { type: "text", id, className: "dlc-exact", autocomplete: "off" });
    field.spellcheck = false;
    field.setAttribute("aria-label", `${label}: ${expected}`);
    field.title = `Type ${expected}`;
    field.setAttribute("aria-describedby", `${id}-problem`);
    Object.assign(this.#problem, { id: `${id}-problem`, className: "dlc-problem" });
    this.#problem.setAttribute("role", "alert");
    field.addEventListener("change", () => {
      this.setting = field.value;
      onChange();
    });
    this.#field = field;
    this.element.append(field, this.#problem);
  }

  get position() {
    return Number(this.#range.value);
  }

  /**
   * @param {string} text
   * @param {number} position - nearest to what is shown
   */
  show(text, position) {
    this.#good = this.setting;
    this.#range.value = String(position);
    this.showProblem("");
    this.#showText(text);
  }

  /** @param {string} text */
  #showText(text) {
    this.#range.setAttribute("aria-valuetext", text);
    if (!this.#field) this.#output.textContent = text;
    // Who is typing the next value is left alone.
    else if (this.#field.value === this.setting || document.activeElement !== this.#field) {
      this.#field.value = text;
    }
  }

  /**
   * Say what is wrong with the value typed. It stays there to be mended, but the one before counts.
   *
   * @param {string} text
   */
  showProblem(text) {
    if (text) this.setting = this.#good;
    if (this.#problem.textContent !== text) this.#problem.textContent = text;
    this.#field?.setAttribute("aria-invalid", String(text !== ""));
  }
}

export class LiveControls {
  element = document.createElement("div");
  #controls;

  /**
   * @param {string} name - of the figure
   * @param {Description[]} descriptions
   * @param {number[]} positions - where to begin
   * @param {() => void} onChange
   */
  constructor(name, descriptions, positions, onChange) {
    this.element.className = "dlc-controls dlc-computed";
    this.#controls = descriptions.map((description, k) => (
      new LiveControl(`${name}-live-${k}`, description, positions[k] ?? description.start, onChange)
    ));
    this.element.append(...this.#controls.map((control) => control.element));
  }

  /** @returns {Setting[]} */
  get settings() {
    return this.#controls.map((control) => control.setting);
  }

  get positions() {
    return this.#controls.map((control) => control.position);
  }

  /**
   * @param {string[]} texts
   * @param {number[]} positions
   */
  show(texts, positions) {
    this.#controls.forEach((control, k) => control.show(texts[k] ?? "", positions[k] ?? 0));
  }

  /**
   * @param {number} control
   * @param {string} text
   */
  showProblem(control, text) {
    this.#controls[control]?.showProblem(text);
  }
}

/**
 * Place of the number that is closest to `wanted`.
 *
 * @param {number[]} numbers
 * @param {number} wanted
 * @returns {number}
 */
export function nearest(numbers, wanted) {
  const distances = numbers.map((number) => Math.abs(number - wanted));
  return distances.indexOf(Math.min(...distances));
}
