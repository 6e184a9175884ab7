"""Pages and boxes about the graded exercises, made from their declarations.

- ``{assignment} NAME`` is the body of an assignment's page;
- ``{graded} NAME`` the box with which a chapter leads there;
- ``{try-exercise} NAME EXERCISE`` a box in a chapter in which one exercise can be solved at once;
- ``{assignments}`` a table of all of them;
- ``{feedback} NAME EXERCISE`` shows what the feedback says of an answer, its content;
- ``{sandbox-limits}`` a table of what a notebook may take while it is graded.

The site offers every learner's notebook as an archive, together with the package as a wheel.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urljoin

import exercise_text
import nbformat
import released_notebook
from course_wheel import archive, wheel
from docutils import nodes
from docutils.statemachine import StringList
from exercise_boxes import OFFERED, has_python
from site_addresses import colab_address
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import OptionSpec

from dlgrader import declarations, expert, judge
from dlgrader.declarations import Section
from dlgrader.exercises import assignment_names
from dlgrader.sandbox import limits

logger = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[2]
FOLDER = "notebooks/exercises"

# While a notebook is graded, the package is there and the cell does nothing.
BESIDE = """\
# Run this cell first. Where dlcore, the course's package, is missing, it installs it from the file
# beside this notebook. (If that is not found: unpack the whole archive, open the notebook there.)
from importlib.util import find_spec

if find_spec("dlcore") is None:
    %pip install --quiet ./{wheel}
"""
FETCHED = """\
# Run this cell first. Where dlcore, the course's package, is missing, it installs it from the file
# beside this notebook, and if there is none, from the course's site.
import os
import urllib.request
from importlib.util import find_spec

if find_spec("dlcore") is None:
    if not os.path.exists("{wheel}"):
        urllib.request.urlretrieve("{address}", "{wheel}")
    %pip install --quiet ./{wheel}
"""


# --- Text -----------------------------------------------------------------------------------------


def generated(name: str, argument: str, content: Sequence[str], *, solvable: bool = False) -> str:
    """Return the text in MyST that a directive without links to sections stands for.

    Parameters
    ----------
    name, argument : str
        Of the directive.
    content : sequence of str
        Its lines.
    solvable : bool
        Whether exercises can be solved where the text is read: on a site that has Python.
    """
    words = argument.split()
    if name == "graded":
        return exercise_text.box(argument, content)
    if name == "try-exercise":
        part = released_notebook.part(words[0], words[1])
        return exercise_text.trial(words[0], part, content, solvable=solvable)
    if name == "assignments":
        return exercise_text.assignments(assignment_names())
    if name == "feedback":
        return exercise_text.feedback(words[0], words[1], content)
    return exercise_text.limits()


def sources(words: Sequence[str]) -> Iterator[Path]:
    """Yield the files from which the text about an assignment, or about all, is made."""
    for module in (declarations, expert, judge, limits):
        yield Path(inspect.getfile(module))
    for name in words[:1] or assignment_names():
        yield from sorted((ROOT / "dlgrader" / "exercises" / name).glob("*.py"))
        yield from sorted((ROOT / "dlgrader" / "exercises").glob(f"{name}.py"))
        yield ROOT / "solutions" / name / f"{name}.py"
        yield released_notebook.path_of(name)


class Generated(SphinxDirective):
    """A directive that stands for a text made from declarations."""

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar[OptionSpec] = {}

    def run(self) -> list[nodes.Node]:
        """Return what becomes of the text."""
        argument = " ".join(self.arguments)
        for path in sources(argument.split()):
            self.env.note_dependency(str(path))
        node = nodes.Element()
        node.document = self.state.document
        text = StringList(self.text(argument).split("\n"), self.get_source_info()[0])
        # MyST puts sections straight into the page's own; they belong behind the rest of the text.
        page = next(iter(self.state.document.findall(nodes.section)), nodes.section())
        before = len(page)
        self.state.nested_parse(text, 0, node, match_titles=True)
        sections = page.children[before:]
        del page.children[before:]
        return [*node.children, *sections]

    def text(self, argument: str) -> str:
        """Return the text in MyST."""
        content = list(self.content)
        return generated(self.name, argument, content, solvable=has_python(self.config))


class AssignmentPage(Generated):
    """The body of an assignment's page."""

    def text(self, argument: str) -> str:
        """Return the text, with links to the sections of the book."""
        self.env.metadata[self.env.docname][OFFERED] = argument
        up = "../" * self.env.docname.count("/")
        colab = ""
        if self.config.notebooks_branch:
            colab = colab_address(self.config, f"{FOLDER}/{argument}.ipynb")
        return exercise_text.page(
            argument,
            f"{up}{FOLDER}/{argument}.zip",
            self._link,
            colab,
            released_notebook.parts(released_notebook.read(argument)),
            f"{up}lite/" if has_python(self.config) else "",
        )

    def _link(self, section: Section) -> str:
        self.env.note_dependency(str(Path(self.env.srcdir, f"{section.page}.md")))
        words = f"{section.number}, {section.title}"
        label = exercise_text.find_section(section, Path(self.env.srcdir))
        if label is None:
            logger.warning(
                "no heading %r with a label above it on page %s, to which an exercise's "
                "declaration refers",
                section.title,
                section.page,
                location=self.get_location(),
            )
            return words
        return f"{{ref}}`{words} <{label}>`"


# --- Downloads ------------------------------------------------------------------------------------


def portable(name: str, first: str) -> Any:
    """Return the learner's notebook of an assignment, with a first cell that installs `dlcore`."""
    notebook = nbformat.read(ROOT / "exercises" / name / f"{name}.ipynb", as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(first, id="install-dlcore"))
    nbformat.validate(notebook)
    return notebook


def write_downloads(app: Sphinx, exception: Exception | None) -> None:
    """Write an archive for each assignment that has a page on the finished site."""
    if exception is not None or app.builder.name != "html":
        return
    offered = {about[OFFERED] for about in app.env.metadata.values() if OFFERED in about}
    if not offered:
        return
    wheel_name, wheel_content = wheel(ROOT)
    folder = Path(app.outdir, FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    base = app.config.html_baseurl
    for name in sorted(offered):
        first = BESIDE.format(wheel=wheel_name)
        if base:
            address = urljoin(base, f"{FOLDER}/{wheel_name}")
            first = FETCHED.format(wheel=wheel_name, address=address)
        text = json.dumps(portable(name, first), ensure_ascii=False, indent=1) + "\n"
        entries = {f"{name}/{name}.ipynb": text.encode(), f"{name}/{wheel_name}": wheel_content}
        (folder / f"{name}.zip").write_bytes(archive(entries))
        if base:
            (folder / f"{name}.ipynb").write_text(text, encoding="utf-8")
    if base:
        (folder / wheel_name).write_bytes(wheel_content)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.setup_extension("exercise_boxes")
    app.add_directive("assignment", AssignmentPage)
    for name in ("graded", "try-exercise", "assignments", "feedback", "sandbox-limits"):
        app.add_directive(name, Generated)
    app.connect("build-finished", write_downloads)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
