// One request at a time; of those that come meanwhile only the newest is made.

/**
 * @template T
 */
export class Newest {
  /** @type {(value: T) => Promise<void>} */
  #work;
  /** @type {{value: T} | null} */
  #waiting = null;
  #working = false;

  /** @param {(value: T) => Promise<void>} work - must not fail */
  constructor(work) {
    this.#work = work;
  }

  /** @param {T} value */
  async ask(value) {
    this.#waiting = { value };
    if (this.#working) return;
    this.#working = true;
    while (this.#waiting) {
      const next = /** @type {{value: T}} */ (this.#waiting);
      this.#waiting = null;
      await this.#work(next.value);
    }
    this.#working = false;
  }
}
