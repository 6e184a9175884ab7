"""What the gradebook knows of one graded notebook, as its feedback page needs it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nbgrader.api import Gradebook, MissingEntry

from dlgrader import records

# Changes with the page's make, so that pages made before are made anew.
_EDITION = "2"


@dataclass(frozen=True)
class Mark:
    """Points of a graded cell; None if there are none yet.

    Attributes
    ----------
    points : float or None
        The bonus included.
    max_points : float
    extra : float
        The bonus.
    waiting : bool
        Whether a person has to grade it.
    """

    points: float | None
    max_points: float
    extra: float = 0.0
    waiting: bool = False


@dataclass(frozen=True)
class Facts:
    """All that a page is made of, but for the notebook.

    Attributes
    ----------
    assignment, notebook, student, name : str
        `name` is the learner's, or the id where the gradebook has none.
    marks : mapping of str to Mark
        By the id of the cell.
    comments : mapping of str to str
        By the id of the cell; the instructor's if there is one.
    late_penalty : float
    failed : bool
        Whether the last grading failed; then nothing else that stands here is of this submission.
    reason : str
        Why it failed.
    remarks : sequence of str
        What was odd about the files.
    book : str
        Address of the book; empty if it has none.
    """

    assignment: str
    notebook: str
    student: str
    name: str
    marks: Mapping[str, Mark] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)
    late_penalty: float = 0.0
    failed: bool = False
    reason: str = ""
    remarks: Sequence[str] = ()
    book: str = ""

    @property
    def waiting(self) -> int:
        """Number of answers that a person has to grade."""
        return sum(mark.waiting for mark in self.marks.values())

    @property
    def points(self) -> float | None:
        """Points that count, the penalty taken off; None if the grading failed."""
        if self.failed:
            return None
        raw = sum(mark.points or 0.0 for mark in self.marks.values())
        return max(0.0, raw - self.late_penalty)

    @property
    def max_points(self) -> float:
        """Points for everything right; bonus comes on top."""
        return sum(mark.max_points for mark in self.marks.values())

    def digest(self, notebook: bytes) -> str:
        """Name this state of things: the same digest, the same page."""
        parts = (_EDITION, sorted(self.marks.items()), sorted(self.comments.items()))
        rest = {**vars(self), "marks": None, "comments": None, "remarks": list(self.remarks)}
        text = repr((parts, sorted(rest.items())))
        return hashlib.sha256(text.encode() + b"\0" + notebook).hexdigest()


def find_facts(
    book: Gradebook, assignment: str, notebook: str, student: str, address: str = ""
) -> Facts:
    """Read the facts out of the gradebook.

    Raises
    ------
    nbgrader.api.MissingEntry
        If neither nbgrader nor `dlgrader.records` knows of the submission.
    """
    record = records.find(book, assignment, student)
    failed = record is not None and record.state == records.FAILED
    try:
        submission = book.find_submission_notebook(notebook, assignment, student)
    except MissingEntry:
        if not failed:
            raise
        submission = None
    marks: dict[str, Mark] = {}
    comments: dict[str, str] = {}
    penalty = 0.0
    if submission is not None:
        for grade in submission.grades:
            given = grade.manual_score if grade.manual_score is not None else grade.auto_score
            extra = float(grade.extra_credit or 0.0)
            points = None if given is None and not extra else float(given or 0.0) + extra
            waiting = bool(grade.needs_manual_grade)
            marks[grade.name] = Mark(points, float(grade.max_score or 0.0), extra, waiting)
        comments = {part.name: part.comment for part in submission.comments if part.comment}
        penalty = float(submission.late_submission_penalty or 0.0)
    # A person who has graded all by hand has graded it, whatever the program could not do.
    by_hand = bool(marks) and not any(mark.waiting for mark in marks.values())
    return Facts(
        assignment=assignment,
        notebook=notebook,
        student=student,
        name=_name(book, student),
        marks=marks,
        comments=comments,
        late_penalty=penalty,
        failed=failed and not by_hand,
        reason=record.reason if record is not None else "",
        remarks=tuple(record.remarks) if record is not None else (),
        book=address,
    )


def _name(book: Gradebook, student: str) -> str:
    try:
        found = book.find_student(student)
    except MissingEntry:
        return student
    return f"{found.first_name or ''} {found.last_name or ''}".strip() or student
