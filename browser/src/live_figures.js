// Interactive figures that Python draws. Each figure that can do more than what was prepared has a
// button for it; when a cell has run anyway, its figures switch by themselves.

import { cells } from "./cells.js";
import { LivePlayer } from "./live_player.js";
import { LiveSlider } from "./live_slider.js";
import { python, Stopped } from "./python.js";

const FIGURES = ".dlc-slider, .dlc-player";
const RUNNING = "Running the figure's cell.";

/** What draws in a figure's place. @typedef {{remove: () => void}} Live */

/** @type {Map<HTMLElement, Figure>} */
const figures = new Map();

class Figure {
  #root;
  #cell;
  /** @type {Live | null} */
  #live = null;
  #bar = document.createElement("div");
  #button = document.createElement("button");
  #status = document.createElement("span");

  /**
   * @param {HTMLElement} root
   * @param {number} cell - index of its cell
   */
  constructor(root, cell) {
    this.#root = root;
    this.#cell = cell;
    this.#bar.className = "dlc-compute";
    this.#button.type = "button";
    this.#button.addEventListener("click", () => this.#pressed());
    this.#status.setAttribute("role", "status");
    this.#bar.append(this.#button, this.#status);
    root.querySelector(".dlc-controls")?.after(this.#bar);
    this.#showButton();
  }

  get #prepared() {
    return !this.#root.classList.contains("dlc-unprepared");
  }

  #showButton() {
    this.#button.textContent = this.#live ? "Show prepared pictures" : "Compute live";
    this.#button.hidden = this.#live !== null && !this.#prepared;
  }

  async #pressed() {
    if (this.#live) {
      this.end("");
      return;
    }
    if (this.#waits) return;
    this.#button.setAttribute("aria-disabled", "true");
    this.#say(RUNNING);
    try {
      const { ok } = await cells.ready(this.#cell);
      if (ok) await this.start();
      else this.#say("The cell stopped with an error.");
    } catch (error) {
      const stopped = error instanceof Stopped;
      this.#say(stopped ? "Stopped." : /** @type {Error} */ (error).message);
    } finally {
      this.#button.removeAttribute("aria-disabled");
    }
  }

  /** Let Python draw, if its cell has run. */
  async start() {
    if (this.#live || !this.#root.isConnected) return;
    const name = this.#root.dataset.dlcName;
    const description = await python.call("course_page.sliders.describe", { name });
    if (!description || this.#live) return;
    const Kind = this.#root.classList.contains("dlc-player") ? LivePlayer : LiveSlider;
    this.#live = new Kind(this.#root, description, (reason) => this.end(reason));
    this.#say("Computed by Python as you move.");
    this.#showButton();
  }

  /** Go back to what was prepared. @param {string} reason - what the reader is told */
  end(reason) {
    if (!this.#live) return;
    this.#live.remove();
    this.#live = null;
    const back = this.#prepared ? "These are the prepared pictures again." : "";
    this.#say(reason && `${reason} ${back}`.trim());
    this.#showButton();
  }

  /** @param {string} text */
  #say(text) {
    this.#status.textContent = text;
  }

  get #waits() {
    return this.#button.getAttribute("aria-disabled") === "true";
  }

  /** Python computes now: what has been asked for, or something before it. */
  showBusy() {
    if (this.#waits) this.#say(RUNNING);
  }

  /** Of Python's download. @param {number} loaded @param {number} total */
  showProgress(loaded, total) {
    if (!this.#waits) return;
    // Screen readers hear of each quarter; the cell's own bar shows each piece.
    const quarters = Math.floor((4 * loaded) / total);
    this.#say(quarters < 4 ? `Loading Python: ${25 * quarters} %` : "Starting Python.");
  }
}

/**
 * Find the figures in a part of the page; those known already stay as they are.
 *
 * @param {ParentNode} place
 * @returns {Figure[]}
 */
function find(place) {
  for (const [root] of figures) {
    if (!root.isConnected && root.classList.contains("dlc-unprepared")) figures.delete(root);
  }
  const found = [];
  for (const element of place.querySelectorAll(FIGURES)) {
    const root = /** @type {HTMLElement} */ (element);
    const index = /cell-index-(\d+)/.exec(root.closest("[class*=cell-index-]")?.className ?? "");
    const canCompute = root.matches(".dlc-player, .dlc-can-compute, .dlc-unprepared");
    if (!index || !canCompute) continue;
    const figure = figures.get(root) ?? new Figure(root, Number(index[1]));
    figures.set(root, figure);
    found.push(figure);
  }
  return found;
}

/** Give the page's figures their buttons, and follow what happens to Python and its cells. */
export function start() {
  find(document);
  cells.addEventListener("ran", (event) => {
    const { index, ok } = /** @type {CustomEvent} */ (event).detail;
    const place = document.querySelector(`.cell-index-${index}`);
    if (!ok || !place) return;
    for (const figure of find(place)) figure.start().catch(() => { /* it stays as it is */ });
  });
  python.addEventListener("progress", (event) => {
    const { loaded, total } = /** @type {CustomEvent} */ (event).detail;
    for (const figure of figures.values()) figure.showProgress(loaded, total);
  });
  python.addEventListener("state", () => {
    for (const figure of figures.values()) {
      if (python.state === "off") figure.end("Python was stopped.");
      if (python.state === "busy") figure.showBusy();
    }
  });
}
