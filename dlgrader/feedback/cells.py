"""A notebook's cells as a feedback page shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from markupsafe import Markup
from nbformat.notebooknode import NotebookNode
from nbgrader import utils
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from dlgrader.feedback.facts import Facts
from dlgrader.feedback.markdown import render_markdown
from dlgrader.feedback.outputs import render_outputs
from dlgrader.feedback.sanitising import NOTHING, without_controls
from dlgrader.feedback.summary import Part, cell_id

_LONGEST = 100_000
_FORMATTER = HtmlFormatter(nowrap=True)


@dataclass(frozen=True)
class Shown:
    """A cell.

    Attributes
    ----------
    kind : str
        "text", "code" or "points" (which stand in the summary).
    anchor : str
        Our own id of its place; empty if nothing leads there.
    answer : bool
        Whether the learner wrote it.
    body, outputs, comment : Markup
    points : str
    part : int or None
        Which part of the summary it belongs to.
    """

    kind: str
    anchor: str = ""
    answer: bool = False
    body: Markup = NOTHING
    outputs: Markup = NOTHING
    comment: Markup = NOTHING
    points: str = ""
    part: int | None = None


def shown_cells(
    notebook: NotebookNode, facts: Facts, parts: Sequence[Part], judged: bool
) -> Iterator[Shown]:
    """Yield the cells in their order.

    Parameters
    ----------
    notebook : NotebookNode
    facts : Facts
    parts : sequence of Part
    judged : bool
        Whether the points cells hold the judge's words, which the summary shows.
    """
    places = {name: number for number, part in enumerate(parts) for name in part.cells if name}
    for number, cell in enumerate(notebook.cells):
        name = cell_id(cell)
        part = places.get(name)
        graded = name in facts.marks
        commented = name in facts.comments
        if cell.cell_type == "code" and graded and judged and part is not None:
            yield Shown("points", points=parts[part].points, part=part)
            continue
        source = cell.source if isinstance(cell.source, str) else ""
        if cell.cell_type == "code":
            kind, body = "code", render_code(source)
        elif cell.cell_type == "markdown":
            kind, body = "text", render_markdown(source, cell.get("attachments"))
        else:
            kind, body = "text", Markup("<pre>{}</pre>").format(without_controls(source))
        if not source.strip() and not cell.get("outputs"):
            continue
        yield Shown(
            kind=kind,
            anchor=f"cell-{number + 1}" if part is not None else "",
            answer=utils.is_solution(cell),
            body=body,
            outputs=render_outputs(cell.get("outputs", ())),
            comment=parts[part].comment if part is not None and commented else NOTHING,
            points=parts[part].points if graded and part is not None else "",
            part=part,
        )


def anchors(cells: Sequence[Shown]) -> Mapping[int, str]:
    """Return the place of each part's first cell, by the part's number."""
    found: dict[int, str] = {}
    for cell in cells:
        if cell.part is not None and cell.anchor:
            found.setdefault(cell.part, cell.anchor)
    return found


@lru_cache(maxsize=256)
def render_code(source: str) -> Markup:
    """Return Python code, coloured; once what stands in the notebooks of a whole class."""
    text = without_controls(source)
    if len(text) > _LONGEST:
        return Markup("<pre>{}</pre>").format(text)
    # The formatter escapes what it colours.
    coloured = Markup(highlight(text, PythonLexer(stripnl=False), _FORMATTER))
    return Markup('<pre class="code">{}</pre>').format(coloured)
