"""Tasks and hidden cases of ``dropout_forward``, whose results are random.

What is compared is made by the views of `dlcore.checks.masks`. A right submission is wronged with a
probability below 10⁻⁶ in all; ``tests/exercises/test_ps3.py`` adds it up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from dlcore.checks import masks
from dlcore.checks.plans import Attempt, Call, Given, Result, Seed
from dlgrader.cases import decided
from dlgrader.declarations import Task, Trial
from dlgrader.exercises.ps3_overfitting.draw import Array, Generator, told

SHARE_RTOL = 0.025
STATISTICS_RTOL = 0.04

_NAMES = ("x", "drop_rate")
_PAIR = {"out": Result(0, 0), "mask": Result(0, 1)}


def _training(x: Array, drop_rate: float, seed: int) -> tuple[Call, ...]:
    return (Call("dropout_forward", (x, drop_rate, Seed(seed), True)),)


def _described(where: str) -> Any:
    return lambda *args: f"{told(*_NAMES)(*args)}, {where}"


#: Training, where nothing is random: at the rate 0.
EXACT = Task(
    name="dropout_forward",
    arguments=(*_NAMES, "seed"),
    plan=_training,
    results=_PAIR,
    describe=_described("train = True"),
)
#: The same when the network is used.
INFERENCE = replace(
    EXACT,
    plan=lambda x, rate, seed: (Call("dropout_forward", (x, rate, Seed(seed), False)),),
    describe=_described("train = False"),
)
INFERENCE_BY_NAME = replace(
    EXACT,
    plan=lambda x, rate, seed: (
        Call(
            "dropout_forward",
            kwargs={"train": False, "rng": Seed(seed), "x": x, "drop_rate": rate},
        ),
    ),
    describe=_described("train = False, all passed by name"),
)
#: The values of a mask, and that it was used.
VALUES = replace(EXACT, results={**_PAIR, "x": Given(0, 0)}, view="mask_values")
VALUES_BY_NAME = replace(
    VALUES,
    plan=lambda x, rate, seed: (
        Call(
            "dropout_forward",
            kwargs={"drop_rate": rate, "train": True, "rng": Seed(seed), "x": x},
        ),
    ),
    results={**_PAIR, "x": Given(0, "x")},
    describe=_described("train = True, all passed by name"),
)
VALUES_BY_DEFAULT = replace(
    VALUES,
    plan=lambda x, rate, seed: (Call("dropout_forward", (x, rate, Seed(seed))),),
    describe=_described("train left out, so True"),
)


def _expected(x: Array, drop_rate: float, _seed: int) -> Mapping[str, float]:
    alike = drop_rate**2 + (1 - drop_rate) ** 2
    shares = (masks.SHARE, masks.SHARE_LARGE, masks.SHARE_SMALL)
    axes = [axis for axis, length in enumerate(x.shape) if length > 1]
    # The largest value is only looked at to tell mistakes apart, see `statistics_of`.
    return (
        dict.fromkeys(shares, drop_rate)
        | {masks.together(axis): alike for axis in axes}
        | {masks.HALVES: alike}
        | {masks.LARGEST: 1 / (1 - drop_rate)}
    )


def statistics_of(axes: int) -> tuple[str, ...]:
    """Return the names of what has to be right of a mask with so many axes."""
    shares = (masks.SHARE, masks.SHARE_LARGE, masks.SHARE_SMALL)
    return (*shares, *(masks.together(axis) for axis in range(axes)), masks.HALVES)


#: Whether elements are dropped independently.
STATISTICS = replace(VALUES, view="mask_statistics", rtol=STATISTICS_RTOL, expected=_expected)
#: How many are dropped; the one share that is known more exactly.
SHARE = replace(STATISTICS, rtol=SHARE_RTOL)

#: As `STATISTICS`; x is made in the notebook, from a small array, so that it need not be stored.
TILED = replace(
    STATISTICS,
    arguments=("tile", "repeats", "drop_rate", "seed"),
    plan=lambda tile, repeats, rate, seed: (
        Call("numpy.tile", (tile, repeats)),
        Call("dropout_forward", (Result(0), rate, Seed(seed), True)),
    ),
    results={"x": Result(0), "out": Result(1, 0), "mask": Result(1, 1)},
    expected=lambda tile, repeats, rate, seed: _expected(np.tile(tile, repeats), rate, seed),
    describe=lambda tile, repeats, rate, _seed: (
        f"x of shape {np.tile(tile, repeats).shape}, drop_rate = {rate:g}, train = True"
    ),
)


def _draws(shape: tuple[int, ...], drop_rate: float, seed: int) -> tuple[Call, ...]:
    """Draw five masks, with NumPy's global random numbers reset in between."""

    def draw(rng: Any) -> Call:
        return Call("dropout_forward", (Result(0), drop_rate, rng, True))

    return (
        Call("numpy.ones", (shape,)),
        Call("numpy.random.seed", (seed,)),
        draw(Seed(seed)),
        Call("numpy.random.seed", (seed + 1,)),
        draw(Seed(seed)),
        Call("numpy.random.seed", (seed,)),
        draw(Seed(seed + 1)),
        Call("numpy.random.default_rng", (seed + 2,)),
        draw(Result(7)),
        draw(Result(7)),
    )


def _differences(_shape: tuple[int, ...], drop_rate: float, _seed: int) -> Mapping[str, float]:
    one_of_two = 2 * drop_rate * (1 - drop_rate)
    return {
        masks.REPEATED: 0.0,
        masks.OTHER_SEED: one_of_two,
        masks.NEXT_CALL: one_of_two,
        masks.SHARE: drop_rate,
        masks.VARIES: 1.0,
    }


#: What has to be right of `DRAWS`; the rest is only looked at to tell mistakes apart.
DRAWN = (masks.REPEATED, masks.OTHER_SEED, masks.NEXT_CALL)


#: Whether the mask comes from the generator, and from nothing else.
DRAWS = Task(
    name="dropout_forward",
    arguments=("shape", "drop_rate", "seed"),
    plan=_draws,
    results={
        "mask": Result(2, 1),
        "mask again": Result(4, 1),
        "mask other": Result(6, 1),
        "mask first": Result(8, 1),
        "mask next": Result(9, 1),
    },
    view="mask_draws",
    rtol=STATISTICS_RTOL,
    expected=_differences,
    describe=lambda shape, rate, _seed: (
        f"five calls with an x of shape {shape}, drop_rate = {rate:g} and several generators"
    ),
)

#: Of these shapes, half of the elements is always a whole number.
COUNTED_SHAPES = tuple((10, columns) for columns in range(4, 28, 2))
#: Whether the number of zeros is left to chance, as it is if each element is.
COUNTS = replace(
    DRAWS,
    arguments=("drop_rate", "seed"),
    plan=lambda rate, seed: tuple(
        call
        for number, shape in enumerate(COUNTED_SHAPES)
        for call in (
            Call("numpy.ones", (shape,)),
            Call("dropout_forward", (Result(2 * number), rate, Seed(seed + number), True)),
        )
    ),
    results={f"mask {number}": Result(2 * number + 1, 1) for number in range(len(COUNTED_SHAPES))},
    expected=lambda _rate, _seed: {masks.VARIES: 1.0},
    describe=lambda rate, _seed: (
        f"{len(COUNTED_SHAPES)} calls with an x of shape {COUNTED_SHAPES[0]} to "
        f"{COUNTED_SHAPES[-1]}, drop_rate = {rate:g} and different generators"
    ),
)


def seed(rng: Generator) -> int:
    """Return a seed for a learner's generator."""
    return int(rng.integers(1, 10**6))


def drops(rng: Generator) -> Trial:
    """Return a case that a function passes which drops anything at all, and not everything."""

    def verdict(tried: Attempt) -> str:
        mask = tried.arrays.get("mask")
        if mask is None:
            return "; ".join(f"{name} is {why}" for name, why in tried.unusable.items())
        if not np.any(mask == 0):
            return "in training nothing is dropped"
        return "" if np.any(mask) else "everything is dropped"

    return decided(EXACT, verdict, rng.standard_normal((30, 40)), 0.5, seed(rng))
