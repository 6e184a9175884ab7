"""Puts what came of grading into the gradebook and the folder of graded notebooks.

One process writes at a time. For each submission, all files are made ready beside their place, then
the gradebook is changed in one transaction, then the files are moved to their place. Whenever this
is broken off, the next run finds either nothing done or what is left to move (`finish`).
"""

from __future__ import annotations

import datetime
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from filelock import FileLock
from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    InvalidEntry,
    MissingEntry,
    Notebook,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import select, update
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError

from dlgrader import records
from dlgrader.batch.marks import Marks
from dlgrader.batch.submissions import Submission
from dlgrader.batch.task import Graded
from dlgrader.course import Course, GradingError, quietly
from dlgrader.late import LatePenalties

OWN_FOLDER = ".dlgrader"
"""In the course folder: the locks of `dlgrader`."""

_TRIES, _WAIT_SECONDS = 4, 5.0


@dataclass(frozen=True)
class Known:
    """What the gradebook knows of an assignment's submissions, by student: times and records."""

    timestamps: Mapping[str, datetime.datetime | None]
    records: Mapping[str, records.Record]


class Writer:
    """Writes to one course; use it in a ``with`` statement.

    Parameters
    ----------
    course : Course
    assignment : str

    Raises
    ------
    GradingError
        If the gradebook can't be opened.
    """

    def __init__(self, course: Course, assignment: str) -> None:
        self._course, self._assignment = course, assignment
        (course.root / OWN_FOLDER).mkdir(exist_ok=True)
        self._lock = FileLock(course.root / OWN_FOLDER / "gradebook.lock")
        self._late = LatePenalties(config=course.config)
        self._opened = course.gradebook()
        with self._lock, _gradebook_errors():
            self.book: Gradebook = self._opened.__enter__()
            records.prepare(self.book)

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._opened.__exit__(kind, error, trace)

    # -- what there is -----------------------------------------------------------------------------

    def known(self) -> Known:
        """Return what the gradebook knows of the assignment's submissions."""
        with _gradebook_errors():
            rows = self.book.db.execute(
                select(SubmittedAssignment.student_id, SubmittedAssignment.timestamp)
                .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
                .where(Assignment.name == self._assignment)
            )
            timestamps = {row.student_id: row.timestamp for row in rows}
            found = records.all_records(self.book, self._assignment)
            self.book.db.rollback()  # ends the reading, so that others can write
        return Known(timestamps, found)

    def is_done(self, submission: Submission, known: Known) -> bool:
        """Whether exactly this submission, of a known learner, was graded, by us or by nbgrader."""
        student = submission.student
        folder = self._folder(student)
        record = known.records.get(student)
        if record is not None and record.digest:
            same = record.digest == submission.digest and record.state == records.GRADED
            return same and folder.is_dir()
        if not all((folder / f"{name}.ipynb").is_file() for name in submission.notebooks):
            return False
        graded = known.timestamps[student]
        return not (submission.timestamp and graded and submission.timestamp > graded)

    def finish(self, student: str, known: Known) -> None:
        """Do what a run that was broken off has left to do for a learner, and tidy up after it."""
        folder = self._folder(student)
        record = known.records.get(student)
        with self._lock:
            for path in sorted(folder.parent.glob(f".{folder.name}.*")):
                if record and path == _ready(folder, record.digest):
                    _move(path, folder)
                else:
                    _remove(path)

    # -- writing -----------------------------------------------------------------------------------

    def write(self, submission: Submission, graded: Graded) -> None:
        """Write the outcome of one submission, in place of any earlier one.

        Raises
        ------
        GradingError
            If the gradebook stays locked, or there is no more room.
        """
        folder = self._folder(submission.student)
        with self._lock, _gradebook_errors():
            try:
                ready = self._make_ready(folder, submission, graded)
                self._save(submission, graded)
                _move(ready, folder)
            except OSError as error:
                raise GradingError(
                    f"{submission.student}: the graded notebook could not be written: {error}. "
                    "Nothing is lost: make room or mend it, and run the command again."
                ) from None

    def _make_ready(self, folder: Path, submission: Submission, graded: Graded) -> Path:
        """Write all files into a folder beside their place, and return it."""
        unfinished, ready = (
            folder.with_name(f".{folder.name}.part"),
            _ready(folder, submission.digest),
        )
        _remove(unfinished)
        unfinished.mkdir(parents=True)
        for name, path in submission.extra.items():
            target = unfinished / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target, follow_symlinks=False)
        for name, notebook in graded.notebooks.items():
            (unfinished / f"{name}.ipynb").write_text(notebook.text, encoding="utf-8")
        shared = self._course.shared_by_group
        for path in unfinished.rglob("*"):
            if path.is_file():
                path.chmod(0o664 if shared else 0o444)
        if shared:
            for path in (folder.parent, unfinished, *unfinished.rglob("*")):
                if path.is_dir():
                    path.chmod(0o2770 | (path.stat().st_mode & 0o777))
        _remove(ready)
        return unfinished.rename(ready)

    def _save(self, submission: Submission, graded: Graded) -> None:
        for tried in range(1, _TRIES + 1):
            try:
                self._save_once(submission, graded)
                return
            except (OperationalError, IntegrityError) as error:
                self.book.db.rollback()
                # Another program writes, or has just made an entry that we wanted to make.
                busy = isinstance(error, IntegrityError) or "lock" in str(error).lower()
                if not busy or tried == _TRIES:
                    raise
                time.sleep(_WAIT_SECONDS)
            except BaseException:
                self.book.db.rollback()
                raise

    def _save_once(self, submission: Submission, graded: Graded) -> None:
        book, name, student = self.book, submission.assignment, submission.student
        entry = self._entry(name, student)
        # From here on, one transaction: a newer time never stands beside older points.
        if submission.timestamp:
            entry.timestamp = submission.timestamp
        rows = book.db.execute(
            select(Notebook.name, SubmittedNotebook.id)
            .join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
            .where(SubmittedNotebook.assignment_id == entry.id)
        ).all()
        for notebook, number in rows:
            if notebook in graded.notebooks:
                self._save_marks(number, graded.notebooks[notebook].marks)
        self._late.assign(book, name, student)
        state = records.FAILED if graded.failure else records.GRADED
        record = records.Record(
            name,
            student,
            state,
            submission.digest,
            graded.failure,
            graded.remarks,
            graded.exercises,
        )
        records.save(book, record)
        book.db.commit()
        book.db.expunge_all()

    def _entry(self, assignment: str, student: str) -> SubmittedAssignment:
        """Return the gradebook's entry of a submission, a new and empty one if there is none."""
        try:
            return self.book.find_submission(assignment, student)
        except MissingEntry:
            pass
        try:
            with quietly():
                self.book.update_or_create_student(student)
                return self.book.add_submission(assignment, student)
        except InvalidEntry as error:
            if isinstance(error.__context__, DatabaseError):  # nbgrader gives it another name
                raise error.__context__ from None
            raise

    def _save_marks(self, number: str, marks: Marks) -> None:
        db = self.book.db
        grades = db.execute(
            select(Grade.id, BaseCell.name, Grade.manual_score)
            .join(BaseCell, Grade.cell_id == BaseCell.id)
            .where(Grade.notebook_id == number)
        ).all()
        changes: list[dict[str, Any]] = []
        for grade, name, manual in grades:
            if name not in marks.scores:
                continue
            score = marks.scores[name]
            # As nbgrader does: a grade given by hand is looked at again after grading anew.
            waits = manual is not None or score is None or name in marks.flagged
            changes.append({"id": grade, "auto_score": score, "needs_manual_grade": waits})
        if changes:
            db.execute(update(Grade), changes)
        extra = [
            {"id": grade, "extra_credit": marks.bonus[name]}
            for grade, name, _ in grades
            if name in marks.bonus
        ]
        if extra:
            db.execute(update(Grade), extra)
        comments = db.execute(
            select(Comment.id, BaseCell.name)
            .join(BaseCell, Comment.cell_id == BaseCell.id)
            .where(Comment.notebook_id == number)
        ).all()
        said = [
            {"id": comment, "auto_comment": marks.comments[name]}
            for comment, name in comments
            if name in marks.comments
        ]
        if said:
            db.execute(update(Comment), said)

    def _folder(self, student: str) -> Path:
        return self._course.submission("autograded", student, self._assignment)


def _ready(folder: Path, digest: str) -> Path:
    """Return where a graded submission waits to be moved; the name says which one it is."""
    return folder.with_name(f".{folder.name}.{digest[:16]}")


def _move(ready: Path, folder: Path) -> None:
    old = folder.with_name(f".{folder.name}.old")
    _remove(old)
    if folder.exists():
        folder.rename(old)
    ready.rename(folder)
    _remove(old)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def _gradebook_errors() -> Iterator[None]:
    """Say what an instructor can do about an error of the database."""
    try:
        yield
    except DatabaseError as error:
        reason = str(error.orig or error).splitlines()[0]
        advice = "Nothing is lost: when it is mended, run the command again."
        if "lock" in reason.lower():
            advice = (
                "Another program holds it, perhaps one that hangs: end it and run the command "
                "again. What was graded so far is saved."
            )
        elif "full" in reason.lower():
            advice = "The disk is full: make room and run the command again. Nothing is lost."
        elif "no such column" in reason.lower():
            advice = (
                "It is of an older nbgrader: make a copy of it, then run `nbgrader db upgrade`."
            )
        raise GradingError(f"the gradebook can't be used: {reason}. {advice}") from None
