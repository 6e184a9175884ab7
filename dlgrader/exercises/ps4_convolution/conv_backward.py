"""``conv_backward``."""

from __future__ import annotations

import numpy as np

from dlcore import convolution
from dlgrader.cases import public, untouched, values
from dlgrader.declarations import CodeExercise, Property, Section, Trial
from dlgrader.exercises.ps4_convolution.conv_backward_answers import ALTERNATIVES, MISTAKES
from dlgrader.exercises.ps4_convolution.draw import Generator, counting, mixed
from dlgrader.exercises.ps4_convolution.tasks import (
    BACKWARD,
    BACKWARD_AGAIN,
    KEEP,
    differentiated,
)

_XW = ("dx", "dW")
_BIAS = np.array([0.5, -1.0])


def _gradient(name: str, rng: Generator) -> list[Trial]:
    return [
        values(BACKWARD, *differentiated(rng, (1, 1, 4, 5), (1, 1, 2, 3)), names=[name]),
        values(BACKWARD, *differentiated(rng, (3, 2, 4, 5), (4, 2, 3, 2)), names=[name]),
    ]


def _no_gradient(rng: Generator) -> Trial:
    *args, dout = differentiated(rng, (1, 1, 3, 4), (1, 1, 2, 2))
    return values(BACKWARD, *args, 0 * dout, names=["dx"])


CONV_BACKWARD = CodeExercise(
    name="conv_backward",
    title="Convolution, backwards: `conv_backward`",
    signature="conv_backward(dout, cache)",
    minutes=30,
    section=Section("4.1", "Backward: three gradients", "ch4/matrix_products"),
    functions=("conv_forward", "conv_backward"),
    reference={
        "conv_forward": convolution.conv_forward,
        "conv_backward": convolution.conv_backward,
    },
    public=(
        public(
            BACKWARD,
            *(mixed(1, 1, 3, 3), mixed(1, 1, 3, 3), _BIAS[:1], 1, 0, counting(1, 1, 1, 1)),
        ),
        public(
            BACKWARD,
            *(mixed(1, 1, 3, 3), mixed(1, 1, 2, 2), _BIAS[:1], 1, 0, counting(1, 1, 2, 2)),
        ),
        public(
            BACKWARD,
            *(mixed(2, 1, 2, 3), mixed(2, 1, 2, 2), _BIAS, 1, 0, mixed(2, 2, 1, 2)),
        ),
        public(
            BACKWARD,
            *(mixed(1, 2, 4, 2), mixed(2, 2, 2, 1), _BIAS, 2, 0, mixed(1, 2, 2, 1)),
        ),
        public(
            BACKWARD,
            *(mixed(1, 1, 2, 3), mixed(2, 1, 3, 3), _BIAS, 1, 1, mixed(1, 2, 2, 3)),
        ),
        public(
            BACKWARD_AGAIN,
            *(mixed(1, 1, 3, 3), mixed(1, 1, 2, 2), _BIAS[:1], 1, 0, counting(1, 1, 2, 2)),
            *(counting(1, 1, 3, 3), counting(1, 1, 2, 2), _BIAS[:1], 1, 0, mixed(1, 1, 2, 2)),
            hint=KEEP,
        ),
    ),
    properties=(
        Property("db", "the gradient of b", 1.0, lambda rng: _gradient("db", rng)),
        Property("dW", "the gradient of W", 2.0, lambda rng: _gradient("dW", rng)),
        Property(
            "dx",
            "the gradient of x",
            2.0,
            lambda rng: [*_gradient("dx", rng), _no_gradient(rng)],
        ),
        Property(
            "stride",
            "with a stride; a pixel that no window reaches gets 0",
            0.5,
            lambda rng: [
                values(BACKWARD, *differentiated(rng, (1, 2, 8, 6), (1, 2, 2, 2), 3), names=_XW),
                values(BACKWARD, *differentiated(rng, (1, 1, 5, 4), (1, 1, 2, 1), 2), names=_XW),
            ],
        ),
        Property(
            "padding",
            "with padding",
            0.5,
            lambda rng: [
                values(BACKWARD, *differentiated(rng, (1, 2, 4, 3), (1, 2, 1, 1), 1, 1), names=_XW),
                values(BACKWARD, *differentiated(rng, (1, 1, 2, 3), (1, 1, 1, 1), 1, 3), names=_XW),
            ],
        ),
        Property(
            "together",
            "all three gradients with everything at once",
            0.5,
            lambda rng: [
                values(BACKWARD, *differentiated(rng, (2, 3, 5, 6), (2, 3, 3, 3), 2, 1)),
                values(BACKWARD, *differentiated(rng, (2, 2, 6, 5), (3, 2, 2, 3), 3, 2)),
            ],
        ),
        Property(
            "cache",
            "the cache is enough: backward works twice, and after another forward pass",
            1.0,
            lambda rng: [
                values(BACKWARD, *differentiated(rng, (1, 1, 2, 3), (1, 1, 1, 1)), names=["dx"]),
                values(
                    BACKWARD_AGAIN,
                    *differentiated(rng, (2, 2, 4, 4), (3, 2, 2, 2)),
                    *differentiated(rng, (2, 2, 4, 4), (3, 2, 2, 2)),
                    hint=KEEP,
                ),
                values(
                    BACKWARD_AGAIN,
                    *differentiated(rng, (1, 2, 4, 3), (3, 2, 2, 2)),
                    *differentiated(rng, (3, 1, 5, 6), (2, 1, 3, 3), 2, 0),
                    hint=KEEP,
                ),
            ],
        ),
        Property(
            "untouched",
            "dout, x, W and b stay as they were",
            0.5,
            lambda rng: [
                values(BACKWARD, *differentiated(rng, (1, 1, 2, 3), (1, 1, 1, 1)), names=["dx"]),
                untouched(BACKWARD, *differentiated(rng, (2, 2, 4, 4), (3, 2, 2, 2)), names=["dx"]),
            ],
        ),
    ),
    mistakes=MISTAKES,
    alternatives=ALTERNATIVES,
)
