// A slider whose pictures Python draws. The prepared ones stay in the page behind it: they are
// shown again when Python is gone, and on paper.

import { LiveControls, nearest } from "./live_controls.js";
import { Newest } from "./newest.js";
import { python, Stopped } from "./python.js";

/** @import { Description, Setting } from "./live_controls.js" */

/** @typedef {{svg: string, alt: string, texts: string[], positions: number[]}} Picture */
/** @typedef {{problem: string, control: number}} Problem */
/** @typedef {Picture | Problem | {outdated: true}} Drawn */

// A screen reader gets the description once the slider rests, not at every step.
const REST = 400;
// A picture that takes longer than this is seen to be on its way.
const LONG = 400;

export class LiveSlider {
  #root;
  #name;
  #version;
  #descriptions;
  #controls;
  #view = document.createElement("div");
  #waiting = 0;
  #drawing;
  #end;

  /**
   * @param {HTMLElement} root - the slider as the page or a cell gave it
   * @param {{controls: Description[], version: number}} description
   * @param {(reason: string) => void} onEnd - called once, when it cannot go on
   */
  constructor(root, { controls, version }, onEnd) {
    this.#root = root;
    this.#name = root.dataset.dlcName ?? "";
    this.#version = version;
    this.#descriptions = controls;
    this.#end = onEnd;
    this.#drawing = new Newest((/** @type {Setting[]} */ settings) => this.#draw(settings));
    const ranges = preparedRanges(root);
    const positions = controls.map(({ given, start }, k) => given[Number(ranges[k]?.value)] ?? start);
    this.#controls = new LiveControls(this.#name, controls, positions, () => this.#changed());
    this.#view.className = "dlc-computed-view";
    root.querySelector(".dlc-views")?.after(this.#view);
    root.querySelector(".dlc-controls")?.after(this.#controls.element);
    root.classList.add("dlc-is-computed");
    // The picture that is there stays until this one comes.
    this.#drawing.ask(this.#controls.settings);
  }

  #changed() {
    clearTimeout(this.#waiting);
    this.#drawing.ask(this.#controls.settings);
  }

  /** @param {Setting[]} settings */
  async #draw(settings) {
    const slow = setTimeout(() => this.#view.setAttribute("aria-busy", "true"), LONG);
    try {
      const parameters = { name: this.#name, version: this.#version, settings };
      this.#show(await python.call("course_page.sliders.draw", parameters));
    } catch (error) {
      if (!(error instanceof Stopped)) {
        this.#end(`Python could not draw this: ${/** @type {Error} */ (error).message}`);
      }
    } finally {
      clearTimeout(slow);
      this.#view.removeAttribute("aria-busy");
    }
  }

  /** @param {Drawn} drawn */
  #show(drawn) {
    if ("outdated" in drawn) {
      this.#end("The cell has run anew since, or was reset.");
    } else if ("problem" in drawn) {
      this.#controls.showProblem(drawn.control, drawn.problem);
    } else {
      this.#view.innerHTML = drawn.svg;
      this.#controls.show(drawn.texts, drawn.positions);
      clearTimeout(this.#waiting);
      this.#waiting = setTimeout(() => this.#say(drawn.alt), REST);
    }
  }

  /** @param {string} text */
  #say(text) {
    const live = this.#root.querySelector(".dlc-live");
    if (live) live.textContent = text;
  }

  /** Give the place back to the prepared pictures, near to what was shown last. */
  remove() {
    clearTimeout(this.#waiting);
    const positions = this.#controls.positions;
    preparedRanges(this.#root).forEach((range, k) => {
      range.value = String(nearest(this.#descriptions[k]?.given ?? [0], positions[k] ?? 0));
      range.dispatchEvent(new Event("input", { bubbles: true }));
    });
    this.#controls.element.remove();
    this.#view.remove();
    this.#root.classList.remove("dlc-is-computed");
  }
}

/**
 * @param {HTMLElement} root
 * @returns {HTMLInputElement[]}
 */
function preparedRanges(root) {
  return [...root.querySelectorAll(".dlc-controls:not(.dlc-computed) input")].map(
    (input) => /** @type {HTMLInputElement} */ (input),
  );
}
