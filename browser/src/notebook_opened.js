// Stands in the page in which JupyterLite opens a notebook.

import { keepForOffline } from "./offline.js";
import { leadToNewerVersion } from "./outdated_notebook.js";
import { LITE } from "./released_notebooks.js";

// Without an answer the notebook opens as JupyterLite keeps it, which loses nothing.
leadToNewerVersion().catch((error) => console.warn("no word of newer versions:", error));
keepForOffline(new URL("..", LITE)).catch((error) => console.info("nothing is kept for use offline:", error));
