// The buttons of cells and exercises.

/**
 * A button that does nothing while it is marked as disabled: it keeps its place among the tab stops.
 *
 * @param {string} text
 * @param {string} name - accessible, begins with the text
 * @param {string} classes
 * @param {() => void} action
 */
export function button(text, name, classes, action) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = classes;
  made.textContent = text;
  made.setAttribute("aria-label", name);
  made.addEventListener("click", () => {
    if (made.getAttribute("aria-disabled") !== "true") action();
  });
  return made;
}
