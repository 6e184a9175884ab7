"""From what the class has made of the assignments to what a report says of them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from dlgrader.declarations import CodeExercise, Section
from dlgrader.report import statistics
from dlgrader.report.reading import ClassWork, Item, properties_of

#: With fewer learners, discrimination is not given: the 95 % interval of a correlation near 0
#: would reach beyond ±0.44.
SMALLEST_CLASS = 20
#: With fewer learners, discrimination is given, but called rough (±0.28).
SMALL_CLASS = 50
#: Nearly all get nearly all points: the exercise tells nothing about who needs what.
TOO_EASY = 0.95
#: The class gets less than this share of the points.
TOO_HARD = 0.4
#: Ebel and Frisbie (1991) call a discrimination below 0.2 poor.
POOR = 0.2

#: Learners by their share of an exercise's points, from none to all.
PARTS = ("none", "up to half", "more than half", "all")


@dataclass(frozen=True)
class Spread:
    """How the learners' shares of the points are spread; NaN if there are no learners."""

    learners: int
    mean: float
    deviation: float
    low: float
    quarter: float
    median: float
    three_quarters: float
    high: float


@dataclass(frozen=True)
class ItemFigures:
    """What the class has made of an exercise.

    Attributes
    ----------
    number : int
        Its place in the assignment, from 1.
    item : Item
    learners, waiting : int
        Whose answers are graded, and whose wait for a person.
    difficulty : float
        Mean share of the points.
    parts : tuple of int
        Learners by share of the points, as in `PARTS`.
    item_rest, upper_lower : float
        Discrimination; NaN if it can't be computed or the class is too small.
    notes : tuple of str
        What is worth a look.
    """

    number: int
    item: Item
    learners: int
    waiting: int
    difficulty: float
    parts: tuple[int, ...]
    item_rest: float
    upper_lower: float
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Held:
    """A misconception that learners hold.

    Attributes
    ----------
    assignment : str
    item : Item
    name, says : str
        As declared.
    learners : int
    share : float
        Of the learners whose submissions are graded.
    lost : float
        Points that those who hold it miss in the exercise, on average.
    """

    assignment: str
    item: Item
    name: str
    says: str
    learners: int
    share: float
    lost: float

    @property
    def section(self) -> Section | None:
        """Where the book explains it."""
        return self.item.exercise.section if self.item.exercise else None


@dataclass(frozen=True)
class PropertyFigures:
    """How many learners an exercise's property has cost points."""

    item: Item
    key: str
    title: str
    judged: int
    failed: int

    @property
    def share(self) -> float:
        """Share of those whose submissions were judged."""
        return self.failed / self.judged


@dataclass(frozen=True)
class SectionFigures:
    """A section of the book, and how many learners hold misconceptions that it clears up."""

    section: Section
    learners: int
    share: float
    worst: Held


@dataclass(frozen=True, eq=False)
class Summary:
    """All that is said of an assignment.

    Attributes
    ----------
    work : ClassWork
    counts : dict of int
        Learners by status.
    late : int
        Submissions after the due date.
    totals : array of shape (len(work.students),)
        Shares of the points; bonus and late penalties are left out.
    spread : Spread
    items : tuple of ItemFigures
    held : tuple of Held
        The most frequent first.
    properties : tuple of PropertyFigures
    """

    work: ClassWork
    counts: dict[str, int]
    late: int
    totals: np.ndarray
    spread: Spread
    items: tuple[ItemFigures, ...]
    held: tuple[Held, ...]
    properties: tuple[PropertyFigures, ...]


def summarise(work: ClassWork) -> Summary:
    """Compute the figures of an assignment."""
    regular = work.regular
    totals = statistics.shares(work.points[:, regular], work.most[regular])
    counts = Counter(one.status for one in work.standings)
    return Summary(
        work=work,
        counts={
            status: counts[status]
            for status in ("graded", "needs grading", "submitted", "failed", "missing")
        },
        late=sum(one.seconds_late > 0 for one in work.standings),
        totals=totals,
        spread=spread(totals),
        items=tuple(_item(work, column, totals) for column in range(len(work.items))),
        held=tuple(_held(work)),
        properties=tuple(_properties(work)),
    )


def spread(totals: np.ndarray) -> Spread:
    """Return how shares are spread; the deviation is that of the class, not of a sample."""
    known = totals[~np.isnan(totals)]
    if not known.size:
        return Spread(0, *[math.nan] * 7)
    low, quarter, median, three_quarters, high = np.quantile(known, [0.05, 0.25, 0.5, 0.75, 0.95])
    return Spread(
        known.size,
        float(known.mean()),
        float(known.std()),
        float(low),
        float(quarter),
        float(median),
        float(three_quarters),
        float(high),
    )


def _item(work: ClassWork, column: int, totals: np.ndarray) -> ItemFigures:
    item, points = work.items[column], work.points[:, column]
    given = points[~np.isnan(points)]
    size = given.size
    p = statistics.difficulty(points, item.max_points)
    r = d = math.nan
    if size >= SMALLEST_CLASS:
        r = statistics.item_rest(work.points, work.most, column, work.regular)
        d = statistics.upper_lower(points, item.max_points, totals)
    return ItemFigures(
        number=column + 1,
        item=item,
        learners=size,
        waiting=len(points) - size,
        difficulty=p,
        parts=_parts(given, item.max_points),
        item_rest=r,
        upper_lower=d,
        # Those that wait may be quite another lot: what was left empty has its 0 points at once.
        notes=_notes(item, p, r) if 2 * size > len(points) else (),
    )


def _parts(given: np.ndarray, most: float) -> tuple[int, ...]:
    share = given / most
    edges = (share <= 0, (share > 0) & (share <= 0.5), (share > 0.5) & (share < 1), share >= 1)
    return tuple(int(part.sum()) for part in edges)


def _notes(item: Item, p: float, r: float) -> tuple[str, ...]:
    if item.bonus:
        return ()  # taken up by choice, so it is neither too hard nor too easy
    notes = []
    if p >= TOO_EASY:
        notes.append("very easy")
    elif p < TOO_HARD:
        notes.append("very hard")
    # Where nearly all have the points, there is hardly anything that could be told apart.
    if r < 0:
        notes.append("learners who are good elsewhere lose points here: look at the exercise")
    elif r < POOR and p < TOO_EASY:
        notes.append("says little about the rest")
    return tuple(notes)


def _held(work: ClassWork) -> Iterable[Held]:
    judged = work.judged
    found = []
    for item in work.items:
        if not isinstance(item.exercise, CodeExercise):
            continue
        lost: dict[str, list[float]] = {}
        for student in judged:
            about = work.records[student].exercises.get(item.name, {})
            for name in set(about.get("mistakes", ())):
                lost.setdefault(name, []).append(
                    float(about.get("max_points", 0.0)) - float(about.get("points", 0.0))
                )
        says = {mistake.name: mistake.says for mistake in item.exercise.mistakes}
        found += [
            Held(
                assignment=work.name,
                item=item,
                name=name,
                # A record may be older than the declaration.
                says=says.get(name, name),
                learners=len(points),
                share=len(points) / len(judged),
                lost=sum(points) / len(points),
            )
            for name, points in lost.items()
        ]
    return sorted(found, key=lambda one: (-one.learners, -one.lost, one.item.name, one.name))


def _properties(work: ClassWork) -> Iterable[PropertyFigures]:
    judged = work.judged
    for item in work.items:
        titles = properties_of(item.exercise)
        asked, failed = Counter[str](), Counter[str]()
        for student in judged:
            about = work.records[student].exercises.get(item.name)
            if about is None or about.get("failed"):
                continue  # the grader itself, so it says nothing about the learner
            for key, (points, most) in about["properties"].items():
                # An answer that could not be judged has the one property "all".
                for one in titles if key == "all" else (key,) if most > 0 else ():
                    asked[one] += 1
                    failed[one] += points < most
        for key, title in titles.items():
            if asked[key]:
                yield PropertyFigures(item, key, title, asked[key], failed[key])


def teach_again(summaries: Sequence[Summary]) -> list[SectionFigures]:
    """Return the book's sections, that with the largest share of learners first.

    The share is that of the learners who hold at least one misconception in the section's
    exercises, among those whose submissions to these assignments were judged.
    """
    holders: dict[Section, set[str]] = {}
    judged: dict[Section, set[str]] = {}
    worst: dict[Section, Held] = {}
    for summary in summaries:
        work = summary.work
        students = work.judged
        for item in work.items:
            if not isinstance(item.exercise, CodeExercise):
                continue
            section = item.exercise.section
            judged.setdefault(section, set()).update(students)
            holders.setdefault(section, set()).update(
                student
                for student in students
                if work.records[student].exercises.get(item.name, {}).get("mistakes")
            )
        for held in summary.held:
            if held.section and (
                held.section not in worst or held.share > worst[held.section].share
            ):
                worst[held.section] = held
    found = [
        SectionFigures(
            section, len(holders[section]), len(holders[section]) / len(judged[section]), held
        )
        for section, held in worst.items()
    ]
    return sorted(found, key=lambda one: (-one.share, one.section.page, one.section.title))
