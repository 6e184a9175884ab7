"""Made-up learners: each a small file that holds only what they wrote.

Such a file begins with a TOML block between lines ``# +++``: the story, whether the learner starts
from the solution or from the empty notebook, the points that are expected, and what the person who
grades the written answers gives and says. Below it stand the cells that differ, as in jupytext's
percent format, each titled with its cell's id.
"""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import jupytext
import nbformat
from nbformat.notebooknode import NotebookNode

from dlgrader.course import GradingError
from dlgrader.exercises import load_assignment
from dlgrader.solutions import package_texts, solution_notebook

_FENCE = "# +++"


@dataclass(frozen=True)
class HandGrade:
    """What the grader gives for a written answer, and says about it."""

    points: float
    comment: str


@dataclass(frozen=True)
class SampleLearner:
    """A made-up learner.

    Attributes
    ----------
    name : str
        Also the user name in the exchange.
    story : str
        What was handed in, in a few words.
    starts_from_solution : bool
        Whether the cells not mentioned are solved or empty.
    cells : dict of str
        What the learner wrote, by the cell's id.
    expected : dict of float
        Points expected from the judge for each exercise.
    written : dict of HandGrade
        By the question's id; questions left out are not answered.
    """

    name: str
    story: str
    starts_from_solution: bool
    cells: Mapping[str, str]
    expected: Mapping[str, float]
    written: Mapping[str, HandGrade] = field(default_factory=dict)


def load_class(course: Path, assignment: str) -> list[SampleLearner]:
    """Return the assignment's sample class, in alphabetical order; the course's own goes before."""
    own = course / "solutions" / assignment / "sample_class"
    folder = own if own.is_dir() else package_texts() / assignment / "sample_class"
    learners = [_read(path) for path in sorted(folder.glob("*.py"))]
    if not learners:
        raise GradingError(f"there is no sample class in {folder}")
    return learners


def _read(path: Path) -> SampleLearner:
    head, _, body = path.read_text(encoding="utf-8").removeprefix(_FENCE).partition(f"\n{_FENCE}\n")
    about = tomllib.loads("\n".join(line.removeprefix("#").strip() for line in head.splitlines()))
    cells = jupytext.reads(body, fmt="py:percent").cells
    return SampleLearner(
        name=path.stem,
        story=about["story"],
        starts_from_solution=about["starts_from"] == "solution",
        cells={cell.metadata["title"]: cell.source for cell in cells if "title" in cell.metadata},
        expected=about["points"],
        written={name: HandGrade(**grade) for name, grade in about.get("written", {}).items()},
    )


def fill_in(notebook_path: Path, learner: SampleLearner, course: Path, assignment: str) -> None:
    """Write the learner's work into the notebook that they fetched."""
    notebook = nbformat.read(notebook_path, as_version=4)
    written = dict(learner.cells)
    if learner.starts_from_solution:
        written = _solved_code(solution_notebook(course, load_assignment(assignment))) | written
    places = {cell.id: cell for cell in notebook.cells}
    unknown = sorted(set(written) - set(places))
    if unknown:
        raise GradingError(f"{learner.name}: the notebook has no cell {', '.join(unknown)}")
    for name, source in written.items():
        places[name].source = source
    nbformat.write(notebook, notebook_path)


def solved_notebook(released: NotebookNode, solution: NotebookNode) -> NotebookNode:
    """Return the learners' notebook with the instructor's code in it."""
    notebook, answers = copy.deepcopy(released), _solved_code(solution)
    for cell in notebook.cells:
        cell.source = answers.get(cell.id, cell.source)
    return notebook


def _solved_code(solution: NotebookNode) -> dict[str, str]:
    return {
        cell.id: cell.source
        for cell in solution.cells
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution")
    }
