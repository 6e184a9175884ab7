"""Notebooks whose cells were edited, deleted, copied, moved, retyped or relabelled."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_output

from dlgrader.hostile.declaring import (
    Ground,
    Hostile,
    cell_attack,
    changing,
    find,
    label,
    new_cell,
    place_of,
    points_cells,
)

GROUP = "cells"

Change = Callable[[Ground, NotebookNode], None]


def _full(name: str, story: str, change: Change, says: tuple[str, ...] = ()) -> Hostile:
    return Hostile(name, GROUP, story, changing(change), "full", says)


def _nothing(name: str, story: str, change: Change) -> Hostile:
    return Hostile(name, GROUP, story, changing(change, "empty"), "nothing")


def _skip_tags(_: Ground, notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        cell.metadata["tags"] = ["skip-execution", "raises-exception", "remove-cell", "hide-input"]


def _edit_points(_: Ground, notebook: NotebookNode) -> None:
    for cell in points_cells(notebook):
        cell.source = "100.0"
        cell.metadata.nbgrader |= {"points": 100, "locked": False}


def _not_graded(_: Ground, notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if label(cell):
            cell.metadata.nbgrader |= {"grade": False, "solution": False, "locked": False}


def _drop(ending: str) -> Change:
    def change(_: Ground, notebook: NotebookNode) -> None:
        notebook.cells = [cell for cell in notebook.cells if not label(cell).endswith(ending)]

    return change


def _drop_setup(_: Ground, notebook: NotebookNode) -> None:
    first = next(cell for cell in notebook.cells if label(cell) and cell.cell_type == "code")
    notebook.cells.remove(first)


def _edit_setup(_: Ground, notebook: NotebookNode) -> None:
    first = next(cell for cell in notebook.cells if label(cell) and cell.cell_type == "code")
    first.source = "np = plt = checks = None"


def _copy(cell: NotebookNode, number: int) -> NotebookNode:
    made = copy.deepcopy(cell)
    made["id"] = f"copy-{number}"
    return made


def _copy_points(_: Ground, notebook: NotebookNode) -> None:
    for number, cell in enumerate(points_cells(notebook)):
        made = _copy(cell, number)
        made.source = "100.0"
        notebook.cells.insert(notebook.cells.index(cell), made)


def _copy_answers(ground: Ground, notebook: NotebookNode) -> None:
    for number, name in enumerate(ground.functions):
        place = place_of(notebook, name)
        notebook.cells.insert(place + 1, _copy(notebook.cells[place], number))


def _copy_empty(ground: Ground, notebook: NotebookNode) -> None:
    for number, name in enumerate(ground.functions):
        notebook.cells.append(_copy(find(ground.empty, name), number))


def _points_first(_: Ground, notebook: NotebookNode) -> None:
    moved = points_cells(notebook)
    notebook.cells = moved + [cell for cell in notebook.cells if cell not in moved]


def _exchange(ground: Ground, notebook: NotebookNode) -> None:
    if len(ground.functions) > 1:
        one, other = (place_of(notebook, name) for name in ground.functions[:2])
        cells = notebook.cells
        cells[one], cells[other] = cells[other], cells[one]


def _retype(ground: Ground, notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if label(cell) in ground.functions:
            cell.cell_type = "markdown"
            del cell["outputs"], cell["execution_count"]
        elif label(cell).endswith("-points"):
            cell.cell_type = "raw"
            del cell["outputs"], cell["execution_count"]
        elif label(cell) and cell.cell_type == "markdown":
            cell.cell_type, cell["outputs"], cell["execution_count"] = "code", [], None


def _rename(ground: Ground, notebook: NotebookNode) -> None:
    for name in ground.functions:
        find(notebook, name).metadata.nbgrader["grade_id"] = f"my-{name}"


def _swap(first: str, second: str, notebook: NotebookNode) -> None:
    one, other = find(notebook, first), find(notebook, second)
    one.metadata, other.metadata = other.metadata, one.metadata


def _swap_exercises(ground: Ground, notebook: NotebookNode) -> None:
    _swap(ground.functions[0], ground.functions[-1], notebook)


def _swap_with_points(ground: Ground, notebook: NotebookNode) -> None:
    _swap(ground.target, f"{ground.target}-points", notebook)


def _unknown(_: Ground, notebook: NotebookNode) -> None:
    made = new_cell("100.0")
    meta: dict[str, Any] = {"grade": True, "solution": False, "locked": True, "points": 100}
    made.metadata["nbgrader"] = {**meta, "grade_id": "bonus-for-me", "schema_version": 3}
    notebook.cells.append(made)


def _strip(_: Ground, notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        cell.metadata = NotebookNode()


def _schema(_: Ground, notebook: NotebookNode) -> None:
    for number, cell in enumerate(cell for cell in notebook.cells if label(cell)):
        cell.metadata.nbgrader["schema_version"] = (99, -1, "three", None)[number % 4]


def _odd_labels(_: Ground, notebook: NotebookNode) -> None:
    for number, odd in enumerate((["a"], {"b": 1}, 7, None, "", "x" * 10_000, "<script>")):
        made = new_cell(f"x = {number}")
        made.metadata["nbgrader"] = {"grade_id": odd, "grade": True}
        notebook.cells.append(made)


def _kernel(_: Ground, notebook: NotebookNode) -> None:
    notebook.metadata["kernelspec"] = {"name": "julia-9", "display_name": "x", "language": "R"}
    notebook.metadata["language_info"] = {"name": "fortran"}


def _many(_: Ground, notebook: NotebookNode) -> None:
    note = {"cell_type": "markdown", "metadata": {}, "source": "a note"}
    notebook.cells += [NotebookNode(**note, id=f"note-{number}") for number in range(10_000)]


def _huge_outputs(_: Ground, notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell["outputs"] = [new_output("stream", name="stdout", text="x" * 500_000)]


def _attachments(_: Ground, notebook: NotebookNode) -> None:
    made = new_cell("![](attachment:a.png)", "markdown")
    made["attachments"] = {
        "a.png": {"image/png": "A" * 5_000_000},
        "b.svg": {"image/svg+xml": "<svg onload='pwned()'/>"},
        "c.html": {"text/html": "<script>pwned()</script>"},
    }
    notebook.cells.append(made)


def _controls(_: Ground, notebook: NotebookNode) -> None:
    notebook.cells.append(new_cell("# \x00\x1b[31m\x07\x08\x7f\u202e\ufeff\nx = 1"))
    notebook.cells.append(new_cell("\x00\x0b\x0c", "markdown"))


_SCRIPT = """<script>pwned()</script><img src=x onerror="pwned()"><svg onload="pwned()">
<iframe src="javascript:pwned()"></iframe><form action="https://example.org"><input></form>
[link](javascript:pwned()) <a href="javascript:pwned()">link</a> <style>body{display:none}</style>
<link rel=stylesheet href="https://example.org/x.css"><img src="https://example.org/x.png">
$$\\href{javascript:pwned()}{x}$$ <details open ontoggle=pwned()> </textarea></pre></div>"""

_SCRIPT_SHOWN = f'''from IPython.display import HTML, SVG, Javascript, display
display(HTML("""{_SCRIPT}"""), Javascript("pwned()"), SVG("<svg onload='pwned()'></svg>"))
display({{"text/html": "<script>pwned()</script>", "application/javascript": "pwned()",
         "text/markdown": "<script>pwned()</script>", "text/latex": "<script>pwned()</script>",
         "text/plain": "<script>pwned()</script>"}}, raw=True)
print("<script>pwned()</script>")'''


def _without_ids(ground: Ground, folder: Path) -> None:
    raw: Any = json.loads(json.dumps(ground.notebook("solved")))
    for number, cell in enumerate(raw["cells"]):
        cell["id"] = ("same", 7, None, "no blanks")[number % 4]
        if number % 5 == 0:
            del cell["id"]
    ground.write(folder, json.dumps(raw).encode())


CELLS = (
    _nothing("skip-tags", "tags that make runners skip a cell", _skip_tags),
    _full("skip-tags-honest", "the same tags in a right notebook", _skip_tags),
    _nothing("points-edited", "cells with points say 100, in text and metadata", _edit_points),
    _full("points-edited-honest", "the same in a right notebook", _edit_points, ("changed",)),
    _full("not-graded", "the metadata say that nothing is graded", _not_graded),
    _full("points-deleted", "the cells with points are deleted", _drop("-points"), ("missing",)),
    _full("checks-deleted", "the check cells are deleted", _drop("-check"), ("missing",)),
    _full("setup-deleted", "the first cell is deleted", _drop_setup, ("missing",)),
    _full("setup-edited", "the first cell is edited", _edit_setup, ("changed",)),
    _nothing("points-copied", "copies of the cells with points say 100", _copy_points),
    _full("answers-copied", "every answer stands twice", _copy_answers, ("stands here 2 times",)),
    _full("empty-copies", "the empty starter cells stand again at the end", _copy_empty),
    _full("points-first", "the cells with points stand at the beginning", _points_first),
    _full("exchanged", "two exercises changed places", _exchange),
    _full("retyped", "code became text, and text became code", _retype, ("turned into",)),
    _full("renamed", "the answers carry labels of their own", _rename, ("does not have",)),
    _full("swapped", "two answers carry each other's labels", _swap_exercises),
    _full("swapped-with-points", "an answer carries its points' label", _swap_with_points),
    _full("unknown-label", "a cell carries a label of its own", _unknown, ("does not have",)),
    _full("odd-labels", "labels that are lists, numbers or markup", _odd_labels),
    _full("no-labels", "all metadata are gone", _strip, ("at the end",)),
    _full("schema", "versions of the metadata that do not exist", _schema),
    _full("kernel", "another language's kernel", _kernel),
    _full("ten-thousand-cells", "ten thousand cells", _many, ("cells",)),
    _full("huge-outputs", "megabytes of stored outputs", _huge_outputs),
    _full(
        "attachments", "large attachments, and some that are markup", _attachments, ("left out",)
    ),
    _full("control-characters", "control characters in the text", _controls, ("control",)),
    Hostile("cell-ids", GROUP, "ids of cells missing, odd, or all the same", _without_ids),
    Hostile(
        "script-in-text",
        GROUP,
        "script in Markdown, which the grader's browser must not run",
        cell_attack(_SCRIPT, kind="markdown"),
    ),
    Hostile("script-in-outputs", GROUP, "script in outputs", cell_attack(_SCRIPT_SHOWN)),
)
