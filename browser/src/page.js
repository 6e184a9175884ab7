// The script of a page with cells. It is small and waits: Python and the editor are loaded when a
// reader first asks for them.

import { prepare } from "./announce.js";
import { cells } from "./cells.js";

prepare();
cells.attach();
