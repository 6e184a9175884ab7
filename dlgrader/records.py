"""What is known of each grading beyond nbgrader's tables: a table of our own in its gradebook.

nbgrader knows points and comments, but neither whether a grading failed, nor which submission the
points belong to, nor which mistakes were found. That stands here, written in the transaction that
writes the points. nbgrader leaves tables that it does not know alone.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from nbgrader.api import Gradebook
from sqlalchemy import (
    JSON,
    Column,
    DateTime,
    MetaData,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
    text,
)
from sqlalchemy.exc import OperationalError, ProgrammingError

GRADED, FAILED = "graded", "failed"

_METADATA = MetaData()
_TABLE = Table(
    "dlgrader_record",
    _METADATA,
    Column("assignment", String(128), primary_key=True),
    Column("student", String(128), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("remarks", JSON, nullable=False),
    Column("exercises", JSON, nullable=False),
    Column("when", DateTime, nullable=False),
)


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC).replace(tzinfo=None, microsecond=0)


# nbgrader searches these by a whole class and has no index for them, so that every submission costs
# more, the larger the class is.
_INDICES = (
    ("grade", "notebook_id"),
    ("comment", "notebook_id"),
    ("submitted_notebook", "assignment_id"),
    ("submitted_assignment", "student_id"),
    ("base_cell", "notebook_id"),
    ("source_cell", "notebook_id"),
)


@dataclass(frozen=True)
class Record:
    """The outcome of the last attempt to grade a submission.

    Attributes
    ----------
    assignment, student : str
    state : str
        `GRADED` or `FAILED`; a submission that failed has no points of this attempt.
    digest : str
        Names what was graded: the submission's files, the released notebook, the grader.
    reason : str
        Why it failed; empty if it was graded.
    remarks : tuple of str
        What the instructor should know of a graded submission, such as a file that could not be
        read.
    exercises : mapping of str to mapping
        By the name of the exercise what the judge found: "points", "max_points", "bonus",
        "mistakes" (names of misconceptions) and "properties" (by key: points and most points).
    when : datetime
        In UTC, without saying so, as nbgrader's own times.
    """

    assignment: str
    student: str
    state: str
    digest: str
    reason: str = ""
    remarks: tuple[str, ...] = ()
    exercises: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    when: datetime.datetime = field(default_factory=_now)


def prepare(book: Gradebook) -> None:
    """Make the table, and indices for nbgrader's own, if the gradebook has none yet."""
    connection = book.db.connection()
    try:
        _METADATA.create_all(connection, checkfirst=True)
    except (OperationalError, ProgrammingError):
        # Another process made it between the look and the making.
        book.db.rollback()
        _METADATA.create_all(book.db.connection(), checkfirst=True)
    for table, column in _INDICES:
        name = f"dlgrader_{table}_{column}"
        book.db.execute(text(f"CREATE INDEX IF NOT EXISTS {name} ON {table} ({column})"))
    book.db.commit()


def save(book: Gradebook, record: Record) -> None:
    """Write a record in place of the last one, in the session's open transaction."""
    forget(book, record.assignment, record.student)
    values = {column.name: getattr(record, column.name) for column in _TABLE.columns}
    values["remarks"], values["exercises"] = list(record.remarks), dict(record.exercises)
    book.db.execute(insert(_TABLE).values(**values))


def forget(book: Gradebook, assignment: str, student: str) -> None:
    """Delete a record, in the session's open transaction."""
    book.db.execute(
        delete(_TABLE).where(_TABLE.c.assignment == assignment, _TABLE.c.student == student)
    )


def rename(book: Gradebook, assignment: str, old: str, new: str) -> None:
    """Let a learner's record be another's, in the session's open transaction."""
    record = find(book, assignment, old)
    if record is not None:
        save(book, replace(record, student=new))
        forget(book, assignment, old)


def find(book: Gradebook, assignment: str, student: str) -> Record | None:
    """Return the record of a submission; None if no attempt is known."""
    chosen = _TABLE.c.assignment == assignment, _TABLE.c.student == student
    row = _rows(book, chosen)
    return row[0] if row else None


def all_records(book: Gradebook, assignment: str) -> dict[str, Record]:
    """Return the records of an assignment by student."""
    return {record.student: record for record in _rows(book, (_TABLE.c.assignment == assignment,))}


def failed_students(book: Gradebook, assignment: str) -> list[str]:
    """Return whose last attempt failed, without reading what the judge found of all others."""
    chosen = _TABLE.c.assignment == assignment, _TABLE.c.state == FAILED
    try:
        found = book.db.execute(select(_TABLE.c.student).where(*chosen).order_by(_TABLE.c.student))
        return list(found.scalars())
    except (OperationalError, ProgrammingError):  # as below
        book.db.rollback()
        return []


def _rows(book: Gradebook, chosen: Sequence[Any]) -> list[Record]:
    try:
        found = book.db.execute(select(_TABLE).where(*chosen).order_by(_TABLE.c.student)).mappings()
        return [Record(**{**row, "remarks": tuple(row["remarks"])}) for row in found]
    except (OperationalError, ProgrammingError):  # a gradebook that only nbgrader has written to
        book.db.rollback()
        return []
