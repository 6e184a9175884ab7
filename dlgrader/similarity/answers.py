"""The code of each learner's answer to each exercise, and the code that it may be taken from."""

from __future__ import annotations

import inspect
import pkgutil
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode

from dlgrader.batch.released import ReleasedNotebook
from dlgrader.declarations import CodeExercise
from dlgrader.exercises import assignment_names, load_assignment
from dlgrader.model import load_model
from dlgrader.solutions import SolutionTextError
from dlgrader.withheld import WITHHELD

MODEL = "the model solution"

_DEFINITION = re.compile(r"^(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Exercise:
    """A cell in which learners write code.

    Attributes
    ----------
    key : str
        Unique in the assignment.
    notebook, cell : str
        Where it stands.
    template : str
        The text that was released.
    """

    key: str
    notebook: str
    cell: str
    template: str

    @property
    def defined(self) -> set[str]:
        """Names of the functions and classes to write."""
        return set(_DEFINITION.findall(self.template))


@dataclass(frozen=True)
class Reference:
    """Code that an answer may be taken from: the model solution's, or a part of the library."""

    name: str
    code: str


def exercises_of(notebooks: Sequence[ReleasedNotebook]) -> list[Exercise]:
    """Return the exercises of an assignment in which code is written."""
    return [
        Exercise(
            cell.name if len(notebooks) == 1 else f"{notebook.name}: {cell.name}",
            notebook.name,
            cell.name,
            cell.shown or cell.source,
        )
        for notebook in notebooks
        for cell in notebook.cells
        if cell.solution and cell.cell_type == "code"
    ]


def answers_of(
    cells: Sequence[NotebookNode], exercises: Sequence[Exercise], released: set[str]
) -> dict[str, str]:
    """Return a learner's code for each exercise of a notebook.

    A cell without a label belongs to the exercise whose function it defines, or else to the one
    that stands before it: that is where helpers are written.

    Parameters
    ----------
    cells : sequence of NotebookNode
        Clean, as `dlgrader.intake` makes them.
    exercises : sequence of Exercise
        Those of this notebook.
    released : set of str
        The text of all released cells; they are nobody's own.
    """
    found: dict[str, list[str]] = {exercise.key: [] for exercise in exercises}
    labelled = {exercise.cell: exercise for exercise in exercises}
    last = exercises[0] if exercises else None
    for cell in cells:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        last = labelled.get(name, last)
        if cell["cell_type"] != "code" or cell["source"].strip() in released or last is None:
            continue
        owner = labelled.get(name)
        if owner is None:
            defined = set(_DEFINITION.findall(cell["source"]))
            owner = next((one for one in exercises if one.defined & defined), last)
        found[owner.key].append(cell["source"])
    return {key: "\n\n".join(sources) for key, sources in found.items() if sources}


def model_solutions(assignment: str, exercises: Sequence[Exercise], source: Path) -> dict[str, str]:
    """Return the model solution of each exercise, from the source notebook or from its text."""
    found: dict[str, str] = {}
    for exercise in exercises:
        path = source / f"{exercise.notebook}.ipynb"
        cells = nbformat.read(path, as_version=4).cells if path.is_file() else []
        for cell in cells:
            if cell.metadata.get("nbgrader", {}).get("grade_id") == exercise.cell:
                found[exercise.key] = cell.source
    if not found and assignment in assignment_names():
        try:
            model = load_model(assignment)
        except SolutionTextError:
            return {}
        found = {one.key: model.cells[one.cell] for one in exercises if one.cell in model.cells}
    return found


def right_forms(assignment: str) -> dict[str, list[str]]:
    """Return different right answers to the course's own exercises, written independently.

    What two of them have in common is how the task is solved, and no sign of copying.
    """
    if assignment not in assignment_names():
        return {}
    try:
        model = load_model(assignment)
    except SolutionTextError:
        return {}
    return {
        exercise.name: [
            model.source(exercise),
            *(model.source(exercise, way) for way in exercise.alternatives if way.source),
        ]
        for exercise in load_assignment(assignment).exercises
        if isinstance(exercise, CodeExercise)
    }


def library(assignment: str) -> list[Reference]:
    """Return the parts of `dlcore` that do what the learners are to write."""
    found: dict[str, str] = {}
    for name in WITHHELD.get(assignment, ()):
        for full, thing in _parts(name, pkgutil.resolve_name(name)):
            found.setdefault(full, inspect.getsource(thing))
    return [Reference(name, code) for name, code in sorted(found.items())]


def _parts(name: str, thing: Any) -> Iterator[tuple[str, Any]]:
    """Yield a function or class itself, or all that a module defines."""
    if not isinstance(thing, ModuleType):
        yield name, thing
        return
    for inner, value in vars(thing).items():
        own = getattr(value, "__module__", "") == thing.__name__
        if own and (inspect.isfunction(value) or inspect.isclass(value)):
            yield f"{name}.{inner}", value
