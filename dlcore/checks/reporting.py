"""What an exercise asks for, how a wrong answer is recognised, and how to say it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlcore.checks.calling import SECONDS, Attempt, Call, Result, attempt
from dlcore.checks.comparing import difference, matches, tolerance

# `nbgrader validate` cuts its lines off a little above this.
_WIDTH = 80

Seen = tuple[Sequence[Any], Mapping[str, np.ndarray]]
"""The arguments of a task and the arrays that a learner's functions made of them."""


class CheckFailed(AssertionError):  # noqa: N818 (a check fails; it is no error of the program)
    """A check found something to mend. Jupyter shows the message alone, without a traceback.

    >>> print(CheckFailed("im2col: 2 of 6 cases are wrong"))
    im2col: 2 of 6 cases are wrong
    """

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines()


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that is often given.

    Attributes
    ----------
    says : str
        What a tutor would say; it completes "Likely cause: …".
    function : callable
        Takes the task's arguments and returns what this mistake leads to.
    """

    says: str
    function: Callable[..., Any]


@dataclass(frozen=True)
class Task:
    """A function that the learner writes, with the right answer and the usual wrong ones.

    Attributes
    ----------
    name : str
        The function's name.
    arguments : tuple of str
        Names of all that goes in; for a backward pass the arguments of the forward pass, too.
    plan : callable
        Turns the arguments into the calls of the learner's functions.
    results : dict of Result
        The arrays to compare: their names, and where in the plan they come from.
    reference : callable
        Takes the arguments and returns the right arrays, in the order of `results`.
    mistakes : sequence of Mistake
    integers : bool
        Whether the result must be of an integer type.
    """

    name: str
    arguments: tuple[str, ...]
    plan: Callable[..., tuple[Call, ...]]
    results: Mapping[str, Result]
    reference: Callable[..., Any]
    mistakes: Sequence[Mistake] = ()
    integers: bool = False

    def expected(self, args: Sequence[Any]) -> dict[str, np.ndarray]:
        """Return the right arrays by name."""
        return self._by_name(self.reference(*args))

    def _by_name(self, values: Any) -> dict[str, np.ndarray]:
        if len(self.results) == 1:
            values = (values,)
        return {name: np.asarray(v) for name, v in zip(self.results, values, strict=True)}

    def describe(self, args: Sequence[Any]) -> str:
        """Name the arguments; of an array, its shape."""
        return ", ".join(
            f"{name} of shape {value.shape}"
            if isinstance(value, np.ndarray)
            else f"{name} = {value}"
            for name, value in zip(self.arguments, args, strict=True)
        )

    def likely_cause(self, name: str, seen: Sequence[Seen]) -> str:
        """Look for the mistake that explains the result `name`; empty if none fits.

        The first attempt of `seen` is the wrong one to explain. A mistake that also explains all
        the others is called likely; one that explains the first alone, possible.
        """
        args, arrays = seen[0]
        possible = shape_only = ""
        for mistake in self.mistakes:
            wrong = self._mistaken(mistake, args, name)
            if wrong is None:
                continue
            if matches(arrays[name], wrong, tolerance(*args)):
                if all(self._explains(mistake, name, *other) for other in seen[1:]):
                    return f"Likely cause: {mistake.says}."
                possible = possible or f"On this case it looks as if {mistake.says}."
            elif wrong.shape == arrays[name].shape != self.expected(args)[name].shape:
                shape_only = shape_only or f"That shape comes out when {mistake.says}."
        return possible or shape_only

    def _mistaken(self, mistake: Mistake, args: Sequence[Any], name: str) -> np.ndarray | None:
        """Return what the mistake makes of `name`; None where it crashes or changes nothing."""
        try:
            wrong = self._by_name(mistake.function(*args))[name]
        except (ValueError, IndexError):
            return None
        right = self.expected(args)[name]
        return None if matches(wrong, right, tolerance(*args)) else wrong

    def _explains(
        self, mistake: Mistake, name: str, args: Sequence[Any], arrays: Mapping[str, np.ndarray]
    ) -> bool:
        if name not in arrays:
            return True
        wrong = self._mistaken(mistake, args, name)
        if wrong is None:
            wrong = self.expected(args)[name]
        return matches(arrays[name], wrong, tolerance(*args))


def findings(
    task: Task,
    args: Sequence[Any],
    tried: Attempt,
    others: Sequence[Seen] = (),
    names: Sequence[str] = (),
) -> str:
    """Say what is wrong with an attempt at ``task.plan(*args)``; empty if nothing is.

    `others` are the arguments and arrays of further attempts, which help to find the cause;
    `names` are the results to look at, by default all.
    """
    if tried.problem:
        if tried.failed != task.name:
            return f"{tried.problem}\n{task.name} can be tried as soon as {tried.failed} works."
        return tried.problem
    expected = task.expected(args)
    texts = []
    for name in names or task.results:
        if name in tried.unusable:
            texts.append(f"{name} is {tried.unusable[name]}")
            continue
        text = difference(name, tried.arrays[name], expected[name], tolerance(*args))
        if text:
            cause = task.likely_cause(name, [(args, tried.arrays), *others])
            texts.append(f"{text}\n{cause}" if cause else text)
    return "\n".join(texts)


def changed_arguments(task: Task, args: Sequence[Any], tried: Attempt) -> str:
    """Say which arguments the learner's functions wrote into; empty if none."""
    names = {id(value): name for value, name in zip(args, task.arguments, strict=True)}
    changed = sorted(
        {
            f"{names[id(call.args[position])]} (an argument of {function})"
            for call in task.plan(*args)
            for function, position in tried.changed
            if call.function == function
        }
    )
    if not changed:
        return ""
    return (
        f"{' and '.join(changed)} holds other values after the call than before. "
        "Work on a copy: an argument belongs to the caller."
    )


def failure(*parts: str) -> CheckFailed:
    """Return the exception whose message is made of these parts, in lines of moderate length."""
    lines = [line for part in parts if part for line in part.splitlines()]
    return CheckFailed("\n".join(line if "[" in line else _wrapped(line) for line in lines))


def _wrapped(line: str) -> str:
    return textwrap.fill(line, _WIDTH, break_long_words=False, break_on_hyphens=False)


def not_integers(task: Task, tried: Attempt) -> str:
    """Say which results are of no integer type, if they must be; empty if all is well."""
    for name, array in tried.arrays.items():
        if task.integers and array.dtype.kind not in "iu":
            return (
                f"{name} is {array.item()}, of type {array.dtype}, but an integer is needed, "
                "because it counts positions: divide with //"
            )
    return ""


def check(
    task: Task,
    functions: Mapping[str, Any],
    cases: Sequence[tuple[Any, ...]],
    seconds: float = SECONDS,
) -> None:
    """Try the public cases in turn; raise `CheckFailed` at the first that goes wrong."""
    tries = []
    for args in cases:
        tries.append(attempt(task.plan(*args), task.results, functions, seconds))
        if tries[-1].timed_out:
            break
    for number, (args, tried) in enumerate(zip(cases, tries, strict=False), start=1):
        if tried.printed:
            print(tried.printed, end="" if tried.printed.endswith("\n") else "\n")
        others = [(a, t.arrays) for a, t in zip(cases, tries, strict=False) if t is not tried]
        text = (
            findings(task, args, tried, others)
            or not_integers(task, tried)
            or changed_arguments(task, args, tried)
        )
        if text:
            raise failure(f"{task.name}: case {number} of {len(cases)}", task.describe(args), text)
    print(f"{task.name}: all {len(cases)} public cases are right. The points come from others.")
