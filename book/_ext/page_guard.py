"""Warn about pages that some readers could not use; the build treats every warning as an error.

Two checks: a picture must have a text alternative, and no output may need a running widget.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def check_page(_app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Look at one page whose outputs have been chosen and whose references are resolved."""
    for image in doctree.findall(nodes.image):
        if not image.get("alt", "").strip():
            logger.warning(
                "picture without alt text (%s); say what is seen in it. For the figure of a "
                "code cell use the cell metadata `mystnb: {image: {alt: …}}`",
                image.get("uri", "?"),
                location=docname,
            )
    for raw in doctree.findall(nodes.raw):
        if WIDGET_VIEW in raw.astext():
            logger.warning(
                "an ipywidgets output: the built page has no Python to drive it; "
                "use dlcore.interactive, which writes plain HTML when the book is built",
                location=docname,
            )


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    # Before inline_figures, which turns the images it handles into raw HTML.
    app.connect("doctree-resolved", check_page, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
