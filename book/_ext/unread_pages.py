"""Read again what the last build did not get to the end with, besides what Sphinx finds changed.

A page whose reading gave a warning is kept by Sphinx like any other: in the next build it would not
be read, and its warning would be gone without having been mended. Nor does Sphinx know that the
outputs of a page's cells have changed. So `unread.json` in the build folder names pages to be read.
tools/build_book.py puts those in whose cells have run, this extension those that are being read;
the file goes when a build has got through without a warning.
"""

from __future__ import annotations

import json
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

FILE = "unread.json"


def unread(build: Path) -> set[str]:
    """Return the names of the pages that are still to be read."""
    try:
        return set(json.loads((build / FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return set()


def outdated(
    app: Sphinx, env: BuildEnvironment, _added: set[str], _changed: set[str], _removed: set[str]
) -> list[str]:
    """Tell Sphinx which pages to read although their files have not changed."""
    return sorted(unread(Path(app.outdir).parent) & env.found_docs)


def remember(app: Sphinx, _env: BuildEnvironment, names: list[str]) -> None:
    """Note the pages that are going to be read now."""
    build = Path(app.outdir).parent
    text = json.dumps(sorted(unread(build) | set(names)))
    (build / FILE).write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.connect("env-get-outdated", outdated)
    app.connect("env-before-read-docs", remember)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
