"""What nbgrader writes feedback with: one page that holds everything and can run nothing."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
import nbformat
from markupsafe import Markup
from nbconvert.exporters import Exporter
from nbconvert.exporters.exporter import ResourcesDict
from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook

from dlgrader.exercises import declaration_of
from dlgrader.feedback.cells import anchors, shown_cells
from dlgrader.feedback.facts import Facts, find_facts
from dlgrader.feedback.sanitising import plain
from dlgrader.feedback.summary import summary
from dlgrader.generate import book_address


class FeedbackExporter(Exporter):
    """Makes the page of one notebook; set it as ``c.GenerateFeedback.exporter_class``."""

    file_extension = ".html"
    output_mimetype = "text/html"
    _address: str | None = None

    def from_filename(
        self, filename: str, resources: dict[str, Any] | None = None, **_: Any
    ) -> tuple[Any, dict[str, Any]]:
        """Make the page of a graded notebook; without the file, of what the gradebook knows."""
        path = Path(filename)
        resources = ResourcesDict() if resources is None else resources
        resources["metadata"] = ResourcesDict(name=path.stem, path=str(path.parent))
        content = path.read_bytes() if path.is_file() else b""
        if content:
            notebook = nbformat.reads(content.decode("utf-8"), as_version=4)
        else:
            notebook = nbformat.v4.new_notebook()
        where = resources["nbgrader"]
        with Gradebook(where["db_url"]) as book:
            facts = find_facts(
                book,
                where["assignment"],
                where["notebook"],
                where["student"],
                self._book(),
            )
        resources["dlgrader_facts"] = facts
        resources["dlgrader_digest"] = facts.digest(content)
        page, resources = self.from_notebook_node(notebook, resources=resources)
        return page, resources

    def from_notebook_node(
        self, nb: NotebookNode, resources: Any = None, **_: Any
    ) -> tuple[Any, Any]:
        """Make the page of a notebook whose facts stand in the resources."""
        nb, resources = super().from_notebook_node(nb, resources)
        page = render_page(nb, resources["dlgrader_facts"], resources["dlgrader_digest"])
        return page, resources

    def _book(self) -> str:
        """Return the book's address; it is looked up once for the pages of a class."""
        if self._address is None:
            coursedir = getattr(self.parent, "coursedir", None)
            self._address = book_address(Path(coursedir.root)) if coursedir else ""
        return self._address


def render_page(notebook: NotebookNode, facts: Facts, digest: str = "") -> str:
    """Return the page of a graded notebook, or of one whose grading failed."""
    declared = declaration_of(facts.assignment, facts.notebook)
    parts = summary(notebook, facts, declared)
    cells = [] if facts.failed else list(shown_cells(notebook, facts, parts, declared is not None))
    style = files("dlgrader.feedback").joinpath("page.css").read_text("utf-8")
    return _template("page.html.j2").render(
        digest=digest,
        title=declared.title if declared else plain(facts.notebook),
        facts=facts,
        student=plain(facts.name),
        reason="\n".join(map(plain, facts.reason.splitlines())),
        remarks=list(map(plain, facts.remarks)),
        parts=parts,
        cells=cells,
        anchors=anchors(cells),
        style=Markup(style),  # a file of this package
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )


@cache
def _template(name: str) -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("dlgrader.feedback"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)
