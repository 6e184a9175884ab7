"""``global_average_pool`` and its backward pass."""

from __future__ import annotations

import numpy as np

from dlcore import pooling
from dlcore.checks.plans import Call, Result
from dlgrader.cases import public, values
from dlgrader.declarations import CodeExercise, Property, Section, Task
from dlgrader.exercises.ps5_modern_cnn import average_answers as answers
from dlgrader.exercises.ps5_modern_cnn.draw import counting, gradients, images, mixed

FORWARD = Task(
    name="global_average_pool",
    arguments=("x",),
    plan=lambda x: (Call("global_average_pool", (x,)),),
    results={"out": Result(0)},
)
BACKWARD = Task(
    name="global_average_pool_backward",
    arguments=("dout", "x"),
    plan=lambda dout, x: (Call("global_average_pool_backward", (dout, x)),),
    results={"dx": Result(0)},
)
SECTION = Section("5.1", "Three heads", "ch5/global_pooling")
BACKWARD_SECTION = Section("5.1", "Backward", "ch5/global_pooling")

GLOBAL_AVERAGE_POOL = CodeExercise(
    name="global_average_pool",
    title="One number for each map: `global_average_pool`",
    signature="global_average_pool(x)",
    minutes=10,
    section=SECTION,
    functions=("global_average_pool",),
    reference={"global_average_pool": pooling.global_average_pool},
    public=(
        public(FORWARD, counting(1, 1, 2, 3)),
        public(FORWARD, np.array([[[[0.0, 6.0, 0.0], [3.0, 0.0, 0.0]]]])),
        public(FORWARD, counting(1, 2, 2, 3)),
        public(FORWARD, mixed(2, 3, 3, 2)),
    ),
    properties=(
        Property(
            "mean",
            "the mean over height and width, for a single map",
            1.5,
            lambda rng: [
                values(FORWARD, images(rng, 1, 1, 3, 5)),
                values(FORWARD, np.maximum(images(rng, 1, 1, 6, 4), 0)),
                values(FORWARD, images(rng, 1, 1, 1, 7)),
            ],
        ),
        Property(
            "each",
            "every image and every channel on its own",
            1.5,
            lambda rng: [
                values(FORWARD, images(rng, 3, 2, 4, 5)),
                values(FORWARD, images(rng, 2, 1, 5, 3)),
                values(FORWARD, images(rng, 1, 4, 2, 3)),
            ],
        ),
        Property(
            "kinds",
            "float32 and large numbers",
            0.5,
            lambda rng: [
                values(FORWARD, images(rng, 2, 3, 4, 6).astype(np.float32)),
                values(FORWARD, 1e5 * (2 + images(rng, 2, 2, 3, 4))),
            ],
        ),
        Property(
            "untouched",
            "x stays as it was",
            0.5,
            lambda rng: [public(FORWARD, images(rng, 2, 2, 3, 4))],
        ),
    ),
    mistakes=answers.FORWARD_MISTAKES,
    alternatives=answers.FORWARD_ALTERNATIVES,
)

GLOBAL_AVERAGE_POOL_BACKWARD = CodeExercise(
    name="global_average_pool_backward",
    title="The gradient of a mean: `global_average_pool_backward`",
    signature="global_average_pool_backward(dout, x)",
    minutes=15,
    section=BACKWARD_SECTION,
    functions=("global_average_pool_backward",),
    reference={"global_average_pool_backward": pooling.global_average_pool_backward},
    public=(
        public(BACKWARD, np.array([[12.0]]), mixed(1, 1, 2, 3)),
        public(BACKWARD, np.array([[6.0, -18.0]]), mixed(1, 2, 3, 2)),
        public(BACKWARD, 6 * counting(2, 3), mixed(2, 3, 3, 2)),
    ),
    properties=(
        Property(
            "share",
            "every pixel of a single map receives the same share",
            2.0,
            lambda rng: [
                values(BACKWARD, gradients(rng, 1, 1), images(rng, 1, 1, 3, 5)),
                values(BACKWARD, gradients(rng, 1, 1), images(rng, 1, 1, 4, 1)),
            ],
        ),
        Property(
            "each",
            "every image and every channel with its own gradient",
            2.0,
            lambda rng: [
                values(BACKWARD, gradients(rng, 3, 2), images(rng, 3, 2, 4, 5)),
                values(BACKWARD, gradients(rng, 2, 3), images(rng, 2, 3, 3, 2)),
                values(BACKWARD, 1e4 * gradients(rng, 2, 1), images(rng, 2, 1, 5, 3)),
                values(
                    BACKWARD,
                    gradients(rng, 2, 4).astype(np.float32),
                    images(rng, 2, 4, 2, 3).astype(np.float32),
                ),
            ],
        ),
        Property(
            "untouched",
            "dout and x stay as they were",
            1.0,
            lambda rng: [public(BACKWARD, gradients(rng, 2, 2), images(rng, 2, 2, 3, 4))],
        ),
    ),
    mistakes=answers.BACKWARD_MISTAKES,
    alternatives=answers.BACKWARD_ALTERNATIVES,
)
