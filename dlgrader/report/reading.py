"""What a report is made of, read from the gradebook in a few queries for each assignment."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from nbgrader.api import (
    Assignment,
    Grade,
    Gradebook,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import select

from dlgrader import declarations, records
from dlgrader.course import GradingError, find_assignment
from dlgrader.declarations import CodeExercise, Written, is_bonus
from dlgrader.exercises import declaration_of
from dlgrader.records import Record
from dlgrader.solutions import points_cell
from dlgrader.standings import Standing, standings

Times = Mapping[str, datetime.datetime | None]


@dataclass(frozen=True)
class Item:
    """An exercise, or, where nothing is declared, a cell with points.

    Attributes
    ----------
    name : str
        Of the exercise; of a cell, with its notebook if there are several.
    title : str
        What people read; code in it stands in backquotes.
    max_points : float
    bonus : bool
        Points beyond those of the assignment.
    by_hand : bool
        Whether a person gives the points.
    exercise : Exercise, optional
        The declaration.
    """

    name: str
    title: str
    max_points: float
    bonus: bool = False
    by_hand: bool = False
    exercise: declarations.Exercise | None = None


@dataclass(frozen=True, eq=False)
class ClassWork:
    """An assignment, and what the class has made of it.

    Attributes
    ----------
    name, title : str
        The title is the name if there is no declaration.
    due : datetime or None
        In UTC, without saying so.
    items : tuple of Item
    standings : tuple of Standing
        Of all learners.
    records : mapping of str to Record
        By student.
    students : tuple of str
        Those who have points: graded, or graded but for answers that wait for a person.
    points : array of shape (len(students), len(items))
        NaN where an answer waits. Bonus points of an ordinary exercise are left out, and all are
        cut to the range from 0 to the most that there is, so that shares are shares.
    """

    name: str
    title: str
    due: datetime.datetime | None
    items: tuple[Item, ...]
    standings: tuple[Standing, ...]
    records: Mapping[str, Record]
    students: tuple[str, ...]
    points: np.ndarray

    @cached_property
    def judged(self) -> tuple[str, ...]:
        """Students of whose submissions it is known what the course's own judge has found."""
        counted = set(self.students)
        return tuple(
            student
            for student, record in self.records.items()
            if record.state == records.GRADED and student in counted and record.exercises
        )

    @property
    def most(self) -> np.ndarray:
        """Most points of each item."""
        return np.array([item.max_points for item in self.items], dtype=float)

    @property
    def regular(self) -> np.ndarray:
        """Which items are no bonus."""
        return np.array([not item.bonus for item in self.items], dtype=bool)


def course_order(book: Gradebook) -> list[str]:
    """Return the names of all assignments: by due date, those without one last, then by name."""
    found = sorted(
        book.assignments,
        key=lambda one: (one.duedate is None, one.duedate or datetime.datetime.min, one.name),
    )
    return [one.name for one in found]


def choose(book: Gradebook, wanted: Sequence[str]) -> list[str]:
    """Return the wanted assignments in the course's order; all if none is named.

    Raises
    ------
    GradingError
        If the gradebook has none, or not the one that is wanted.
    """
    known = course_order(book)
    if not known:
        raise GradingError(
            "the gradebook has no assignment yet, so there is nothing to report; "
            "`dlgrader release ASSIGNMENT` puts one there"
        )
    for name in wanted:
        find_assignment(book, name)
    return [name for name in known if not wanted or name in wanted]


def read_class_work(book: Gradebook, name: str, handed_in: Times | None = None) -> ClassWork:
    """Read an assignment.

    Parameters
    ----------
    book : Gradebook
    name : str
    handed_in : mapping, optional
        Who has handed in, see `Course.handed_in`.
    """
    assignment = book.find_assignment(name)
    items, columns = _items(assignment)
    noted = records.all_records(book, name)
    found = tuple(standings(book, name, handed_in, noted))
    students = tuple(one.student for one in found if one.points is not None)
    titles = [
        declared.title
        for notebook in assignment.notebooks
        if (declared := declaration_of(name, notebook.name))
    ]
    return ClassWork(
        name=name,
        title=titles[0] if titles else name,
        due=assignment.duedate,
        items=items,
        standings=found,
        records=noted,
        students=students,
        points=_points(book, assignment, items, columns, students),
    )


def _items(assignment: Assignment) -> tuple[tuple[Item, ...], dict[str, int]]:
    """Return the items, and which of them each cell belongs to, by the cell's id."""
    items: list[Item] = []
    columns: dict[str, int] = {}
    several = len(assignment.notebooks) > 1
    for notebook in sorted(assignment.notebooks, key=lambda one: str(one.name)):
        cells = {cell.name: cell for cell in (*notebook.grade_cells, *notebook.task_cells)}
        declared = declaration_of(assignment.name, notebook.name)
        for exercise in declared.exercises if declared else ():
            by_hand = isinstance(exercise, Written)
            cell = cells.pop(exercise.name if by_hand else points_cell(exercise.name), None)
            if cell is not None:
                columns[cell.id] = len(items)
                bonus = is_bonus(exercise)
                most = exercise.max_points if bonus else float(cell.max_score)
                items.append(Item(exercise.name, exercise.title, most, bonus, by_hand, exercise))
        answers = {cell.name for cell in notebook.solution_cells}
        tasks = {cell.name for cell in notebook.task_cells}
        for cell_name, cell in sorted(cells.items()):
            if cell.max_score:
                columns[cell.id] = len(items)
                label = f"{notebook.name}: {cell_name}" if several else cell_name
                by_hand = cell_name in answers | tasks
                items.append(Item(label, label, float(cell.max_score), by_hand=by_hand))
    return tuple(items), columns


def _points(
    book: Gradebook,
    assignment: Assignment,
    items: Sequence[Item],
    columns: Mapping[str, int],
    students: Sequence[str],
) -> np.ndarray:
    rows = {student: number for number, student in enumerate(students)}
    points = np.full((len(students), len(items)), np.nan)
    query = (
        select(
            SubmittedAssignment.student_id,
            Grade.cell_id,
            Grade.manual_score,
            Grade.auto_score,
            Grade.extra_credit,
        )
        .join(SubmittedNotebook, SubmittedNotebook.id == Grade.notebook_id)
        .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        .where(
            SubmittedAssignment.assignment_id == assignment.id,
            Grade.cell_id.in_(list(columns)),
            Grade.needs_manual_grade.is_(False),
        )
    )
    for student, cell, manual, auto, extra in book.db.execute(query):
        row, column = rows.get(student), columns.get(cell)
        if row is None or column is None:
            continue
        item = items[column]
        given: Any = manual if manual is not None else auto
        if item.bonus:
            given = extra or 0.0
        if given is not None:
            points[row, column] = min(max(float(given), 0.0), item.max_points)
    return points


def properties_of(exercise: declarations.Exercise | None) -> dict[str, str]:
    """Return the titles of an exercise's properties by their keys."""
    if isinstance(exercise, CodeExercise):
        return {part.key: part.title for part in exercise.properties}
    if isinstance(exercise, declarations.AnswerExercise):
        return {letter: f"problem {letter}" for letter in exercise.answers}
    return {"answer": "the answer"}
