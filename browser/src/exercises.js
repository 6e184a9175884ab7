// Bring the exercises of a page to life: their boxes, and the place for the whole notebook.

import { prepare } from "./announce.js";
import { assignment } from "./assignments.js";
import { ExerciseBox } from "./exercise_box.js";
import { startHandIn } from "./hand_in.js";

/** Start all boxes of the page. Editors come when a box is about to be seen. */
export function start() {
  prepare();
  const nearby = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      nearby.unobserve(target);
      boxes.get(target)?.open();
    }
  }, { rootMargin: "400px" });
  /** @type {Map<Element, ExerciseBox>} */
  const boxes = new Map();
  for (const root of document.querySelectorAll(".exercise-box, .hand-in")) {
    startOne(/** @type {HTMLElement} */ (root)).then((box) => {
      if (!box) return;
      boxes.set(root, box);
      nearby.observe(root);
    }, (error) => console.error(error));
  }
}

/**
 * @param {HTMLElement} root
 * @returns {Promise<ExerciseBox | null>}
 */
async function startOne(root) {
  const { assignment: name = "", exercise } = root.dataset;
  const data = await assignment(name);
  if (root.classList.contains("hand-in")) {
    startHandIn(root, data);
    return null;
  }
  const part = data.parts.find((one) => one.name === exercise);
  if (!part) throw new Error(`${name} has no part ${exercise}.`);
  return new ExerciseBox(root, data, part);
}
