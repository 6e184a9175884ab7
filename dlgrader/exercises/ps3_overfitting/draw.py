"""Random arguments for the hidden cases of ps3_overfitting, and what its tasks have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dlcore.checks.plans import Attempt
from dlgrader.cases import decided
from dlgrader.declarations import Section, Task, Trial

Array = np.ndarray[Any, Any]
Generator = np.random.Generator

NORMS = Section("3.1", "Norms and penalties", "ch3/penalties")
DECAY = Section("3.1", "Weight decay in a network", "ch3/penalties")
MASK = Section("3.2", "The mask, in two forms", "ch3/dropout")

_SHOWN = 12

DEAD = "0 everywhere, or what was handed over"


def numbers(rng: Generator, *shape: int) -> Array:
    """Return numbers of both signs, none of them near 0, with two decimals."""
    return rng.integers(20, 200, shape) / 100 * rng.choice([-1.0, 1.0], shape)


def in_words(value: Any) -> str:
    """Return a small array in full, of a large one the shape."""
    if isinstance(value, np.ndarray):
        shown = value.size <= _SHOWN
        return in_words(value.tolist()) if shown else f"an array of shape {value.shape}"
    if isinstance(value, list):
        return f"[{', '.join(in_words(item) for item in value)}]"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def told(*names: str) -> Callable[..., str]:
    """Return a function that describes the arguments of these names."""

    def describe(*args: Any) -> str:
        return ", ".join(
            f"{name} = {in_words(value)}" for name, value in zip(names, args, strict=False)
        )

    return describe


def alive(task: Task, *args: Any) -> Trial:
    """Return a case that a function passes which does anything at all.

    It stands beside a case that nothing, or the argument handed back, would pass.
    """
    given = [value for value in args if isinstance(value, np.ndarray)]

    def verdict(tried: Attempt) -> str:
        for name, array in tried.arrays.items():
            if not np.any(array) or any(np.array_equal(array, value) for value in given):
                return f"{name} is {DEAD}"
        return "; ".join(f"{name} is {why}" for name, why in tried.unusable.items())

    return decided(task, verdict, *args)


def of_shapes(rng: Generator, shapes: Sequence[tuple[int, ...]]) -> list[Array]:
    """Return a list of arrays of these shapes."""
    return [numbers(rng, *shape) for shape in shapes]
