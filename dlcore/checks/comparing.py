"""Compare what a learner's function returned with what is expected, and say where they differ."""

from __future__ import annotations

from typing import Any

import numpy as np

_PRINTED_IN_FULL = 36


def as_plain_array(value: Any) -> np.ndarray:
    """Copy a number, a list of numbers or an array into a plain NumPy array.

    Only real numbers pass: objects with a comparison of their own, text and complex numbers don't.

    Raises
    ------
    TypeError
        With a sentence that says what was found instead.

    >>> as_plain_array([1, 2])
    array([1, 2])
    >>> as_plain_array("7")
    Traceback (most recent call last):
        ...
    TypeError: a str, expected numbers
    """
    if value is None:
        raise TypeError("None: is there a `return` at the end?")
    if isinstance(value, (str, bytes)):
        raise TypeError(f"a {type(value).__name__}, expected numbers")
    try:
        array = np.array(value, subok=False)
    except Exception:
        raise TypeError(f"a {type(value).__name__}, expected numbers") from None
    if array.dtype.kind == "O" and array.ndim == 0:
        raise TypeError(f"a {type(value).__name__}, expected numbers")
    if array.dtype.kind not in "biuf":
        raise TypeError(f"of dtype {array.dtype}, expected real numbers")
    return array


_MOST_ITEMS, _MOST_DEPTH = 10_000, 12


def as_plain_data(value: Any) -> Any:
    """Copy nested lists, tuples and dicts of numbers and text, and nothing else.

    Tuples stay tuples; NumPy's numbers become Python's, small arrays become nested lists.

    Raises
    ------
    TypeError
        With a sentence that says what was found instead.

    >>> as_plain_data([("C1", (6, np.int64(28), 28))])
    [('C1', (6, 28, 28))]
    >>> as_plain_data({"fc6": print})
    Traceback (most recent call last):
        ...
    TypeError: a builtin_function_or_method stands where numbers or text were expected
    """
    room = [_MOST_ITEMS]

    def copied(item: Any, depth: int) -> Any:
        room[0] -= 1
        if depth > _MOST_DEPTH or room[0] < 0:
            raise TypeError("nested too deeply, or too large")
        kind = type(item)
        if item is None or kind in (bool, int, float):
            return item
        if kind is str:
            return item[:1_000]
        if isinstance(item, np.generic):
            return copied(item.item(), depth + 1)
        if isinstance(item, np.ndarray):
            return copied(item.tolist(), depth + 1)
        if kind in (list, tuple):
            return kind(copied(part, depth + 1) for part in item)
        if kind is dict:
            return {copied(key, depth + 1): copied(part, depth + 1) for key, part in item.items()}
        raise TypeError(f"a {kind.__name__} stands where numbers or text were expected")

    return copied(value, 0)


def tolerance(*inputs: Any) -> float:
    """Allowed difference, relative to the largest expected value, for inputs of these dtypes.

    >>> tolerance(np.zeros(3, np.float32)), tolerance(np.zeros(3)), tolerance(7)
    (0.0001, 1e-06, 1e-06)
    """
    dtypes = [value.dtype for value in inputs if isinstance(value, np.ndarray)]
    narrow = any(dtype.kind == "f" and dtype.itemsize <= 4 for dtype in dtypes)
    return 1e-4 if narrow else 1e-6


def same_values(got: np.ndarray, expected: np.ndarray, rtol: float) -> np.ndarray:
    """For each place, whether the values agree; not-a-number agrees with nothing."""
    scale = max(1.0, float(np.max(np.abs(expected), initial=0.0)))
    with np.errstate(invalid="ignore", over="ignore"):
        distance = np.abs(got.astype(np.float64) - expected.astype(np.float64))
    return distance <= rtol * scale


def matches(got: np.ndarray, expected: np.ndarray, rtol: float) -> bool:
    """Whether shape and all values agree."""
    return got.shape == expected.shape and bool(np.all(same_values(got, expected, rtol)))


def alike(got: np.ndarray, other: np.ndarray, rtol: float) -> bool:
    """Whether two results agree, also in where they are not finite.

    For recognising a mistake, whose result may hold NaN; nothing that holds NaN is ever right.

    >>> alike(np.array([1.0, np.nan]), np.array([1.0, np.nan]), 1e-6)
    True
    """
    if got.shape != other.shape:
        return False
    finite = np.isfinite(other)
    if not np.array_equal(got[~finite], other[~finite], equal_nan=other.dtype.kind == "f"):
        return False
    return matches(got[finite], other[finite], rtol)


def difference(name: str, got: np.ndarray, expected: np.ndarray, rtol: float) -> str:
    r"""Say how `got` differs from `expected`; empty if it doesn't.

    >>> print(difference("dx", np.array([1.0, 5.0]), np.array([1.0, 2.0]), 1e-6))
    dx[1] is 5, expected 2 (1 of 2 values differs; largest relative error 1.5, at [1])
    expected dx:
    [1. 2.]
    got dx:
    [1. 5.]
    >>> difference("dx", np.array([1.0]), np.array([1.0]), 1e-6)
    ''
    """
    if got.shape != expected.shape:
        return f"{name} has shape {got.shape}, expected {expected.shape}"
    wrong = ~same_values(got, expected, rtol)
    count = int(np.count_nonzero(wrong))
    if count == 0:
        return ""
    if got.ndim == 0:
        return f"{name} is {_number(got)}, expected {_number(expected)}"
    first = tuple(np.argwhere(wrong)[0])
    differ = "differs" if count == 1 else "differ"
    text = (
        f"{name}[{_place(first)}] is {_number(got[first])}, "
        f"expected {_number(expected[first])} "
        f"({count} of {wrong.size} values {differ}; {_largest_error(got, expected)})"
    )
    if not np.all(np.isfinite(got)):
        text += "; some values are not finite (nan or inf)"
    if got.size <= _PRINTED_IN_FULL:
        text += f"\nexpected {name}:\n{_printed(expected)}\ngot {name}:\n{_printed(got)}"
    return text


def _largest_error(got: np.ndarray, expected: np.ndarray) -> str:
    """Name the largest relative error among finite values, and its place."""
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        error = np.abs(got.astype(np.float64) - expected) / np.abs(expected)
    error = np.where(np.isfinite(error), error, -1.0)
    place = np.unravel_index(int(np.argmax(error)), error.shape)
    if error[place] <= 0:
        return "where 0 is expected there is no relative error"
    return f"largest relative error {error[place]:.2g}, at [{_place(place)}]"


def _place(index: Any) -> str:
    return ", ".join(str(int(i)) for i in index)


def _number(value: Any) -> str:
    return f"{float(value):.6g}"


def _printed(array: np.ndarray) -> str:
    return np.array2string(array, precision=4, suppress_small=True, max_line_width=90)
