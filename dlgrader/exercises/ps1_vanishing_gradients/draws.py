"""How random initial weights are judged: by their statistics, and by where they come from.

The numbers themselves are free. 40,000 or more are drawn each time and compared within 0.03, see
`dlcore.checks.views.weights`; that a right answer misses this by chance is computed in the tests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dlcore.checks.plans import Call, Result, Seed, Shared
from dlgrader.cases import values
from dlgrader.declarations import Property, Task, Trial
from dlgrader.exercises.ps1_vanishing_gradients.common import Generator

TOLERANCE = 0.03

MEAN = "mean of W (in standard deviations)"
DEVIATION = "standard deviation of W times √fan_in"
BEYOND = "part of W further out than one standard deviation"
TAILS = "heaviness of the tails of W (⁴√3 if normal)"
NEIGHBOURS = "correlation of neighbours in W"
DIFFERENT = "part of W that are different numbers"

_SIZES = ((160, 250), (400, 100), (120, 340))


def _about(fan_in: int, fan_out: int, seed: int) -> str:
    return f"fan_in = {fan_in}, fan_out = {fan_out}, rng = np.random.default_rng({seed})"


def _one_call(name: str) -> Callable[..., tuple[Call, ...]]:
    return lambda fan_in, fan_out, seed: (Call(name, (fan_in, fan_out, Seed(seed))),)


def shape_task(name: str) -> Task:
    """Return the task in which the shape is compared."""
    return Task(
        name=name,
        arguments=("fan_in", "fan_out", "seed"),
        plan=_one_call(name),
        results={"W": Result(0)},
        view="outlines",
        describe=_about,
    )


def statistics_task(name: str, gain: float) -> Task:
    """Return the task in which statistics are compared; the variance is gain / fan_in."""
    expected = {
        MEAN: 0.0,
        DEVIATION: np.sqrt(gain),
        BEYOND: 0.317311,
        TAILS: 3**0.25,
        NEIGHBOURS: 0.0,
        DIFFERENT: 1.0,
    }
    return Task(
        name=name,
        arguments=("fan_in", "fan_out", "seed"),
        plan=_one_call(name),
        results={"W": Result(0)},
        view="weights",
        expected=lambda *_: expected,
        rtol=TOLERANCE,
        describe=_about,
    )


def source_task(name: str) -> Task:
    """Return the task that shows whether the numbers come from rng."""

    def plan(fan_in: int, fan_out: int, seed: int) -> tuple[Call, ...]:
        rngs: tuple[Any, ...] = (
            Shared("rng", Seed(seed)),
            Seed(seed),
            Shared("rng"),
            Seed(seed + 1),
        )
        return tuple(Call(name, (fan_in, fan_out, rng)) for rng in rngs)

    return Task(
        name=name,
        arguments=("fan_in", "fan_out", "seed"),
        plan=plan,
        results={
            "W": Result(0),
            "W, same seed": Result(1),
            "W, same generator again": Result(2),
            "W, another seed": Result(3),
        },
        view="recurring",
        expected=lambda *_: {
            "part of “W, same seed” that equals W": 1.0,
            "part of “W, same generator again” that equals W": 0.0,
            "part of “W, another seed” that equals W": 0.0,
        },
        describe=lambda *args: f"{_about(*args)}, and again with the same and other generators",
    )


def global_task(name: str) -> Task:
    """Return the task that shows whether NumPy's global random state matters, or is changed."""

    def plan(fan_in: int, fan_out: int, seed: int) -> tuple[Call, ...]:
        return (
            Call("numpy.random.get_state"),
            Call("numpy.random.seed", (1,)),
            Call(name, (fan_in, fan_out, Seed(seed))),
            Call("numpy.random.random", (4,)),
            Call("numpy.random.seed", (1,)),
            Call("numpy.random.random", (4,)),
            Call("numpy.random.seed", (2,)),
            Call(name, (fan_in, fan_out, Seed(seed))),
            Call(name, (fan_in, fan_out, Seed(seed + 1))),
            Call("numpy.random.set_state", (Result(0),)),
        )

    return Task(
        name=name,
        arguments=("fan_in", "fan_out", "seed"),
        plan=plan,
        results={
            "W": Result(2),
            "W, other global state": Result(7),
            "W, another seed": Result(8),
            "global numbers": Result(5),
            "global numbers, after the call": Result(3),
        },
        view="recurring",
        expected=lambda *_: {
            "part of “W, other global state” that equals W": 1.0,
            "part of “W, another seed” that equals W": 0.0,
            "part of “global numbers, after the call” that equals global numbers": 1.0,
        },
        describe=lambda *args: f"{_about(*args)}, with np.random.seed called in between",
    )


def properties(name: str, gain: float, formula: str) -> tuple[Property, ...]:
    """Return the properties of an initialiser with the variance gain / fan_in."""
    shape, statistics = shape_task(name), statistics_task(name, gain)
    source, global_state = source_task(name), global_task(name)

    def drawn(rng: Generator, task: Task, *fans: int, names: tuple[str, ...] = ()) -> Trial:
        return values(task, *fans, int(rng.integers(1_000_000)), names=names)

    return (
        Property(
            "shape",
            "shape (fan_in, fan_out), every weight drawn for itself",
            1.0,
            lambda rng: [
                drawn(rng, shape, 4, 7),
                drawn(rng, shape, 6, 1),
                drawn(rng, shape, 1, 3),
                drawn(rng, statistics, *_SIZES[0], names=(NEIGHBOURS, DIFFERENT)),
            ],
        ),
        Property(
            "normal",
            "normally distributed around 0",
            1.0,
            lambda rng: [
                drawn(rng, statistics, *sizes, names=(MEAN, BEYOND, TAILS)) for sizes in _SIZES[:2]
            ],
        ),
        Property(
            "variance",
            f"variance {formula}",
            1.5,
            lambda rng: [drawn(rng, statistics, *sizes, names=(DEVIATION,)) for sizes in _SIZES],
        ),
        Property(
            "rng",
            "the same seed gives the same weights, a generator used further gives others",
            1.0,
            lambda rng: [drawn(rng, source, 5, 4), drawn(rng, source, 30, 20)],
        ),
        Property(
            "global",
            "NumPy's global random state plays no part",
            0.5,
            lambda rng: [drawn(rng, global_state, 5, 4)],
        ),
    )


def public_cases(name: str, gain: float) -> tuple[Trial, ...]:
    """Return the cases of the check cell."""
    return (
        values(shape_task(name), 3, 5, 0),
        values(statistics_task(name, gain), 250, 160, 0),
        values(global_task(name), 2, 3, 0),
        values(source_task(name), 2, 3, 0),
    )
