"""Places on a page where an exercise is solved and checked, by Python in the reader's browser.

- ``{exercise-box} ASSIGNMENT PART`` is the place for an answer, or a cell that only has to be run;
- ``{hand-in} ASSIGNMENT`` the place from which the notebook with the answers is downloaded.

Without Python in the site both are nothing. The page has the cell as it was released; a script
(browser/src/exercises.js) puts an editor and buttons there. What the script knows of an assignment
lies in ``_python/exercises/``: the released notebook, and which of its cells is what.
"""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any, ClassVar

import released_notebook
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import OptionSpec

FOLDER = "_python/exercises"
# Under this name a page's metadata says whose notebook it offers, as the assignment's own page.
OFFERED = "assignment"
# Under this name a page's metadata lists the assignments of which it has boxes.
SHOWN = "exercise_boxes"


class exercise_box(nodes.General, nodes.Element):  # noqa: N801 (docutils names nodes like this)
    """What surrounds a cell; its attribute `data` becomes HTML's data attributes."""


class hand_in(nodes.General, nodes.Element):  # noqa: N801
    """The place for what concerns all answers of an assignment."""


def has_python(config: Config) -> bool:
    """Whether the site brings Python along for the reader's browser."""
    return bool(config.python_in_browser)


def _note(directive: SphinxDirective, assignment: str) -> None:
    """Remember that the page needs the script, and the assignment's data."""
    shown = directive.env.metadata[directive.env.docname].setdefault(SHOWN, [])
    if assignment not in shown:
        shown.append(assignment)


class ExerciseBox(SphinxDirective):
    """A cell of a released notebook, to be filled in or to be run."""

    required_arguments = 2
    option_spec: ClassVar[OptionSpec] = {}

    def run(self) -> list[nodes.Node]:
        """Return the cell as it was released, in a frame that the script looks for."""
        if not has_python(self.config):
            return []
        assignment, name = self.arguments
        part = released_notebook.part(assignment, name)
        _note(self, assignment)
        box = exercise_box(
            data={"assignment": assignment, "exercise": name, "kind": part.kind},
        )
        language = "text" if part.kind == "written" else "python"
        box += nodes.literal_block(part.source, part.source, language=language)
        return [box]


class HandIn(SphinxDirective):
    """The place from which the notebook with the answers is downloaded."""

    required_arguments = 1
    option_spec: ClassVar[OptionSpec] = {}

    def run(self) -> list[nodes.Node]:
        """Return an empty frame that the script fills."""
        if not has_python(self.config):
            return []
        _note(self, self.arguments[0])
        return [hand_in(data={"assignment": self.arguments[0]})]


def visit(translator: Any, node: nodes.Element) -> None:
    """Open the frame."""
    name = type(node).__name__.replace("_", "-")
    data = "".join(f' data-{key}="{escape(value)}"' for key, value in node["data"].items())
    translator.body.append(f'<div class="{name}"{data}>\n')


def depart(translator: Any, _node: nodes.Element) -> None:
    """Close the frame."""
    translator.body.append("</div>\n")


def skip(_translator: Any, _node: nodes.Element) -> None:
    """Leave the frame out where there is no script."""
    raise nodes.SkipNode


def write_data(app: Sphinx, exception: Exception | None) -> None:
    """Write what the script knows of the assignments that pages have boxes of."""
    if exception is not None or app.builder.name != "html" or not has_python(app.config):
        return
    about = app.env.metadata.items()
    pages = {data[OFFERED]: page for page, data in about if OFFERED in data}
    for assignment in sorted({name for _, data in about for name in data.get(SHOWN, ())}):
        page = app.builder.get_target_uri(pages[assignment]) if assignment in pages else ""
        path = Path(app.outdir, FOLDER, f"{assignment}.json")
        path.parent.mkdir(parents=True, exist_ok=True)
        data = released_notebook.data(assignment, page)
        path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.setup_extension("runnable_cells")  # whose setting is read here
    app.add_node(exercise_box, html=(visit, depart), text=(skip, None), latex=(skip, None))
    app.add_node(hand_in, html=(visit, depart), text=(skip, None), latex=(skip, None))
    app.add_directive("exercise-box", ExerciseBox)
    app.add_directive("hand-in", HandIn)
    app.connect("build-finished", write_data)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
