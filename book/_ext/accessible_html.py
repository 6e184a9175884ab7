"""Mend four places where the generated HTML tells assistive technology too little or nonsense.

- The button that unfolds a cell: MyST-NB gives it an aria-label that differs from its words, so
  who asks for "Show the source" by voice is not understood. Without it the words are the name.
- The bibliography: docutils marks it as a list of "doc-biblioentry", a role that has been
  withdrawn and that a list may not hold. Without both roles it is read as what it is, text.
- A signature with a line for each parameter: Sphinx makes them definitions of no term.
- The toggle beside a chapter in the sidebar: the theme draws an arrow and gives it no name.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode, depart_HideCellInput
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxTranslator

# All lists of definitions that Sphinx writes for other purposes have a class.
PARAMETERS = re.compile(r"<dl>\s*((?:<dd>.*?</dd>\s*)+)</dl>", re.DOTALL)


def visit_hidden_cell(translator: SphinxTranslator, node: HideCodeCellNode) -> None:
    """Open the <details> element; MyST-NB's style sheet shows one of the two prompts."""
    classes = " ".join(["admonition", "hide", *node["classes"]])
    translator.body.append(
        f'<details class="{classes}">\n<summary>\n'
        f'<p class="collapsed admonition-title">{escape(node["prompt_show"])}</p>\n'
        f'<p class="expanded admonition-title">{escape(node["prompt_hide"])}</p>\n'
        "</summary>\n"
    )


def plain_citations(
    _app: Sphinx, _page: str, _template: str, context: dict[str, Any], _tree: nodes.document | None
) -> None:
    """Take the roles off the entries of the bibliography."""
    if 'class="citation-list"' in context.get("body", ""):
        for role in ("list", "doc-biblioentry"):
            context["body"] = context["body"].replace(f' role="{role}"', "")


def plain_parameters(
    _app: Sphinx, _page: str, _template: str, context: dict[str, Any], _tree: nodes.document | None
) -> None:
    """Make a signature's parameters lines instead of definitions."""
    if "body" in context:
        context["body"] = PARAMETERS.sub(_as_lines, context["body"])


def _as_lines(match: re.Match[str]) -> str:
    lines = match[1].replace("<dd>", '<div class="sig-line">').replace("</dd>", "</div>")
    return f"<div>{lines}</div>"


def named_toggles(
    _app: Sphinx, _page: str, _template: str, context: dict[str, Any], _tree: nodes.document | None
) -> None:
    """Let the theme's function for the sidebar name each toggle after the chapter beside it."""
    theme_function = context["generate_toctree_html"]

    def generate_toctree_html(*args: Any, **kwargs: Any) -> Any:
        toctree = theme_function(*args, **kwargs)
        for link in toctree.select("li > a.reference:has(+ details)"):
            link.parent.summary["aria-label"] = f"Pages of {link.get_text(strip=True)}"
        return toctree

    context["generate_toctree_html"] = generate_toctree_html


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.setup_extension("myst_nb")
    app.add_node(HideCodeCellNode, override=True, html=(visit_hidden_cell, depart_HideCellInput))
    app.connect("html-page-context", plain_citations)
    app.connect("html-page-context", plain_parameters)
    # After the theme, which puts its function there at the usual priority of 500.
    app.connect("html-page-context", named_toggles, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
