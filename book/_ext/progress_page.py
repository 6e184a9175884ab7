"""The page on which readers see how far they have come: ``{progress} PART``.

What they answered lies in their own browser only. The site has the list of what there is to answer
(``_static/progress/contents.json``), made from the finished pages, and the scripts that compare the
two. These work without Python in the site; then they know of the chapters' questions alone.
"""

from __future__ import annotations

import html
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import released_notebook
from docutils import nodes
from exercise_boxes import OFFERED, has_python
from exercise_text import anchor
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import OptionSpec

from dlgrader.exercises import load_assignment

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "browser" / "src"
# Small modules that a browser loads as they are.
FILES = ("progress.js", "records.js", "answers.js", "digest.js", "store.js", "progress.css")
FOLDER = "progress"  # below _static
PARTS = ("exercises", "questions", "keep")

QUESTION = re.compile(
    r'<form class="dlc-question" id="(?P<id>[\w-]+)" data-dlc-question="(?P<kind>\w+)"[^>]*>\s*'
    r'<fieldset(?: aria-label="(?P<spoken>[^"]*)")?>\s*<legend>(?P<legend>.*?)</legend>',
    re.DOTALL,
)
FALLBACK = (
    "Your progress appears here if your browser runs scripts and has opened the page from a "
    "server (its address begins with http)."
)


class progress_part(nodes.General, nodes.Element):  # noqa: N801 (docutils names nodes like this)
    """A frame that the script fills."""


class Progress(SphinxDirective):
    """A part of the overview."""

    required_arguments = 1
    option_spec: ClassVar[OptionSpec] = {}

    def run(self) -> list[nodes.Node]:
        """Return the frame, with what is said where no script runs."""
        part = self.arguments[0]
        if part not in PARTS:
            raise self.error(f"progress: expected one of {', '.join(PARTS)}, got {part!r}")
        frame = progress_part(part=part)
        if part == PARTS[0]:
            frame += nodes.paragraph(FALLBACK, FALLBACK)
        return [frame]


def visit(translator: Any, node: nodes.Element) -> None:
    """Open the frame."""
    translator.body.append(f'<div class="progress-part" data-part="{node["part"]}">\n')


def depart(translator: Any, _node: nodes.Element) -> None:
    """Close the frame."""
    translator.body.append("</div>\n")


def add_scripts(
    app: Sphinx, _page: str, _template: str, _context: dict[str, Any], tree: nodes.document | None
) -> None:
    """Let the page load the script, if it has a part of the overview."""
    if tree is not None and next(iter(tree.findall(progress_part)), None) is not None:
        app.add_js_file(f"{FOLDER}/progress.js", type="module")
        app.add_css_file(f"{FOLDER}/progress.css")


# --- What there is to answer ----------------------------------------------------------------------


def questions(page: str) -> list[dict[str, str]]:
    """Return the questions on a page, given as HTML."""
    return [
        {
            "id": found["id"],
            "kind": found["kind"],
            "text": words(found["spoken"] or found["legend"]),
        }
        for found in QUESTION.finditer(page)
    ]


def words(markup: str) -> str:
    """Return the text in a piece of HTML."""
    return " ".join(html.unescape(re.sub(r"<[^<>]+>", "", markup)).split())


def in_order(env: BuildEnvironment, root: str) -> Iterator[str]:
    """Yield pages as they follow each other in the book."""
    yield root
    for page in env.toctree_includes.get(root, ()):
        yield from in_order(env, page)


def contents(app: Sphinx) -> dict[str, Any]:
    """Return the list of everything that can be answered."""
    chapters, assignments = [], []
    for page in in_order(app.env, app.config.root_doc):
        address = app.builder.get_target_uri(page)
        title = app.env.titles[page].astext()
        found = questions(Path(app.outdir, address).read_text(encoding="utf-8"))
        if found:
            chapters.append({"address": address, "title": title, "questions": found})
        if OFFERED in (about := app.env.metadata.get(page, {})) and has_python(app.config):
            assignments.append(_assignment(about[OFFERED], title, address))
    return {"python": has_python(app.config), "chapters": chapters, "assignments": assignments}


def _assignment(name: str, title: str, address: str) -> dict[str, Any]:
    declared = load_assignment(name)
    kinds = {part.name: part.kind for part in released_notebook.parts(released_notebook.read(name))}
    exercises = [
        {
            "name": one.name,
            "title": one.title.replace("`", "").replace("$", ""),
            "kind": kinds[one.name],
            "anchor": anchor(declared, one),
        }
        for one in declared.exercises
    ]
    return {"name": name, "title": title, "address": address, "exercises": exercises}


def write(app: Sphinx, exception: Exception | None) -> None:
    """Put the list and the scripts into the finished site."""
    if exception is not None or app.builder.name != "html":
        return
    folder = Path(app.outdir, "_static", FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        shutil.copyfile(SCRIPTS / name, folder / name)
    text = json.dumps(contents(app), ensure_ascii=False)
    (folder / "contents.json").write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.add_node(progress_part, html=(visit, depart))
    app.add_directive("progress", Progress)
    app.connect("html-page-context", add_scripts)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
