/* Boxes that scroll sideways (code, tables, formulas) can be reached and scrolled with the keyboard. */
"use strict";

(() => {
  const NAMES = [
    ["div.highlight pre", "Code"],
    [".pst-scrollable-table-container", "Table"],
    [".cell_output .text_html", "Table"],
    ["div.math mjx-container", "Formula"],
  ];

  /* Only a box that is too narrow at the moment becomes a tab stop. */
  function update() {
    for (const [selector, name] of NAMES) {
      for (const box of document.querySelectorAll(`article ${selector}`)) {
        const scrolls = box.scrollWidth > box.clientWidth + 1;
        if (scrolls && !box.hasAttribute("tabindex")) {
          box.tabIndex = 0;
          box.setAttribute("role", "group");
          box.setAttribute("aria-label", `${name}, scrolls sideways`);
          box.dataset.scrolls = "";
        } else if (!scrolls && "scrolls" in box.dataset) {
          for (const attribute of ["tabindex", "role", "aria-label", "data-scrolls"]) {
            box.removeAttribute(attribute);
          }
        }
      }
    }
  }

  let waiting = 0;
  function updateSoon() {
    clearTimeout(waiting);
    waiting = setTimeout(update, 100);
  }

  addEventListener("DOMContentLoaded", () => {
    update();
    addEventListener("resize", updateSoon);
    /* What was folded away has no width yet. */
    document.addEventListener("toggle", updateSoon, true);
    /* Formulas get their width when MathJax has set them; it starts by itself after this script. */
    const article = document.querySelector("article");
    if (article) {
      new MutationObserver(updateSoon).observe(article, { childList: true, subtree: true });
    }
  });
})();
