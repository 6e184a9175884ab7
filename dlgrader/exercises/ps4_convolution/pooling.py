"""Max pooling, forwards and backwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dlcore import convolution
from dlcore.checks.calling import Attempt
from dlcore.checks.ps4 import TASKS
from dlcore.checks.reporting import Seen
from dlgrader.cases import repeatable, untouched, values
from dlgrader.declarations import Case, CodeExercise, Property
from dlgrader.exercises.ps4_convolution.draw import Array, Generator, distinct

POOL, POOL_BACK = TASKS["max_pool_forward"], TASKS["max_pool_backward"]

max_pool_forward = CodeExercise(
    "max_pool_forward",
    (
        Property(
            "windows side by side, every image and channel on its own",
            1.5,
            lambda rng: [
                values(POOL, distinct(rng, 1, 1, 4, 6), 2, 2),
                values(POOL, distinct(rng, 3, 2, 6, 9), 3, 3),
            ],
        ),
        Property(
            "negative values",
            0.5,
            lambda rng: [values(POOL, -1 - rng.random((2, 2, 4, 4)), 2, 2)],
        ),
        Property(
            "a stride other than the window: overlaps, gaps, pixels left over",
            1.5,
            lambda rng: [
                values(POOL, distinct(rng, 2, 2, 5, 7), 3, 2),
                values(POOL, distinct(rng, 1, 2, 8, 7), 2, 3),
                values(POOL, distinct(rng, 1, 1, 5, 7), 2, 2),
            ],
        ),
        Property(
            "x stays as it was",
            0.5,
            lambda rng: [untouched(POOL, distinct(rng, 2, 2, 4, 4), 2, 2)],
        ),
    ),
)


def _pooled(rng: Generator, x: Array, pool: int, stride: int) -> tuple[Any, ...]:
    """Return random arguments of a forward and a backward pass."""
    out = convolution.max_pool_forward(x, pool, stride)[0]
    return x, pool, stride, 1 + rng.random(out.shape)


def _tied(x: Array, dout: Array) -> Case:
    """Return a case with equal maxima: their gradients are judged by their sum."""

    def finding(tried: Attempt, _seen: Sequence[Seen]) -> str:
        if tried.problem or tried.unusable:
            return tried.problem or f"dx is {tried.unusable['dx']}"
        dx = tried.arrays["dx"]
        if dx.shape != x.shape:
            return f"dx has shape {dx.shape}, expected {x.shape}"
        n, c, h, w = x.shape
        windows = x.reshape(n, c, h // 2, 2, w // 2, 2)
        top = windows.max(axis=(3, 5), keepdims=True)
        gradients = dx.reshape(windows.shape)
        if np.any(np.abs(gradients[windows < top]) > 1e-6):
            return "a pixel that is not a maximum of its window receives a gradient"
        sums = gradients.sum(axis=(3, 5))
        if not np.all(np.abs(sums - dout) < 1e-6):
            return (
                f"the gradients of the first window add up to {sums[0, 0, 0, 0]:g}, "
                f"expected {dout[0, 0, 0, 0]:g}: equal maxima share one gradient"
            )
        return ""

    about = f"{POOL_BACK.describe((x, 2, 2, dout))}, with equal maxima in the windows"
    return Case(about, POOL_BACK.plan(x, 2, 2, dout), POOL_BACK.results, finding)


max_pool_backward = CodeExercise(
    "max_pool_backward",
    (
        Property(
            "windows side by side: the gradient goes to the maximum",
            1.5,
            lambda rng: [
                values(POOL_BACK, *_pooled(rng, distinct(rng, 1, 1, 4, 6), 2, 2)),
                values(POOL_BACK, *_pooled(rng, distinct(rng, 3, 2, 6, 7), 3, 3)),
            ],
        ),
        Property(
            "a stride other than the window: a pixel that wins twice receives the sum",
            1.0,
            lambda rng: [
                values(POOL_BACK, *_pooled(rng, distinct(rng, 2, 2, 6, 7), 3, 1)),
                values(POOL_BACK, *_pooled(rng, distinct(rng, 1, 2, 8, 7), 2, 3)),
            ],
        ),
        Property(
            "equal maxima",
            0.5,
            lambda rng: [
                _tied(np.zeros((2, 1, 4, 4)), 1 + rng.random((2, 1, 2, 2))),
                _tied(1.0 * rng.integers(0, 2, (2, 2, 4, 6)), 1 + rng.random((2, 2, 2, 3))),
            ],
        ),
        Property(
            "the cache is enough: backward works twice, and after another forward pass",
            0.5,
            lambda rng: [
                repeatable(
                    POOL_BACK,
                    _pooled(rng, distinct(rng, 2, 2, 4, 4), 2, 2),
                    _pooled(rng, distinct(rng, 1, 3, 6, 6), 3, 3),
                )
            ],
        ),
        Property(
            "dout and x stay as they were",
            0.5,
            lambda rng: [untouched(POOL_BACK, *_pooled(rng, distinct(rng, 2, 2, 4, 4), 2, 2))],
        ),
    ),
)
