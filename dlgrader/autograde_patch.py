"""nbgrader's own way to grade, led into ours.

`nbgrader autograde` and the formgrader's button call ``Autograde.start``. With `start` in its place
they grade as ``dlgrader autograde`` does: in the same sandbox, by the same judge, written by the
same writer. nbgrader's `Autograde` runs a learner's code in a kernel that may do all that the
instructor may, and the tests in that same process.
"""

from __future__ import annotations

import fnmatch
from typing import Any

from nbgrader.converters.base import NbGraderException

from dlgrader.course import Course, GradingError
from dlgrader.telling import Outcome, Teller


def start(self: Any) -> None:
    """Grade the submissions that nbgrader's command line or the formgrader chose."""
    from dlgrader.autograde import autograde

    course = Course.configured(self.config, {"CourseDirectory": {"root": self.coursedir.root}})
    pattern, assignment = self.coursedir.student_id, self.coursedir.assignment_id
    excluded = self.coursedir.student_id_exclude.split(",")
    try:
        chosen = [
            student
            for student in course.students(assignment)
            if fnmatch.fnmatchcase(student, pattern) and student not in excluded
        ]
        if not chosen:
            raise GradingError(
                f"there is no submission of {pattern} for {assignment} in "
                f"{course.submissions_folder.name}/"
            )
        teller = _Log(self.log)
        outcome = autograde(
            course,
            teller,
            assignment,
            chosen,
            jobs=1,
            force=self.force,
            create_students=self.create_student,
        )
    except GradingError as error:
        self.log.error("%s", error)
        raise NbGraderException(str(error)) from None
    teller.finish("autograde", outcome)
    if not outcome.ok:
        names = ", ".join(outcome.facts["failed"])
        raise NbGraderException(f"These submissions could not be graded: {names}")


class _Log(Teller):
    """Tells nbgrader's log, which the formgrader shows."""

    def __init__(self, log: Any) -> None:
        super().__init__()
        self._log = log

    def say(self, text: str) -> None:
        self._log.info("%s", text.strip())

    def finish(self, verb: str, outcome: Outcome) -> None:  # noqa: ARG002 (Teller's)
        for line in outcome.attention:
            self._log.warning("%s", line)
