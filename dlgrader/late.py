"""Late submissions: extensions, a penalty for each day, and when a day has begun.

Everything in the gradebook is in UTC, as nbgrader keeps it. A day, here, is a day of the course's
own clock (``c.Exchange.timezone``): who hands in at the same time of the next day is one day late,
also when the clocks were changed in between.

A penalty is found anew each time that a submission is graded and, since points are given by hand
later on, each time before grades leave the gradebook (`settle`). So one that no longer applies goes
away, which nbgrader would keep until the submission is graded again.
"""

from __future__ import annotations

import datetime
import math
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nbgrader.api import Assignment, Gradebook, SubmittedAssignment, SubmittedNotebook
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import or_, select
from traitlets import Dict, Enum, Float, TraitError, validate
from traitlets.config import Config

from dlgrader.course import GradingError

_DAY = datetime.timedelta(days=1)
_EXACTLY = 6


class PerDayPenalty(LateSubmissionPlugin):
    """Takes off some points for each day that has begun since the due date.

    Chosen by ``c.AssignLatePenalties.plugin_class = PerDayPenalty``. Of an assignment with several
    notebooks each loses its share. No submission loses more than it has; bonus points count as the
    others do, for they were handed in just as late.
    """

    percent_per_day = Float(10.0, min=0.0, max=100.0, help="Percent taken off for each day.").tag(
        config=True
    )
    percent_of = Enum(
        ("worth", "earned"),
        default_value="worth",
        help="""Percent of what: "worth", the points that the assignment is worth, so that a day
        costs everybody the same; or "earned", the points of the submission.""",
    ).tag(config=True)
    points_per_day = Float(
        0.0, min=0.0, help="Points taken off for each day, besides the percentage."
    ).tag(config=True)
    most_percent = Float(
        100.0, min=0.0, max=100.0, help="The most that is taken off, of what `percent_of` says."
    ).tag(config=True)
    grace_minutes = Float(
        0.0, min=0.0, help="How long after the due date the first day begins."
    ).tag(config=True)
    zero_after_days = Float(
        None, allow_none=True, min=0.0, help="After how many days nothing is left; None: never."
    ).tag(config=True)

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float | None:
        """Return the points to take off one notebook.

        What the notebook is worth, and the dates, are found through `parent`, the step of nbgrader
        that asks. Without one, a day has 24 hours, and "worth" is what was earned.
        """
        worth, share, days = score, 1.0, math.ceil(self._after_grace(total_seconds_late) / _DAY)
        book = getattr(self.parent, "gradebook", None)
        if book is not None:
            where = self.parent.notebook_id, self.parent.assignment_id, student_id
            notebook = book.find_submission_notebook(*where)
            worth, all_worth = notebook.max_score, notebook.assignment.max_score
            share = worth / all_worth if all_worth else 1.0
            days = self._days(notebook.assignment, total_seconds_late)
        if self.zero_after_days is not None and days > self.zero_after_days:
            return score
        base = worth if self.percent_of == "worth" else score
        lost = days * (base * self.percent_per_day / 100 + self.points_per_day * share)
        return round(max(0.0, min(lost, base * self.most_percent / 100, score)), _EXACTLY)

    def _after_grace(self, seconds: float) -> datetime.timedelta:
        late = datetime.timedelta(seconds=seconds)
        return max(late - datetime.timedelta(minutes=self.grace_minutes), datetime.timedelta())

    def _days(self, submission: SubmittedAssignment, seconds: float) -> int:
        late = self._after_grace(seconds)
        return started_days(submission.timestamp - late, submission.timestamp, zone_of(self.config))


class LatePenalties(AssignLatePenalties):
    """Writes extensions and penalties into the gradebook, by the plug-in that the course chose."""

    extensions = Dict(
        help="""Hours that a learner may be late, by learner and assignment, or "*" for all:
        {"ada": {"ps4_convolution": 48}, "bela": {"*": 24}}. They are written into the gradebook as
        nbgrader's own extensions; one that is to be taken back is set to 0."""
    ).tag(config=True)

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.init_plugin()

    @validate("extensions")
    def _hours(self, proposal: Any) -> Any:
        for student, hours in proposal["value"].items():
            fine = isinstance(hours, dict) and all(
                isinstance(value, (int, float)) and value >= 0 for value in hours.values()
            )
            if not fine:
                raise TraitError(
                    f"LatePenalties.extensions: for {student!r} stands {hours!r}; expected is "
                    'hours by assignment, such as {"ps4_convolution": 48}, none below 0'
                )
        return proposal["value"]

    def assign(self, book: Gradebook, assignment: str, student: str) -> bool:
        """Set extension and penalty of one submission, in the open transaction.

        Returns
        -------
        bool
            Whether anything changed.

        Raises
        ------
        GradingError
            If the course's time zone is none.
        """
        entry = book.find_submission(assignment, student)
        changed = self._extend(entry, assignment, student)
        book.db.flush()
        # What the plug-in looks at, as in nbgrader's own `preprocess`.
        self.gradebook, self.assignment_id, self.student_id = book, assignment, student
        late = entry.total_seconds_late
        for notebook in entry.notebooks:
            book.db.refresh(notebook, ["score", "max_score", "late_submission_penalty"])
            self.notebook_id = notebook.name
            penalty = self._penalty(student, notebook, late)
            if penalty != notebook.late_submission_penalty:
                notebook.late_submission_penalty, changed = penalty, True
        return changed

    def settle(self, book: Gradebook, assignment: str) -> None:
        """Bring extensions and penalties of an assignment up to date, in a transaction."""
        changed = False
        for student in self._concerned(book, assignment):
            changed |= self.assign(book, assignment, student)
        if changed:
            book.db.commit()
        else:
            book.db.rollback()  # ends the reading, so that others can write

    def _penalty(self, student: str, notebook: SubmittedNotebook, late: float) -> float | None:
        if late <= 0:
            return None
        penalty = self.plugin_inst.late_submission_penalty(student, notebook.score, late)
        if penalty is None:
            return None
        return float(min(max(0.0, penalty), max(0.0, notebook.score)))

    def _extend(self, entry: SubmittedAssignment, assignment: str, student: str) -> bool:
        hours = self.extensions.get(student, {})
        given = hours.get(assignment, hours.get("*"))
        if given is None:
            return False
        extension = datetime.timedelta(hours=given) if given else None
        changed = entry.extension != extension
        entry.extension = extension
        return bool(changed)

    def _concerned(self, book: Gradebook, assignment: str) -> list[str]:
        """Return whose submissions are late, have a penalty, or may get an extension."""
        query = (
            select(SubmittedAssignment.student_id)
            .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
            .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .where(
                Assignment.name == assignment,
                or_(
                    SubmittedAssignment.timestamp > Assignment.duedate,
                    SubmittedNotebook.late_submission_penalty.is_not(None),
                    SubmittedAssignment.student_id.in_(list(self.extensions)),
                ),
            )
            .distinct()
            .order_by(SubmittedAssignment.student_id)
        )
        return list(book.db.execute(query).scalars())


def settle(config: Config, book: Gradebook, assignment: str) -> None:
    """Bring extensions and penalties of an assignment up to date; before grades are handed out."""
    LatePenalties(config=config).settle(book, assignment)


def zone_of(config: Config) -> ZoneInfo:
    """Return the course's time zone, ``c.Exchange.timezone``.

    Raises
    ------
    GradingError
        If there is no zone of that name.
    """
    name = config.Exchange.get("timezone", "UTC")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError, TypeError):
        raise GradingError(
            f"c.Exchange.timezone is {name!r}, which is no time zone; one is 'Europe/Berlin'"
        ) from None


def started_days(due: datetime.datetime, moment: datetime.datetime, zone: ZoneInfo) -> int:
    """Return how many days have begun from one time to another, by the clock of a zone.

    Parameters
    ----------
    due, moment : datetime
        In UTC, without saying so.
    zone : ZoneInfo

    Examples
    --------
    The clocks went forward in the night to 29 March 2026, so that this day had 23 hours:

    >>> due, zone = datetime.datetime(2026, 3, 28, 22, 59), ZoneInfo("Europe/Berlin")
    >>> started_days(due, datetime.datetime(2026, 3, 29, 21, 59), zone)
    1
    >>> started_days(due, datetime.datetime(2026, 3, 29, 22, 0), zone)
    2
    """
    if moment <= due:
        return 0
    elapsed = _by_the_clock(moment, zone) - _by_the_clock(due, zone)
    return max(1, math.ceil(elapsed / _DAY))


def _by_the_clock(moment: datetime.datetime, zone: ZoneInfo) -> datetime.datetime:
    return moment.replace(tzinfo=datetime.UTC).astimezone(zone).replace(tzinfo=None)
