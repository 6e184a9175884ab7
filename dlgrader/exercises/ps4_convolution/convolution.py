"""Convolution, forwards and backwards."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlcore import convolution
from dlcore.checks.ps4 import TASKS
from dlgrader.cases import repeatable, untouched, values
from dlgrader.declarations import Case, CodeExercise, Property
from dlgrader.exercises.ps4_convolution.draw import Generator, images

FORWARD, BACKWARD = TASKS["conv_forward"], TASKS["conv_backward"]


def _conv(
    rng: Generator, x: tuple[int, ...], w: tuple[int, ...], stride: int = 1, pad: int = 0
) -> tuple[Any, ...]:
    """Return random arguments of conv_forward."""
    return images(rng, *x), images(rng, *w), images(rng, w[0]), stride, pad


def _no_bias(rng: Generator, x: tuple[int, ...], w: tuple[int, ...], *rest: int) -> tuple[Any, ...]:
    x_, w_, b, stride, pad = _conv(rng, x, w, *rest)
    return x_, w_, 0 * b, stride, pad


def _narrow(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the arguments with arrays of float32."""
    return tuple(a.astype(np.float32) if isinstance(a, np.ndarray) else a for a in args)


conv_forward = CodeExercise(
    "conv_forward",
    (
        Property(
            "one filter on one channel, no bias",
            1.5,
            lambda rng: [
                values(FORWARD, *_no_bias(rng, (1, 1, 4, 5), (1, 1, 2, 2))),
                values(FORWARD, *_no_bias(rng, (1, 1, 5, 4), (1, 1, 3, 2))),
            ],
        ),
        Property(
            "the bias",
            1.0,
            lambda rng: [
                values(FORWARD, *_conv(rng, (1, 1, 4, 4), (1, 1, 2, 2))),
                values(FORWARD, *_conv(rng, (2, 1, 3, 2), (3, 1, 3, 2))),
                values(FORWARD, *_conv(rng, (2, 3, 2, 3), (1, 3, 1, 1))),
            ],
        ),
        Property(
            "several filters: output axes (N, FN, out_h, out_w)",
            1.5,
            lambda rng: [values(FORWARD, *_no_bias(rng, (1, 1, 4, 5), (3, 1, 2, 2)))],
        ),
        Property(
            "several images, channels and filters at once",
            1.5,
            lambda rng: [
                values(FORWARD, *_no_bias(rng, (3, 2, 4, 6), (4, 2, 3, 2))),
                values(FORWARD, *_narrow(_no_bias(rng, (2, 3, 5, 5), (2, 3, 2, 4)))),
            ],
        ),
        Property(
            "padding, also with a stride",
            1.0,
            lambda rng: [
                values(FORWARD, *_no_bias(rng, (1, 1, 4, 3), (1, 1, 3, 3), 1, 1)),
                values(FORWARD, *_no_bias(rng, (1, 1, 3, 3), (1, 1, 2, 2), 1, 3)),
                values(FORWARD, *_no_bias(rng, (1, 1, 6, 5), (1, 1, 3, 2), 2, 1)),
            ],
        ),
        Property(
            "stride",
            1.0,
            lambda rng: [
                values(FORWARD, *_no_bias(rng, (1, 1, 6, 7), (1, 1, 3, 3), 2)),
                values(FORWARD, *_no_bias(rng, (1, 1, 9, 8), (1, 1, 2, 2), 3)),
            ],
        ),
        Property(
            "x, W and b stay as they were",
            0.5,
            lambda rng: [
                untouched(FORWARD, *_conv(rng, (2, 2, 4, 4), (3, 2, 2, 2), 1, p)) for p in (0, 1)
            ],
        ),
    ),
)


def _with_dout(rng: Generator, args: tuple[Any, ...]) -> tuple[Any, ...]:
    out = convolution.conv_forward(*args)[0]
    return (*args, rng.standard_normal(out.shape))


def _both(rng: Generator, x: tuple[int, ...], w: tuple[int, ...], *rest: int) -> tuple[Any, ...]:
    """Return random arguments of a forward and a backward pass."""
    return _with_dout(rng, _conv(rng, x, w, *rest))


def _gradient(name: str, rng: Generator) -> list[Case]:
    return [
        values(BACKWARD, *_both(rng, (1, 1, 4, 5), (1, 1, 2, 3)), names=[name]),
        values(BACKWARD, *_both(rng, (3, 2, 4, 5), (4, 2, 3, 2)), names=[name]),
    ]


conv_backward = CodeExercise(
    "conv_backward",
    (
        Property("db", 1.0, lambda rng: _gradient("db", rng)),
        Property("dW", 2.0, lambda rng: _gradient("dW", rng)),
        Property("dx", 2.0, lambda rng: _gradient("dx", rng)),
        Property(
            "all three with stride and padding",
            1.5,
            lambda rng: [
                values(BACKWARD, *_both(rng, (2, 2, 7, 6), (3, 2, 3, 3), 2, 0)),
                values(BACKWARD, *_both(rng, (2, 3, 4, 5), (2, 3, 3, 3), 1, 1)),
                values(BACKWARD, *_both(rng, (1, 2, 6, 6), (2, 2, 2, 2), 3, 2)),
            ],
        ),
        Property(
            "the cache is enough: backward works twice, and after another forward pass",
            1.0,
            lambda rng: [
                repeatable(
                    BACKWARD,
                    _both(rng, (2, 2, 4, 4), (3, 2, 2, 2), 1, 1),
                    _both(rng, (3, 1, 5, 6), (2, 1, 3, 3), 2, 0),
                )
            ],
        ),
        Property(
            "dout, x, W and b stay as they were",
            0.5,
            lambda rng: [untouched(BACKWARD, *_both(rng, (2, 2, 4, 4), (3, 2, 2, 2), 1, 0))],
        ),
    ),
)
