// If a newer version of a notebook than the reader's has been released, lead to the page that says
// so (notebooks_page.js), unless the reader comes from there.

import { all, databaseName } from "./kept_notebooks.js";
import { releaseOf } from "./notebook_versions.js";
import { listed, LITE } from "./released_notebooks.js";

export async function leadToNewerVersion() {
  const asked = new URL(location.href).searchParams;
  const path = asked.get("path");
  if (!path || asked.has("mine")) return;
  const kept = (await all(databaseName(LITE))).find((entry) => entry.path === path);
  if (!kept) return;
  const about = (await listed()).find((notebook) => notebook.path === path);
  if (!about || releaseOf(kept.content) === about.release) return;
  location.replace(`${LITE}index.html#${about.name}`);
}
