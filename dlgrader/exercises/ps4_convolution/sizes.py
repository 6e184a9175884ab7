"""Output sizes: a function, and ten answers worked out on paper."""

from __future__ import annotations

from collections.abc import Sequence

from dlcore import convolution
from dlcore.checks.plans import Call, Result
from dlgrader.cases import integer, raises, values
from dlgrader.declarations import (
    AnswerExercise,
    CodeExercise,
    Property,
    Section,
    Task,
    Trial,
)
from dlgrader.exercises.ps4_convolution.draw import Generator
from dlgrader.exercises.ps4_convolution.sizes_answers import ALTERNATIVES, MISTAKES

SECTION = Section("4", "The output size", "ch4/convolution")

SIZE = Task(
    name="conv_output_size",
    arguments=("input_size", "filter_size", "stride", "pad"),
    plan=lambda *args: (Call("conv_output_size", args),),
    results={"size": Result(0)},
)

LEFT_OUT = Task(
    name="conv_output_size",
    arguments=("input_size", "filter_size"),
    plan=lambda *args: (Call("conv_output_size", args),),
    results={"size": Result(0)},
    describe=lambda n, f: f"input_size = {n}, filter_size = {f}; stride and pad are left out",
)

_REFUSE = (
    "The filter must fit into the padded input; input_size, filter_size and stride must be at "
    "least 1, pad at least 0. Use `raise ValueError(...)`."
)


def _sizes(rng: Generator, strides: Sequence[int], pads: Sequence[int]) -> list[Trial]:
    """Return sizes of which at least one is not divided evenly by the stride."""
    trials = []
    for stride in strides:
        for pad in pads:
            f = int(rng.choice([2, 3, 5]))
            places = int(rng.integers(3, 20))
            for left_over in {0, stride - 1}:
                n = f + stride * (places - 1) + left_over - 2 * pad
                trials.append(values(SIZE, max(n, f), f, stride, pad))
    return trials


def _stride_with_padding(rng: Generator) -> Trial:
    """Return sizes with both, for which it does not matter whether the padding is counted."""
    steps = int(rng.integers(3, 9))
    return values(SIZE, 4 + 5 * steps + 2, 4, 5, 1)


CONV_OUTPUT_SIZE = CodeExercise(
    name="conv_output_size",
    title="The output size: `conv_output_size`",
    signature="conv_output_size(input_size, filter_size, stride=1, pad=0)",
    minutes=10,
    section=SECTION,
    functions=("conv_output_size",),
    reference={"conv_output_size": convolution.conv_output_size},
    public=(
        values(SIZE, 5, 3, 1, 0),
        values(SIZE, 6, 3, 1, 1),
        values(SIZE, 7, 3, 2, 0),
        values(SIZE, 8, 3, 2, 0),
        values(SIZE, 10, 4, 3, 1),
        integer(SIZE, 3, 5, 1, 1),
        raises(SIZE, 2, 5, 1, 1, hint=_REFUSE),
        raises(SIZE, 5, 3, 0, 0, hint=_REFUSE),
        raises(SIZE, 5, 3, 1, -1, hint=_REFUSE),
        raises(SIZE, 5, 0, 1, 0, hint=_REFUSE),
    ),
    properties=(
        Property(
            "plain",
            "stride 1 without padding, also when stride and pad are left out",
            0.5,
            lambda rng: [*_sizes(rng, [1], [0]), values(LEFT_OUT, int(rng.integers(9, 30)), 4)],
        ),
        Property(
            "padding",
            "padding at both ends",
            1.0,
            lambda rng: [*_sizes(rng, [1], [1, 2, 3]), values(SIZE, 3, 2, 1, 5)],
        ),
        Property(
            "stride",
            "a stride, rounded down where it does not divide",
            1.0,
            lambda rng: [
                *_sizes(rng, [2, 3, 4], [0]),
                values(SIZE, 9, 2, 20, 0),
                _stride_with_padding(rng),
            ],
        ),
        Property(
            "integer",
            "the result is an integer",
            0.5,
            lambda rng: [integer(SIZE, int(rng.integers(9, 30)), 3, 1, 0)],
        ),
        Property(
            "fits",
            "a ValueError if the filter does not fit, and only then",
            0.5,
            lambda rng: [
                values(SIZE, 6, 6, 1, 0),
                raises(SIZE, 4, 7, 1, 1),
                raises(SIZE, int(rng.integers(3, 9)), 30, 2, 3),
            ],
        ),
        Property(
            "range",
            "a ValueError for numbers out of range",
            0.5,
            lambda rng: [
                values(SIZE, 5, 1, 1, 0),
                raises(SIZE, 8, 3, 0, 1),
                raises(SIZE, 8, 3, -1, 1),
                raises(SIZE, 8, 3, 1, -int(rng.integers(1, 3))),
                raises(SIZE, 8, 0, 1, 0),
                raises(SIZE, 0, 1, 1, 1),
            ],
        ),
    ),
    mistakes=MISTAKES,
    alternatives=ALTERNATIVES,
)

OUTPUT_SIZES = AnswerExercise(
    name="output_sizes",
    title="Ten output sizes on paper",
    minutes=25,
    section=Section("4", "Sixteen worked problems", "ch4/convolution"),
    answers={
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
    check="output_sizes, conv_output_size",
    slips={
        "a": {25: "the + 1 is missing", 28: "without padding the first window needs 3 pixels"},
        "b": {
            8: "the padding is ignored",
            9: "the padding is counted at one end only, or the + 1 is missing",
        },
        "c": {
            2: "the + 1 is missing",
            4: "the division is rounded up; it is rounded down",
            8: "the stride is ignored",
        },
        "d": {
            109: "the padding is ignored",
            111: "the padding is counted at one end only, or the + 1 is missing",
            113: "the division is rounded up; it is rounded down",
            224: "the stride is ignored",
        },
        "e": {
            15: "that is the height; the width was asked for",
            21: "the padding is ignored or counted once, or the + 1 is missing",
            23: "the height of the filter was used; the width is another",
            43: "the stride is ignored",
        },
        "f": {
            26: "the + 1 is missing",
            28: "that is half of 55, rounded up; pooling follows the same formula as a convolution",
            53: "the stride is ignored",
        },
        "g": {
            0: "without padding the output has 12 pixels",
            8: "that is the padding of both ends together",
            9: "that is the size of the filter",
        },
        "h": {
            75: "that is the number of columns",
            784: "that is a single image",
            5_760: "the padding is ignored",
            6_760: "the padding is counted at one end only",
            23_520: "the channels lie in the columns, not in the rows",
        },
        "i": {
            36: "that is one map of several",
            800: "the padding of the first convolution is ignored",
            1_568: "the second convolution has no padding, so its output is smaller",
            4_608: "the second pooling is missing",
        },
        "j": {
            12: "the stride is ignored",
            18: "the first position takes 3 pixels, each further one 2 more",
            19: "that row has one position less: 10 positions are 9 steps after the first",
            20: "that row has one position less: the last step would leave it",
            22: "that is the longest such row, not the shortest",
            23: "10 positions are 9 steps after the first, not 10",
            30: "the windows overlap: each further one needs 2 more pixels, not 3",
        },
    },
)
