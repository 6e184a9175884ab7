"""What is declared of an assignment: one declaration for each exercise, in plain data.

From a declaration come the cells of the notebook, the check cell's cases, the judge's hidden cases,
the feedback, the book's exercise page and the tests. The statement and the model solution stand as
text in ``solutions/``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlcore.checks.comparing import tolerance
from dlcore.checks.plans import After, Attempt, Call, Given, Result

Argument = str
Results = Mapping[str, Result | After | Given]


@dataclass(frozen=True)
class Section:
    """A section of the book.

    Attributes
    ----------
    number : str
        Such as "4.1"; a chapter's first page has the chapter's number alone.
    title : str
        The heading that is meant.
    page : str
        File in the book without its ending, such as "ch4/convolution".
    """

    number: str
    title: str
    page: str

    def __str__(self) -> str:
        """Name the section in a sentence."""
        return f"chapter {self.number}, “{self.title}”"


@dataclass(frozen=True)
class Task:
    """How arguments become calls, and calls results.

    Attributes
    ----------
    name : str
        The function or class that the learner writes.
    arguments : tuple of str
        Names of all that goes in; for a backward pass the arguments of the forward pass, too.
    plan : callable
        Turns the arguments into calls of the learner's functions.
    results : mapping, or callable
        What is brought back, by name; a callable makes it of the arguments.
    view : str
        What is compared, see `dlcore.checks.views`.
    expected : callable, optional
        Takes the arguments and returns the right features, where they do not come from running
        the reference.
    rtol : float, optional
        Allowed difference; by default it follows from the dtypes of the arguments.
    may_change : tuple of (str, int or str)
        Function and argument that is meant to be changed.
    describe : callable, optional
        Takes the arguments and returns the case in words.
    """

    name: str
    arguments: tuple[Argument, ...]
    plan: Callable[..., tuple[Call, ...]]
    results: Results | Callable[..., Results]
    view: str = "arrays"
    expected: Callable[..., Mapping[str, Any]] | None = None
    rtol: float | None = None
    may_change: tuple[tuple[str, int | str], ...] = ()
    describe: Callable[..., str] | None = None

    def results_of(self, args: Sequence[Any]) -> Results:
        """Return what is brought back for these arguments."""
        return self.results(*args) if callable(self.results) else self.results

    def tolerance_of(self, args: Sequence[Any]) -> float:
        """Return the allowed difference for these arguments."""
        return tolerance(*args) if self.rtol is None else self.rtol

    def about(self, args: Sequence[Any]) -> str:
        """Name the arguments; of an array, its shape."""
        if self.describe is not None:
            return self.describe(*args)
        return ", ".join(
            f"{name} of shape {value.shape}"
            if isinstance(value, np.ndarray)
            else f"{name} = {value}"
            for name, value in zip(self.arguments, args, strict=True)
        )


@dataclass(frozen=True)
class Trial:
    """A task, arguments, and what has to be right; see `dlcore.checks.cases.Case`.

    Make one with the functions of `dlgrader.cases`.

    Attributes
    ----------
    verdict : callable, optional
        Takes the `Attempt` and returns what is wrong, where comparing with the reference is not
        enough.
    """

    task: Task
    args: tuple[Any, ...]
    aspects: tuple[str, ...] = ("values",)
    names: tuple[str, ...] = ()
    about: str = ""
    hint: str = ""
    verdict: Callable[[Attempt], str] | None = None


@dataclass(frozen=True)
class Property:
    """Something that is right or not, its points, and the hidden cases that show it.

    Attributes
    ----------
    key : str
        A short name, unique in the exercise.
    title : str
        What the learner reads.
    points : float
        0 for a piece of advice, which costs nothing.
    trials : callable
        Draws the cases.
    """

    key: str
    title: str
    points: float
    trials: Callable[[np.random.Generator], Sequence[Trial]]


@dataclass(frozen=True)
class Mistake:
    """A misconception: a realistic wrong answer, and what a tutor would say about it.

    Attributes
    ----------
    name : str
        Short, such as "no-bias-correction".
    says : str
        Completes "Likely cause: …"; names the thought that went wrong without giving the code.
    edits : tuple of (str, str)
        What is replaced in the model solution, and by what; each old text stands there once.
    source : str
        The whole cell instead of edits.
    loses : tuple of str
        Keys of the properties that it must cost.
    """

    name: str
    says: str
    edits: tuple[tuple[str, str], ...] = ()
    source: str = ""
    loses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Alternative:
    """A different right answer: edits of the model solution, or a whole cell."""

    name: str
    edits: tuple[tuple[str, str], ...] = ()
    source: str = ""


@dataclass(frozen=True, eq=False)
class CodeExercise:
    """A function or class to write; `name` is also the id of its cell in the notebook.

    Attributes
    ----------
    name, title : str
        The title is the heading in the notebook.
    signature : str
        As in the starter cell.
    minutes : int
    section : Section
    functions : tuple of str
        What the plans call by name, in the order in which the check cell passes it.
    reference : dict
        The right functions by name, made of `dlcore`, independent of the model solution.
    public : tuple of Trial
        The cases of the check cell.
    properties : tuple of Property
    mistakes : tuple of Mistake
    alternatives : tuple of Alternative
    bonus : bool
        Points beyond those of the assignment.
    """

    name: str
    title: str
    signature: str
    minutes: int
    section: Section
    functions: tuple[str, ...]
    reference: Mapping[str, Any]
    public: tuple[Trial, ...]
    properties: tuple[Property, ...]
    mistakes: tuple[Mistake, ...]
    alternatives: tuple[Alternative, ...]
    bonus: bool = False

    @property
    def max_points(self) -> float:
        """Points for everything right."""
        return sum(part.points for part in self.properties)


@dataclass(frozen=True)
class AnswerExercise:
    """A dict of integer answers to fill in; each right one earns `points_each`.

    Attributes
    ----------
    check : str
        Arguments of the check cell.
    slips : dict of dict
        For an answer's letter what a tutor would say about a certain wrong number.
    """

    name: str
    title: str
    minutes: int
    section: Section
    answers: Mapping[str, int]
    points_each: float
    check: str = ""
    slips: Mapping[str, Mapping[int, str]] | None = None

    @property
    def max_points(self) -> float:
        """Points for everything right."""
        return self.points_each * len(self.answers)


@dataclass(frozen=True)
class ChoiceExercise:
    """A question with one right letter.

    Attributes
    ----------
    why : dict of str
        For every letter, the right one too, why it is right or wrong; stands in the feedback.
    """

    name: str
    title: str
    minutes: int
    section: Section
    right: str
    why: Mapping[str, str]
    max_points: float

    @property
    def letters(self) -> str:
        """All letters."""
        return "".join(self.why)


@dataclass(frozen=True)
class Written:
    """A question that a person grades.

    Attributes
    ----------
    rubric : tuple of (float, str)
        Points, and what they are given for; together `max_points`.
    model : str
        A model answer; only the instructor's version shows it.
    """

    name: str
    title: str
    minutes: int
    section: Section
    rubric: tuple[tuple[float, str], ...]
    model: str

    @property
    def max_points(self) -> float:
        """Points for everything right."""
        return sum(points for points, _ in self.rubric)


Judged = CodeExercise | AnswerExercise | ChoiceExercise
Exercise = Judged | Written


def is_bonus(exercise: Exercise) -> bool:
    """Whether an exercise's points come on top of those of the assignment."""
    return isinstance(exercise, CodeExercise) and exercise.bonus


@dataclass(frozen=True)
class Assignment:
    """All exercises of a notebook, in its order; `seed` fixes the hidden inputs."""

    name: str
    title: str
    seed: int
    exercises: tuple[Exercise, ...]

    @property
    def max_points(self) -> float:
        """Points of the whole notebook; bonus points are not counted."""
        return sum(part.max_points for part in self.exercises if not is_bonus(part))

    @property
    def judged(self) -> tuple[Judged, ...]:
        """The exercises that the judge decides."""
        return tuple(part for part in self.exercises if not isinstance(part, Written))

    @property
    def code(self) -> tuple[CodeExercise, ...]:
        """The exercises in which code is written."""
        return tuple(part for part in self.exercises if isinstance(part, CodeExercise))

    @property
    def written(self) -> tuple[Written, ...]:
        """The questions that a person grades."""
        return tuple(part for part in self.exercises if isinstance(part, Written))

    def exercise(self, name: str) -> Exercise:
        """Return the exercise of that name."""
        for exercise in self.exercises:
            if exercise.name == name:
                return exercise
        known = ", ".join(exercise.name for exercise in self.exercises)
        raise ValueError(f"{self.name} has no exercise {name!r}; it has {known}")
