"""``im2col``: its properties and hidden cases."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlcore import convolution
from dlcore.checks.plans import Attempt, Call, Result
from dlgrader.cases import decided, public, shapes, untouched, values
from dlgrader.declarations import CodeExercise, Property, Section, Task
from dlgrader.exercises.ps4_convolution.draw import counting, images, turned
from dlgrader.exercises.ps4_convolution.im2col_answers import ALTERNATIVES, MISTAKES
from dlgrader.exercises.ps4_convolution.tasks import IM2COL, IM2COL_LEFT_OUT, left_alone

_SMALL, _LARGE = 6, 22


def _both_sizes(*images: Any) -> tuple[Call, ...]:
    return tuple(Call("im2col", (x, 3, 3, 1, 0), counted=True) for x in images)


COUNTED = Task(
    name="im2col",
    arguments=("a small image", "a large image"),
    plan=_both_sizes,
    results={"col": Result(1)},
    describe=lambda small, large: (
        f"an image of {small.shape[2]} × {small.shape[3]} pixels, and one of {large.shape[2]} × "
        f"{large.shape[3]}, with a 3 × 3 filter"
    ),
)


def _one_line_per_pixel(tried: Attempt) -> str:
    """Advise if the lines of Python that run grow with the number of output pixels."""
    small, large = tried.lines
    pixels = (_LARGE - 2) ** 2 - (_SMALL - 2) ** 2
    if large - small < pixels:
        return ""
    return (
        f"{small} lines of Python ran for the small image, {large} for the large one: your code "
        "runs through the output pixels one by one. That is right, and slow. Loop over the "
        "entries of the filter and take the pixels under an entry at all positions at once, with "
        "a slice; or see numpy.lib.stride_tricks.sliding_window_view. This costs no points."
    )


IM2COL_EXERCISE = CodeExercise(
    name="im2col",
    title="From windows to rows: `im2col`",
    signature="im2col(x, filter_h, filter_w, stride=1, pad=0)",
    minutes=30,
    section=Section("4.1", "im2col: every window becomes a row", "ch4/matrix_products"),
    functions=("im2col",),
    reference={"im2col": convolution.im2col},
    public=(
        public(IM2COL, counting(1, 1, 3, 3), 2, 2, 1, 0),
        public(IM2COL, counting(1, 2, 3, 3), 2, 2, 1, 0),
        public(IM2COL, counting(2, 2, 3, 3), 3, 2, 1, 0),
        public(IM2COL, counting(1, 1, 5, 5), 3, 3, 2, 0),
        public(IM2COL, counting(1, 1, 2, 2), 2, 2, 1, 1),
        public(IM2COL, counting(1, 1, 4, 3), 3, 2, 2, 1),
        public(IM2COL_LEFT_OUT, counting(1, 1, 2, 3), 2, 3),
    ),
    properties=(
        Property(
            "shape",
            "shape (N·out_h·out_w, C·filter_h·filter_w), and a single row of pixels",
            1.0,
            lambda rng: [
                shapes(IM2COL, images(rng, 2, 3, 5, 7), 3, 2, 1, 0),
                shapes(IM2COL, images(rng, 3, 2, 6, 5), 2, 4, 1, 0),
                values(IM2COL, images(rng, 1, 1, 1, 6), 1, 1, 1, 0),
            ],
        ),
        Property(
            "rows",
            "rows run over image, out_y, out_x",
            1.5,
            lambda rng: [
                values(IM2COL, images(rng, 3, 1, 3, 4), 1, 1, 1, 0),
                values(IM2COL, images(rng, 2, 3, 4, 2), 1, 1, 1, 0),
            ],
        ),
        Property(
            "columns",
            "columns run over channel, filter row, filter column",
            1.5,
            lambda rng: [
                values(IM2COL, images(rng, 1, 3, 3, 2), 3, 2, 1, 0),
                values(IM2COL, images(rng, 2, 2, 2, 4), 2, 4, 1, 0),
            ],
        ),
        Property(
            "padding",
            "zeros at all four sides, also more than the filter is large",
            1.0,
            lambda rng: [
                values(IM2COL, 5 + images(rng, 1, 1, 1, 4), 3, 1, 1, 1),
                values(IM2COL, 5 + images(rng, 1, 1, 3, 1), 1, 7, 1, 3),
            ],
        ),
        Property(
            "stride",
            "stride, also where it leaves pixels over or is larger than the filter",
            1.0,
            lambda rng: [
                values(IM2COL, images(rng, 1, 1, 10, 1), 3, 1, 2, 0),
                values(IM2COL, images(rng, 1, 1, 1, 9), 1, 2, 3, 0),
            ],
        ),
        Property(
            "together",
            "images, channels, stride and padding at once, in any memory layout",
            1.0,
            lambda rng: [
                values(IM2COL, images(rng, 2, 3, 5, 7), 3, 2, 2, 1),
                values(IM2COL, turned(images(rng, 2, 2, 4, 3)), 2, 3, 4, 5),
                values(IM2COL, images(rng, 5, 6, 2, 2).transpose(2, 3, 0, 1), 2, 3, 1, 1),
            ],
        ),
        Property(
            "defaults",
            "stride and pad may be left out; x may hold float32 or integers",
            0.5,
            lambda rng: [
                values(IM2COL_LEFT_OUT, images(rng, 1, 1, 1, 7), 1, 3),
                values(IM2COL, 1e4 * images(rng, 1, 1, 1, 6).astype(np.float32), 1, 2, 1, 0),
                values(IM2COL, rng.integers(-99, 99, (1, 1, 1, 8)), 1, 3, 1, 0),
            ],
        ),
        Property(
            "untouched",
            "x stays as it was",
            0.5,
            lambda rng: [
                values(IM2COL, images(rng, 1, 1, 1, 4), 1, 1, 1, 0),
                untouched(IM2COL, images(rng, 2, 2, 4, 4), 2, 2, 1, 0),
                decided(IM2COL, left_alone, images(rng, 2, 1, 4, 3), 2, 2, 1, 1),
            ],
        ),
        Property(
            "cost",
            "no loop over the output pixels in Python",
            0.0,
            lambda rng: [
                decided(
                    COUNTED,
                    _one_line_per_pixel,
                    images(rng, 1, 1, _SMALL, _SMALL),
                    images(rng, 1, 1, _LARGE, _LARGE),
                )
            ],
        ),
    ),
    mistakes=MISTAKES,
    alternatives=ALTERNATIVES,
)
