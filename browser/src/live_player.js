// A player whose paths Python computes, for any multiple of the learning rates.

import { LiveControls, nearest } from "./live_controls.js";
import { Newest } from "./newest.js";
import { python, Stopped } from "./python.js";

/** @import { Description, Setting } from "./live_controls.js" */

/** Paths on a surface, with the words for their rates. */
/** @typedef {{tracks: unknown[], text: string, surface: number}} Paths */

/**
 * What dlcore/static/course-player.js offers for each player of the page.
 *
 * @typedef {object} Player
 * @property {() => number} surface - index of the surface shown
 * @property {() => number} factor - index of the prepared factor
 * @property {(paths: Paths) => void} showComputed
 * @property {(factor: number) => void} showPrepared - with this one of the prepared factors
 */

/** @typedef {Paths & {texts: string[], positions: number[]}} Found */
/** @typedef {Found | {problem: string, control: number} | {outdated: true}} Drawn */

export class LivePlayer {
  #root;
  #name;
  #version;
  #controls;
  #given;
  #player;
  #drawing;
  #end;
  #listening = new AbortController();

  /**
   * @param {HTMLElement} root
   * @param {{controls: Description[], version: number}} description
   * @param {(reason: string) => void} onEnd - called once, when it cannot go on
   */
  constructor(root, { controls, version }, onEnd) {
    this.#root = root;
    this.#name = root.dataset.dlcName ?? "";
    this.#version = version;
    this.#end = onEnd;
    const players = /** @type {any} */ (globalThis).dlcorePlayers;
    this.#player = /** @type {Player} */ (players.find(root));
    this.#drawing = new Newest((/** @type {Setting[]} */ settings) => this.#draw(settings));
    const ask = () => this.#drawing.ask([this.#player.surface(), ...this.#controls.settings]);
    this.#given = controls[0]?.given ?? [0];
    const positions = controls.map(({ given, start }) => given[this.#player.factor()] ?? start);
    this.#controls = new LiveControls(this.#name, controls, positions, ask);
    this.#range?.closest(".dlc-control")?.after(this.#controls.element);
    root.classList.add("dlc-is-computed");
    const { signal } = this.#listening;
    root.querySelector("[data-dlc-control=surface]")?.addEventListener("input", ask, { signal });
    ask();
  }

  get #range() {
    return this.#root.querySelector("[data-dlc-control=factor]");
  }

  /** @param {Setting[]} settings */
  async #draw(settings) {
    try {
      const parameters = { name: this.#name, version: this.#version, settings };
      this.#show(await python.call("course_page.sliders.draw", parameters));
    } catch (error) {
      if (!(error instanceof Stopped)) {
        this.#end(`Python could not compute this: ${/** @type {Error} */ (error).message}`);
      }
    }
  }

  /** @param {Drawn} drawn */
  #show(drawn) {
    if ("outdated" in drawn) {
      this.#end("The cell has run anew since, or was reset.");
    } else if ("problem" in drawn) {
      this.#controls.showProblem(drawn.control, drawn.problem);
    } else if (!this.#listening.signal.aborted) {
      this.#controls.show(drawn.texts, drawn.positions);
      this.#player.showComputed(drawn);
    }
  }

  /** Give the place back to the prepared paths. */
  remove() {
    this.#listening.abort();
    const [position = 0] = this.#controls.positions;
    this.#controls.element.remove();
    this.#root.classList.remove("dlc-is-computed");
    this.#player.showPrepared(nearest(this.#given, position));
  }
}
