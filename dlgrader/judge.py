"""The judge: draws the hidden inputs, has the learner's functions applied, and gives the points.

It runs in the grader's process. What the learner wrote runs elsewhere, behind a `Workplace`, and
receives nothing but inputs.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, Protocol

from dlcore.checks.cases import Case
from dlcore.checks.plans import Attempt, Player, UnusableError
from dlcore.checks.reporting import explain, own_calls, try_cases, wrapped
from dlgrader.declarations import (
    AnswerExercise,
    ChoiceExercise,
    CodeExercise,
    Judged,
    Property,
    Trial,
)
from dlgrader.expert import Expert, expert_on
from dlgrader.model import Model

_TIMEOUTS_BORNE = 2
_LATER = "This counts as soon as something else is right."


class Bench(Player, Protocol):
    """A `Player` that can also read the learner's variables."""

    @property
    def ended(self) -> bool:
        """Whether it is gone, so that another one is needed."""

    def read(self, name: str) -> Any:
        """Return a variable as plain data; raise `UnusableError` if it is none."""


class Workplace(Protocol):
    """Where a learner's functions are, as they stand at this point of the notebook."""

    def branch(self) -> AbstractContextManager[Bench]:
        """Return a bench to work at; nothing that is done there is left behind."""


@dataclass(frozen=True)
class PropertyVerdict:
    """Points of one property; if they are not full, what was found, and in which case.

    Attributes
    ----------
    key, title : str
    points, max_points : float
    finding : str
        What is wrong, or an advice that costs nothing.
    case : str
        The case in words.
    mistakes : tuple of str
        Names of the misconceptions that were recognised.
    """

    key: str
    title: str
    points: float
    max_points: float
    finding: str = ""
    case: str = ""
    mistakes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """Points of one exercise, property by property; `failed` if the grader itself failed."""

    exercise: str
    properties: tuple[PropertyVerdict, ...]
    section: str = ""
    failed: bool = False

    @property
    def max_points(self) -> float:
        """Points for everything right."""
        return float(sum(part.max_points for part in self.properties))

    @property
    def points(self) -> float:
        """Points earned: a plain float between 0 and `max_points`."""
        return min(max(float(sum(part.points for part in self.properties)), 0.0), self.max_points)

    @property
    def mistakes(self) -> tuple[str, ...]:
        """Names of the misconceptions that were recognised."""
        return tuple(dict.fromkeys(name for part in self.properties for name in part.mistakes))

    def __str__(self) -> str:
        """Return the report that the learner reads in the feedback."""
        lines = [f"{self.exercise}: {self.points:g} of {self.max_points:g} points"]
        told: set[str] = set()
        for part in self.properties:
            if not part.max_points and (not part.finding or part.finding in told):
                continue  # an advice is about code that works
            worth = f"{part.points:3.1f} of {part.max_points:3.1f}"
            lines.append(f"  {worth if part.max_points else 'advice    '}  {part.title}")
            if part.finding:
                text = f"{part.case}\n{part.finding}".strip()
                text = "As above." if part.finding in told else text
                told.add(part.finding)
                lines += [f"{' ' * 14}{line}" for line in wrapped(text)]
        if self.section and self.points < self.max_points:
            lines.append(f"  Read again: {self.section}.")
        return "\n".join(lines)


def nothing(exercise: Judged, reason: str) -> Verdict:
    """Return the verdict of an exercise that could not be judged."""
    part = PropertyVerdict("all", "not judged", 0.0, exercise.max_points, reason)
    return Verdict(exercise.name, (part,))


def judge(exercise: Judged, place: Workplace, seed: int, model: Model | None = None) -> Verdict:
    """Judge one exercise; the same seed draws the same hidden inputs.

    Without a model solution, points are the same, but misconceptions are not recognised.
    """
    if not isinstance(exercise, CodeExercise):
        with place.branch() as bench:
            try:
                given = bench.read(exercise.name)
            except UnusableError as error:
                return nothing(exercise, str(error))
        if isinstance(exercise, AnswerExercise):
            return _judge_answers(exercise, given)
        return _judge_choice(exercise, given)
    expert = expert_on(exercise, model)
    verdicts: list[PropertyVerdict] = []
    idle: set[str] = set()
    timeouts = 0
    parts = list(exercise.properties)
    while parts and timeouts < _TIMEOUTS_BORNE:
        # A call that ends its process costs the property it belongs to, not the next ones.
        with place.branch() as bench:
            while parts and not bench.ended and timeouts < _TIMEOUTS_BORNE:
                part = parts.pop(0)
                if _idle(expert.cases(part, seed)[0]):
                    idle.add(part.key)
                verdict, timed_out = _judge_property(exercise, part, bench, seed, expert)
                timeouts += timed_out
                verdicts.append(verdict)
    reason = "Not tried any more, because of the calls above that did not end."
    verdicts += [PropertyVerdict(part.key, part.title, 0.0, part.points, reason) for part in parts]
    return Verdict(exercise.name, _without_idle(verdicts, idle), str(exercise.section))


def _idle(trials: Sequence[Trial]) -> bool:
    """Whether a function that does nothing passes: it leaves its arguments alone."""
    aspects = {aspect for trial in trials for aspect in trial.aspects}
    return "untouched" in aspects and "values" not in aspects


def _without_idle(
    verdicts: Sequence[PropertyVerdict], idle: Set[str]
) -> tuple[PropertyVerdict, ...]:
    """Take back what a function that does nothing has earned, if nothing else was earned."""
    if any(verdict.points for verdict in verdicts if verdict.key not in idle):
        return tuple(verdicts)
    return tuple(
        replace(verdict, points=0.0, finding=verdict.finding or _LATER) for verdict in verdicts
    )


def _judge_property(
    exercise: CodeExercise, part: Property, bench: Bench, seed: int, expert: Expert
) -> tuple[PropertyVerdict, bool]:
    """Return the verdict, and whether a call timed out."""
    trials, cases = expert.cases(part, seed)
    tries = try_cases(cases, bench)
    timed_out = tries[-1][1].timed_out
    for number, (case, tried) in enumerate(tries):
        verdict = trials[number].verdict
        if verdict is None:
            text, names = _explained(part, tries, number, seed, expert)
        else:
            text, names = tried.problem or verdict(tried), ()
        if text:
            if tried.problem and tried.failed not in own_calls(exercise.name, case):
                text += f"\n{exercise.name} can be judged when {tried.failed} works."
            lost = PropertyVerdict(part.key, part.title, 0.0, part.points, text, case.about, names)
            return lost, timed_out
    return PropertyVerdict(part.key, part.title, part.points, part.points), timed_out


def _explained(
    part: Property,
    tries: Sequence[tuple[Case, Attempt]],
    number: int,
    seed: int,
    expert: Expert,
) -> tuple[str, tuple[str, ...]]:
    """Say what is wrong with a try, and which mistakes explain it; empty if nothing is."""
    text, _ = explain(tries, number, ())
    if not text or tries[number][1].raised[:1] == ("NotImplementedError",):
        return text, ()
    trials, _ = expert.cases(part, seed)
    compared = [place for place, trial in enumerate(trials[: len(tries)]) if trial.verdict is None]
    comparable = [tries[place] for place in compared]
    return explain(comparable, compared.index(number), expert.known)


def _judge_answers(exercise: AnswerExercise, given: Any) -> Verdict:
    given = given if isinstance(given, dict) else {}
    verdicts = []
    for letter, right in exercise.answers.items():
        answer = given.get(letter)
        if isinstance(answer, float) and answer.is_integer():
            answer = int(answer)
        if not isinstance(answer, int) or isinstance(answer, bool):
            finding = "No answer, or none that is an integer."
        elif answer == right:
            finding = ""
        else:
            slip = (exercise.slips or {}).get(letter, {}).get(answer, "")
            finding = f"{answer} is not right." + (f" Likely cause: {slip}." if slip else "")
        earned = 0.0 if finding else exercise.points_each
        verdicts.append(
            PropertyVerdict(letter, f"problem {letter}", earned, exercise.points_each, finding)
        )
    return Verdict(exercise.name, tuple(verdicts), str(exercise.section))


def _judge_choice(exercise: ChoiceExercise, given: Any) -> Verdict:
    answer = given.strip().lower() if isinstance(given, str) else ""
    if answer not in exercise.why:
        finding = f"No answer: expected one of the letters {', '.join(exercise.letters)}."
    elif answer == exercise.right:
        finding = ""
    else:
        finding = f"{answer} is not right: {exercise.why[answer]}"
    earned = 0.0 if finding else exercise.max_points
    part = PropertyVerdict("answer", "the answer", earned, exercise.max_points, finding)
    return Verdict(exercise.name, (part,), str(exercise.section))
