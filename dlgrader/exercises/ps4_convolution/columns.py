"""``im2col`` and ``col2im``."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlcore import convolution
from dlcore.checks.ps4 import TASKS
from dlgrader.cases import shape, untouched, values
from dlgrader.declarations import CodeExercise, Property
from dlgrader.exercises.ps4_convolution.draw import Generator, images

IM2COL, COL2IM = TASKS["im2col"], TASKS["col2im"]


im2col = CodeExercise(
    "im2col",
    (
        Property(
            "shape (N·out_h·out_w, C·filter_h·filter_w)",
            1.0,
            lambda rng: [
                shape(IM2COL, images(rng, 2, 3, 5, 7), 3, 2, 1, 0),
                shape(IM2COL, images(rng, 3, 2, 6, 5), 2, 4, 2, 1),
            ],
        ),
        Property(
            "rows run over image, out_y, out_x",
            1.5,
            lambda rng: [
                values(IM2COL, images(rng, 3, 1, 3, 4), 1, 1, 1, 0),
                values(IM2COL, images(rng, 2, 3, 4, 2), 1, 1, 1, 0),
            ],
        ),
        Property(
            "columns run over channel, filter row, filter column",
            1.5,
            lambda rng: [
                values(IM2COL, images(rng, 1, 3, 3, 2), 3, 2, 1, 0),
                values(IM2COL, images(rng, 2, 2, 2, 4), 2, 4, 1, 0),
            ],
        ),
        Property(
            "several images, channels and windows at once",
            1.0,
            lambda rng: [
                values(IM2COL, images(rng, 2, 3, 5, 7), 3, 2, 1, 0),
                values(IM2COL, images(rng, 2, 2, 4, 6).astype(np.float32), 2, 3, 1, 0),
                values(IM2COL, rng.integers(-9, 9, (2, 2, 4, 4)), 2, 2, 1, 0),
            ],
        ),
        Property(
            "stride, also where it leaves pixels over or is larger than the filter",
            1.0,
            lambda rng: [
                values(IM2COL, images(rng, 2, 1, 7, 6), 3, 3, 2, 0),
                values(IM2COL, images(rng, 1, 1, 9, 8), 2, 2, 3, 0),
            ],
        ),
        Property(
            "zeros at all four sides, also more than the filter is large",
            1.5,
            lambda rng: [
                values(IM2COL, images(rng, 1, 1, 4, 3), 3, 3, 1, 1),
                values(IM2COL, images(rng, 2, 1, 3, 4), 2, 2, 1, 3),
                values(IM2COL, images(rng, 2, 1, 5, 4), 3, 3, 2, 2),
            ],
        ),
        Property(
            "x stays as it was",
            0.5,
            lambda rng: [untouched(IM2COL, images(rng, 2, 2, 4, 4), 2, 2, 1, p) for p in (0, 1)],
        ),
    ),
)


def _columns(
    rng: Generator, input_shape: tuple[int, int, int, int], fh: int, fw: int, stride: int, pad: int
) -> tuple[Any, ...]:
    """Return random arguments of col2im."""
    rows = convolution.im2col(np.zeros(input_shape), fh, fw, stride, pad)
    return rng.standard_normal(rows.shape), input_shape, fh, fw, stride, pad


col2im = CodeExercise(
    "col2im",
    (
        Property(
            "windows side by side: every value returns to its image, channel and pixel",
            1.5,
            lambda rng: [
                values(COL2IM, *_columns(rng, (2, 3, 4, 6), 2, 2, 2, 0)),
                values(COL2IM, *_columns(rng, (3, 2, 3, 4), 1, 1, 1, 0)),
            ],
        ),
        Property(
            "overlapping windows add up",
            2.0,
            lambda rng: [
                values(COL2IM, *_columns(rng, (1, 1, 4, 5), 2, 2, 1, 0)),
                values(COL2IM, *_columns(rng, (2, 1, 7, 7), 3, 3, 2, 0)),
            ],
        ),
        Property(
            "the padding is cut off at all four sides",
            1.5,
            lambda rng: [
                values(COL2IM, *_columns(rng, (1, 1, 4, 7), 3, 3, 3, 1)),
                values(COL2IM, *_columns(rng, (2, 1, 4, 3), 2, 2, 2, 2)),
            ],
        ),
        Property(
            "pixels that no window reaches receive 0",
            0.5,
            lambda rng: [
                values(COL2IM, *_columns(rng, (1, 1, 8, 9), 2, 2, 3, 0)),
                values(COL2IM, *_columns(rng, (1, 1, 5, 6), 2, 2, 2, 0)),
            ],
        ),
        Property(
            "col stays as it was",
            0.5,
            lambda rng: [untouched(COL2IM, *_columns(rng, (2, 2, 3, 4), 2, 2, 1, 0))],
        ),
    ),
)
