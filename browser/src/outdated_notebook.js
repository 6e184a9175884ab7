// Stands in the page in which JupyterLite opens a notebook: if a newer version than the reader's has
// been released, lead to the page that says so, unless the reader comes from there.

import { all, databaseName } from "./kept_notebooks.js";
import { releaseOf } from "./notebook_versions.js";
import { listed, LITE } from "./released_notebooks.js";

async function check() {
  const asked = new URL(location.href).searchParams;
  const path = asked.get("path");
  if (!path || asked.has("mine")) return;
  const kept = (await all(databaseName(LITE))).find((entry) => entry.path === path);
  if (!kept) return;
  const about = (await listed()).find((notebook) => notebook.path === path);
  if (!about || releaseOf(kept.content) === about.release) return;
  location.replace(`${LITE}index.html#${about.name}`);
}

// Without an answer the notebook opens as JupyterLite keeps it, which loses nothing.
check().catch((error) => console.warn("could not look for a newer version:", error));
