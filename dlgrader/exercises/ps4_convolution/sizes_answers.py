"""Usual wrong answers to ``conv_output_size``, and other right ones."""

from __future__ import annotations

from dlgrader.declarations import Alternative, Mistake

_RANGE_ERROR = 'raise ValueError("sizes and stride must be at least 1, pad at least 0")'
_RANGE = f"if input_size < 1 or filter_size < 1 or stride < 1 or pad < 0:\n        {_RANGE_ERROR}"
_FIT_ERROR = 'raise ValueError("the filter is larger than the padded input")'
_FIT = f"    if room < 0:\n        {_FIT_ERROR}\n"

MISTAKES = (
    Mistake(
        "float-result",
        "/ and np.floor make a float, even where the number is whole; // keeps integers",
        edits=(("room // stride + 1", "np.floor(room / stride) + 1"),),
        loses=("integer",),
    ),
    Mistake(
        "exact-fit-refused",
        "a filter just as large as the padded input is refused, but it has one position",
        edits=(("if room < 0", "if room <= 0"),),
        loses=("fits",),
    ),
    Mistake(
        "no-plus-one",
        "the + 1 is missing: it counts the window at the very start",
        edits=(("room // stride + 1", "room // stride"),),
        loses=("plain", "padding", "stride"),
    ),
    Mistake(
        "padding-once",
        "the padding is counted once, but it is added at both ends",
        edits=(("input_size + 2 * pad", "input_size + pad"),),
        loses=("padding",),
    ),
    Mistake(
        "padding-ignored",
        "the padding is ignored",
        edits=(("input_size + 2 * pad", "input_size"),),
        loses=("padding",),
    ),
    Mistake(
        "padding-after-the-division",
        "the padding is added after the division by the stride; it belongs into the numerator",
        edits=(
            ("input_size + 2 * pad", "input_size"),
            ("room // stride + 1", "room // stride + 1 + 2 * pad"),
        ),
        loses=("stride",),
    ),
    Mistake(
        "stride-ignored",
        "the stride is ignored",
        edits=(("room // stride + 1", "room + 1"),),
        loses=("stride",),
    ),
    Mistake(
        "rounded-up",
        "the division is rounded up, but a window that does not fit is not counted: round down",
        edits=(("room // stride + 1", "-(-room // stride) + 1"),),
        loses=("stride",),
    ),
    Mistake(
        "not-rounded",
        "the division is not rounded down: use //",
        edits=(("room // stride + 1", "room / stride + 1"),),
        loses=("stride", "integer"),
    ),
    Mistake(
        "rounded-to-nearest",
        "the division is rounded to the nearest number: round down",
        edits=(("room // stride + 1", "round(room / stride) + 1"),),
        loses=("stride",),
    ),
    Mistake(
        "plus-one-inside",
        "the + 1 stands inside the division, but it comes after it",
        edits=(("room // stride + 1", "(room + 1) // stride"),),
        loses=("stride",),
    ),
    Mistake(
        "fit-not-checked",
        "whether the filter fits is not checked",
        edits=((_FIT, ""),),
        loses=("fits",),
    ),
    Mistake(
        "nothing-raised",
        "a special number such as −1 is returned, where an exception is to be raised",
        edits=(
            (_RANGE_ERROR, "return -1"),
            (_FIT_ERROR, "return -1"),
        ),
        loses=("fits", "range"),
    ),
    Mistake(
        "assert",
        "assert raises an AssertionError; a ValueError is wanted",
        edits=(
            (_RANGE, "assert min(input_size, filter_size, stride) >= 1 and pad >= 0"),
            (_FIT, "    assert room >= 0\n"),
        ),
        loses=("fits", "range"),
    ),
    Mistake(
        "range-not-checked",
        "only the fit of the filter is checked, not whether each number is in its range",
        edits=((f"    {_RANGE}\n", ""),),
        loses=("range",),
    ),
    Mistake(
        "negative-padding-accepted",
        "a negative padding is accepted",
        edits=((" or pad < 0", ""),),
        loses=("range",),
    ),
    Mistake(
        "empty-filter-accepted",
        "sizes of 0 are accepted: the smallest size is 1",
        edits=(("input_size < 1 or filter_size < 1", "input_size < 0 or filter_size < 0"),),
        loses=("range",),
    ),
)

ALTERNATIVES = (
    Alternative(
        "counting the positions",
        source="""
            def conv_output_size(input_size, filter_size, stride=1, pad=0):
                if min(input_size, filter_size, stride) < 1 or pad < 0:
                    raise ValueError(f"{input_size}, {filter_size}, {stride}, {pad}")
                positions, start = 0, -pad
                while start + filter_size <= input_size + pad:
                    positions += 1
                    start += stride
                if positions == 0:
                    raise ValueError("no room")
                return positions
        """,
    ),
    Alternative(
        "length of a range, as a NumPy integer",
        source="""
            def conv_output_size(input_size, filter_size, stride=1, pad=0):
                for number in [input_size, filter_size, stride]:
                    if number <= 0:
                        raise ValueError(number)
                if pad < 0:
                    raise ValueError("pad")
                last = input_size + 2 * pad - filter_size
                if last < 0:
                    raise ValueError("too large")
                return np.int32(len(range(0, last + 1, stride)))
        """,
    ),
    Alternative(
        "floating point, then int, with an exception class of its own",
        source="""
            import math

            class ImpossibleSize(ValueError):
                pass

            def _checked(condition, what):
                if not condition:
                    raise ImpossibleSize(what)

            def conv_output_size(n, f, s=1, p=0):
                print("sizes", n, f, s, p)
                for number in (n, f, s):
                    if not isinstance(number, int):
                        raise TypeError("integers only")
                    _checked(number >= 1, "too small")
                _checked(p >= 0, "negative")
                _checked(f <= n + 2 * p, "does not fit")
                return int(math.floor((n + 2 * p - f) / s)) + 1
        """,
    ),
)
