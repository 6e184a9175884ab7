"""What the site ships of others and under which licences, as tables with the licences' texts.

``{shipped-parts}`` lists what is really there (tools/in_browser/licences.py). The texts lie in the
site, in ``_licences``.
"""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import OptionSpec

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from in_browser import licences

FOLDER = "_licences"
HEADS = ("Part", "Version", "Licence", "Its text")


def folder_of(app: Sphinx) -> Path | None:
    """Return the folder of what is shipped for Python in the pages; None if nothing is."""
    folder = app.config.python_in_browser
    return Path(folder) if folder else None


def address(part: licences.Part, file: str) -> str:
    """Return where a text lies, from the root of the site."""
    name = re.sub(r"[^a-z0-9.]+", "-", part.name.lower()).strip("-")
    return f"{FOLDER}/{name}/{file}"


class ShippedParts(SphinxDirective):
    """The tables."""

    option_spec: ClassVar[OptionSpec | None] = {}

    def run(self) -> list[nodes.Node]:
        """Return what becomes of the directive."""
        build = folder_of(self.env.app)
        if build is not None:
            self.env.note_dependency(str(build / "made-from.json"))
        for path in licences.inputs():
            self.env.note_dependency(str(path))
        up = "../" * self.env.docname.count("/")
        groups = itertools.groupby(licences.shipped(build), key=lambda part: part.group)
        made = "".join(table(group, list(parts), up) for group, parts in groups)
        return [nodes.raw("", made, format="html")]


def table(group: str, parts: Sequence[licences.Part], up: str) -> str:
    """Return a table of parts as HTML; `up` leads from the page to the root of the site."""
    rows = []
    for part in parts:
        links = ", ".join(
            f'<a href="{up}{escape(address(part, file))}">{escape(file.removesuffix(".txt"))}</a>'
            for file in part.texts
        )
        cells = (escape(part.version), escape(part.licence), links)
        rows.append(
            f'<tr><th scope="row">{escape(part.name)}</th>'
            + "".join(f"<td>{cell}</td>" for cell in cells)
            + "</tr>"
        )
    heads = "".join(f'<th scope="col">{head}</th>' for head in HEADS)
    return (
        f'<div class="pst-scrollable-table-container" tabindex="0" role="region" '
        f'aria-label="{escape(group)}"><table class="table">'
        f"<caption>{escape(group)}</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>\n"
    )


def copy_texts(app: Sphinx, exception: Exception | None) -> None:
    """Write the texts into the finished site."""
    if exception is not None or app.builder.name != "html":
        return
    for part in licences.shipped(folder_of(app)):
        for file, content in part.texts.items():
            target = Path(app.outdir) / address(part, file)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.setup_extension("runnable_cells")  # which has the setting python_in_browser
    app.add_directive("shipped-parts", ShippedParts)
    app.connect("build-finished", copy_texts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
