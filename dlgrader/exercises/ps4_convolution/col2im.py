"""``col2im``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dlcore import convolution
from dlcore.checks.plans import Attempt
from dlgrader.cases import decided, public, untouched, values
from dlgrader.declarations import CodeExercise, Property, Section, Trial
from dlgrader.exercises.ps4_convolution.col2im_answers import ALTERNATIVES, MISTAKES
from dlgrader.exercises.ps4_convolution.draw import Array, Generator, counting, turned
from dlgrader.exercises.ps4_convolution.tasks import COL2IM, COL2IM_LEFT_OUT

Shape = tuple[int, int, int, int]


def _columns(
    rng: Generator, input_shape: Shape, fh: int, fw: int, stride: int, pad: int
) -> tuple[Any, ...]:
    """Return random arguments of col2im."""
    rows = convolution.im2col(np.zeros(input_shape), fh, fw, stride, pad)
    return rng.standard_normal(rows.shape), input_shape, fh, fw, stride, pad


def _left_out(rng: Generator, input_shape: Shape, fh: int, fw: int) -> tuple[Any, ...]:
    return _columns(rng, input_shape, fh, fw, 1, 0)[:4]


def _transposes(x: Array, col: Array, *sizes: int) -> Callable[[Attempt], str]:
    """Return the verdict on ⟨im2col(x), col⟩ = ⟨x, col2im(col)⟩, with the right im2col."""
    wanted = float(np.vdot(convolution.im2col(x, *sizes), col))

    def verdict(tried: Attempt) -> str:
        if "x" not in tried.arrays:
            return f"x is {tried.unusable['x']}"
        image = tried.arrays["x"]
        if image.shape != x.shape:
            return f"x has shape {image.shape}, expected {x.shape}"
        got = float(np.vdot(x, image))
        if abs(got - wanted) <= 1e-5 * max(1.0, abs(wanted)):
            return ""
        return (
            f"for a certain image x, ⟨im2col(x), col⟩ is {wanted:.6g} and ⟨x, col2im(col)⟩ is "
            f"{got:.6g}: the two must be equal"
        )

    return verdict


def _adjoint(rng: Generator, input_shape: Shape, *sizes: int) -> Trial:
    col = _columns(rng, input_shape, *sizes)[0]
    verdict = _transposes(rng.standard_normal(input_shape), col, *sizes)
    return decided(COL2IM, verdict, col, input_shape, *sizes)


COL2IM_EXERCISE = CodeExercise(
    name="col2im",
    title="Back to the image: `col2im`",
    signature="col2im(col, input_shape, filter_h, filter_w, stride=1, pad=0)",
    minutes=20,
    section=Section("4.1", "col2im: the way back", "ch4/matrix_products"),
    functions=("col2im",),
    reference={"col2im": convolution.col2im},
    public=(
        public(COL2IM, counting(4, 4), (1, 1, 4, 4), 2, 2, 2, 0),
        public(COL2IM, counting(4, 4), (1, 1, 3, 3), 2, 2, 1, 0),
        public(COL2IM, counting(4, 8), (1, 2, 3, 3), 2, 2, 1, 0),
        public(COL2IM, counting(4, 12), (2, 2, 3, 3), 3, 2, 1, 0),
        public(COL2IM, counting(12, 4), (1, 1, 2, 3), 2, 2, 1, 1),
        public(COL2IM, counting(9, 4), (1, 1, 8, 8), 2, 2, 3, 0),
        public(COL2IM_LEFT_OUT, counting(2, 4), (1, 1, 2, 3), 2, 2),
    ),
    properties=(
        Property(
            "side",
            "windows side by side: every value returns to its image, channel and pixel",
            1.5,
            lambda rng: [
                values(COL2IM, *_columns(rng, (2, 3, 4, 6), 2, 2, 2, 0)),
                values(COL2IM, *_columns(rng, (3, 2, 3, 4), 1, 1, 1, 0)),
            ],
        ),
        Property(
            "overlap",
            "overlapping windows add up",
            1.5,
            lambda rng: [
                values(COL2IM, *_columns(rng, (1, 1, 1, 6), 1, 2, 1, 0)),
                values(COL2IM, *_columns(rng, (1, 1, 9, 1), 3, 1, 2, 0)),
            ],
        ),
        Property(
            "padding",
            "the padding is cut off at all four sides",
            1.0,
            lambda rng: [
                values(COL2IM, *_columns(rng, (1, 1, 1, 4), 3, 1, 1, 1)),
                values(COL2IM, *_columns(rng, (1, 1, 3, 1), 1, 7, 1, 3)),
            ],
        ),
        Property(
            "unreached",
            "pixels that no window reaches receive 0",
            0.5,
            lambda rng: [
                values(COL2IM, *_columns(rng, (1, 1, 1, 9), 1, 2, 3, 0)),
                values(COL2IM, *_columns(rng, (1, 1, 5, 1), 2, 1, 2, 0)),
            ],
        ),
        Property(
            "adjoint",
            "the transpose of im2col, with everything at once: ⟨im2col(x), c⟩ = ⟨x, col2im(c)⟩",
            0.5,
            lambda rng: [
                _adjoint(rng, (2, 3, 5, 7), 3, 2, 2, 1),
                _adjoint(rng, (3, 2, 4, 3), 2, 3, 4, 5),
                values(
                    COL2IM,
                    turned(_columns(rng, (2, 2, 5, 6), 2, 3, 1, 1)[0]),
                    (2, 2, 5, 6),
                    2,
                    3,
                    1,
                    1,
                ),
            ],
        ),
        Property(
            "defaults",
            "stride and pad may be left out; col may hold float32 or integers",
            0.5,
            lambda rng: [
                values(COL2IM_LEFT_OUT, *_left_out(rng, (1, 1, 1, 5), 1, 1)),
                values(COL2IM, rng.random((3, 2)).astype(np.float32), (1, 1, 1, 6), 1, 2, 2, 0),
                values(COL2IM, rng.integers(-9, 9, (3, 2)), (1, 1, 1, 6), 1, 2, 2, 0),
            ],
        ),
        Property(
            "untouched",
            "col stays as it was",
            0.5,
            lambda rng: [
                values(COL2IM, *_columns(rng, (1, 1, 1, 5), 1, 1, 1, 0)),
                untouched(COL2IM, *_columns(rng, (2, 2, 3, 4), 2, 2, 1, 0)),
            ],
        ),
    ),
    mistakes=MISTAKES,
    alternatives=ALTERNATIVES,
)
