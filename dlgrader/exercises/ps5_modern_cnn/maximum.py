"""``global_max_pool`` and its backward pass."""

from __future__ import annotations

import numpy as np

from dlcore import pooling
from dlcore.checks.plans import Call, Given, Result
from dlgrader.cases import public, values
from dlgrader.declarations import CodeExercise, Property, Task
from dlgrader.exercises.ps5_modern_cnn import maximum_answers as answers
from dlgrader.exercises.ps5_modern_cnn.average import BACKWARD_SECTION, SECTION
from dlgrader.exercises.ps5_modern_cnn.draw import (
    Array,
    Generator,
    counting,
    distinct,
    gradients,
    mixed,
)

FORWARD = Task(
    name="global_max_pool",
    arguments=("x",),
    plan=lambda x: (Call("global_max_pool", (x,)),),
    results={"out": Result(0)},
)
BACKWARD = Task(
    name="global_max_pool_backward",
    arguments=("dout", "x"),
    plan=lambda dout, x: (Call("global_max_pool_backward", (dout, x)),),
    results={"dx": Result(0)},
)
TIES = Task(
    name="global_max_pool_backward",
    arguments=("dout", "x"),
    plan=BACKWARD.plan,
    results={"dx": Result(0), "x": Given(0, 1)},
    view="maxima",
    describe=lambda dout, x: f"{BACKWARD.about((dout, x))}, with equal maxima",
)


def _one_large(rng: Generator, height: int, width: int) -> Array:
    """Return a map with a positive maximum that also has the largest absolute value."""
    numbers = -1.0 - np.arange(height * width)
    numbers[0] = 2.0 * height * width
    return rng.permutation(numbers).reshape(1, 1, height, width)


GLOBAL_MAX_POOL = CodeExercise(
    name="global_max_pool",
    title="The strongest response: `global_max_pool`",
    signature="global_max_pool(x)",
    minutes=10,
    section=SECTION,
    functions=("global_max_pool",),
    reference={"global_max_pool": pooling.global_max_pool},
    public=(
        public(FORWARD, mixed(1, 1, 2, 3)),
        public(FORWARD, -counting(1, 1, 3, 2)),
        public(FORWARD, np.array([[[[1.0, -9.0], [4.0, 2.0], [0.0, 3.0]]]])),
        public(FORWARD, mixed(2, 3, 3, 2)),
        public(FORWARD, mixed(1, 2, 3, 4)),
    ),
    properties=(
        Property(
            "maximum",
            "the largest value of a single map",
            1.5,
            lambda rng: [
                values(FORWARD, 20 + distinct(rng, 1, 1, 3, 5)),
                values(FORWARD, 20 + distinct(rng, 1, 1, 6, 4)),
                values(FORWARD, 20 + distinct(rng, 1, 1, 7, 1)),
            ],
        ),
        Property(
            "negative",
            "negative values",
            1.0,
            lambda rng: [
                values(FORWARD, distinct(rng, 1, 1, 2, 5) - 20),
                values(FORWARD, np.minimum(distinct(rng, 1, 1, 4, 3), 0.5) * 8),
            ],
        ),
        Property(
            "each",
            "every image and every channel on its own",
            2.0,
            lambda rng: [
                values(FORWARD, 50 + distinct(rng, 3, 2, 4, 5)),
                values(FORWARD, 50 + distinct(rng, 1, 4, 2, 3)),
                values(FORWARD, (50 + distinct(rng, 2, 1, 5, 3)).astype(np.float32)),
            ],
        ),
        Property(
            "untouched",
            "x stays as it was",
            0.5,
            lambda rng: [
                public(FORWARD, 20 + distinct(rng, 2, 2, 3, 4)),
                public(FORWARD, 60 + distinct(rng, 3, 2, 2, 7)),
            ],
        ),
    ),
    mistakes=answers.FORWARD_MISTAKES,
    alternatives=answers.FORWARD_ALTERNATIVES,
)

GLOBAL_MAX_POOL_BACKWARD = CodeExercise(
    name="global_max_pool_backward",
    title="The winner takes it: `global_max_pool_backward`",
    signature="global_max_pool_backward(dout, x)",
    minutes=25,
    section=BACKWARD_SECTION,
    functions=("global_max_pool_backward",),
    reference={"global_max_pool_backward": pooling.global_max_pool_backward},
    public=(
        public(BACKWARD, np.array([[5.0]]), mixed(1, 1, 2, 3)),
        public(BACKWARD, np.array([[-2.0]]), -counting(1, 1, 3, 2)),
        public(BACKWARD, 10 * counting(2, 3), mixed(2, 3, 3, 2)),
        public(BACKWARD, counting(2, 2), mixed(2, 2, 3, 4)),
        public(
            TIES,
            *(np.array([[6.0]]), np.array([[[[0.0, 2.0, 2.0], [2.0, 1.0, 0.0]]]])),
            hint="Three pixels are equally large: one of them gets the gradient, or each a part.",
        ),
    ),
    properties=(
        Property(
            "winner",
            "the largest pixel of a single map receives the gradient, the others nothing",
            2.0,
            lambda rng: [
                values(BACKWARD, gradients(rng, 1, 1), 20 + distinct(rng, 1, 1, 3, 5)),
                values(BACKWARD, gradients(rng, 1, 1), 20 + distinct(rng, 1, 1, 5, 2)),
                values(BACKWARD, 1e4 * gradients(rng, 1, 1), 20 + distinct(rng, 1, 1, 4, 6)),
            ],
        ),
        Property(
            "negative",
            "negative values",
            1.0,
            lambda rng: [
                values(BACKWARD, gradients(rng, 1, 1), distinct(rng, 1, 1, 2, 5) - 20),
                values(BACKWARD, gradients(rng, 1, 1), _one_large(rng, 4, 3)),
            ],
        ),
        Property(
            "each",
            "every image and every channel with its own winner and its own gradient",
            2.5,
            lambda rng: [
                values(BACKWARD, gradients(rng, 3, 2), 50 + distinct(rng, 3, 2, 4, 5)),
                values(BACKWARD, gradients(rng, 2, 3), 50 + distinct(rng, 2, 3, 3, 2)),
                values(
                    BACKWARD,
                    gradients(rng, 1, 4).astype(np.float32),
                    (50 + distinct(rng, 1, 4, 2, 3)).astype(np.float32),
                ),
            ],
        ),
        Property(
            "ties",
            "equal maxima share one gradient",
            1.5,
            lambda rng: [
                values(TIES, gradients(rng, 2, 2), np.zeros((2, 2, 3, 4))),
                values(TIES, gradients(rng, 2, 3), 1.0 * rng.integers(0, 3, (2, 3, 4, 5))),
            ],
        ),
        Property(
            "untouched",
            "dout and x stay as they were",
            1.0,
            lambda rng: [public(BACKWARD, gradients(rng, 2, 2), 20 + distinct(rng, 2, 2, 3, 4))],
        ),
    ),
    mistakes=answers.BACKWARD_MISTAKES,
    alternatives=answers.BACKWARD_ALTERNATIVES,
)
