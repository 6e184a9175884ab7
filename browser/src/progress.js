// The overview of what this reader has answered: tables made of the site's list of questions and
// exercises and of what the browser has kept. Loaded by the page as it is, without Python.

import * as answers from "./answers.js";
import { count, erase, fileOf, stateOfQuestion, takeOver } from "./records.js";

/** @typedef {import("./records.js").Contents} Contents */
/** @typedef {import("./records.js").QuestionState} QuestionState */

const CONTENTS = new URL("contents.json", import.meta.url);
// This file lies in _static/progress/.
const ROOT = new URL("../../", import.meta.url);

/** @type {Record<QuestionState, string>} */
const QUESTION_WORDS = {
  open: "not answered",
  answered: "answered",
  right: "right",
  wrong: "wrong",
  written: "written",
};

/**
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} children
 */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/**
 * @param {string} address within the site
 * @param {string} text
 */
function link(address, text) {
  return element("a", { href: new URL(address, ROOT).href }, text);
}

/**
 * A table whose first column names the rows.
 * @param {string} name
 * @param {string[]} head
 * @param {(Node | string)[][]} rows
 */
function table(name, head, rows) {
  const titles = head.map((text) => element("th", { scope: "col" }, text));
  const lines = rows.map(([first = "", ...others]) => element(
    "tr", {}, element("th", { scope: "row" }, first),
    ...others.map((cell) => element("td", {}, cell)),
  ));
  return element(
    "div", { class: "progress-table" },
    element(
      "table", { class: "table" },
      element("caption", {}, name),
      element("thead", {}, element("tr", {}, ...titles)),
      element("tbody", {}, ...lines),
    ),
  );
}

/**
 * @param {string} title
 * @param {HTMLElement} inner
 */
function folded(title, inner) {
  return element("details", {}, element("summary", {}, title), inner);
}

/** @param {string} iso */
function day(iso) {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? "" : date.toLocaleDateString("en", { dateStyle: "medium" });
}

// ------------------------------------------------------------------------------ exercises

/**
 * @param {string} kind of the exercise
 * @param {answers.Answer | null} answer
 * @returns {{words: string, done: boolean}}
 */
function stateOfExercise(kind, answer) {
  const state = answers.stateOf(answer);
  if (state === "untouched") return { words: "not begun", done: false };
  if (kind === "written") return { words: "written", done: true };
  const when = day(answer?.passed?.date ?? "");
  if (state === "begun") return { words: "begun", done: false };
  const word = kind === "choice" ? "answered" : "passed";
  if (state === "passed") return { words: when ? `${word}, ${when}` : word, done: true };
  return { words: `${word} before the last change`, done: false };
}

/** @param {Contents} contents */
function exercisePart(contents) {
  if (!contents.python) {
    return [element(
      "p", {},
      "This site was built without Python for the browser, so exercises are solved in Jupyter, and "
        + "nothing of them is kept here.",
    )];
  }
  /** @type {(Node | string)[][]} */
  const overview = [];
  const details = [];
  for (const one of contents.assignments) {
    let done = 0;
    const rows = one.exercises.map(({ name, title, kind, anchor }, place) => {
      const state = stateOfExercise(kind, answers.load(one.name, name));
      done += Number(state.done);
      return [link(`${one.address}#${anchor}`, `${place + 1}. ${title}`), state.words];
    });
    overview.push([link(one.address, one.title), `${done} of ${one.exercises.length}`]);
    details.push(folded(
      `${one.title}: ${done} of ${one.exercises.length}`,
      table(one.title, ["exercise", "state"], rows),
    ));
  }
  return [table("Exercises", ["assignment", "passed, answered or written"], overview), ...details];
}

// ------------------------------------------------------------------------------ questions

/** @param {Contents} contents */
function questionPart(contents) {
  /** @type {(Node | string)[][]} */
  const overview = [];
  const details = [];
  for (const chapter of contents.chapters) {
    const rows = chapter.questions.map((one, place) => {
      const state = stateOfQuestion(ROOT, chapter, one);
      const text = `${place + 1}. ${one.text}`;
      return { state, cells: [link(`${chapter.address}#${one.id}`, text), QUESTION_WORDS[state]] };
    });
    const states = rows.map((row) => row.state);
    const answered = states.filter((state) => state !== "open").length;
    const right = states.filter((state) => state === "right").length;
    const all = String(states.length);
    overview.push([link(chapter.address, chapter.title), String(right), String(answered), all]);
    details.push(folded(
      `${chapter.title}: ${answered} of ${all}`,
      table(chapter.title, ["question", "state"], rows.map((row) => row.cells)),
    ));
  }
  const head = ["page", "right", "answered", "questions"];
  return [table("Questions in the chapters", head, overview), ...details];
}

// ------------------------------------------------------------------------------ keep, take, erase

/** @param {() => void} refresh */
function keepPart(refresh) {
  const status = element("p", { role: "status", class: "progress-status" });
  /** @param {string} text */
  const say = (text) => { status.textContent = text; };

  const give = element("button", { type: "button" }, "Export as a file");
  give.addEventListener("click", () => {
    const blob = new Blob([fileOf(ROOT, new Date())], { type: "application/json" });
    const address = URL.createObjectURL(blob);
    element("a", { href: address, download: "course-progress.json" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
    say(`Exported ${entries(count(ROOT))} to course-progress.json.`);
  });

  const field = /** @type {HTMLInputElement} */ (
    element("input", { type: "file", accept: ".json,application/json", id: "progress-file" })
  );
  field.addEventListener("change", async () => {
    const file = field.files?.[0];
    if (!file) return;
    try {
      const { taken, skipped } = takeOver(await file.text(), ROOT);
      const rest = skipped ? ` ${entries(skipped)} could not be read and were left out.` : "";
      say(`Took over ${entries(taken)}.${rest}`);
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
    }
    field.value = "";
    refresh();
  });

  return [
    element("div", { class: "progress-buttons" }, give),
    element(
      "div", { class: "progress-buttons" },
      element("label", { for: field.id }, "Import a file that was exported"), field,
    ),
    element("div", { class: "progress-buttons" }, ...eraseButtons(say, refresh)),
    status,
  ];
}

/**
 * Erasing takes two presses, on two buttons.
 * @param {(text: string) => void} say
 * @param {() => void} refresh
 */
function eraseButtons(say, refresh) {
  const ask = element("button", { type: "button" }, "Erase everything …");
  const sure = element("button", { type: "button", class: "progress-danger" }, "Yes, erase it");
  const keep = element("button", { type: "button" }, "No, keep it");
  /** @param {boolean} asking */
  const show = (asking) => {
    ask.hidden = asking;
    sure.hidden = !asking;
    keep.hidden = !asking;
  };
  show(false);
  ask.addEventListener("click", () => {
    show(true);
    say(
      `This erases ${entries(count(ROOT))}: answers to questions and exercises, what the checks `
        + "said, and changed cells. It cannot be undone; “Export” makes a copy first.",
    );
    keep.focus();
  });
  keep.addEventListener("click", () => {
    show(false);
    say("Nothing was erased.");
    ask.focus();
  });
  sure.addEventListener("click", () => {
    const erased = erase(ROOT);
    show(false);
    say(`Erased ${entries(erased)}.`);
    refresh();
    ask.focus();
  });
  return [ask, sure, keep];
}

/** @param {number} number */
function entries(number) {
  return number === 1 ? "1 entry" : `${number} entries`;
}

// ------------------------------------------------------------------------------ start

/**
 * Show the tables; folds that are open stay so.
 * @param {Contents} contents
 */
function showTables(contents) {
  for (const [name, make] of /** @type {const} */ ([
    ["exercises", exercisePart], ["questions", questionPart],
  ])) {
    for (const part of document.querySelectorAll(`.progress-part[data-part=${name}]`)) {
      const open = [...part.querySelectorAll("details")].map((fold) => fold.open);
      part.replaceChildren(...make(contents));
      part.querySelectorAll("details").forEach((fold, k) => { fold.open = open[k] ?? false; });
    }
  }
}

async function start() {
  const answer = await fetch(CONTENTS, { cache: "no-cache" });
  if (!answer.ok) throw new Error(`the list of questions could not be loaded (${answer.status})`);
  const contents = /** @type {Contents} */ (await answer.json());
  const refresh = () => showTables(contents);
  refresh();
  for (const part of document.querySelectorAll(".progress-part[data-part=keep]")) {
    part.replaceChildren(...keepPart(refresh));
  }
  // Another tab has changed something, or this page comes back from the browser's history.
  addEventListener("storage", refresh);
  addEventListener("pageshow", (event) => { if (event.persisted) refresh(); });
}

start().catch((error) => {
  const part = document.querySelector(".progress-part");
  const text = `Your progress can't be shown: ${error.message}.`;
  part?.replaceChildren(element("p", { role: "alert" }, text));
});
