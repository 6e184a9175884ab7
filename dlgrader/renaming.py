"""Give a learner another id, with all that they handed in and all their grades.

nbgrader has no way to: ``nbgrader db student add`` makes a second learner without submissions, and
``remove`` takes the grades along. Every folder and every row keeps its content.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock
from nbgrader.api import Gradebook, MissingEntry, Student, SubmittedAssignment
from sqlalchemy import delete, inspect, update

from dlgrader import records
from dlgrader.batch.writer import OWN_FOLDER
from dlgrader.course import Course, GradingError
from dlgrader.telling import Outcome, Teller

_STEPS = ("submitted", "autograded", "feedback")


@dataclass(frozen=True)
class _Move:
    """A folder, and what it is to be called."""

    old: Path
    new: Path


def rename(course: Course, teller: Teller, old: str, new: str) -> Outcome:
    """Let a learner's submissions, grades, comments and pages be those of another id.

    If the new id is in the gradebook already, as after a new class list, the two become one; they
    must not both have handed in the same assignment. Broken off, it can be run again. What lies in
    the exchange keeps the old id: release the feedback anew, and let the learner submit as the new.

    Raises
    ------
    GradingError
        If there is no such learner, the new id can't be one, or both handed in the same.
    """
    _demand_id(old, new)
    (course.root / OWN_FOLDER).mkdir(exist_ok=True)
    # While a class is graded, its writer holds the same lock for each submission.
    with FileLock(course.root / OWN_FOLDER / "gradebook.lock"), course.gradebook() as book:
        names = [one.name for one in book.assignments]
        moves = [move for name in names for move in _moves(course, name, old, new)]
        known = book.db.get(Student, old) is not None
        if not known and not moves:
            raise GradingError(f"neither the gradebook nor a folder of the course knows {old}")
        taken = sorted({str(move.new) for move in moves if move.new.exists()})
        both = _handed_in(book, old) & _handed_in(book, new)
        if taken or both:
            raise GradingError(
                f"{old} and {new} have both handed in {', '.join(sorted(both) or taken)}; remove "
                "the one that does not count, in the gradebook and in submitted/, and try again"
            )
        if known:
            _rename_in_gradebook(book, names, old, new)
        for move in moves:
            move.new.parent.mkdir(parents=True, exist_ok=True)
            move.old.rename(move.new)
        _remove_empty(moves)
    teller.say(f"{old} is now {new}: {len(moves)} folders have moved.")
    return Outcome(facts={"old": old, "new": new, "folders": [str(move.new) for move in moves]})


def _demand_id(old: str, new: str) -> None:
    unfit = not new.isprintable() or "/" in new or "\\" in new or "+" in new
    if not new.strip() or unfit or new.startswith("."):
        raise GradingError(
            f"{new!r} can't be a learner's id: it names folders and stands in the exchange, so it "
            "is printable, without / \\ + and does not begin with a dot"
        )
    if old == new:
        raise GradingError(f"the learner is called {old} already")


def _moves(course: Course, assignment: str, old: str, new: str) -> list[_Move]:
    pairs = [
        _Move(course.submission(step, old, assignment), course.submission(step, new, assignment))
        for step in _STEPS
    ]
    return [pair for pair in pairs if pair.old.is_dir()]


def _handed_in(book: Gradebook, student: str) -> set[str]:
    try:
        return {one.name for one in book.find_student(student).submissions}
    except MissingEntry:
        return set()


def _rename_in_gradebook(book: Gradebook, assignments: Sequence[str], old: str, new: str) -> None:
    """Point all rows to the new id, in one transaction."""
    records.prepare(book)
    before = book.find_student(old)
    after = book.db.get(Student, new)
    about = {
        column.key: getattr(before, column.key)
        for column in inspect(Student).mapper.column_attrs
        if column.key in Student.__table__.columns and column.key != "id"
    }
    if after is None:
        book.db.add(Student(id=new, **about))
    else:
        for name, value in about.items():
            if not getattr(after, name):
                setattr(after, name, value)
    book.db.flush()
    book.db.execute(
        update(SubmittedAssignment)
        .where(SubmittedAssignment.student_id == old)
        .values(student_id=new)
        .execution_options(synchronize_session=False)
    )
    for name in assignments:
        records.rename(book, name, old, new)
    book.db.execute(
        delete(Student).where(Student.id == old).execution_options(synchronize_session=False)
    )
    book.db.commit()


def _remove_empty(moves: Sequence[_Move]) -> None:
    for folder in {move.old.parent for move in moves}:
        if not any(folder.iterdir()):
            folder.rmdir()
