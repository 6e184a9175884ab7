// The place of a cell's outputs: what the book shows there, or what the cell has given just now.

import { render } from "./outputs.js";

/** @import { Output } from "./messages.js" */

export class OutputPlace {
  /** @type {HTMLElement | null} */
  #built;
  /** @type {HTMLElement | null} */
  #shown;
  /** @type {Element} */
  #after;
  #fresh = false;
  #clearAtNext = false;
  /** Of the figure that stands there, in the book and anew. */
  alt = "";

  /**
   * @param {HTMLElement} cell - the cell's container
   * @param {Element} after - what outputs follow if the book shows none
   */
  constructor(cell, after) {
    this.#built = cell.querySelector(".cell_output");
    this.#shown = this.#built;
    this.#after = after;
  }

  /** Begin a run: what stands there goes when something new comes, or at the end. */
  begin() {
    this.#fresh = true;
    this.#clearAtNext = false;
  }

  /** @param {Output} output */
  add(output) {
    const place = this.#place();
    if (output.output_type === "clear_output" && output.metadata === undefined) {
      const waits = /** @type {any} */ (output).wait;
      if (waits) this.#clearAtNext = true;
      else place.replaceChildren();
      return;
    }
    if (this.#clearAtNext) place.replaceChildren();
    this.#clearAtNext = false;
    const isPicture = output.data && ("image/svg+xml" in output.data || "text/html" in output.data);
    const caption = this.#built?.querySelector(":scope > figure > figcaption");
    if (isPicture && caption && !place.querySelector(":scope > figure")) {
      const figure = /** @type {HTMLElement} */ (caption.parentElement?.cloneNode(false));
      render(figure, output, { alt: this.alt });
      figure.append(caption.cloneNode(true));
      place.append(figure);
    } else {
      render(place, output, { alt: isPicture ? this.alt : "" });
    }
  }

  /** End a run. */
  end() {
    if (this.#fresh) this.#show(null);
    this.#fresh = false;
  }

  /** Show again what the book shows. */
  restore() {
    this.#fresh = false;
    this.#show(this.#built);
  }

  /** @returns {HTMLElement} */
  #place() {
    if (this.#fresh || !this.#shown) {
      const place = document.createElement("div");
      place.className = "cell_output docutils container";
      this.#show(place);
      this.#fresh = false;
      return place;
    }
    return this.#shown;
  }

  /** @param {HTMLElement | null} place */
  #show(place) {
    if (place === this.#shown) return;
    if (this.#shown && place) this.#shown.replaceWith(place);
    else if (place) this.#after.after(place);
    else this.#shown?.remove();
    this.#shown = place;
  }
}
