// The cells of a page. Which cells a cell needs is found in Python (course_page.order), when the
// book is built and again when a cell has been edited; here they are run in the right order, and it
// is kept in mind what has run.
//
// A needed cell is run first if it has not run since Python started, or if its text, or that of a
// cell that it needs itself, has changed since. Otherwise it keeps the state that it has: running a
// cell once more by its own button works on what is there, as in Jupyter.

import { Cell } from "./cell.js";
import { CannotStart, python, Stopped } from "./python.js";
import { fetchJson, PAGE } from "./site.js";
import { messageOf } from "./wording.js";

/** @import { Output } from "./messages.js" */

/**
 * A cell as _python/pages/<page>.json has it.
 *
 * @typedef {object} Listed
 * @property {number} index
 * @property {string} source
 * @property {string[]} tags
 * @property {{name?: string, caption?: string, alt?: string}} [figure]
 * @property {boolean} [results] - whether it reads the results of the experiments
 */

const SLOW = "This computes for long in a browser, perhaps some minutes; Stop ends it.";
const ROUNDING = "These numbers depend on how a processor rounds: yours may differ from the book's.";

/** @param {number} seconds */
const inSeconds = (seconds) => `Done in ${seconds.toFixed(1)} s`;

class Cells extends EventTarget {
  /** Those that show code, by their index. @type {Map<number, Cell>} */
  shown = new Map();
  /** @type {Listed[]} */
  #list = [];
  /** @type {Promise<void> | null} */
  #loading = null;
  /** What each cell was when it last ran without an error. @type {Map<number, string>} */
  #ranAs = new Map();
  /** @type {Promise<unknown>} */
  #last = Promise.resolve();
  #round = 0;
  /** @type {{sources: string, needs: number[][]} | null} */
  #order = null;

  constructor() {
    super();
    python.addEventListener("state", () => {
      if (python.state === "off") this.#forget();
    });
    python.addEventListener("progress", (event) => {
      const { loaded, total } = /** @type {CustomEvent} */ (event).detail;
      for (const cell of this.shown.values()) cell.showProgress(loaded, total);
    });
  }

  /** Give each cell that shows code its buttons. */
  attach() {
    for (const element of document.querySelectorAll("div.cell[class*=cell-index-]")) {
      const index = Number(/cell-index-(\d+)/.exec(element.className)?.[1]);
      const input = element.querySelector(".cell_input");
      if (input) this.shown.set(index, new Cell(/** @type {HTMLElement} */ (element), index, this));
    }
    const books = new Map([...this.shown.values()].map((cell) => [cell.book, cell]));
    for (const cell of this.shown.values()) cell.restoreEdit(books);
  }

  /** Load the list of all cells, hidden ones, too. */
  async load() {
    this.#loading ??= fetchJson(`_python/pages/${PAGE}.json`).then(({ cells, needs }) => {
      this.#list = cells;
      this.#order = { sources: JSON.stringify(this.#list.map((cell) => cell.source)), needs };
    });
    try {
      await this.#loading;
    } catch (error) {
      this.#loading = null;
      throw new CannotStart(
        `The cells of this page could not be loaded (${messageOf(error)}). Try again.`,
      );
    }
  }

  /**
   * What a cell says now: the reader's version, or the book's.
   *
   * @param {number} index
   * @returns {string}
   */
  source(index) {
    return this.shown.get(index)?.edited ?? this.#list[index]?.source ?? "";
  }

  /**
   * @param {number} index
   * @returns {Listed | undefined} known after `load`
   */
  listed(index) {
    return this.#list[index];
  }

  /**
   * Run a cell, and first the cells that it needs.
   *
   * @param {number} index
   * @returns {Promise<{ok: boolean}>}
   */
  async run(index) {
    return this.#inTurn(index, () => this.#runWithNeeds(index));
  }

  /**
   * Run a cell only if it has not run yet as it is now. What the book shows of it stays in place.
   *
   * @param {number} index
   * @returns {Promise<{ok: boolean}>}
   */
  async ready(index) {
    return this.#inTurn(index, async () => {
      await this.load();
      if (this.#ranAs.has(index) && this.#ranAs.get(index) === await this.#version(index)) {
        return { ok: true };
      }
      return this.#runWithNeeds(index, false);
    });
  }

  /** The cells that have run since Python started. @returns {number[]} */
  ranIndices() {
    return [...this.#ranAs.keys()].sort((a, b) => a - b);
  }

  /** Whether a cell has run since Python started. @param {number} index */
  hasRun(index) {
    return this.#ranAs.has(index);
  }

  /**
   * @param {number} index
   * @param {() => Promise<{ok: boolean}>} work
   */
  async #inTurn(index, work) {
    const cell = this.shown.get(index);
    const round = this.#round;
    cell?.setRunning(true);
    const mine = this.#last.then(() => {
      if (round !== this.#round) throw new Stopped();
      return work();
    });
    this.#last = mine.catch(() => {});
    try {
      return await mine;
    } catch (error) {
      if (!(error instanceof Stopped)) {
        cell?.say(messageOf(error), { error: true });
      }
      throw error;
    } finally {
      cell?.setRunning(false);
    }
  }

  /**
   * @param {number} index
   * @param {boolean} asked - by the reader, who wants to see what it gives
   */
  async #runWithNeeds(index, asked = true) {
    const cell = this.shown.get(index);
    if (python.state !== "ready") cell?.say("Starting Python");
    await Promise.all([python.start(), this.load()]);
    const needs = await this.#needs();
    const first = [];
    for (const other of needs[index] ?? []) {
      if (this.#ranAs.get(other) !== await this.#version(other)) first.push(other);
    }
    if (first.length) {
      const what = `Running ${first.length} earlier ${first.length > 1 ? "cells" : "cell"} first`;
      cell?.say(first.some((other) => this.#isSlow(other)) ? `${what}. ${SLOW}` : what);
    }
    for (const other of first) {
      if (!(await this.#runOne(other, false, index))) {
        cell?.say(`Cell ${other + 1}, which this cell needs, stopped with an error.`, { error: true });
        return { ok: false };
      }
    }
    cell?.say(this.#isSlow(index) ? SLOW : "Running");
    const ok = await this.#runOne(index, asked, index);
    return { ok };
  }

  /**
   * @param {number} index
   * @param {boolean} asked - for itself, not because another cell needs it
   * @param {number} asking - the cell that was asked for
   */
  async #runOne(index, asked, asking) {
    const cell = this.shown.get(index);
    const source = this.source(index);
    const version = await this.#version(index);
    // What the book shows of an earlier cell is what it gives, unless the reader has changed something.
    const asInBook = !asked && !(await this.#isEdited(index));
    const place = cell ?? this.shown.get(asking);
    const visible = cell !== undefined && !asInBook;
    this.#ranAs.delete(index);
    const started = performance.now();
    if (visible) cell.begin(this.#list[index]?.figure?.alt ?? "");
    const { ok } = await python.run(source, {
      name: `cell ${index + 1}`,
      onOutput: (output) => {
        if (visible || output.output_type === "error") place?.add(output);
      },
    });
    if (visible) cell.end();
    if (ok) this.#ranAs.set(index, version);
    const seconds = (performance.now() - started) / 1000;
    const differs = this.#list[index]?.tags.includes("depends-on-rounding") ?? false;
    cell?.ran(ok, asked, differs ? `${inSeconds(seconds)}. ${ROUNDING}` : inSeconds(seconds));
    this.dispatchEvent(new CustomEvent("ran", { detail: { index, ok } }));
    return ok;
  }

  /** @param {number} index */
  #isSlow(index) {
    return this.#list[index]?.tags.includes("slow-in-browser") ?? false;
  }

  /** For each cell the earlier ones that it needs, directly or not. */
  async #needs() {
    const sources = this.#list.map((_cell, index) => this.source(index));
    const key = JSON.stringify(sources);
    if (this.#order?.sources !== key) {
      this.#order = {
        sources: key,
        needs: await python.call("course_page.order.needs", { sources }),
      };
    }
    return this.#order.needs;
  }

  /** The text of a cell and of all that it needs. @param {number} index */
  async #version(index) {
    const needs = (await this.#needs())[index] ?? [];
    return JSON.stringify([...needs, index].map((other) => this.source(other)));
  }

  /** Whether the reader has changed the cell or one that it needs. @param {number} index */
  async #isEdited(index) {
    const needs = (await this.#needs())[index] ?? [];
    return [...needs, index].some((other) => this.shown.get(other)?.edited !== undefined);
  }

  /** Stop what runs, and all that waits. */
  stop() {
    const loading = python.state === "starting";
    this.#round += 1;
    for (const cell of this.shown.values()) {
      if (cell.running) {
        cell.say(
          loading
            ? "Stopped before Python was there. Run starts it again."
            : "Stopped. What had been computed on this page is forgotten; the next Run computes " +
              "it again.",
        );
      }
    }
    python.stop();
  }

  #forget() {
    this.#ranAs.clear();
    for (const cell of this.shown.values()) cell.forget();
  }
}

export const cells = new Cells();
