"""Put the SVG figures of code cells into the page itself, so that they follow light and dark mode.

An SVG file shown by <img> cannot see the page's colours. The same SVG written into the page can:
`dlcore.figures.adapt_svg` gives it the text's colour, its accessible name and ids of its own.
Caption, number and anchor belong to the figure around the picture and stay as they are.
"""

from __future__ import annotations

from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

from dlcore.figures import adapt_svg

CELL_OUTPUTS = "jupyter_execute"


def inline_figures(app: Sphinx, doctree: nodes.document, _docname: str) -> None:
    """Replace each SVG image that a code cell left by the SVG itself."""
    if app.builder.format != "html":
        return
    for number, image in enumerate(list(doctree.findall(nodes.image)), start=1):
        path = Path(app.srcdir, image["uri"])
        alt = image.get("alt", "").strip()
        # Without alt text page_guard has already stopped the build.
        if path.suffix != ".svg" or CELL_OUTPUTS not in path.parts or not alt:
            continue
        svg = adapt_svg(path.read_text(encoding="utf-8"), alt, f"picture-{number}-")
        image.replace_self(nodes.raw("", svg, format="html"))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.connect("doctree-resolved", inline_figures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
