"""The model solution of an assignment as text, with edits that make other answers of it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from functools import cache, lru_cache
from types import CodeType
from typing import Any

import numpy as np

from dlgrader.declarations import Alternative, CodeExercise, Mistake
from dlgrader.solutions import read_text, solution_cells


class EditError(ValueError):
    """An edit does not fit the text that it changes."""


class Model:
    """The cells of a model solution.

    Parameters
    ----------
    cells : mapping of str
        The source of each cell in which a learner writes, by its name, in the notebook's order.
    """

    def __init__(self, cells: Mapping[str, str]) -> None:
        self.cells = dict(cells)

    def source(self, exercise: CodeExercise, change: Mistake | Alternative | None = None) -> str:
        """Return the cell of an exercise, as a mistake or an alternative changes it."""
        if change is None:
            return self.cells[exercise.name]
        if change.source:
            return textwrap.dedent(change.source).strip("\n")
        text = self.cells[exercise.name]
        for old, new in change.edits:
            if text.count(old) != 1:
                raise EditError(
                    f"{exercise.name}, {change.name}: {old!r} stands {text.count(old)} times in "
                    "the model solution, expected once"
                )
            text = text.replace(old, new)
        return text

    def functions(
        self, exercise: CodeExercise, change: Mistake | Alternative | None = None
    ) -> dict[str, Any]:
        """Return what the cells define, with the cell of `exercise` changed."""
        namespace: dict[str, Any] = {"np": np, "__name__": "__main__"}
        for name, source in self.cells.items():
            text = self.source(exercise, change) if name == exercise.name else source
            exec(_compiled(text, name), namespace)
            if name == exercise.name:
                break
        return namespace


@lru_cache(maxsize=2_048)
def _compiled(text: str, name: str) -> CodeType:
    """Compile a cell, once for the many namespaces that it is run in."""
    return compile(text, f"<{name}>", "exec")


@cache
def load_model(assignment: str) -> Model:
    """Return the model solution of an assignment, as the package has it.

    What a course has changed in its own text, a statement say, changes no judgement.
    """
    return Model(solution_cells(read_text(None, assignment)))
