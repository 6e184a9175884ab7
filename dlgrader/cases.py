"""The usual kinds of hidden cases, made from a task and its arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dlcore.checks.calling import Attempt, Call, Result
from dlcore.checks.comparing import difference, tolerance
from dlcore.checks.reporting import Seen, Task, changed_arguments, findings, not_integers
from dlgrader.declarations import Case


def values(task: Task, *args: Any, names: Sequence[str] = ()) -> Case:
    """Return a case in which the results called `names` (by default all) must be right."""
    return Case(
        task.describe(args),
        task.plan(*args),
        task.results,
        lambda tried, seen: findings(task, args, tried, seen, names),
        args,
    )


def shape(task: Task, *args: Any) -> Case:
    """Return a case in which only the shapes of the results must be right."""

    def finding(tried: Attempt, _seen: Sequence[Seen]) -> str:
        return _unusable(tried) or _wrong_shape(task, args, tried)

    return Case(task.describe(args), task.plan(*args), task.results, finding)


def integer(task: Task, *args: Any) -> Case:
    """Return a case in which the result must be of an integer type."""

    def finding(tried: Attempt, _seen: Sequence[Seen]) -> str:
        return _unusable(tried) or not_integers(task, tried)

    return Case(task.describe(args), task.plan(*args), task.results, finding)


def untouched(task: Task, *args: Any) -> Case:
    """Return a case in which no argument may be changed, and the shapes must be right."""

    def finding(tried: Attempt, _seen: Sequence[Seen]) -> str:
        return (
            _unusable(tried)
            or _wrong_shape(task, args, tried)
            or changed_arguments(task, args, tried)
        )

    return Case(task.describe(args), task.plan(*args), task.results, finding)


def raises(task: Task, error: str, *args: Any) -> Case:
    """Return a case in which an exception of class `error` must be raised."""

    def finding(tried: Attempt, _seen: Sequence[Seen]) -> str:
        if error in tried.raised:
            return ""
        came = tried.problem or f"returned {tried.arrays.get('size', 'something else')}"
        return f"expected a {error}; {came}"

    return Case(task.describe(args), task.plan(*args), task.results, finding)


def exactly(call: Call, name: str, expected: Any) -> Case:
    """Return a case in which one call must return `expected`; for calls that use the defaults."""

    def finding(tried: Attempt, _seen: Sequence[Seen]) -> str:
        if _unusable(tried):
            return _unusable(tried)
        return difference(name, tried.arrays[name], np.asarray(expected), tolerance(*call.args))

    about = f"{call.function}({', '.join(map(str, call.args))})"
    return Case(about, (call,), {name: Result(0)}, finding)


_KEEP = (
    "Keep all that the backward pass needs in the cache (no global variables), "
    "and do not change the cache in the backward pass."
)


def repeatable(task: Task, args: Sequence[Any], other: Sequence[Any]) -> Case:
    """Return a case in which a backward pass must not depend on what was called in between.

    After a forward and backward pass with `args`, another forward pass with `other` is made; then
    the first backward pass is repeated twice. Whether its results are right is judged elsewhere.
    """
    forward, backward = task.plan(*args)
    between = task.plan(*other)[0]
    first = (forward, backward, between)
    calls = (*first, backward, backward)
    results: dict[str, Result] = {}
    for name, result in task.results.items():
        for label, call in (
            (name, 1),
            (f"{name} after another forward pass", 3),
            (_again(name), 4),
        ):
            results[label] = Result(call, result.item)

    def finding(tried: Attempt, _seen: Sequence[Seen]) -> str:
        if tried.problem and tried.completed >= len(first):
            return f"{tried.problem}\nThe first call of {backward.function} went well. {_KEEP}"
        if _unusable(tried):
            return _unusable(tried)
        if not any(np.any(tried.arrays[name]) for name in task.results):
            return "all gradients are 0, so nothing can be said"
        texts = [
            difference(label, tried.arrays[label], tried.arrays[name], tolerance(*args))
            for name in task.results
            for label in (f"{name} after another forward pass", _again(name))
        ]
        found = next((text for text in texts if text), "")
        return found and f"{found}\n{_KEEP}"

    return Case(task.describe(args), calls, results, finding)


def _again(name: str) -> str:
    return f"{name} at the second call with the same cache"


def _unusable(tried: Attempt) -> str:
    if tried.problem:
        return tried.problem
    return "\n".join(f"{name} is {what}" for name, what in tried.unusable.items())


def _wrong_shape(task: Task, args: Sequence[Any], tried: Attempt) -> str:
    expected: Mapping[str, np.ndarray] = task.expected(args)
    return "\n".join(
        f"{name} has shape {tried.arrays[name].shape}, expected {right.shape}"
        for name, right in expected.items()
        if tried.arrays[name].shape != right.shape
    )
