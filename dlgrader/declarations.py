"""What an assignment's exercises are worth, and how each point is earned: plain declarations.

An exercise is a list of properties, each with its points and its hidden cases. A case holds the
calls to make of the learner's functions and, apart from them, how to judge what came of them. Only
the calls need to reach the learner's process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dlcore.checks.calling import Attempt, Call, Result
from dlcore.checks.reporting import Seen


@dataclass(frozen=True)
class Case:
    """One hidden case.

    Attributes
    ----------
    about : str
        The case in words, for the report.
    calls : tuple of Call
        The learner's functions and the arguments that they get.
    results : dict of Result
        The arrays to bring back, by name.
    finding : callable
        Takes the `Attempt` and what was seen in the property's other cases; returns what is wrong
        in a sentence or more, or an empty string.
    args : tuple
        The arguments of the task, if the arrays are its results; they help to explain others.
    """

    about: str
    calls: tuple[Call, ...]
    results: Mapping[str, Result]
    finding: Callable[[Attempt, Sequence[Seen]], str]
    args: tuple[object, ...] = ()


@dataclass(frozen=True)
class Property:
    """Something that is right or not, its points, and the cases that show it."""

    title: str
    points: float
    cases: Callable[[np.random.Generator], Sequence[Case]]


@dataclass(frozen=True)
class CodeExercise:
    """A function to write; `name` is also the id of its cell in the notebook."""

    name: str
    properties: tuple[Property, ...]

    @property
    def max_points(self) -> float:
        """Points for everything right."""
        return sum(part.points for part in self.properties)


@dataclass(frozen=True)
class AnswerExercise:
    """A dict of integer answers to fill in; each right one earns `points_each`."""

    name: str
    answers: Mapping[str, int]
    points_each: float

    @property
    def max_points(self) -> float:
        """Points for everything right."""
        return self.points_each * len(self.answers)


@dataclass(frozen=True)
class Written:
    """A question that a person grades; the rubric stands in the notebook's source."""

    name: str
    max_points: float


@dataclass(frozen=True)
class Assignment:
    """All exercises of a notebook; `seed` fixes the hidden inputs."""

    name: str
    seed: int
    exercises: tuple[CodeExercise | AnswerExercise, ...]
    written: tuple[Written, ...]

    @property
    def max_points(self) -> float:
        """Points of the whole notebook."""
        return sum(part.max_points for part in (*self.exercises, *self.written))

    def exercise(self, name: str) -> CodeExercise | AnswerExercise:
        """Return the exercise of that name."""
        for exercise in self.exercises:
            if exercise.name == name:
                return exercise
        known = ", ".join(exercise.name for exercise in self.exercises)
        raise ValueError(f"{self.name} has no exercise {name!r}; it has {known}")
