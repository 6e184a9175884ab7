"""Output sizes: a function, and ten answers worked out on paper."""

from __future__ import annotations

from collections.abc import Sequence

from dlcore.checks.calling import Call
from dlcore.checks.ps4 import TASKS
from dlgrader.cases import exactly, integer, raises, values
from dlgrader.declarations import AnswerExercise, Case, CodeExercise, Property
from dlgrader.exercises.ps4_convolution.draw import Generator

SIZE = TASKS["conv_output_size"]


def _sizes(rng: Generator, strides: Sequence[int], pads: Sequence[int]) -> list[Case]:
    """Return sizes of which at least one is not divided evenly by the stride."""
    cases = []
    for stride in strides:
        for pad in pads:
            f = int(rng.choice([2, 3, 5]))
            places = int(rng.integers(3, 20))
            for left_over in {0, stride - 1}:
                n = f + stride * (places - 1) + left_over - 2 * pad
                cases.append(values(SIZE, max(n, f), f, stride, pad))
    return cases


conv_output_size = CodeExercise(
    "conv_output_size",
    (
        Property(
            "stride 1 without padding, also when stride and pad are left out",
            0.5,
            lambda rng: [
                *_sizes(rng, [1], [0]),
                values(SIZE, 6, 6, 1, 0),
                exactly(Call("conv_output_size", (17, 4)), "size", 14),
            ],
        ),
        Property("padding at both ends", 1.0, lambda rng: _sizes(rng, [1], [1, 2, 3])),
        Property(
            "a stride, rounded down where it does not divide",
            1.0,
            lambda rng: [*_sizes(rng, [2, 3, 4], [0, 2]), values(SIZE, 9, 2, 20, 0)],
        ),
        Property(
            "the result is an integer",
            0.5,
            lambda rng: [integer(SIZE, int(rng.integers(9, 30)), 3, 2, 1)],
        ),
        Property(
            "a ValueError if the filter does not fit",
            0.5,
            lambda rng: [
                values(SIZE, 6, 6, 1, 0),
                raises(SIZE, "ValueError", 4, 7, 1, 1),
                raises(SIZE, "ValueError", int(rng.integers(3, 9)), 30, 2, 3),
            ],
        ),
        Property(
            "a ValueError for numbers out of range",
            0.5,
            lambda rng: [
                values(SIZE, 5, 1, 1, 0),
                raises(SIZE, "ValueError", 8, 3, 0, 1),
                raises(SIZE, "ValueError", 8, 3, -1, 1),
                raises(SIZE, "ValueError", 8, 3, 1, -int(rng.integers(1, 3))),
                raises(SIZE, "ValueError", 8, 0, 1, 0),
                raises(SIZE, "ValueError", 0, 1, 1, 1),
            ],
        ),
    ),
)

output_sizes = AnswerExercise(
    "output_sizes",
    {
        "a": 26,
        "b": 10,
        "c": 3,
        "d": 112,
        "e": 22,
        "f": 27,
        "g": 4,
        "h": 7_840,
        "i": 1_152,
        "j": 21,
    },
    points_each=1.0,
)
