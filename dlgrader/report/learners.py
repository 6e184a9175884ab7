"""Who needs help, and what waits for a person: the part of a report that names learners."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from dlgrader.report.analysis import Summary
from dlgrader.report.wording import duration, percent_below, points
from dlgrader.standings import Standing

#: A learner with less than this share of all points so far needs help.
LEAST_SHARE = 0.5
#: So does one who has missed this many assignments (or all, if fewer are due).
MOST_MISSED = 2
#: And one who in the last assignment fell back by this share of the points, beside the class.
FALL = 0.25


@dataclass(frozen=True)
class NeedsHelp:
    """A learner to talk to, and why.

    Attributes
    ----------
    standing : Standing
        Of any assignment; holds the names.
    share : float
        Of the points of all that is graded; NaN if nothing is.
    reasons : tuple of str
    """

    standing: Standing
    share: float
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Note:
    """Something to be said of one learner's submission."""

    assignment: str
    standing: Standing
    text: str


@dataclass(frozen=True)
class Group:
    """Learners of whose submissions the same is said."""

    assignment: str
    text: str
    standings: tuple[Standing, ...]


@dataclass(frozen=True)
class Waiting:
    """Answers to one question that wait for a person."""

    assignment: str
    title: str
    learners: int


def due_by(summaries: Iterable[Summary], now: datetime.datetime) -> list[Summary]:
    """Return the assignments that count as missed if nothing was handed in.

    Their due date, if they have one, has passed, and somebody has handed in: as long as nothing has
    been collected, nobody has missed anything.
    """
    return [
        summary
        for summary in summaries
        if any(one.status != "missing" for one in summary.work.standings)
        and (summary.work.due is None or summary.work.due <= now)
    ]


def who_needs_help(summaries: Sequence[Summary], now: datetime.datetime) -> list[NeedsHelp]:
    """Return the learners who need help, the most reasons and the fewest points first.

    The rule, see the constants of this module: a learner who

    - has missed `MOST_MISSED` of the assignments that are due (or all, if fewer are due), or
    - has less than `LEAST_SHARE` of the points of all that is graded, or
    - in the last of their graded assignments was `FALL` of the points further behind the class's
      mean (or less ahead) than on average before.

    A submission whose grading failed, or that is not graded yet, counts neither way.
    """
    due = {id(summary) for summary in due_by(summaries, now)}
    standing: dict[str, Standing] = {}
    missed: dict[str, int] = {}
    reached: dict[str, list[tuple[float, float, float]]] = {}
    for summary in summaries:
        work = summary.work
        for one in work.standings:
            standing[one.student] = _better_named(standing.get(one.student), one)
            if id(summary) in due and one.status == "missing":
                missed[one.student] = missed.get(one.student, 0) + 1
        possible = (~np.isnan(work.points) * work.most)[:, work.regular].sum(axis=1)
        for student, share, most in zip(work.students, summary.totals, possible, strict=True):
            if most:
                reached.setdefault(student, []).append((share, most, share - summary.spread.mean))
    found = []
    for student, one in standing.items():
        graded = reached.get(student, [])
        most = sum(possible for _, possible, _ in graded)
        share = sum(part * possible for part, possible, _ in graded) / most if most else math.nan
        reasons = _reasons(missed.get(student, 0), len(due), share, [lead for *_, lead in graded])
        if reasons:
            found.append(NeedsHelp(one, share, tuple(reasons)))
    return sorted(
        found,
        key=lambda one: (
            -len(one.reasons),
            -1.0 if math.isnan(one.share) else one.share,
            one.standing.student,
        ),
    )


def _better_named(known: Standing | None, other: Standing) -> Standing:
    """Prefer a standing with a name: a submission that is not graded yet may have none."""
    return other if known is None or (known.name == known.student) else known


def _reasons(missed: int, due: int, share: float, leads: Sequence[float]) -> Iterable[str]:
    reasons = []
    if missed and missed == due:
        reasons.append("has handed in nothing so far")
    elif missed >= MOST_MISSED:
        reasons.append(f"has missed {missed} of {due} assignments")
    if share < LEAST_SHARE:
        reasons.append(f"has {percent_below(share)} of the points")
    if len(leads) > 1:
        fall = sum(leads[:-1]) / (len(leads) - 1) - leads[-1]
        if fall >= FALL - 1e-9:
            reasons.append(
                f"fell back by {percent_below(fall)} of the points in the last assignment"
            )
    return reasons


def grouped(notes: Iterable[Note], *, texts: bool = True) -> list[Group]:
    """Put together what is said of several learners in the same words.

    Without `texts`, which may quote a learner's file or code, only learners are counted.
    """
    found: dict[tuple[str, str], list[Standing]] = {}
    for note in notes:
        found.setdefault((note.assignment, note.text if texts else ""), []).append(note.standing)
    return [Group(assignment, text, tuple(who)) for (assignment, text), who in found.items()]


def failed(summaries: Iterable[Summary]) -> list[Note]:
    """Return the submissions that could not be graded, with the reason."""
    return [
        Note(summary.work.name, one, one.reason)
        for summary in summaries
        for one in summary.work.standings
        if one.status == "failed"
    ]


def missing(summaries: Iterable[Summary], now: datetime.datetime) -> list[Note]:
    """Return who has handed in nothing, for the assignments that are due."""
    return [
        Note(summary.work.name, one, "")
        for summary in due_by(summaries, now)
        for one in summary.work.standings
        if one.status == "missing"
    ]


def late(summaries: Iterable[Summary]) -> list[Note]:
    """Return who has handed in late, how late, and what it cost."""
    return [
        Note(summary.work.name, one, _lateness(one))
        for summary in summaries
        for one in summary.work.standings
        if one.seconds_late > 0
    ]


def _lateness(one: Standing) -> str:
    text = duration(one.seconds_late)
    return f"{text}, {points(one.late_penalty)} points off" if one.late_penalty else text


def remarks(summaries: Iterable[Summary]) -> list[Note]:
    """Return what the graders' programs had to say of graded submissions."""
    return [
        Note(summary.work.name, one, text)
        for summary in summaries
        for one in summary.work.standings
        if one.status != "failed" and one.student in summary.work.records
        for text in summary.work.records[one.student].remarks
    ]


def waiting(summaries: Iterable[Summary]) -> list[Waiting]:
    """Return how many answers wait for a person, question by question."""
    return [
        Waiting(summary.work.name, figures.item.title, figures.waiting)
        for summary in summaries
        for figures in summary.items
        if figures.waiting
    ]
