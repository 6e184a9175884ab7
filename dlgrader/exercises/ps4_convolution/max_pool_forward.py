"""``max_pool_forward``."""

from __future__ import annotations

import numpy as np

from dlcore import convolution
from dlgrader.cases import public, untouched, values
from dlgrader.declarations import CodeExercise, Property, Section
from dlgrader.exercises.ps4_convolution.draw import counting, distinct, mixed, turned
from dlgrader.exercises.ps4_convolution.max_pool_forward_answers import ALTERNATIVES, MISTAKES
from dlgrader.exercises.ps4_convolution.tasks import POOL

MAX_POOL_FORWARD = CodeExercise(
    name="max_pool_forward",
    title="Max pooling, forwards: `max_pool_forward`",
    signature="max_pool_forward(x, pool, stride)",
    minutes=15,
    section=Section("4.2", "Pooling", "ch4/networks"),
    functions=("max_pool_forward",),
    reference={"max_pool_forward": convolution.max_pool_forward},
    public=(
        public(POOL, mixed(1, 1, 4, 4), 2, 2),
        public(POOL, -counting(1, 1, 4, 4), 2, 2),
        public(POOL, mixed(2, 3, 4, 2), 2, 2),
        public(POOL, mixed(1, 1, 5, 5), 3, 2),
        public(POOL, mixed(1, 1, 6, 5), 2, 3),
        public(POOL, mixed(1, 1, 3, 4), 2, 1),
        public(POOL, mixed(1, 1, 4, 6), 3, 2),
    ),
    properties=(
        Property(
            "side",
            "windows side by side",
            1.0,
            lambda rng: [
                values(POOL, np.abs(distinct(rng, 1, 1, 4, 6)), 2, 2),
                values(POOL, np.abs(distinct(rng, 1, 1, 9, 6)), 3, 3),
            ],
        ),
        Property(
            "maps",
            "every image and channel on its own",
            0.5,
            lambda rng: [
                values(POOL, 99 + distinct(rng, 3, 2, 6, 9), 3, 3),
                values(POOL, 99 + turned(distinct(rng, 2, 3, 4, 2)), 2, 2),
            ],
        ),
        Property(
            "negative",
            "negative values",
            0.5,
            lambda rng: [
                values(POOL, -1 - rng.random((1, 1, 4, 4)), 2, 2),
                values(POOL, 1e4 * distinct(rng, 1, 1, 4, 6).astype(np.float32), 2, 2),
            ],
        ),
        Property(
            "stride",
            "a stride other than the window: overlaps and gaps",
            1.0,
            lambda rng: [
                values(POOL, np.abs(distinct(rng, 1, 1, 5, 7)), 3, 2),
                values(POOL, np.abs(distinct(rng, 1, 1, 8, 5)), 2, 3),
                values(POOL, np.abs(distinct(rng, 1, 1, 3, 4)), 2, 1),
            ],
        ),
        Property(
            "left-over",
            "a window that does not fit is left out",
            0.5,
            lambda rng: [
                values(POOL, np.abs(distinct(rng, 1, 1, 5, 7)), 2, 2),
                values(POOL, np.abs(distinct(rng, 1, 1, 4, 3)), 3, 3),
            ],
        ),
        Property(
            "untouched",
            "x stays as it was",
            0.5,
            lambda rng: [
                values(POOL, 1 + rng.random((1, 1, 2, 3)), 1, 1),
                untouched(POOL, distinct(rng, 2, 2, 4, 4), 2, 2),
            ],
        ),
    ),
    mistakes=MISTAKES,
    alternatives=ALTERNATIVES,
)
