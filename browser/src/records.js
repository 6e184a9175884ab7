// What this site has kept in the browser: read for the overview, written to a file, taken from one,
// erased. Keys of questions hold the page's path, which differs between places where the course is
// served; in a file it is the path within the course.

import * as answers from "./answers.js";
import * as store from "./store.js";

const FORMAT = "deep-learning-checked-progress";
const VERSION = 1;
const QUESTION = "answer:";
// The beginnings of all keys that the site's scripts write.
const KINDS = [answers.PREFIX, QUESTION, "cell:"];

/** @typedef {{id: string, kind: "choice" | "number" | "free", text: string}} Question */
/** @typedef {{address: string, title: string, questions: Question[]}} Chapter */
/** @typedef {{name: string, title: string, kind: string, anchor: string}} Exercise */
/** @typedef {{name: string, title: string, address: string, exercises: Exercise[]}} Assignment */
/** @typedef {{python: boolean, chapters: Chapter[], assignments: Assignment[]}} Contents */
/** @typedef {"open" | "answered" | "right" | "wrong" | "written"} QuestionState */

/**
 * The course's root as a path: "/course/".
 * @param {URL} root
 */
function pathOf(root) {
  return root.pathname;
}

/**
 * What is known of a question. Some servers leave ".html" out of addresses.
 * @param {URL} root
 * @param {Chapter} chapter
 * @param {Question} question
 * @returns {QuestionState}
 */
export function stateOfQuestion(root, chapter, question) {
  const path = pathOf(root) + chapter.address;
  const record = /** @type {any} */ (
    store.load(`${QUESTION}${path}#${question.id}`)
    ?? store.load(`${QUESTION}${path.replace(/\.html$/, "")}#${question.id}`)
  );
  if (typeof record?.answer !== "string" || !record.answer.trim()) return "open";
  if (question.kind === "free") return "written";
  if (!record.checked) return "open";
  return record.state === "right" || record.state === "wrong" ? record.state : "answered";
}

/**
 * Everything that is kept, as the text of a file.
 * @param {URL} root
 * @param {Date} date
 */
export function fileOf(root, date) {
  /** @type {Record<string, unknown>} */
  const entries = {};
  for (const key of ownKeys(root)) entries[within(key, root)] = store.load(key);
  const file = { format: FORMAT, version: VERSION, exported: date.toISOString(), entries };
  return `${JSON.stringify(file, null, 1)}\n`;
}

/**
 * Take over what a file holds; what is already kept under the same keys is replaced.
 * @param {string} text
 * @param {URL} root
 * @returns {{taken: number, skipped: number}}
 * @throws {Error} with a message for the reader
 */
export function takeOver(text, root) {
  /** @type {any} */
  let file;
  try {
    file = JSON.parse(text);
  } catch {
    throw new Error("This file holds no JSON. Choose a file that “Export” on this page has made.");
  }
  if (file?.format !== FORMAT || typeof file.entries !== "object" || !file.entries) {
    throw new Error("This is another file: choose one that “Export” on this page has made.");
  }
  if (file.version !== VERSION) {
    throw new Error(`This file has version ${file.version}, and this page reads ${VERSION} only.`);
  }
  let taken = 0;
  let skipped = 0;
  for (const [name, value] of Object.entries(file.entries)) {
    if (!fits(name, value)) {
      skipped += 1;
    } else if (store.save(outside(name, root), value)) {
      taken += 1;
    } else {
      throw new Error(
        `The browser keeps nothing more (it is full, or does not allow it); ${taken} entries ` +
          "were taken over.",
      );
    }
  }
  return { taken, skipped };
}

/**
 * Erase everything that this course keeps.
 * @param {URL} root
 * @returns {number} of entries
 */
export function erase(root) {
  const keys = ownKeys(root);
  for (const key of keys) store.remove(key);
  return keys.length;
}

/**
 * How many entries there are.
 * @param {URL} root
 */
export function count(root) {
  return ownKeys(root).length;
}

/**
 * Keys of this course; answers to questions of another course at the same address are not its own.
 * @param {URL} root
 */
function ownKeys(root) {
  const keys = KINDS.flatMap((kind) => store.keys(kind));
  return keys.filter((key) => !key.startsWith(QUESTION) || within(key, root) !== key);
}

/**
 * @param {string} key
 * @param {URL} root
 */
function within(key, root) {
  const start = QUESTION + pathOf(root);
  return key.startsWith(start) ? QUESTION + key.slice(start.length) : key;
}

/**
 * @param {string} name
 * @param {URL} root
 */
function outside(name, root) {
  if (!name.startsWith(QUESTION)) return name;
  return QUESTION + pathOf(root) + name.slice(QUESTION.length);
}

/**
 * @param {string} name
 * @param {unknown} value
 */
function fits(name, value) {
  if (typeof value !== "object" || value === null) return false;
  if (name.startsWith(answers.PREFIX)) return answers.isAnswer(value);
  return KINDS.some((kind) => name.startsWith(kind));
}
