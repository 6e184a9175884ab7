"""What is exported: the standings of each assignment, read once for all kinds of files."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from nbgrader.api import Gradebook
from traitlets.config import Config

from dlgrader.course import Course, GradingError
from dlgrader.exports.groups import Membership, share
from dlgrader.late import settle
from dlgrader.standings import Standing, Status, standings

FOR_A_PERSON: tuple[Status, ...] = ("failed", "needs grading", "submitted")
"""What somebody has to do something about before the grades are complete."""


@dataclass(frozen=True)
class Grades:
    """All standings with one assignment, in the order of the learners' names."""

    assignment: str
    due: datetime.datetime | None
    max_points: float
    standings: Sequence[Standing]
    attention: Sequence[str] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many learners have each status."""
        return dict(sorted(Counter(one.status for one in self.standings).items()))


def read_grades(
    book: Gradebook,
    assignments: Sequence[str] = (),
    students: Sequence[str] = (),
    config: Config | None = None,
    groups: Sequence[Membership] = (),
) -> list[Grades]:
    """Read the standings of some or all assignments and learners.

    Parameters
    ----------
    book : Gradebook
    assignments, students : sequence of str
        Those named; all if none is.
    config : Config, optional
        The course's settings; with them, penalties are brought up to date first, and submissions
        that no grading has touched are seen.
    groups : sequence of Membership, optional
        Who hands in together.

    Raises
    ------
    GradingError
        If an assignment or a learner is not there, or there is no assignment at all.
    """
    dates = {one.name: one.duedate for one in book.assignments}
    # In the order of the due dates; those without come last, which databases do differently.
    names = list(assignments) or sorted(
        dates, key=lambda name: (dates[name] is None, dates[name] or datetime.datetime.min, name)
    )
    if not names:
        raise GradingError("the gradebook has no assignment yet; `dlgrader release` puts one there")
    found = {name: share(_standings(book, name, config), groups, name) for name in names}
    known = {one.student for shared, _ in found.values() for one in shared}
    unknown = sorted(set(students) - known)
    if unknown:
        raise GradingError(f"neither the gradebook nor submitted/ knows {', '.join(unknown)}")
    return [
        Grades(
            name,
            dates[name],
            float(book.find_assignment(name).max_score),
            sorted(_chosen(shared, students), key=_by_name),
            attention,
        )
        for name, (shared, attention) in found.items()
    ]


def _chosen(found: Sequence[Standing], students: Sequence[str]) -> list[Standing]:
    return [one for one in found if not students or one.student in students]


def _standings(book: Gradebook, name: str, config: Config | None) -> list[Standing]:
    if config is None:
        return standings(book, name)
    settle(config, book, name)
    return standings(book, name, Course.configured(config).handed_in(name))


def by_learner(all_grades: Sequence[Grades]) -> list[tuple[Standing, list[Standing | None]]]:
    """Return each learner once, with their standing in each assignment.

    A learner who is not in the gradebook yet may have a standing in some assignments only.
    """
    columns = [{one.student: one for one in grades.standings} for grades in all_grades]
    learners = {student: one for column in columns for student, one in column.items()}
    return [
        (one, [column.get(one.student) for column in columns])
        for one in sorted(learners.values(), key=_by_name)
    ]


def what_to_do(all_grades: Sequence[Grades]) -> list[str]:
    """Return a line for each grade that waits for a person."""
    lines: list[str] = []
    for grades in all_grades:
        lines += grades.attention
        for one in grades.standings:
            if one.status in FOR_A_PERSON:
                said = f"{one.status}: {one.reason}" if one.reason else one.status
                lines.append(f"{one.student}: {grades.assignment}: {said}")
    return lines


def _by_name(one: Standing) -> tuple[str, str, str]:
    return one.last_name.casefold(), one.first_name.casefold(), one.student
