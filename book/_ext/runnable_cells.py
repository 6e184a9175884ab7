"""Let the pages' cells run in the reader's browser: what the scripts in browser/ find on a page.

Where the build has Python for the browser (the setting ``python_in_browser``, a folder), each page
with cells gets the script and a list of all its cells, hidden ones too, and of the earlier cells
that each one needs, in ``_python/pages/<page>.json``, and each cell's container a class with its
index in that list. Without it, pages stay as they are.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sys
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from notebook_downloads import READS_RESULTS, executed
from sphinx.application import Sphinx

sys.path.append(str(Path(__file__).resolve().parents[2] / "browser" / "python"))

from course_page.order import needs

FOLDER = "_python"
CELL = re.compile(r'class="cell [^"]*\bcell-index-\d')


def parts(app: Sphinx) -> Path | None:
    """Return the folder with everything for the browser; None if the site has no Python."""
    folder = app.config.python_in_browser
    return Path(folder) if folder and app.builder.name == "html" else None


def scripts_folder(app: Sphinx) -> str:
    """Return where the scripts lie in the site; another place whenever one of them changes."""
    folder = parts(app)
    assert folder is not None
    digest = hashlib.sha256()
    for path in sorted((folder / "scripts").iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return f"{FOLDER}/scripts-{digest.hexdigest()[:12]}"


def code_cells(notebook: Any) -> list[Any]:
    """Return the cells of a page that hold code."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def listed(index: int, cell: Any) -> dict[str, Any]:
    """Return what the page's script has to know of a cell."""
    entry: dict[str, Any] = {
        "index": index,
        "source": cell.source,
        "tags": list(cell.metadata.get("tags", [])),
    }
    settings = cell.metadata.get("mystnb", {})
    figure = {
        "name": settings.get("figure", {}).get("name"),
        "caption": settings.get("figure", {}).get("caption"),
        "alt": settings.get("image", {}).get("alt"),
    }
    if figure := {key: " ".join(str(text).split()) for key, text in figure.items() if text}:
        entry["figure"] = figure
    if READS_RESULTS.search(cell.source):
        entry["results"] = True
    return entry


def number_cells(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Give each cell's container its index among the page's cells of code."""
    notebook = executed(app, docname) if parts(app) else None
    if notebook is None:
        return
    code = [position for position, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    indices = {position: index for index, position in enumerate(code)}
    for container in doctree.findall(nodes.container):
        if container.get("nb_element") == "cell_code":
            container["classes"].append(f"cell-index-{indices[container['cell_index']]}")


def add_script(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], _tree: nodes.document | None
) -> None:
    """Put the script and its style sheet on a page that has use for them."""
    if parts(app) is None or not context.get("body"):
        return
    # A page without cells may have boxes in which exercises are solved.
    boxes = app.env.metadata.get(page, {}).get("exercise_boxes")
    if not boxes and not CELL.search(context["body"]):
        return
    folder = scripts_folder(app)
    style, script = (context["pathto"](f"{folder}/{name}", 1) for name in ("page.css", "page.js"))
    context["metatags"] += (
        f'\n    <link rel="stylesheet" href="{style}" />'
        f'\n    <script type="module" src="{script}" data-course-page="{escape(page)}"></script>'
    )


def write_files(app: Sphinx, exception: Exception | None) -> None:
    """Write the lists of cells, and copy the scripts into the finished site."""
    folder = parts(app)
    if exception is not None or folder is None:
        return
    site = Path(app.outdir)
    for page in sorted(app.env.found_docs):
        notebook = executed(app, page)
        if notebook is None:
            continue
        cells = [listed(index, cell) for index, cell in enumerate(code_cells(notebook))]
        target = site / FOLDER / "pages" / f"{page}.json"
        target.parent.mkdir(parents=True, exist_ok=True)
        needed = needs([cell["source"] for cell in cells])
        text = json.dumps({"page": page, "cells": cells, "needs": needed}, ensure_ascii=False)
        target.write_text(text, encoding="utf-8")
    shutil.copytree(folder / "scripts", site / scripts_folder(app), dirs_exist_ok=True)
    shutil.copyfile(folder / "service-worker.js", site / "service-worker.js")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.setup_extension("notebook_downloads")
    app.add_config_value("python_in_browser", "", "env")
    app.connect("doctree-resolved", number_cells)
    app.connect("html-page-context", add_script)
    app.connect("build-finished", write_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
