"""The judge: draws the hidden inputs, has the learner's functions applied, and gives the points.

The graded cell of a notebook calls `score`. It judges inside the learner's process; everything but
`InProcess` is written so that the functions can also run elsewhere.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from dlcore.checks.calling import Attempt, Call, Result, attempt
from dlcore.checks.comparing import as_plain_array
from dlgrader.declarations import AnswerExercise, Case, CodeExercise, Property
from dlgrader.exercises import load_assignment

_TIMEOUTS_BORNE = 2


class Runner(Protocol):
    """Where the learner's functions run."""

    def run(self, calls: Sequence[Call], results: Mapping[str, Result]) -> Attempt:
        """Make the calls and bring back the results that are named."""

    def read(self, name: str) -> Mapping[str, int]:
        """Return the integers of the dict called `name`; what is no integer is left out."""


class InProcess:
    """Runs the functions of a namespace, such as a notebook's, in this process."""

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace

    def run(self, calls: Sequence[Call], results: Mapping[str, Result]) -> Attempt:
        """Make the calls, unless one of the functions is the library's own."""
        for call in calls:
            function = self._namespace.get(call.function)
            if str(getattr(function, "__module__", "")).split(".")[0] == "dlcore":
                return Attempt(
                    problem=f"{call.function} is dlcore's own function; write one yourself.",
                    failed=call.function,
                )
        return attempt(calls, results, self._namespace)

    def read(self, name: str) -> Mapping[str, int]:
        """Return the integers of the dict called `name`; what is no integer is left out."""
        given = self._namespace.get(name)
        if not isinstance(given, dict):
            return {}
        found = {}
        for key, value in given.items():
            try:
                array = as_plain_array(value)
            except TypeError:
                continue
            if type(key) is str and array.ndim == 0 and array.dtype.kind in "iu":
                found[key] = int(array)
        return found


@dataclass(frozen=True)
class PropertyVerdict:
    """Points of one property; if they are not full, what was found, and in which case."""

    title: str
    points: float
    max_points: float
    finding: str = ""
    case: str = ""


@dataclass(frozen=True)
class Verdict:
    """Points of one exercise, property by property."""

    exercise: str
    properties: tuple[PropertyVerdict, ...]

    @property
    def max_points(self) -> float:
        """Points for everything right."""
        return float(sum(part.max_points for part in self.properties))

    @property
    def points(self) -> float:
        """Points earned: a plain float between 0 and `max_points`."""
        return min(max(float(sum(part.points for part in self.properties)), 0.0), self.max_points)

    def __str__(self) -> str:
        """Return the report that the learner reads in the feedback."""
        lines = [f"{self.exercise}: {self.points:g} of {self.max_points:g} points"]
        told: set[str] = set()
        for part in self.properties:
            lines.append(f"  {part.points:3.1f} of {part.max_points:3.1f}  {part.title}")
            if part.finding:
                text = f"{part.case}\n{part.finding}".strip()
                text = "As above." if part.finding in told else text
                told.add(part.finding)
                lines += [f"{' ' * 14}{line}" for line in text.splitlines()]
        return "\n".join(lines)


def judge(exercise: CodeExercise | AnswerExercise, runner: Runner, seed: int) -> Verdict:
    """Judge one exercise; the same seed draws the same hidden inputs."""
    if isinstance(exercise, AnswerExercise):
        return _judge_answers(exercise, runner)
    verdicts = []
    timeouts = 0
    for part in exercise.properties:
        if timeouts >= _TIMEOUTS_BORNE:
            case, finding = "", "Not tried any more, because of the endless loops above."
        else:
            key = zlib.crc32(f"{exercise.name}: {part.title}".encode())
            rng = np.random.default_rng([seed, key])
            case, finding, timed_out = _judge_property(part, runner, rng)
            timeouts += timed_out
        earned = 0.0 if finding else part.points
        verdicts.append(PropertyVerdict(part.title, earned, part.points, finding, case))
    return Verdict(exercise.name, tuple(verdicts))


def _judge_property(
    part: Property, runner: Runner, rng: np.random.Generator
) -> tuple[str, str, bool]:
    """Return the first case with a finding, the finding, and whether a call timed out."""
    tries: list[tuple[Case, Attempt]] = []
    for case in part.cases(rng):
        tries.append((case, runner.run(case.calls, case.results)))
        if tries[-1][1].timed_out:
            break
    timed_out = tries[-1][1].timed_out
    for case, tried in tries:
        seen = [(c.args, t.arrays) for c, t in tries if c.args and c is not case]
        finding = case.finding(tried, seen)
        if finding:
            return case.about, finding, timed_out
    return "", "", timed_out


def _judge_answers(exercise: AnswerExercise, runner: Runner) -> Verdict:
    given = runner.read(exercise.name)
    verdicts = []
    for letter, right in exercise.answers.items():
        if letter not in given:
            finding = "No answer, or none that is an integer."
        else:
            finding = "" if given[letter] == right else f"{given[letter]} is not right."
        earned = 0.0 if finding else exercise.points_each
        verdicts.append(PropertyVerdict(f"problem {letter}", earned, exercise.points_each, finding))
    return Verdict(exercise.name, tuple(verdicts))


def score(assignment: str, exercise: str, namespace: Mapping[str, Any]) -> float:
    """Judge an exercise in a notebook's namespace, print the report, return the points.

    nbgrader takes the number that a graded cell returns as the cell's points.
    """
    declared = load_assignment(assignment)
    verdict = judge(declared.exercise(exercise), InProcess(namespace), declared.seed)
    print(verdict)
    return verdict.points
