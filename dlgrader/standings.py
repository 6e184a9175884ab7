"""Where each learner stands with an assignment; here missing, failed and zero are told apart.

In nbgrader's tables a submission that was never graded, one whose grading failed and one that is
worth nothing all read 0. What is exported, reported and fed back asks here instead.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from nbgrader.api import (
    Grade,
    Gradebook,
    GradeCell,
    Notebook,
    SolutionCell,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import aliased

from dlgrader import records
from dlgrader.course import GradingError, find_assignment

Status = Literal["missing", "submitted", "failed", "needs grading", "graded"]

_NEWER = "a newer submission than the graded one waits for grading"


@dataclass(frozen=True)
class Standing:
    """One learner's standing with one assignment.

    Attributes
    ----------
    student, first_name, last_name, email, lms_user_id : str
        As in the gradebook; empty where it says nothing.
    assignment : str
    status : str
        "missing": nothing was handed in. "submitted": what was handed in last is not graded yet.
        "failed": the last attempt to grade it failed, see `reason`. "needs grading": graded as far
        as a program can, something waits for a person. "graded": all is graded.
    points : float or None
        What counts: bonus included, late penalty taken off, never below 0. None unless the status
        is "graded" or "needs grading"; then without the answers that wait.
    raw_points : float or None
        The same before the late penalty.
    max_points : float
        What the assignment is worth; bonus comes on top.
    extra : float
        How much of `raw_points` is bonus.
    late_penalty : float
    seconds_late : float
        After the due date, the learner's extension included.
    timestamp : datetime or None
        When it was handed in, if known; in UTC, without saying so, as all of nbgrader's times.
    reason : str
        What is to be said of "failed" and "submitted"; otherwise empty.
    """

    student: str
    assignment: str
    status: Status
    max_points: float
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user_id: str = ""
    points: float | None = None
    raw_points: float | None = None
    extra: float = 0.0
    late_penalty: float = 0.0
    seconds_late: float = 0.0
    timestamp: datetime.datetime | None = None
    reason: str = ""

    @property
    def name(self) -> str:
        """First and last name; the student's id if there is neither."""
        return f"{self.first_name} {self.last_name}".strip() or self.student


def standings(
    book: Gradebook,
    assignment: str,
    handed_in: Mapping[str, datetime.datetime | None] | None = None,
    noted: Mapping[str, records.Record] | None = None,
) -> list[Standing]:
    """Return the standing of every learner, in the order of their ids.

    A handful of queries, however many learners there are.

    Parameters
    ----------
    book : Gradebook
    assignment : str
    handed_in : mapping of str to datetime, optional
        Who has handed in, and when, as `Course.handed_in` reads it from the folders. Without, a
        submission that no grading has touched yet is not seen, for the gradebook does not know it.
    noted : mapping of str to Record, optional
        The records of the assignment, if they have been read already.

    Raises
    ------
    GradingError
        If the gradebook does not know the assignment.
    """
    about = find_assignment(book, assignment)
    due, max_points = about.duedate, float(about.max_score)
    sums = _sums(book, about.id)
    if noted is None:
        noted = records.all_records(book, assignment)
    folders = dict(handed_in or {})
    found = []
    for row in _learners(book, about.id):
        has_folder = row.student in folders
        folder_time = folders.pop(row.student, None)
        one = sums.get(row.submission)
        status, reason = _status(row, one, noted.get(row.student), has_folder, folder_time)
        timestamp = row.timestamp
        if status == "submitted" and folder_time is not None:
            timestamp = folder_time
        standing = Standing(
            student=row.student,
            assignment=assignment,
            status=status,
            max_points=max_points,
            first_name=row.first_name or "",
            last_name=row.last_name or "",
            email=row.email or "",
            lms_user_id=row.lms_user_id or "",
            seconds_late=_seconds_late(timestamp, due, row.extension),
            timestamp=timestamp,
            reason=reason,
        )
        if status in ("graded", "needs grading"):
            standing = _with_points(standing, one, row.penalty)
        found.append(standing)
    # nbgrader takes a learner into the gradebook when their first submission is graded.
    for student, moment in folders.items():
        late = _seconds_late(moment, due, None)
        found.append(
            Standing(
                student, assignment, "submitted", max_points, seconds_late=late, timestamp=moment
            )
        )
    return sorted(found, key=lambda standing: standing.student)


def select_students(found: Iterable[Standing], students: Iterable[str]) -> list[Standing]:
    """Keep the named students' standings; all if none is named.

    Raises
    ------
    GradingError
        If a named student is not there.
    """
    found, wanted = list(found), set(students)
    unknown = sorted(wanted - {standing.student for standing in found})
    if unknown:
        raise GradingError(f"neither the gradebook nor submitted/ knows {', '.join(unknown)}")
    return [standing for standing in found if not wanted or standing.student in wanted]


def _learners(book: Gradebook, assignment_id: str) -> list[Any]:
    penalties = (
        select(
            SubmittedNotebook.assignment_id.label("submission"),
            func.sum(SubmittedNotebook.late_submission_penalty).label("penalty"),
        )
        .group_by(SubmittedNotebook.assignment_id)
        .subquery()
    )
    query = (
        select(
            Student.id.label("student"),
            Student.first_name,
            Student.last_name,
            Student.email,
            Student.lms_user_id,
            SubmittedAssignment.id.label("submission"),
            SubmittedAssignment.timestamp,
            SubmittedAssignment.extension,
            penalties.c.penalty,
        )
        .select_from(Student)
        .outerjoin(
            SubmittedAssignment,
            and_(
                SubmittedAssignment.student_id == Student.id,
                SubmittedAssignment.assignment_id == assignment_id,
            ),
        )
        .outerjoin(penalties, penalties.c.submission == SubmittedAssignment.id)
    )
    return list(book.db.execute(query))


def _sums(book: Gradebook, assignment_id: str) -> dict[str, Any]:
    """Return points, bonus and the numbers of cells in each state, by submission."""
    # What a program grades is a graded cell of code in which the learner writes nothing.
    answer = aliased(SolutionCell, flat=True)
    by_program = (
        select(GradeCell.id)
        .join(Notebook, Notebook.id == GradeCell.notebook_id)
        .outerjoin(
            answer, and_(answer.notebook_id == GradeCell.notebook_id, answer.name == GradeCell.name)
        )
        .where(
            Notebook.assignment_id == assignment_id,
            GradeCell.cell_type == "code",
            answer.id.is_(None),
        )
    )
    is_by_program = Grade.cell_id.in_(by_program)
    query = (
        select(
            SubmittedNotebook.assignment_id.label("submission"),
            func.sum(Grade.score).label("points"),
            func.sum(
                case(
                    (func.coalesce(Grade.manual_score, Grade.auto_score).is_(None), 0.0),
                    else_=func.coalesce(Grade.extra_credit, 0.0),
                )
            ).label("extra"),
            func.sum(case((Grade.needs_manual_grade, 1), else_=0)).label("waiting"),
            func.sum(case((is_by_program, 1), else_=0)).label("by_program"),
            func.sum(case((is_by_program & Grade.auto_score.is_not(None), 1), else_=0)).label(
                "done_by_program"
            ),
        )
        .join(SubmittedNotebook, SubmittedNotebook.id == Grade.notebook_id)
        .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        .where(SubmittedAssignment.assignment_id == assignment_id)
        .group_by(SubmittedNotebook.assignment_id)
    )
    return {row.submission: row for row in book.db.execute(query)}


def _status(
    row: Any,
    sums: Any,
    record: records.Record | None,
    has_folder: bool,
    folder_time: datetime.datetime | None,
) -> tuple[Status, str]:
    """Return the status, and what there is to say of it."""
    if row.submission is None:
        # A record without a submission: nbgrader's tables could not even take it in.
        if record is not None and record.state == records.FAILED:
            return "failed", record.reason
        return ("submitted" if has_folder else "missing"), ""
    waiting = bool(sums and sums.waiting)
    graded_since = bool(sums and (sums.done_by_program or not waiting))
    if record is not None and record.state == records.FAILED and not graded_since:
        # A failed attempt leaves no points of a program. If there are some, nbgrader has graded it
        # since, without our settings; if nothing waits, a person has, cell by cell.
        return "failed", record.reason
    if folder_time is not None and (row.timestamp is None or folder_time > row.timestamp):
        return "submitted", _NEWER
    if record is None and waiting and sums.by_program and not sums.done_by_program:
        # nbgrader makes the entries before it runs the notebook, and fills them in afterwards.
        return "submitted", ""
    return ("needs grading" if waiting else "graded"), ""


def _with_points(standing: Standing, sums: Any, penalty: float | None) -> Standing:
    raw, penalty = float(sums.points) if sums else 0.0, float(penalty or 0.0)
    return replace(
        standing,
        points=max(0.0, raw - penalty),
        raw_points=raw,
        extra=float(sums.extra) if sums else 0.0,
        late_penalty=penalty,
    )


def _seconds_late(
    timestamp: datetime.datetime | None,
    due: datetime.datetime | None,
    extension: datetime.timedelta | None,
) -> float:
    if timestamp is None or due is None:
        return 0.0
    return max(0.0, (timestamp - due - (extension or datetime.timedelta())).total_seconds())
