// The script of a page with cells. It is small and waits: Python and the editor are loaded when a
// reader first asks for them.

import { prepare } from "./announce.js";
import { cells } from "./cells.js";
import { python } from "./python.js";

prepare();
cells.attach();
if (document.querySelector(".exercise-box, .hand-in")) import("./exercises.js").then((m) => m.start());
if (document.querySelector(".dlc-slider, .dlc-player")) import("./live_figures.js").then((m) => m.start());

// For the browser's console, and for tests.
Object.assign(globalThis, { coursePage: { cells, python } });
