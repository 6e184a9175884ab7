"""``conv_forward``."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlcore import convolution
from dlgrader.cases import public, untouched, values
from dlgrader.declarations import CodeExercise, Property, Section
from dlgrader.exercises.ps4_convolution.conv_forward_answers import ALTERNATIVES, MISTAKES
from dlgrader.exercises.ps4_convolution.draw import Generator, counting, mixed, turned
from dlgrader.exercises.ps4_convolution.tasks import FORWARD, FORWARD_LEFT_OUT, convolved


def _no_bias(rng: Generator, x: tuple[int, ...], w: tuple[int, ...], *rest: int) -> tuple[Any, ...]:
    x_, w_, b, stride, pad = convolved(rng, x, w, *rest)
    return x_, w_, 0 * b, stride, pad


def _even(rng: Generator, x: tuple[int, ...], w: tuple[int, ...], *rest: int) -> tuple[Any, ...]:
    """Return arguments without a bias, with filters in which no mix-up of their places shows."""
    x_, w_, b, stride, pad = _no_bias(rng, x, w, *rest)
    return x_, np.broadcast_to(w_[:, :, :1, :1], w).copy(), b, stride, pad


def _narrow(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the arguments with arrays of float32."""
    return tuple(a.astype(np.float32) if isinstance(a, np.ndarray) else a for a in args)


def _turned(args: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(turned(a) if isinstance(a, np.ndarray) else a for a in args)


CONV_FORWARD = CodeExercise(
    name="conv_forward",
    title="Convolution, forwards: `conv_forward`",
    signature="conv_forward(x, W, b, stride=1, pad=0)",
    minutes=20,
    section=Section("4.1", "Forward: one matrix product", "ch4/matrix_products"),
    functions=("conv_forward",),
    reference={"conv_forward": convolution.conv_forward},
    public=(
        public(FORWARD, counting(1, 1, 3, 3), counting(1, 1, 2, 2), np.zeros(1), 1, 0),
        public(FORWARD, counting(1, 1, 3, 3), counting(1, 1, 2, 2), np.array([100.0]), 1, 0),
        public(FORWARD, mixed(1, 2, 3, 3), mixed(1, 2, 2, 2), np.array([1.0]), 1, 0),
        public(FORWARD, mixed(1, 1, 3, 3), mixed(3, 1, 2, 2), np.array([1.0, -2.0, 0.5]), 1, 0),
        public(FORWARD, mixed(2, 2, 3, 3), mixed(3, 2, 3, 2), np.array([1.0, -2.0, 0.5]), 1, 0),
        public(FORWARD, mixed(1, 1, 5, 5), mixed(1, 1, 3, 3), np.array([1.0]), 2, 0),
        public(FORWARD, mixed(1, 1, 3, 3), mixed(1, 1, 3, 3), np.array([1.0]), 1, 1),
        public(FORWARD, mixed(1, 2, 4, 3), mixed(2, 2, 3, 2), np.array([1.0, -1.0]), 2, 1),
        public(FORWARD_LEFT_OUT, mixed(1, 1, 2, 3), mixed(1, 1, 2, 2), np.array([1.0])),
    ),
    properties=(
        Property(
            "window",
            "one filter on one channel, no bias",
            1.5,
            lambda rng: [
                values(FORWARD, *_no_bias(rng, (1, 1, 4, 5), (1, 1, 2, 2))),
                values(FORWARD, *_no_bias(rng, (1, 1, 5, 4), (1, 1, 3, 2))),
            ],
        ),
        Property(
            "bias",
            "the bias",
            1.0,
            lambda rng: [
                values(FORWARD, *convolved(rng, (1, 1, 1, 3), (1, 1, 1, 1))),
                values(FORWARD, *convolved(rng, (2, 1, 1, 1), (3, 1, 1, 1))),
                values(FORWARD, *convolved(rng, (1, 3, 1, 2), (1, 3, 1, 1))),
            ],
        ),
        Property(
            "filters",
            "several filters: output axes (N, FN, out_h, out_w)",
            1.0,
            lambda rng: [
                values(FORWARD, *_even(rng, (1, 1, 4, 5), (3, 1, 2, 2))),
                values(FORWARD, *_even(rng, (2, 1, 3, 3), (4, 1, 1, 1))),
            ],
        ),
        Property(
            "channels",
            "several images and channels",
            1.0,
            lambda rng: [
                values(FORWARD, *_even(rng, (3, 2, 4, 6), (1, 2, 2, 2))),
                values(FORWARD, *_narrow(_even(rng, (2, 3, 4, 5), (1, 3, 2, 2)))),
            ],
        ),
        Property(
            "padding",
            "zeros at all four sides, also more than the filter is large",
            1.0,
            lambda rng: [
                values(FORWARD, *_even(rng, (1, 1, 4, 3), (1, 1, 3, 3), 1, 1)),
                values(FORWARD, *_even(rng, (1, 1, 3, 4), (1, 1, 2, 2), 1, 3)),
            ],
        ),
        Property(
            "stride",
            "stride, also larger than the filter",
            1.0,
            lambda rng: [
                values(FORWARD, *_even(rng, (1, 1, 6, 7), (1, 1, 3, 3), 2)),
                values(FORWARD, *_even(rng, (1, 1, 9, 8), (1, 1, 2, 2), 3)),
            ],
        ),
        Property(
            "together",
            "everything at once, also large values and any memory layout",
            0.5,
            lambda rng: [
                values(FORWARD, *convolved(rng, (2, 3, 5, 6), (4, 3, 3, 2), 2, 1)),
                values(FORWARD, *_turned(convolved(rng, (3, 2, 4, 5), (2, 2, 2, 3), 4, 5))),
                values(
                    FORWARD, 1e6 * rng.random((2, 2, 3, 3)), *convolved(rng, (1,), (3, 2, 2, 2))[1:]
                ),
            ],
        ),
        Property(
            "defaults",
            "stride and pad may be left out",
            0.5,
            lambda rng: [values(FORWARD_LEFT_OUT, *_even(rng, (1, 1, 3, 5), (1, 1, 2, 2))[:3])],
        ),
        Property(
            "untouched",
            "x, W and b stay as they were",
            0.5,
            lambda rng: [
                values(FORWARD, *_even(rng, (1, 1, 2, 2), (1, 1, 2, 2))),
                untouched(FORWARD, *convolved(rng, (2, 2, 4, 4), (3, 2, 2, 2), 1, 0)),
                untouched(FORWARD, *convolved(rng, (2, 1, 3, 3), (2, 1, 1, 1), 1, 0)),
            ],
        ),
    ),
    mistakes=MISTAKES,
    alternatives=ALTERNATIVES,
)
