"""What the two penalties have in common: tasks, public cases, properties."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dlcore.checks.plans import Call, Result
from dlgrader.cases import public, untouched, values
from dlgrader.declarations import Property, Task, Trial
from dlgrader.exercises.ps3_overfitting.draw import alive, numbers, of_shapes, told

_MATRIX = np.array([[1.0, -2.0], [0.5, -4.0]])
_VECTOR = np.array([3.0, -1.5, 2.0])
_FILTERS = np.array([[[[1.0, -1.0], [2.0, -3.0]]]])


def task_of(name: str) -> Task:
    """Return the task of a penalty."""
    return Task(
        name=name,
        arguments=("weights", "lam"),
        plan=lambda weights, lam: (Call(name, (weights, lam)),),
        results={"penalty": Result(0)},
        describe=told("weights", "lam"),
    )


def _by_name(task: Task) -> Task:
    return replace(
        task,
        plan=lambda weights, lam: (Call(task.name, kwargs={"lam": lam, "weights": weights}),),
        describe=lambda *args: f"{told('weights', 'lam')(*args)}, both passed by name",
    )


def public_cases(task: Task) -> tuple[Trial, ...]:
    """Return the cases of a penalty's check cell."""
    return (
        public(task, [_MATRIX], 1.0),
        public(task, [_MATRIX, _VECTOR], 1.0),
        public(task, [_MATRIX, _VECTOR], 0.1),
        public(task, [_FILTERS, _VECTOR, _MATRIX], 0.5),
        public(task, [], 0.5, hint="A sum without terms is 0."),
        public(_by_name(task), [_VECTOR], 0.2),
    )


def properties(task: Task, one: str) -> tuple[Property, ...]:
    """Return the properties of a penalty; `one` says what is right for a single array."""
    # The tolerance of float32: that of a list is not found by itself.
    narrow = replace(task, rtol=1e-4)
    return (
        Property(
            "one",
            one,
            1.5,
            lambda rng: [
                values(task, [numbers(rng, 3, 4)], 1.0),
                values(task, [-np.abs(numbers(rng, 5))], 1.0),
            ],
        ),
        Property(
            "several",
            "all arrays of the list, of any shapes",
            2.0,
            lambda rng: [
                values(task, of_shapes(rng, [(2, 3), (3, 4), (4, 2)]), 1.0),
                values(task, of_shapes(rng, [(6,), (2, 3, 2, 2), (3, 1), (1, 1)]), 1.0),
            ],
        ),
        Property(
            "strength",
            "times λ, also if λ is 0 or an integer",
            2.0,
            lambda rng: [
                values(task, of_shapes(rng, [(2, 3), (4,)]), 0.3),
                values(task, of_shapes(rng, [(3, 2)]), 3),
                values(task, of_shapes(rng, [(3, 2), (2, 2)]), np.float64(0.02)),
                values(task, of_shapes(rng, [(2, 2)]), 0),
            ],
        ),
        Property(
            "dtypes",
            "float32, Fortran-ordered arrays, large and small weights",
            0.5,
            lambda rng: [
                values(narrow, [numbers(rng, 20, 5).astype(np.float32)], 1.0),
                values(task, [numbers(rng, 4, 3).T, numbers(rng, 2, 3, 4).T], 1.0),
                values(task, [1e5 * numbers(rng, 3, 3), 1e-2 * numbers(rng, 4)], 1.0),
            ],
        ),
        Property(
            "empty",
            "0 for an empty list",
            1.0,
            lambda rng: [values(task, [], 0.7), alive(task, [numbers(rng, 2, 2)], 0.7)],
        ),
        Property(
            "keywords",
            "arguments by name",
            0.5,
            lambda rng: [values(_by_name(task), of_shapes(rng, [(2, 3), (3,)]), 1.0)],
        ),
        Property(
            "untouched",
            "the weights stay as they were",
            0.5,
            lambda rng: [
                untouched(task, of_shapes(rng, [(2, 3), (3,)]), 0.5),
                alive(task, of_shapes(rng, [(2, 3), (3,)]), 0.5),
            ],
        ),
    )
