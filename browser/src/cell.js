// One cell that shows its code: its buttons, its editor, its output, and the reader's version of it.

import { createEditorLater } from "./editor_loader.js";
import { OutputPlace } from "./output_place.js";
import { PAGE } from "./site.js";
import * as store from "./store.js";
import { Toolbar } from "./toolbar.js";
import { megabytes } from "./wording.js";

/** @import { Editor } from "./editor.js" */
/** @import { Output } from "./messages.js" */

/**
 * What a cell asks of the page.
 *
 * @typedef {object} Page
 * @property {(index: number) => Promise<unknown>} run
 * @property {() => void} stop
 */

export class Cell {
  /** The book's text. @type {string} */
  book;
  /** The reader's text, if it differs. @type {string | undefined} */
  edited;
  running = false;

  #index;
  #code;
  #place;
  #toolbar;
  /** @type {Editor | null} */
  #editor = null;
  /** @type {HTMLElement | null} */
  #host = null;
  #quarter = 0;
  #said = "";
  #hasOwnOutput = false;

  /**
   * @param {HTMLElement} element
   * @param {number} index
   * @param {Page} page
   */
  constructor(element, index, page) {
    this.#index = index;
    const input = /** @type {HTMLElement} */ (element.querySelector(".cell_input"));
    this.#code = /** @type {HTMLElement} */ (input.firstElementChild);
    // The highlighter leaves out empty lines at both ends.
    this.book = (input.querySelector("pre")?.textContent ?? "").replace(/^\n+|\n+$/g, "");
    this.#toolbar = new Toolbar(index + 1, {
      run: () => {
        page.run(index).catch(() => { /* the cell says what happened */ });
      },
      stop: () => page.stop(),
      edit: () => {
        this.edit().catch(() => this.say("The editor could not be loaded.", { error: true }));
      },
      reset: () => this.reset(),
    });
    input.after(this.#toolbar.element);
    const fold = this.#toolbar.element.closest("details");
    const outside = fold && element.contains(fold) && !fold.querySelector(".cell_output");
    this.#place = new OutputPlace(element, outside ? fold : this.#toolbar.element);
    this.#run = () => page.run(index);
  }

  /** @type {() => Promise<unknown>} */
  #run;

  get #key() {
    return `cell:${PAGE}:${this.#index}`;
  }

  // ------------------------------------------------------------------ the reader's version

  /**
   * Open what the reader wrote on an earlier visit.
   *
   * @param {Map<string, Cell>} books - the page's cells by the book's text
   */
  restoreEdit(books) {
    const kept = store.load(this.#key);
    if (typeof kept?.code !== "string") return;
    // After an update of the page the cell may be another one now.
    const owner = kept.book === this.book ? this : books.get(kept.book);
    if (owner && owner !== this) {
      store.remove(this.#key);
      if (!store.load(owner.#key)) {
        store.save(owner.#key, kept);
        owner.restoreEdit(books);
      }
      return;
    }
    if (kept.code === this.book) {
      store.remove(this.#key);
      return;
    }
    this.edited = kept.code;
    this.#showChanged(kept.book !== this.book);
    this.#openEditor(false).catch(() => {
      this.say("Your version is kept, but the editor could not be loaded.", { error: true });
    });
  }

  /** Let the reader edit. */
  async edit() {
    await this.#openEditor(true);
  }

  /** @param {boolean} focus */
  async #openEditor(focus) {
    if (!this.#editor) {
      const host = document.createElement("div");
      host.className = "cell-editor highlight";
      const hint = document.createElement("p");
      hint.className = "cell-hint";
      hint.id = `cell-hint-${this.#index}`;
      hint.textContent = "Ctrl+Enter runs the cell. Esc, then Tab leaves the editor.";
      const createEditor = await createEditorLater();
      if (this.#editor) return;
      this.#editor = createEditor({
        parent: host,
        text: this.edited ?? this.book,
        label: `Code of cell ${this.#index + 1}`,
        describedBy: hint.id,
        onChange: () => this.#keep(),
        onRun: () => {
          if (!this.running) this.#run().catch(() => { /* said above */ });
        },
      });
      host.append(hint);
      this.#code.after(host);
      this.#code.hidden = true;
      this.#host = host;
      this.#toolbar.setEditing(true);
      this.#toolbar.setResettable(true);
    }
    if (focus) this.#editor.focus();
  }

  #keep() {
    const text = this.#editor?.text() ?? this.book;
    this.edited = text === this.book ? undefined : text;
    if (this.edited === undefined) store.remove(this.#key);
    const kept = this.edited === undefined
      || store.save(this.#key, { code: text, book: this.book });
    this.#showChanged(false);
    if (!kept) this.say("This browser keeps nothing: the change lasts until you leave the page.");
  }

  /** @param {boolean} bookToo - whether the book's text has changed since the edit */
  #showChanged(bookToo) {
    const text = bookToo
      ? "Your version is kept; the book's has changed since. Reset shows the book's."
      : "changed";
    this.#toolbar.setChanged(this.edited === undefined ? "" : text);
    this.#showResettable();
  }

  #showResettable() {
    this.#toolbar.setResettable(
      this.edited !== undefined || this.#editor !== null || this.#hasOwnOutput,
    );
  }

  /** Show the book's text and output again, and forget the reader's. */
  reset() {
    store.remove(this.#key);
    this.edited = undefined;
    this.#editor?.remove();
    this.#editor = null;
    this.#host?.remove();
    this.#host = null;
    this.#code.hidden = false;
    this.#place.restore();
    this.#hasOwnOutput = false;
    this.#toolbar.setEditing(false);
    this.#toolbar.say("The book's text and output are back.");
    this.#showChanged(false);
  }

  // ------------------------------------------------------------------ running

  /** @param {boolean} runs */
  setRunning(runs) {
    this.running = runs;
    this.#quarter = 0;
    this.#toolbar.setRunning(runs);
  }

  /**
   * @param {string} text
   * @param {{aloud?: boolean, error?: boolean}} [options]
   */
  say(text, options) {
    this.#said = text;
    this.#toolbar.say(text, options);
  }

  /**
   * @param {number} loaded - bytes
   * @param {number} total - bytes
   */
  showProgress(loaded, total) {
    if (!this.running) return;
    this.#toolbar.showProgress(loaded, total);
    if (loaded >= total) {
      this.#toolbar.say(this.#said, { aloud: false });
      return;
    }
    // Screen readers hear of each quarter, not of each piece.
    const quarter = Math.floor((4 * loaded) / total);
    const text = `Loading Python: ${megabytes(loaded)} of ${megabytes(total)} MB`;
    this.#toolbar.say(text, { aloud: quarter > this.#quarter });
    this.#quarter = quarter;
  }

  /** @param {string} alt - of the book's figure */
  begin(alt) {
    const own = "A figure drawn by your version of this cell.";
    if (alt) this.#place.alt = this.edited === undefined ? alt : `${own} The book's: ${alt}`;
    this.#place.begin();
  }

  /** @param {Output} output */
  add(output) {
    this.#hasOwnOutput = true;
    this.#place.add(output);
  }

  end() {
    this.#place.end();
    this.#hasOwnOutput = true;
  }

  /**
   * @param {boolean} ok
   * @param {boolean} asked - for itself, not because another cell needs it
   * @param {string} text - to say if so
   */
  ran(ok, asked, text) {
    this.#showResettable();
    if (!ok) this.say("Stopped with an error, see below.", { error: true });
    else this.say(asked ? text : "Has run", { aloud: asked });
  }

  /** Python has started anew. */
  forget() {
    if (!this.running) this.#toolbar.say("", { aloud: false });
  }
}
