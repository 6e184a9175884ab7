"""The text in ``solutions/``: reading it, and the notebook cells that it and a declaration make.

A course's folder may hold the text, to be changed there; otherwise the package's own is taken.

The text is a notebook in jupytext's percent format. A cell that belongs to an exercise carries its
name, ``# %% exercise="im2col"``: a markdown cell with the statement, and, where code is written, a
code cell with the model solution. Headings, points, checks and graded cells come from the
declaration. A cell ``# %% figure="edges"`` shows what the learner's code can do; it is locked and
left out while a notebook is graded. ``{table}``, ``{points}`` and ``{hours}`` stand for what the
declaration says of the assignment as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

import dlgrader
from dlgrader.declarations import (
    AnswerExercise,
    Assignment,
    ChoiceExercise,
    CodeExercise,
    Exercise,
    Section,
    Written,
    is_bonus,
)


class SolutionTextError(ValueError):
    """The text in ``solutions/`` and the declaration do not fit together."""


def package_texts() -> Path:
    """Return the folder with the texts of all assignments that belong to this package."""
    package = Path(dlgrader.__file__).parent
    installed = package / "texts"  # where setup.py puts solutions/ when it builds a wheel
    return installed if installed.is_dir() else package.parent / "solutions"


def text_folder(course: Path | None, assignment: str) -> Path:
    """Return the folder with the text of an assignment: the course's own, or else the package's."""
    if course is not None and (course / "solutions" / assignment).is_dir():
        return course / "solutions" / assignment
    return package_texts() / assignment


def read_text(course: Path | None, assignment: str) -> NotebookNode:
    """Return the text of an assignment as a notebook, as it stands."""
    path = text_folder(course, assignment) / f"{assignment}.py"
    if not path.is_file():
        raise SolutionTextError(f"there is no {path}")
    return jupytext.read(path)


def solution_cells(text: NotebookNode) -> dict[str, str]:
    """Return the source of the cells with model solutions, by exercise."""
    return {
        cell.metadata["exercise"]: cell.source
        for cell in text.cells
        if cell.cell_type == "code" and "exercise" in cell.metadata
    }


def points_cell(exercise: str) -> str:
    """Return the id of the cell that holds an exercise's points."""
    return f"{exercise}-points"


def check_cell(exercise: str) -> str:
    """Return the id of an exercise's check cell."""
    return f"{exercise}-check"


@dataclass(frozen=True)
class _Writer:
    """Makes the cells of a notebook from the text and the declaration."""

    declared: Assignment
    site: str

    def cells(self, text: NotebookNode) -> Iterator[NotebookNode]:
        given = [cell.metadata.get("exercise") for cell in text.cells]
        order = list(dict.fromkeys(name for name in given if name))
        wanted = [exercise.name for exercise in self.declared.exercises]
        if order != wanted:
            raise SolutionTextError(
                f"{self.declared.name}: the text has the exercises {', '.join(order)}, declared "
                f"are, in this order, {', '.join(wanted)}"
            )
        for cell in text.cells:
            name = cell.metadata.get("exercise")
            if name is None:
                yield self._ordinary(cell)
            elif cell.cell_type == "markdown":
                yield from self._statement(cell, self.declared.exercise(name))
            else:
                yield from self._solution(cell.source, self.declared.exercise(name))

    def _ordinary(self, cell: NotebookNode) -> NotebookNode:
        if cell.cell_type == "markdown":
            return new_markdown_cell(self._filled(cell.source))
        if "figure" in cell.metadata:
            return _code(cell.source, f"{cell.metadata['figure']}-figure", locked=True)
        if "setup" in cell.metadata:
            return _code(cell.source, "setup", locked=True)
        return new_code_cell(cell.source)

    def _filled(self, text: str) -> str:
        minutes = sum(exercise.minutes for exercise in self.declared.exercises)
        hours = max(1, round(minutes / 60))
        for name, value in (
            ("{table}", _table(self.declared)),
            ("{points}", f"{self.declared.max_points:g}"),
            ("{hours}", f"{hours} hour{'s' if hours > 1 else ''}"),
        ):
            text = text.replace(name, value)
        return text

    def _statement(self, cell: NotebookNode, exercise: Exercise) -> Iterator[NotebookNode]:
        head = (
            f"## {_number(self.declared, exercise)}. {exercise.title}\n\n"
            f"*{_worth(exercise)} · about {exercise.minutes} minutes · "
            f"{self._link(exercise.section)}*\n\n"
        )
        if isinstance(exercise, Written):
            question = head + cell.source + _mark_scheme(exercise)
            yield _markdown(question, f"{exercise.name}-question", locked=True)
            yield _markdown(
                "The model answer stands in the marking scheme of the question.",
                exercise.name,
                points=exercise.max_points,
                solution=True,
            )
            return
        yield new_markdown_cell(head + cell.source)
        if isinstance(exercise, ChoiceExercise):
            letters = ", ".join(f'"{letter}"' for letter in exercise.letters)
            source = (
                f"{exercise.name} = None  # one of {letters}\n### BEGIN SOLUTION\n"
                f'{exercise.name} = "{exercise.right}"\n### END SOLUTION'
            )
            yield from self._solution(source, exercise)

    def _solution(self, source: str, exercise: Exercise) -> Iterator[NotebookNode]:
        if isinstance(exercise, CodeExercise):
            needs = ", ".join(exercise.functions)
        elif isinstance(exercise, AnswerExercise):
            needs = exercise.check or exercise.name
        else:
            needs = exercise.name
        short = self.declared.name.partition("_")[0]
        bonus = is_bonus(exercise)
        told = f"# The points for {exercise.name} are given here when the notebook is graded."
        yield _code(source, exercise.name, solution=True)
        check = f"checks.{short}.{exercise.name}({needs})"
        yield _code(check, check_cell(exercise.name), locked=True, points=0)
        points = 0 if bonus else exercise.max_points
        yield _code(told, points_cell(exercise.name), locked=True, points=points)

    def _link(self, section: Section) -> str:
        if not self.site:
            return str(section)
        return f"[{section}]({self.site.rstrip('/')}/{section.page}.html)"


def _number(declared: Assignment, exercise: Exercise) -> int:
    return declared.exercises.index(exercise) + 1


def _worth(exercise: Exercise) -> str:
    points = f"{exercise.max_points:g} point{'' if exercise.max_points == 1 else 's'}"
    if is_bonus(exercise):
        return f"a bonus of {points}"
    return points


def _table(declared: Assignment) -> str:
    lines = ["| | exercise | points | minutes |", "|---|---|---|---|"]
    for number, exercise in enumerate(declared.exercises, start=1):
        bonus = is_bonus(exercise)
        points = f"{exercise.max_points:g}{' (bonus)' if bonus else ''}"
        lines.append(f"| {number} | {exercise.title} | {points} | {exercise.minutes} |")
    return "\n".join(lines)


def _mark_scheme(exercise: Written) -> str:
    rubric = "\n".join(
        f"{number}. {text} ({points:g} point{'' if points == 1 else 's'})"
        for number, (points, text) in enumerate(exercise.rubric, start=1)
    )
    return (
        f"\n\n=== BEGIN MARK SCHEME ===\n\n---\n**Rubric**\n\n{rubric}\n\n"
        f"**Model answer.** {exercise.model}\n\n=== END MARK SCHEME ==="
    )


def _nbgrader(
    name: str, *, locked: bool = False, points: float | None = None, solution: bool = False
) -> dict[str, Any]:
    data: dict[str, Any] = {
        "grade": points is not None,
        "grade_id": name,
        "locked": locked,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    if points is not None:
        data["points"] = int(points) if points == int(points) else points
    return {"nbgrader": data}


def _code(source: str, name: str, **kind: Any) -> NotebookNode:
    return new_code_cell(source, metadata=_nbgrader(name, **kind))


def _markdown(source: str, name: str, **kind: Any) -> NotebookNode:
    return new_markdown_cell(source, metadata=_nbgrader(name, **kind))


def solution_notebook(course: Path, declared: Assignment, site: str = "") -> NotebookNode:
    """Return the instructor's notebook of an assignment, with fixed cell ids.

    Parameters
    ----------
    course : Path
        The course's folder; without ``solutions/`` in it, the package's text is taken.
    declared : Assignment
    site : str
        Address of the book; without, sections are named but not linked.
    """
    text = read_text(course, declared.name)
    notebook = NotebookNode(
        nbformat=4,
        nbformat_minor=5,
        metadata={
            "kernelspec": {
                "display_name": "Python 3",
                "language": "python",
                "name": "python3",
            },
            "language_info": {"name": "python"},
        },
        cells=list(_Writer(declared, site).cells(text)),
    )
    for number, cell in enumerate(notebook.cells, start=1):
        # Random ids would change the notebook at every run.
        cell.id = cell.metadata.get("nbgrader", {}).get("grade_id", f"cell-{number:02}")
    return notebook


def points_of(declared: Assignment) -> Mapping[str, float]:
    """Return the points that each graded cell offers, by its id; checks have none."""
    found: dict[str, float] = {}
    for exercise in declared.exercises:
        if isinstance(exercise, Written):
            found[exercise.name] = exercise.max_points
        else:
            found[points_cell(exercise.name)] = exercise.max_points
    return found
