"""What the exercises of ps1_vanishing_gradients share: ways to describe and to draw a case."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcore.checks.plans import Attempt, Call, Result
from dlgrader.cases import decided, public, values
from dlgrader.declarations import Property, Task

Array = NDArray[np.float64]
Generator = np.random.Generator

_PRINTED_IN_FULL = 12


def shown(name: str, value: Any) -> str:
    """Return "name = value", or the shape of an array that is too large to be read.

    >>> shown("x", np.array([1.0, -2.0]))
    'x = [ 1. -2.]'
    >>> shown("x", np.zeros((4, 5)))
    'x of shape (4, 5)'
    """
    if isinstance(value, float):
        return f"{name} = {value:.6g}"
    if not isinstance(value, np.ndarray):
        return f"{name} = {value}"
    if value.size > _PRINTED_IN_FULL:
        return f"{name} of shape {value.shape}"
    rows = np.array2string(value, precision=4, max_line_width=70).split("\n")
    return f"{name} = " + " ".join(row.strip() for row in rows)


def elementwise(name: str) -> Task:
    """Return the task of a function of x that works number by number."""
    return Task(
        name=name,
        arguments=("x",),
        plan=lambda x: (Call(name, (x,)),),
        results={name: Result(0)},
        describe=lambda x: shown("x", x),
    )


def numbers(rng: Generator, *size: int, largest: float = 6.0) -> Array:
    """Return numbers of both signs, none of them close to 0."""
    sign = rng.permutation(np.arange(np.prod(size, dtype=int)) % 2).reshape(size) * 2 - 1
    return rng.uniform(0.3, largest, size) * sign


def integers(rng: Generator, *size: int) -> Array:
    """Return integers of both signs, none of them 0."""
    return np.sign(numbers(rng, *size)).astype(int) * rng.integers(1, 5, size)


def no_overflow(task: Task) -> Property:
    """Return the advice, which costs nothing, to do without numbers that overflow."""
    return Property(
        "advice",
        "no overflow on the way",
        0.0,
        lambda _rng: [decided(task, _overflow, np.array([-9_000.0, -1.0, 9_000.0]))],
    )


def _overflow(attempt: Attempt) -> str:
    if "overflow" not in attempt.printed:
        return ""
    return (
        "The result is right, but NumPy warns of an overflow on the way. exp(−|x|) lies between 0 "
        "and 1 and never overflows; both halves of the function can be written with it."
    )


def smooth(task: Task) -> tuple[Property, ...]:
    """Return the properties of a smooth function; all have to cope with the same inputs."""
    return (
        Property(
            "values",
            "arrays of any shape",
            1.5,
            lambda rng: [
                values(task, numbers(rng, 5)),
                values(task, numbers(rng, 30, largest=12.0)),
                values(task, numbers(rng, 3, 4)[::2, ::-1]),
                values(task, numbers(rng, 2, 3, 2, 2)),
                values(task, np.asfortranarray(numbers(rng, 4, 3).astype(np.float32))),
            ],
        ),
        Property(
            "numbers",
            "Python's numbers",
            0.5,
            lambda rng: [values(task, float(x)) for x in (*numbers(rng, 4, largest=3.0), 0.0)],
        ),
        Property(
            "integers",
            "integers, the result still has decimal places",
            0.5,
            lambda rng: [
                values(task, integers(rng, 6)),
                values(task, integers(rng, 2, 3).astype(np.int32)),
                values(task, 1),
                values(task, -2),
            ],
        ),
        Property(
            "large",
            "large numbers, up to ±10,000",
            1.0,
            lambda rng: [
                values(task, np.array([-10_000.0, -1.5, 0.0, 10_000.0])),
                values(task, np.array([[1.25, 800.0], [-800.0, -36.0]])),
                values(task, rng.permutation([-10_000.0, -90.0, 0.5, 90.0]).astype(np.float32)),
                values(task, np.array([-10_000, 0, 10_000])),
                values(task, 10_000.0),
                values(task, -10_000.0),
                values(task, 0.0),
            ],
        ),
        Property(
            "untouched",
            "x stays as it was",
            0.5,
            lambda rng: [
                public(task, numbers(rng, 6, largest=3.0)),
                public(task, numbers(rng, 2, 3)),
            ],
        ),
        no_overflow(task),
    )
