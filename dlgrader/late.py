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
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nbgrader.api import (
    Assignment,
    Grade,
    Gradebook,
    Notebook,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import func, or_, select, true, update
from traitlets import Dict, Enum, Float, TraitError, validate
from traitlets.config import Config

from dlgrader.course import GradingError

_DAY, _ANY_DAY = datetime.timedelta(days=1), datetime.datetime(2000, 1, 1)
_EXACTLY = 6


@dataclass(frozen=True)
class LateNotebook:
    """What the penalty for a late notebook depends on.

    Attributes
    ----------
    score : float
        Points that it has.
    worth : float
        Points that it is worth.
    share : float
        Of what all notebooks of the assignment are worth together.
    due, moment : datetime
        When it was due, the learner's extension included, and when it was handed in.
    """

    score: float
    worth: float
    share: float
    due: datetime.datetime
    moment: datetime.datetime


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
        """Return the points to take off one notebook, for nbgrader.

        What the notebook is worth, and the dates, are found through `parent`, the step of nbgrader
        that asks. Without one, a day has 24 hours, and "worth" is what was earned.
        """
        late = datetime.timedelta(seconds=total_seconds_late)
        book = getattr(self.parent, "gradebook", None)
        if book is None:
            return self.penalty(LateNotebook(score, score, 1.0, _ANY_DAY, _ANY_DAY + late))
        where = self.parent.notebook_id, self.parent.assignment_id, student_id
        notebook = book.find_submission_notebook(*where)
        submission = notebook.assignment
        share = notebook.max_score / submission.max_score if submission.max_score else 1.0
        moment = submission.timestamp
        return self.penalty(LateNotebook(score, notebook.max_score, share, moment - late, moment))

    def penalty(self, late: LateNotebook) -> float:
        """Return the points to take off one notebook."""
        begins = late.due + datetime.timedelta(minutes=self.grace_minutes)
        days = started_days(begins, late.moment, zone_of(self.config))
        if self.zero_after_days is not None and days > self.zero_after_days:
            return late.score
        base = late.worth if self.percent_of == "worth" else late.score
        lost = days * (base * self.percent_per_day / 100 + self.points_per_day * late.share)
        return round(max(0.0, min(lost, base * self.most_percent / 100, late.score)), _EXACTLY)


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
        return self._bring_up_to_date(book, assignment, SubmittedAssignment.student_id == student)

    def settle(self, book: Gradebook, assignment: str) -> None:
        """Bring extensions and penalties of an assignment up to date, in a transaction."""
        if self._bring_up_to_date(book, assignment, true()):
            book.db.commit()
        else:
            book.db.rollback()  # ends the reading, so that others can write

    def _bring_up_to_date(self, book: Gradebook, assignment: str, chosen: Any) -> bool:
        changed = self._extend(book, assignment, chosen)
        worth = _worth(book, assignment)
        for row in _late_notebooks(book, assignment, chosen):
            penalty = self._penalty(row, worth)
            if penalty != row.before:
                changed = True
                book.db.execute(
                    update(SubmittedNotebook)
                    .where(
                        SubmittedNotebook.id == row.id,
                        # If it is another by now, somebody has graded it anew, and was right.
                        SubmittedNotebook.late_submission_penalty.is_not_distinct_from(row.before),
                    )
                    .values(late_submission_penalty=penalty)
                )
        return changed

    def _penalty(self, row: Any, worth: Mapping[str, float]) -> float | None:
        due = row.duedate and row.duedate + (row.extension or datetime.timedelta())
        if not due or row.timestamp is None or row.timestamp <= due:
            return None
        if isinstance(self.plugin_inst, PerDayPenalty):
            own, whole = worth[row.notebook], sum(worth.values())
            share = own / whole if whole else 1.0
            late = LateNotebook(row.score, own, share, due, row.timestamp)
            penalty: float | None = self.plugin_inst.penalty(late)
        else:
            seconds = (row.timestamp - due).total_seconds()
            penalty = self.plugin_inst.late_submission_penalty(row.student_id, row.score, seconds)
        return None if penalty is None else float(min(max(0.0, penalty), max(0.0, row.score)))

    def _extend(self, book: Gradebook, assignment: str, chosen: Any) -> bool:
        if not self.extensions:
            return False
        query = (
            select(
                SubmittedAssignment.id,
                SubmittedAssignment.student_id,
                SubmittedAssignment.extension,
            )
            .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
            .where(
                Assignment.name == assignment,
                SubmittedAssignment.student_id.in_(list(self.extensions)),
                chosen,
            )
        )
        changed = False
        for row in book.db.execute(query).all():
            hours = self.extensions[row.student_id]
            given = hours.get(assignment, hours.get("*"))
            extension = datetime.timedelta(hours=given) if given else None
            if given is not None and extension != row.extension:
                changed = True
                book.db.execute(
                    update(SubmittedAssignment)
                    .where(SubmittedAssignment.id == row.id)
                    .values(extension=extension)
                )
        return changed


def _late_notebooks(book: Gradebook, assignment: str, chosen: Any) -> list[Any]:
    """Return what was handed in after the due date, or has a penalty; in one query.

    nbgrader's own way, an object for each submission, takes time for each that grows with the
    class: its tables have no index for it.
    """
    about = (
        SubmittedNotebook.id,
        SubmittedNotebook.late_submission_penalty.label("before"),
        SubmittedAssignment.student_id,
        SubmittedAssignment.timestamp,
        SubmittedAssignment.extension,
        Assignment.duedate,
        Notebook.id.label("notebook"),
    )
    query = (
        select(*about, func.coalesce(func.sum(Grade.score), 0.0).label("score"))
        .select_from(SubmittedNotebook)
        .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .join(Notebook, Notebook.id == SubmittedNotebook.notebook_id)
        .outerjoin(Grade, Grade.notebook_id == SubmittedNotebook.id)
        .where(
            Assignment.name == assignment,
            or_(
                SubmittedAssignment.timestamp > Assignment.duedate,
                SubmittedNotebook.late_submission_penalty.is_not(None),
            ),
            chosen,
        )
        .group_by(*about)
    )
    return list(book.db.execute(query).all())


def _worth(book: Gradebook, assignment: str) -> dict[str, float]:
    """Return what each notebook of the assignment is worth, by its id."""
    query = (
        select(Notebook.id, Notebook.max_score)
        .join(Assignment, Assignment.id == Notebook.assignment_id)
        .where(Assignment.name == assignment)
    )
    return {number: float(worth) for number, worth in book.db.execute(query)}


def settle(config: Config, book: Gradebook, assignment: str) -> None:
    """Bring extensions and penalties of an assignment up to date; before grades are handed out.

    What the settings say is what holds: a penalty by a plug-in that was named on the command line
    of ``nbgrader autograde`` only, and not in nbgrader_config.py, goes away.
    """
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
