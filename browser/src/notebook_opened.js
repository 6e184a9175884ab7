// Stands in the page in which JupyterLite opens a notebook.

import { keepForOffline } from "./lite_offline.js";
import { leadToNewerVersion } from "./outdated_notebook.js";

// Without an answer the notebook opens as JupyterLite keeps it, which loses nothing.
leadToNewerVersion().catch((error) => console.warn("no word of newer versions:", error));
keepForOffline().catch((error) => console.info("nothing is kept for use offline:", error));
