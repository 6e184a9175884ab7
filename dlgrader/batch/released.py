"""What was released to the learners, as the gradebook knows it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme
from traitlets.config import Config

from dlgrader.course import find_assignment
from dlgrader.intake import Released


@dataclass(frozen=True)
class ReleasedNotebook:
    """A notebook of an assignment.

    Attributes
    ----------
    name : str
    kernelspec : mapping, optional
    cells : tuple of Released
        In the order of the notebook.
    """

    name: str
    kernelspec: Mapping[str, Any] | None
    cells: tuple[Released, ...]


def released_notebooks(
    book: Gradebook, assignment: str, folder: Path, config: Config
) -> tuple[ReleasedNotebook, ...]:
    """Return the notebooks of an assignment.

    Parameters
    ----------
    book : Gradebook
    assignment : str
    folder : Path
        Where the released notebooks lie. The gradebook does not know the order of the cells; a
        database gives its rows in any order once some of them were written anew.
    config : Config
        With the settings of `ClearMarkScheme` and `ClearHiddenTests`.

    Raises
    ------
    GradingError
        If the gradebook does not know the assignment.
    """
    found = find_assignment(book, assignment)
    return tuple(
        _released(notebook, folder / f"{notebook.name}.ipynb", config)
        for notebook in sorted(found.notebooks, key=lambda notebook: notebook.name)
    )


def _released(notebook: Any, path: Path, config: Config) -> ReleasedNotebook:
    scheme, tests = ClearMarkScheme(config=config), ClearHiddenTests(config=config)
    graded = {part.name: part.max_score for part in notebook.grade_cells}
    tasks = {part.name: part.max_score for part in notebook.task_cells}
    solutions = {part.name for part in notebook.solution_cells}
    order = _order(path)
    cells = []
    for cell in sorted(notebook.source_cells, key=lambda cell: order.get(cell.name, len(order))):
        # The gradebook keeps marking scheme and hidden tests, which the learner's copy had not.
        shown = NotebookNode(source=cell.source)
        scheme._remove_mark_scheme_region(shown)
        tests._remove_hidden_test_region(shown)
        made = Released(
            name=cell.name,
            cell_type=cell.cell_type,
            source=cell.source,
            shown=shown.source,
            locked=cell.locked,
            checksum=cell.checksum,
            points=(graded | tasks).get(cell.name),
            solution=cell.name in solutions,
            task=cell.name in tasks,
        )
        cells.append(made)
    kernelspec = json.loads(notebook.kernelspec) if notebook.kernelspec else None
    return ReleasedNotebook(notebook.name, kernelspec, tuple(cells))


def _order(path: Path) -> dict[str, int]:
    """Return the places of the cells in the released notebook; empty if it is not there."""
    try:
        cells = nbformat.read(path, as_version=4).cells
    except (OSError, ValueError, nbformat.ValidationError):
        return {}
    names = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in cells]
    return {name: place for place, name in enumerate(names) if name}
