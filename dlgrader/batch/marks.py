"""What a graded notebook is worth: read from the outputs that the grader wrote into it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbgrader import utils

from dlgrader.declarations import Assignment, is_bonus
from dlgrader.intake import Intake
from dlgrader.solutions import points_cell

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Marks:
    """What goes into the gradebook for one notebook.

    Attributes
    ----------
    scores : mapping of str to float or None
        By the id of the graded cell; None if a person has to give the points.
    bonus : mapping of str to float or None
        Extra credit by the id of the cell.
    comments : mapping of str to str or None
        What the grader says about an answer, by the id of its cell.
    flagged : frozenset of str
        Graded cells that a person has to look at, whatever their score.
    """

    scores: Mapping[str, float | None]
    bonus: Mapping[str, float | None] = field(default_factory=dict)
    comments: Mapping[str, str | None] = field(default_factory=dict)
    flagged: frozenset[str] = frozenset()


def marks_of(notebook: NotebookNode, declared: Assignment | None, taken: Intake) -> Marks:
    """Return the marks of a notebook that was run and judged."""
    scores = {_id(cell): _score(cell) for cell in notebook.cells if utils.is_grade(cell)}
    comments = {
        _id(cell): _auto_comment(cell)
        for cell in notebook.cells
        if utils.is_solution(cell) or utils.is_task(cell)
    }
    facts = dict(_facts(notebook, declared))
    flagged = {name for name, found in facts.items() if found.get("failed")}
    scores |= dict.fromkeys(flagged & set(scores))
    if not taken.readable:
        flagged |= set(_first_worth_points(notebook))
        comments |= dict.fromkeys(list(comments)[:1], " ".join(taken.remarks))
    bonus = {name: found["points"] for name, found in facts.items() if found["bonus"]}
    return Marks(scores, bonus, comments, frozenset(flagged))


def no_marks(notebook: NotebookNode, reason: str) -> Marks:
    """Return the marks of a notebook whose grading failed: none, and the reason as a comment."""
    graded = [_id(cell) for cell in notebook.cells if utils.is_grade(cell)]
    answers = [
        _id(cell) for cell in notebook.cells if utils.is_solution(cell) or utils.is_task(cell)
    ]
    return Marks(
        dict.fromkeys(graded),
        dict.fromkeys(graded),
        dict.fromkeys(answers) | dict.fromkeys(answers[:1], reason),
        frozenset(graded),
    )


def exercises_of(notebook: NotebookNode, declared: Assignment | None) -> dict[str, Any]:
    """Return what the judge found, by the name of the exercise."""
    if declared is None:
        return {}
    names = {points_cell(exercise.name): exercise.name for exercise in declared.judged}
    found = {names[cell]: facts for cell, facts in _facts(notebook, declared)}
    # The texts of "details" stay in the notebook.
    kept = ("points", "max_points", "bonus", "failed", "mistakes", "properties")
    return {name: {key: facts[key] for key in kept} for name, facts in found.items()}


def _facts(
    notebook: NotebookNode, declared: Assignment | None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what the judge noted in the cells with points, which no learner writes into."""
    if declared is None:
        return
    bonus = {points_cell(exercise.name): is_bonus(exercise) for exercise in declared.judged}
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        for output in cell.get("outputs", []) if name in bonus else []:
            if found := output.get("metadata", {}).get("dlgrader"):
                yield name, {**found, "bonus": bonus[name]}


def _id(cell: NotebookNode) -> str:
    return str(cell.metadata.nbgrader["grade_id"])


def _score(cell: NotebookNode) -> float | None:
    score, _ = utils.determine_grade(cell, log)
    return None if score is None else float(score)


def _auto_comment(cell: NotebookNode) -> str | None:
    untouched = cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell)
    return "No response." if untouched and not utils.is_task(cell) else None


def _first_worth_points(notebook: NotebookNode) -> Iterator[str]:
    for cell in notebook.cells:
        if utils.is_grade(cell) and cell.metadata.nbgrader["points"]:
            yield _id(cell)
            return
