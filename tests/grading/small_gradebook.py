"""A small gradebook, written through nbgrader's own interface: no notebook is run."""

from __future__ import annotations

import datetime
import shutil
import tempfile
from functools import cache
from pathlib import Path

from nbgrader.api import Gradebook
from traitlets.config import Config

from dlgrader import records, settings

DUE = datetime.datetime(2026, 3, 2, 22, 59)
"""In UTC: midnight, less a minute, in Tokyo's or Berlin's winter is the tests' business."""


_FOLDER = tempfile.TemporaryDirectory(prefix="small_gradebook_")


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def new_gradebook(path: Path) -> str:
    """Make an empty gradebook: a copy of one, for nbgrader takes seconds to make it."""
    shutil.copy(_empty(), path)
    return url(path)


@cache
def _empty() -> Path:
    path = Path(_FOLDER.name) / "gradebook.db"
    settings.configure(Config())  # puts nbgrader's alembic on the path, and waits for locks
    Gradebook(url(path)).close()
    return path


def add_assignment(book: Gradebook, name: str = "ps", due: datetime.datetime | None = DUE) -> None:
    """Add an assignment worth 10: two cells that a program grades, and a written answer."""
    book.add_assignment(name, duedate=due)
    book.add_notebook(name, name)
    book.add_grade_cell("first", name, name, max_score=4, cell_type="code")
    book.add_grade_cell("second", name, name, max_score=3, cell_type="code")
    book.add_grade_cell("bonus", name, name, max_score=0, cell_type="code")
    book.add_grade_cell("written", name, name, max_score=3, cell_type="markdown")
    book.add_solution_cell("written", name, name)


def add_learners(book: Gradebook, *names: str) -> None:
    for name in names:
        book.add_student(
            name,
            first_name=name.title(),
            last_name="Example",
            email=f"{name}@example.org",
            lms_user_id=f"1{len(name)}{ord(name[0])}",
        )


def hand_in(
    book: Gradebook,
    student: str,
    first: float | None = None,
    second: float | None = None,
    *,
    bonus: float | None = None,
    written: float | None = None,
    late: datetime.timedelta = datetime.timedelta(days=-1),
    assignment: str = "ps",
    penalty: float | None = None,
) -> None:
    """Enter a submission as nbgrader's grading leaves it; None is an answer without points."""
    book.update_or_create_submission(assignment, student, timestamp=DUE + late)
    where = assignment, assignment, student
    for name, points in (("first", first), ("second", second), ("bonus", 0.0)):
        grade = book.find_grade(name, *where)
        grade.auto_score = points if first is not None else None
        grade.needs_manual_grade = first is None
    if bonus is not None:
        book.find_grade("bonus", *where).extra_credit = bonus
    answer = book.find_grade("written", *where)
    answer.manual_score, answer.needs_manual_grade = written, written is None
    book.find_submission_notebook(*where).late_submission_penalty = penalty
    book.db.commit()


def fail(book: Gradebook, student: str, reason: str, assignment: str = "ps") -> None:
    """Enter a grading that failed, after one that may have succeeded."""
    book.update_or_create_submission(assignment, student)
    for grade in book.find_submission_notebook(assignment, assignment, student).grades:
        grade.auto_score, grade.needs_manual_grade = None, True
    records.prepare(book)
    records.save(book, records.Record(assignment, student, records.FAILED, "d", reason))
    book.db.commit()


def note_graded(book: Gradebook, student: str, assignment: str = "ps") -> None:
    records.prepare(book)
    records.save(book, records.Record(assignment, student, records.GRADED, "d"))
    book.db.commit()
