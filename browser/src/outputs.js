// Show nbformat outputs with the markup that MyST-NB writes when the book is built, so that what a
// cell gives now looks like what it gave then.

/** @import { Output } from "./messages.js" */

const ANSI = /\u001b\[[0-9;]*[A-Za-z]/g;
// A cell that prints without end must not make the page slow; the end is what one looks at then.
const LONGEST = 100_000;
const MOST_LINES = 2_000;

/**
 * @typedef {object} Context
 * @property {string} [alt] - what there is to see in the cell's picture
 */

/**
 * Put an output where it belongs in a container of outputs.
 *
 * @param {HTMLElement} container
 * @param {Output} output
 * @param {Context} [context]
 */
export function render(container, output, context = {}) {
  if (output.output_type === "stream") {
    renderStream(container, output);
  } else if (output.output_type === "error") {
    container.append(textBox("traceback highlight-ipythontb", (output.traceback ?? []).join("\n")));
  } else if (output.output_type === "clear_output") {
    container.replaceChildren();
  } else {
    renderData(container, output.data ?? {}, context);
  }
}

/**
 * @param {string} classes
 * @param {string} text
 * @returns {HTMLElement}
 */
function textBox(classes, text) {
  const box = element("div", `output ${classes} notranslate`);
  const highlight = element("div", "highlight");
  const pre = document.createElement("pre");
  pre.textContent = text.replace(ANSI, "");
  highlight.append(pre);
  box.append(highlight);
  return box;
}

/**
 * @param {string} tag
 * @param {string} classes
 * @returns {HTMLElement}
 */
function element(tag, classes) {
  const made = document.createElement(tag);
  made.className = classes;
  return made;
}

/** What each box of printed text has received, carriage returns included. */
/** @type {WeakMap<Element, string>} */
const received = new WeakMap();

/**
 * @param {HTMLElement} container
 * @param {Output} output
 */
function renderStream(container, output) {
  const kind = output.name === "stderr" ? "stderr" : "stream";
  let box = container.lastElementChild;
  if (!box?.classList.contains(kind) || !received.has(box)) {
    box = textBox(`${kind} highlight-myst-ansi`, "");
    container.append(box);
  }
  let text = (received.get(box) ?? "") + (output.text ?? "").replace(ANSI, "");
  text = shortened(text);
  received.set(box, text);
  const pre = box.querySelector("pre");
  if (pre) pre.textContent = asTerminal(text);
}

/** @param {string} text */
function shortened(text) {
  const lines = text.slice(-LONGEST).split("\n");
  if (text.length <= LONGEST && lines.length <= MOST_LINES) return text;
  return ["[earlier lines left out]", ...lines.slice(-MOST_LINES / 2)].join("\n");
}

/**
 * What a terminal would show: after a carriage return a line is written over, as bars of progress do.
 *
 * @param {string} text
 * @returns {string}
 */
export function asTerminal(text) {
  if (!text.includes("\r")) return text;
  return text.split("\n").map((line) => {
    let shown = "";
    for (const part of line.split("\r")) shown = part + shown.slice(part.length);
    return shown;
  }).join("\n");
}

/**
 * The best form that the page can show, in the order in which the built page chooses.
 *
 * @param {HTMLElement} container
 * @param {Record<string, any>} data
 * @param {Context} context
 */
function renderData(container, data, context) {
  if (typeof data["text/html"] === "string") {
    const box = element("div", "output text_html");
    box.innerHTML = data["text/html"];
    container.append(box);
    enliven(box);
  } else if (typeof data["image/svg+xml"] === "string") {
    container.append(...picture(data["image/svg+xml"], context.alt));
  } else if (data["image/png"] || data["image/jpeg"]) {
    const kind = data["image/png"] ? "image/png" : "image/jpeg";
    const image = document.createElement("img");
    image.src = `data:${kind};base64,${data[kind]}`;
    image.alt = context.alt ?? "A picture made by the cell above";
    container.append(image);
  } else if (typeof data["text/latex"] === "string") {
    const box = element("div", "output text_latex math mathjax_process");
    box.textContent = data["text/latex"];
    container.append(box);
    enliven(box);
  } else {
    const text = data["text/markdown"] ?? data["text/plain"];
    // A number put aside for the text (dlcore.facts) has neither: it is nothing to look at.
    if (typeof text === "string") {
      container.append(textBox("text_plain highlight-myst-ansi", text));
    }
  }
}

/**
 * @param {string} svg - fit to stand in a page, see dlcore.figures.adapt_svg
 * @param {string} [alt]
 * @returns {Element[]}
 */
function picture(svg, alt) {
  const template = document.createElement("template");
  template.innerHTML = svg;
  if (alt) template.content.querySelector("svg")?.setAttribute("aria-label", alt);
  return [...template.content.children];
}

/** MathJax wants one request at a time. */
let typesetting = Promise.resolve();

/**
 * Start what a piece of HTML holds: sliders, players, questions, formulas.
 *
 * @param {HTMLElement} box
 */
export function enliven(box) {
  const page = /** @type {any} */ (globalThis);
  page.dlcoreWidgets?.init(box);
  page.dlcorePlayers?.init(box);
  const formulas = box.matches(".mathjax_process") || box.querySelector(".mathjax_process");
  if (formulas && page.MathJax?.typesetPromise) {
    typesetting = typesetting
      .then(() => page.MathJax.typesetPromise([box]))
      .catch((error) => console.error(error));
  }
}
