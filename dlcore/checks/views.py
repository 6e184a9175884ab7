"""What is compared of an attempt: its arrays as they are, or something that is made of them.

A view turns an `Attempt` into named arrays. Random results are compared by their statistics, a list
of shapes line by line, a backward pass that is called twice by the difference of its results.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dlcore.checks.masks import mask_draws, mask_statistics, mask_values
from dlcore.checks.plans import Attempt

Features = dict[str, np.ndarray]
View = Callable[[Attempt], Features]


def arrays(attempt: Attempt) -> Features:
    """Return the arrays as they are.

    >>> arrays(Attempt(arrays={"y": np.array([1.0])}))
    {'y': array([1.])}
    """
    return dict(attempt.arrays)


def table(attempt: Attempt) -> Features:
    """Return the lines of a table: a dict, or a list of pairs, of names and numbers.

    >>> table(Attempt(plain={"shapes": [("C1", (6, 28, 28)), ("F6", (84,))]}))
    {'C1': array([ 6, 28, 28]), 'F6': array([84])}
    """
    features: Features = {}
    for value in attempt.plain.values():
        lines = list(value.items()) if isinstance(value, dict) else value
        if not isinstance(lines, (list, tuple)):
            continue
        for line in lines:
            if isinstance(line, (list, tuple)) and len(line) == 2 and isinstance(line[0], str):
                numbers = _numbers(line[1])
                if numbers is not None:
                    features.setdefault(line[0], numbers)
    return features


def _numbers(value: Any) -> np.ndarray | None:
    try:
        array = np.array(value)
    except ValueError:
        return None
    return array if array.dtype.kind in "iuf" else None


def repeated(attempt: Attempt) -> Features:
    """Return how far results called "… again" are from those of the same name without "again".

    >>> repeated(Attempt(arrays={"dx": np.array([2.0]), "dx again": np.array([3.0])}))
    {'dx again': array([1.])}
    """
    features: Features = {}
    for name, again in attempt.arrays.items():
        first = attempt.arrays.get(name.split(" again")[0])
        if name.endswith(" again") and first is not None:
            same_shape = first.shape == again.shape
            with np.errstate(invalid="ignore", over="ignore"):
                features[name] = np.asarray(again - first) if same_shape else np.array(np.inf)
    return features


def steady(attempt: Attempt) -> Features:
    """Return the largest difference between results called "… again" and those of the same name.

    A single number, whatever the shapes: whether the first result is right is judged elsewhere.

    >>> steady(Attempt(arrays={"dx": np.array([2.0, 1.0]), "dx again": np.array([2.0, 4.0])}))
    {'largest difference between dx and dx again': array(3.)}
    """
    return {
        f"largest difference between {name.removesuffix(' again')} and {name}": np.array(
            np.max(np.abs(difference), initial=0.0)
        )
        for name, difference in repeated(attempt).items()
    }


def sums(attempt: Attempt) -> Features:
    """Return the sum of each map, over the last two axes: for gradients that may be shared out.

    >>> sums(Attempt(arrays={"dx": np.array([[[[1.0, 2.0], [0.0, 3.0]]]])}))
    {'sum of dx over each map': array([[6.]])}
    """
    return {
        f"sum of {name} over each map": array.sum(axis=(-2, -1)) if array.ndim >= 2 else array
        for name, array in attempt.arrays.items()
    }


def in_place(attempt: Attempt) -> Features:
    """Count the arrays called "… in place" that hold the same as those of the name without that.

    The one is an array as it was handed over, the other what a dict holds in its place now.

    >>> w, old = np.array([0.9]), np.array([1.0])
    >>> in_place(Attempt(arrays={"W": w, "W in place": old, "b": w, "b in place": w}))
    {'number of arrays changed in place': array(1)}
    """
    count = 0
    for name, given in attempt.arrays.items():
        held = attempt.arrays.get(name.removesuffix(" in place"))
        if name.endswith(" in place") and held is not None:
            count += held.shape == given.shape and bool(
                np.array_equal(held, given, equal_nan=given.dtype.kind == "f")
            )
    return {"number of arrays changed in place": np.array(count)}


def weights(attempt: Attempt) -> Features:
    """Return statistics of random weights of shape (fan_in, fan_out).

    All are scaled so that 40,000 independent normal numbers keep within 0.03 of what is expected,
    apart from fewer than one case in 10⁷: the mean (in standard deviations) has the standard error
    1/200, the standard deviation (times √fan_in) 1/283 at variance 1/fan_in, the part beyond one
    standard deviation, 0.317, has 1/650, the fourth root of the mean fourth power, ⁴√3, has 1/410,
    and each of the two correlations of neighbours has 1/200.

    >>> rng = np.random.default_rng(0)
    >>> seen = weights(Attempt(arrays={"W": rng.standard_normal((160, 250)) / np.sqrt(160)}))
    >>> for name, value in seen.items():
    ...     print(f"{value:.1f}  {name}")
    0.0  mean of W (in standard deviations)
    1.0  standard deviation of W times √fan_in
    0.3  part of W further out than one standard deviation
    1.3  heaviness of the tails of W (⁴√3 if normal)
    0.0  correlation of neighbours in W
    1.0  part of W that are different numbers
    """
    features: Features = {}
    for name, given in attempt.arrays.items():
        if given.ndim != 2 or given.size < 2:
            continue
        W = given.astype(np.float64)
        deviation = float(W.std()) or 1.0
        centred = (W - W.mean()) / deviation
        features[f"mean of {name} (in standard deviations)"] = np.array(W.mean() / deviation)
        features[f"standard deviation of {name} times √fan_in"] = np.array(
            W.std() * np.sqrt(W.shape[0])
        )
        features[f"part of {name} further out than one standard deviation"] = np.array(
            np.mean(np.abs(centred) > 1)
        )
        features[f"heaviness of the tails of {name} (⁴√3 if normal)"] = np.array(
            np.mean(centred**4) ** 0.25
        )
        rows, columns = centred[:-1] * centred[1:], centred[:, :-1] * centred[:, 1:]
        features[f"correlation of neighbours in {name}"] = np.array(
            max(abs(pairs.mean()) if pairs.size else 0.0 for pairs in (rows, columns))
        )
        features[f"part of {name} that are different numbers"] = np.array(
            np.unique(W).size / W.size
        )
    return features


def recurring(attempt: Attempt) -> Features:
    """Return which part of the results called "W, …" equals the result "W", number by number.

    >>> arrays = {"W": np.array([1.0, 2.0]), "W, same seed": np.array([1.0, 3.0])}
    >>> recurring(Attempt(arrays=arrays))
    {'part of “W, same seed” that equals W': array(0.5)}
    """
    features: Features = {}
    for name, again in attempt.arrays.items():
        base, comma, _ = name.partition(", ")
        first = attempt.arrays.get(base)
        if comma and first is not None:
            equal = float(np.mean(first == again)) if first.shape == again.shape else 0.0
            features[f"part of “{name}” that equals {base}"] = np.array(equal)
    return features


def outlines(attempt: Attempt) -> Features:
    """Return arrays of zeros with the shapes of the results, where the numbers are free.

    >>> outlines(Attempt(arrays={"W": np.array([[0.3, -0.1]])}))
    {'W': array([[0., 0.]])}
    """
    return {name: np.zeros(given.shape) for name, given in attempt.arrays.items()}


def rows(attempt: Attempt) -> Features:
    """Return a table's lines, how many there are, and, of a list, at which place each name stands.

    >>> seen = rows(Attempt(plain={"shapes": [("C1", (6, 28, 28)), ("F6", (84,))]}))
    >>> {name: value.tolist() for name, value in seen.items()}
    {'C1': [6, 28, 28], 'F6': [84], 'number of rows': 2, 'place of C1': 1, 'place of F6': 2}
    """
    features = table(attempt)
    for value in attempt.plain.values():
        if not isinstance(value, (list, tuple, dict)):
            continue
        features["number of rows"] = np.array(len(value))
        if isinstance(value, (list, tuple)):
            names = [
                line[0] if isinstance(line, (list, tuple)) and line else None for line in value
            ]
            for name in [name for name in features if name in names]:
                features[f"place of {name}"] = np.array(names.index(name) + 1)
    return features


def maxima(attempt: Attempt) -> Features:
    """Return what the gradient "dx" gives to the largest values of each map of "x" together.

    Equal maxima may share a gradient in any way, and the other pixels get none of it.

    >>> x, dx = np.array([[[[3.0, 3.0], [1.0, 0.0]]]]), np.array([[[[0.5, 1.5], [0.0, 0.0]]]])
    >>> seen = maxima(Attempt(arrays={"x": x, "dx": dx}))
    >>> [value.tolist() for value in seen.values()]
    [[[2.0]], 0.0]
    """
    x, dx = attempt.arrays.get("x"), attempt.arrays.get("dx")
    if x is None or dx is None:
        return {}
    if dx.shape != x.shape:
        return {"sum of dx over the maxima of each map": dx}  # a difference of shapes, told as one
    largest = x == x.max(axis=(2, 3), keepdims=True)
    return {
        "sum of dx over the maxima of each map": np.where(largest, dx, 0).sum(axis=(2, 3)),
        "largest gradient elsewhere": np.array(np.max(np.abs(np.where(largest, 0, dx)))),
    }


def network(_attempt: Attempt) -> Features:
    """Return nothing: a network is not compared but trained, see `dlcore.checks.small_network`.

    >>> network(Attempt())
    {}
    """
    return {}


#: All views, by name.
VIEWS: dict[str, View] = {
    view.__name__: view
    for view in (
        arrays,
        table,
        repeated,
        steady,
        sums,
        in_place,
        weights,
        recurring,
        outlines,
        rows,
        maxima,
        network,
        mask_values,
        mask_statistics,
        mask_draws,
    )
}
