// Brings the sliders and questions of a built page to life. The HTML is made by
// dlcore/_static_html.py and makes sense without this script; nothing here talks to a server.
"use strict";

(() => {
  const STORE = "dlcore:answer:";

  // ---------------------------------------------------------------- sliders

  function startSlider(root) {
    const ranges = [...root.querySelectorAll(".dlc-control input")];
    const views = [...root.querySelectorAll(".dlc-view")];
    const live = root.querySelector(".dlc-live");
    let waiting = 0;

    function show() {
      let position = 0;
      for (const range of ranges) {
        position = position * (Number(range.max) + 1) + Number(range.value);
        const text = JSON.parse(range.dataset.dlcTexts)[range.value];
        range.setAttribute("aria-valuetext", text);
        range.parentElement.querySelector("output").textContent = text;
      }
      views.forEach((view, k) => { view.hidden = k !== position; });
      return views[position];
    }

    for (const range of ranges) {
      range.addEventListener("input", () => {
        const view = show();
        // A screen reader gets the description once the slider rests, not at every step.
        clearTimeout(waiting);
        waiting = setTimeout(() => {
          live.textContent = view.querySelector("svg").getAttribute("aria-label");
        }, 400);
      });
    }
    root.querySelector(".dlc-controls").hidden = false;
    // Some browsers keep a range where it was when a page is loaded again.
    show();
  }

  // ---------------------------------------------------------------- numbers as readers write them

  const NUMBER = /^([-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?)(?:\/([0-9]+))?$/;
  const THOUSANDS = /(?<![0-9.])[1-9][0-9]{0,2}(?:[, ][0-9]{3})+(?![0-9])/g;
  const SEPARATOR = / ?(?:x|×|\*|,|;|by) ?| /;

  // The same rules as dlcore.questions.parse_numbers.
  function parseNumbers(raw, count) {
    let text = raw.normalize("NFKC").toLowerCase().replaceAll("\u2212", "-");
    text = text.replaceAll("\u2044", "/").trim().replace(/\s+/g, " ").replaceAll(" / ", "/");
    if (/^(\(.*\)|\[.*\])$/.test(text)) text = text.slice(1, -1).trim();
    if (count === 1) text = text.replace(THOUSANDS, (match) => match.replace(/[, ]/g, ""));
    const numbers = [];
    for (const part of text.split(SEPARATOR)) {
      const match = NUMBER.exec(part);
      const divisor = match && match[2] !== undefined ? Number(match[2]) : 1;
      if (!match || divisor === 0) return null;
      numbers.push(Number(match[1]) / divisor);
    }
    return numbers.length === count ? numbers : null;
  }

  function equal(a, b, tolerance) {
    return a.every((x, k) => {
      const rounding = 1e-9 * Math.max(Math.abs(x), Math.abs(b[k]));
      return Math.abs(x - b[k]) <= Math.max(rounding, tolerance);
    });
  }

  // The same rules as dlcore.questions.judge_numbers.
  function judgeNumbers(text, answer, tolerance, hints) {
    if (!text.trim()) return "empty";
    const numbers = parseNumbers(text, answer.length);
    if (!numbers) return "format";
    if (equal(numbers, answer, tolerance)) return "right";
    const known = hints.findIndex((hint) => equal(numbers, hint, 0));
    return known < 0 ? "wrong" : `hint-${known}`;
  }

  // ---------------------------------------------------------------- questions

  // The browser may forbid storage; then answers last as long as the page.
  const memory = {
    key: (form) => `${STORE}${location.pathname}#${form.id}`,
    load(form) {
      try {
        return JSON.parse(localStorage.getItem(this.key(form))) ?? {};
      } catch {
        return {};
      }
    },
    save(form, record) {
      try {
        localStorage.setItem(this.key(form), JSON.stringify(record));
      } catch { /* see above */ }
    },
    clear(form) {
      try {
        localStorage.removeItem(this.key(form));
      } catch { /* see above */ }
    },
  };

  function template(form, key) {
    return form.querySelector(`template[data-dlc-key="${key}"]`);
  }

  // MathJax wants one request at a time.
  let typesetting = Promise.resolve();

  function fill(box, source) {
    // MathJax keeps a list of what it has set; what goes away must leave that list.
    globalThis.MathJax?.typesetClear?.([box]);
    box.replaceChildren(...(source ? [source.content.cloneNode(true)] : []));
    if (box.querySelector(".mathjax_process") && globalThis.MathJax?.typesetPromise) {
      typesetting = typesetting
        .then(() => globalThis.MathJax.typesetPromise([box]))
        .catch((error) => console.error(error));
    }
  }

  function startQuestion(form) {
    const kind = form.dataset.dlcQuestion;
    const box = form.querySelector(".dlc-feedback");
    const radios = [...form.querySelectorAll("input[type=radio]")];
    const field = form.querySelector("input[type=text], textarea");
    const unfold = form.querySelector("[data-dlc-action=unfold]");
    const unfolded = form.querySelector(".dlc-unfolded");

    function answer() {
      return field ? field.value : (radios.find((radio) => radio.checked)?.value ?? "");
    }

    function setAnswer(value) {
      if (field) field.value = value;
      for (const radio of radios) radio.checked = radio.value === value;
    }

    function feedback(key) {
      const source = key === null ? null : template(form, key);
      form.dataset.dlcState = source ? source.dataset.dlcState : "";
      fill(box, source);
    }

    function judge() {
      if (kind === "choice") return answer() === "" ? "empty" : answer();
      const { dlcAnswer, dlcTolerance, dlcHints } = field.dataset;
      return judgeNumbers(
        answer(), JSON.parse(dlcAnswer), Number(dlcTolerance), JSON.parse(dlcHints),
      );
    }

    // The page of the reader's progress wants to know how the answer was judged.
    function saveChecked() {
      memory.save(form, { answer: answer(), checked: true, state: form.dataset.dlcState });
    }

    function setUnfolded(open) {
      if (!unfold) return;
      unfold.setAttribute("aria-expanded", String(open));
      unfolded.hidden = !open;
      fill(unfolded, open ? template(form, "unfolded") : null);
    }

    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (kind === "free") return;
      const key = judge();
      feedback(key);
      if (key !== "empty") saveChecked();
    });

    form.addEventListener("input", () => {
      // What was said about the answer before is no longer about this one.
      feedback(null);
      memory.save(form, { answer: answer(), checked: false });
    });

    form.addEventListener("click", (event) => {
      const action = event.target.closest("button")?.dataset.dlcAction;
      if (action === "unfold") setUnfolded(unfold.getAttribute("aria-expanded") !== "true");
      if (action === "clear") {
        setAnswer("");
        setUnfolded(false);
        memory.clear(form);
        feedback("cleared");
      }
    });

    form.querySelector(".dlc-buttons").hidden = false;
    const record = memory.load(form);
    if (typeof record.answer === "string") {
      setAnswer(record.answer);
      if (record.checked && kind !== "free") {
        feedback(judge());
        // Answers kept before there was a page of progress do not say whether they were right.
        if (record.state === undefined) saveChecked();
      }
    }
  }

  // ---------------------------------------------------------------- start

  function init(root = document) {
    for (const [selector, start] of [
      // A slider that a cell gave in the page has one picture only: Python draws the others.
      [".dlc-slider:not(.dlc-unprepared)", startSlider],
      [".dlc-question", startQuestion],
    ]) {
      for (const element of root.querySelectorAll(`${selector}:not([data-dlc-started])`)) {
        element.dataset.dlcStarted = "";
        start(element);
      }
    }
  }

  globalThis.dlcoreWidgets = { init, parseNumbers, judgeNumbers };

  // Without a document this file is being tested.
  if (typeof document === "undefined") return;
  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", () => init());
  } else {
    init();
  }
})();
