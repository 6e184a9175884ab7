"""``max_pool_backward``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dlcore import convolution
from dlcore.checks.plans import Attempt
from dlgrader.cases import decided, public, untouched, values
from dlgrader.declarations import CodeExercise, Property, Section, Trial
from dlgrader.exercises.ps4_convolution.draw import Array, Generator, counting, distinct, mixed
from dlgrader.exercises.ps4_convolution.max_pool_backward_answers import ALTERNATIVES, MISTAKES
from dlgrader.exercises.ps4_convolution.tasks import (
    KEEP,
    POOL_BACKWARD,
    POOL_BACKWARD_AGAIN,
    TIES,
    pooled,
)


def _gradients_of_maxima(x: Array, dout: Array) -> Callable[[Attempt], str]:
    """Return the verdict on 2 × 2 windows with equal maxima: only these share the gradient."""

    def verdict(tried: Attempt) -> str:
        if "dx" not in tried.arrays:
            return f"dx is {tried.unusable['dx']}"
        dx = tried.arrays["dx"]
        if dx.shape != x.shape:
            return f"dx has shape {dx.shape}, expected {x.shape}"
        n, c, h, w = x.shape
        windows = x.reshape(n, c, h // 2, 2, w // 2, 2)
        top = windows.max(axis=(3, 5), keepdims=True)
        gradients = dx.reshape(windows.shape)
        if not np.all(np.abs(gradients[windows < top]) <= 1e-5):
            return "a pixel that is not a maximum of its window receives a gradient"
        sums = gradients.sum(axis=(3, 5))
        if not np.all(np.abs(sums - dout) <= 1e-5):
            return (
                f"the gradients of the first window add up to {sums[0, 0, 0, 0]:g}, "
                f"expected {dout[0, 0, 0, 0]:g}: equal maxima share one gradient"
            )
        return ""

    return verdict


def _tied(x: Array, dout: Array) -> Trial:
    return decided(
        TIES, _gradients_of_maxima(x, dout), x, 2, 2, dout, about=TIES.about((x, 2, 2, dout))
    )


def _one_window(rng: Generator) -> Trial:
    """Return the simplest case: the maximum comes first, and is 1."""
    x = np.array([[[[1.0, -1.0, 0.0], [-2.0, 0.5, 0.0]]]])
    return values(POOL_BACKWARD, *pooled(rng, x, 2, 2))


def _no_gradient(rng: Generator) -> Trial:
    x, pool, stride, dout = pooled(rng, distinct(rng, 1, 1, 4, 4), 2, 2)
    return values(POOL_BACKWARD, x, pool, stride, 0 * dout)


MAX_POOL_BACKWARD = CodeExercise(
    name="max_pool_backward",
    title="Max pooling, backwards: `max_pool_backward`",
    signature="max_pool_backward(dout, cache)",
    minutes=15,
    section=Section("4.2", "Pooling", "ch4/networks"),
    functions=("max_pool_forward", "max_pool_backward"),
    reference={
        "max_pool_forward": convolution.max_pool_forward,
        "max_pool_backward": convolution.max_pool_backward,
    },
    public=(
        public(POOL_BACKWARD, mixed(1, 1, 4, 4), 2, 2, counting(1, 1, 2, 2)),
        public(POOL_BACKWARD, mixed(2, 2, 2, 4), 2, 2, counting(2, 2, 1, 2)),
        public(POOL_BACKWARD, mixed(1, 1, 5, 5), 3, 2, counting(1, 1, 2, 2)),
        public(POOL_BACKWARD, mixed(1, 1, 5, 5), 3, 1, counting(1, 1, 3, 3)),
        public(POOL_BACKWARD, mixed(1, 1, 5, 4), 1, 3, counting(1, 1, 2, 2)),
        public(
            TIES,
            *(np.array([[[[3.0, 1.0], [3.0, 0.0]]]]), 2, 2, np.full((1, 1, 1, 1), 6.0)),
            hint="x is [[3, 1], [3, 0]]: give the gradient to one of the 3s, or a share to each.",
        ),
        public(
            POOL_BACKWARD_AGAIN,
            *(mixed(1, 1, 4, 4), 2, 2, counting(1, 1, 2, 2)),
            *(mixed(1, 1, 4, 4) * [-1, -1, 1, 1], 2, 2, counting(1, 1, 2, 2)),
            hint=KEEP,
        ),
    ),
    properties=(
        Property(
            "side",
            "windows side by side: the gradient goes to the maximum, in every image and channel",
            1.0,
            lambda rng: [
                values(POOL_BACKWARD, *pooled(rng, distinct(rng, 1, 1, 4, 6), 2, 2)),
                values(POOL_BACKWARD, *pooled(rng, distinct(rng, 3, 2, 6, 7), 3, 3)),
                _no_gradient(rng),
            ],
        ),
        Property(
            "overlap",
            "overlapping windows: a pixel that wins twice receives the sum",
            1.0,
            lambda rng: [
                values(POOL_BACKWARD, *pooled(rng, distinct(rng, 1, 2, 6, 7), 3, 1)),
                values(POOL_BACKWARD, *pooled(rng, distinct(rng, 2, 1, 7, 5), 3, 2)),
            ],
        ),
        Property(
            "gaps",
            "a stride larger than the window: a pixel in no window gets 0",
            0.5,
            lambda rng: [
                values(POOL_BACKWARD, *pooled(rng, distinct(rng, 1, 2, 8, 7), 2, 3)),
                values(POOL_BACKWARD, *pooled(rng, distinct(rng, 2, 1, 4, 5), 1, 3)),
            ],
        ),
        Property(
            "ties",
            "equal maxima share one gradient",
            0.5,
            lambda rng: [
                values(
                    TIES, np.ones((2, 1, 4, 4)) * [1, 0, 0, 1], 2, 2, 1 + rng.random((2, 1, 2, 2))
                ),
                _tied(np.zeros((2, 1, 4, 4)), 1 + rng.random((2, 1, 2, 2))),
                _tied(1.0 * rng.integers(0, 2, (2, 2, 4, 6)), 1 + rng.random((2, 2, 2, 3))),
            ],
        ),
        Property(
            "cache",
            "the cache is enough: backward works twice, and after another forward pass",
            0.5,
            lambda rng: [
                _one_window(rng),
                values(
                    POOL_BACKWARD_AGAIN,
                    *pooled(rng, distinct(rng, 2, 2, 4, 4), 2, 2),
                    *pooled(rng, distinct(rng, 2, 2, 4, 4), 2, 2),
                    hint=KEEP,
                ),
                values(
                    POOL_BACKWARD_AGAIN,
                    *pooled(rng, distinct(rng, 2, 2, 4, 4), 2, 2),
                    *pooled(rng, distinct(rng, 1, 3, 6, 6), 3, 3),
                    hint=KEEP,
                ),
            ],
        ),
        Property(
            "untouched",
            "dout and x stay as they were",
            0.5,
            lambda rng: [
                _one_window(rng),
                untouched(POOL_BACKWARD, *pooled(rng, distinct(rng, 2, 2, 4, 4), 2, 2)),
            ],
        ),
    ),
    mistakes=MISTAKES,
    alternatives=ALTERNATIVES,
)
