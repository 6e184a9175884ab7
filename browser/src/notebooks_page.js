// The page lite/index.html: which notebooks the reader has changed, whether a newer version has been
// released since, and the ways on. Nothing is thrown away but by the button that says so.

import { all, databaseName, put, remove } from "./kept_notebooks.js";
import { fileOf } from "./notebook.js";
import { answersOf, carriedOver, releaseOf } from "./notebook_versions.js";
import { listed, LITE, released } from "./released_notebooks.js";
import { messageOf } from "./wording.js";

/** @typedef {import("./kept_notebooks.js").Entry} Entry */
/** @typedef {import("./released_notebooks.js").Released} Released */
/** @typedef {import("./notebook.js").Notebook} Notebook */

const DATABASE = databaseName(LITE);

/** @param {string} id */
function part(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no element ${id}.`);
  return found;
}

// --- What the page shows ---------------------------------------------------------------------------

/** Show everything anew. */
async function show() {
  const [offered, kept] = await Promise.all([listed(), all(DATABASE)]);
  const rows = offered.map(async (about) => {
    const entry = kept.find((one) => one.path === about.path);
    return entry ? changed(about, entry, await released(about)) : untouched(about);
  });
  part("released").replaceChildren(...(await Promise.all(rows)));
  const others = kept.filter((entry) => offered.every((about) => about.path !== entry.path));
  part("others").replaceChildren(...others.map(other));
  part("others-part").hidden = others.length === 0;
}

/**
 * @param {string} id
 * @param {string} title
 * @param {string} state
 * @param {HTMLElement[]} actions
 */
function row(id, title, state, actions) {
  const article = document.createElement("article");
  article.id = id;
  const heading = document.createElement("h3");
  heading.textContent = title;
  const text = document.createElement("p");
  text.textContent = state;
  const buttons = document.createElement("div");
  buttons.className = "actions";
  buttons.append(...actions);
  article.append(heading, text, buttons);
  return article;
}

/** @param {Released} about */
function untouched(about) {
  const state = "As released; you have saved nothing in it yet.";
  return row(about.name, about.title, state, [openLink("Open", about.path, about.title)]);
}

/**
 * @param {Released} about
 * @param {Entry} entry
 * @param {Notebook} notebook
 */
function changed(about, entry, notebook) {
  const { title } = about;
  const outdated = releaseOf(entry.content) !== about.release;
  const answers = answersOf(entry.content, notebook).size;
  const written = answers === 1 ? "1 answer" : `${answers} answers`;
  const state = [`Your version, with ${written}, saved ${when(entry)}.`];
  if (outdated) state.push("A newer version has been released since you began.");
  const actions = [
    openLink(outdated ? "Open my version" : "Open", about.path, title),
    button("Download my version", title, () => download(entry)),
  ];
  if (outdated) {
    actions.push(button("Take my answers into the new version", title, async () => {
      const copy = await keepCopy(entry);
      await put(DATABASE, about.path, carriedOver(entry.content, notebook));
      return `${title}: this is the new version now, with ${written} of yours. `
        + `The version before is kept below as ${copy}.`;
    }));
  }
  actions.push(button("Back to the released version", title, async () => {
    const copy = await keepCopy(entry);
    await remove(DATABASE, about.path);
    return `${title}: as released again. Your version is kept below as ${copy}.`;
  }));
  const article = row(about.name, title, state.join(" "), actions);
  article.classList.toggle("outdated", outdated);
  return article;
}

/** @param {Entry} entry */
function other(entry) {
  const { path } = entry;
  const sure = button("Remove for good", path, async () => {
    await remove(DATABASE, path);
    return `${path} is removed.`;
  });
  sure.hidden = true;
  const ask = button("Remove…", path, async () => {
    sure.hidden = !sure.hidden;
    named(ask, sure.hidden ? "Remove…" : "Do not remove", path);
    return null;
  });
  return row(path, path, `Saved ${when(entry)}.`, [
    openLink("Open", path, path),
    button("Download", path, () => download(entry)),
    ask,
    sure,
  ]);
}

/** @param {Entry} entry */
function when(entry) {
  const date = new Date(entry.last_modified);
  return date.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

// --- What can be done ------------------------------------------------------------------------------

/**
 * @param {string} label
 * @param {string} path
 * @param {string} title
 */
function openLink(label, path, title) {
  const link = document.createElement("a");
  // `mine` says that the reader knows of a newer version, see outdated_notebook.js.
  link.href = `${LITE}notebooks/index.html?${new URLSearchParams({ path, mine: "" })}`;
  named(link, label, title);
  return link;
}

/**
 * A button whose action returns what to tell the reader, or null if the page stays as it is.
 * @param {string} label
 * @param {string} title
 * @param {() => Promise<string | null>} act
 */
function button(label, title, act) {
  const element = document.createElement("button");
  element.type = "button";
  named(element, label, title);
  element.addEventListener("click", () => done(act()));
  return element;
}

/**
 * A screen reader may come to it without the heading above, and there are several of each.
 * @param {HTMLElement} element
 * @param {string} label
 * @param {string} title
 */
function named(element, label, title) {
  element.textContent = label;
  element.setAttribute("aria-label", `${label}: ${title}`);
}

/** @param {Promise<string | null>} action */
async function done(action) {
  try {
    const news = await action;
    if (news === null) return;
    await show();
    tell(news);
  } catch (error) {
    failed(error);
  }
}

/** @param {string} news */
function tell(news) {
  const place = part("news");
  place.textContent = news;
  place.focus(); // the button that was pressed may be gone
}

/** @param {unknown} error */
function failed(error) {
  const why = messageOf(error);
  tell(`This did not work: ${why} Nothing was removed. Reload the page and try once more; in a `
    + "private window a browser may keep no notebooks.");
}

/**
 * @param {Entry} entry
 * @returns {Promise<null>}
 */
async function download(entry) {
  const file = new Blob([fileOf(entry.content)], { type: "application/x-ipynb+json" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = entry.path.split("/").at(-1) ?? entry.path;
  link.click();
  URL.revokeObjectURL(link.href);
  return null;
}

/**
 * Keep the reader's version under a name with its date.
 * @param {Entry} entry
 * @returns {Promise<string>} the name
 */
async function keepCopy(entry) {
  const stamp = entry.last_modified.slice(0, 19).replace("T", " ").replaceAll(":", ".");
  const path = entry.path.replace(/\.ipynb$/, ` (${stamp}).ipynb`);
  await put(DATABASE, path, entry.content, entry.last_modified);
  return path;
}

// A tab in which a notebook was changed may have saved it in the meantime.
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) show().catch(failed);
});

show()
  .then(() => document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView())
  .catch(failed);
