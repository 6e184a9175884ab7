"""Views of dropout masks: random results, seen by what any right way of drawing them has in common.

They read the arrays "x" and "out" and all those whose name begins with "mask". Shares are shares of
elements or of pairs of them. With independent elements each is a binomial count divided by its
number, except that of neighbours, which is the mean of two: pairs that begin at even places, and
pairs that begin at odd ones.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from dlcore.checks.plans import Attempt

Features = dict[str, np.ndarray]

MASK_SHAPE = "whether mask has the shape of x (1: yes, 0: no)"
OUT_SHAPE = "whether out has the shape of x (1: yes, 0: no)"
SMALLEST = "smallest value of mask that is not 0"
LARGEST = "largest value of mask"
DISTANCE = "largest distance of out from x * mask, relative to the largest x"
ZEROS = "whether mask holds zeros (1: yes, 0: no)"
SHARE = "share of zeros in mask"
SHARE_LARGE = "share of zeros in mask, where x is above its mean"
SHARE_SMALL = "share of zeros in mask, elsewhere"
HALVES = "share of elements that are alike in the first and the second half of mask"
REPEATED = "share of elements that are dropped in one of two calls with equal generators"
OTHER_SEED = "share of elements that are dropped in one of two calls with different generators"
NEXT_CALL = "share of elements that are dropped in one of two calls with the same generator"
VARIES = "whether the share of zeros varies from mask to mask (1: yes, 0: no)"


def together(axis: int) -> str:
    """Name the share of pairs of neighbours along an axis that are both kept or both dropped."""
    return f"share of neighbours along axis {axis} of mask that are both zero or both not"


def mask_values(attempt: Attempt) -> Features:
    """Return what is the same whatever was drawn: the values of the mask, and that it was used.

    >>> x, mask = np.array([1.0, 2.0]), np.array([0.0, 2.0])
    >>> for name, value in mask_values(Attempt(arrays={"x": x, "mask": mask, "out": x})).items():
    ...     print(f"{name}: {value:g}")
    whether mask has the shape of x (1: yes, 0: no): 1
    whether mask holds zeros (1: yes, 0: no): 1
    smallest value of mask that is not 0: 2
    largest value of mask: 2
    whether out has the shape of x (1: yes, 0: no): 1
    largest distance of out from x * mask, relative to the largest x: 1
    """
    features: Features = {}
    x, mask, out = (_floats(attempt, name) for name in ("x", "mask", "out"))
    if x is not None and mask is not None:
        features[MASK_SHAPE] = np.array(float(mask.shape == x.shape))
        features[ZEROS] = np.array(float(np.any(mask == 0)))
        features[SMALLEST] = np.asarray(mask[mask != 0].min(initial=np.inf))
        features[LARGEST] = np.asarray(mask.max(initial=-np.inf))
    if x is not None and out is not None:
        features[OUT_SHAPE] = np.array(float(out.shape == x.shape))
        if mask is not None:
            features[DISTANCE] = np.asarray(_distance(out, x, mask))
    return features


def _distance(out: np.ndarray, x: np.ndarray, mask: np.ndarray) -> float:
    spread = _spread(mask, x.shape)
    if spread is None or out.shape != x.shape:
        return np.inf
    return float(np.abs(out - x * spread).max() / (np.abs(x).max() or 1.0))


def mask_statistics(attempt: Attempt) -> Features:
    """Return the share of zeros in a mask, and whether elements are dropped independently.

    Meant for about 20,000 elements and an allowed difference of 0.04, which is then more than seven
    times the standard error of each share; the share of zeros in mask alone has half that error.

    >>> x, rng = np.arange(40_000.0).reshape(200, 200), np.random.default_rng(0)
    >>> mask = (rng.random(x.shape) >= 0.5) / 0.5
    >>> for name, value in mask_statistics(Attempt(arrays={"x": x, "mask": mask})).items():
    ...     print(f"{name}: {value:.1f}")
    share of zeros in mask: 0.5
    share of zeros in mask, where x is above its mean: 0.5
    share of zeros in mask, elsewhere: 0.5
    share of neighbours along axis 0 of mask that are both zero or both not: 0.5
    share of neighbours along axis 1 of mask that are both zero or both not: 0.5
    share of elements that are alike in the first and the second half of mask: 0.5
    largest value of mask: 2.0
    """
    x, given = _floats(attempt, "x"), _floats(attempt, "mask")
    if x is None or given is None or given.size == 0:
        return {}
    features: Features = {SHARE: np.mean(given == 0)}
    mask = _spread(given, x.shape)
    if mask is None:
        return {SHARE: np.asarray(features[SHARE])}
    dropped, large = mask == 0, x > x.mean()
    features |= {SHARE_LARGE: np.mean(dropped[large]), SHARE_SMALL: np.mean(dropped[~large])}
    for axis, length in enumerate(mask.shape):
        if length > 1:
            places = np.moveaxis(dropped, axis, 0)
            features[together(axis)] = np.mean(places[1:] == places[:-1])
    half = len(mask) // 2 if mask.ndim else 0
    if half:
        features[HALVES] = np.mean(dropped[:half] == dropped[half : 2 * half])
    features[LARGEST] = mask.max()
    return {name: np.asarray(value) for name, value in features.items()}


def mask_draws(attempt: Attempt) -> Features:
    """Return how masks of several calls differ.

    "mask again" comes from a generator equal to that of "mask", "mask other" from another one,
    "mask first" and "mask next" one after the other from the same. For all masks together: whether
    the share of zeros varies; it does if chance decides on every element.

    >>> mask = np.array([0.0, 2.0, 2.0, 0.0])
    >>> masks = {"mask": mask, "mask again": mask, "mask other": mask[::-1]}
    >>> for name, value in mask_draws(Attempt(arrays=masks)).items():
    ...     print(f"{name}: {value:.1f}")
    share of elements that are dropped in one of two calls with equal generators: 0.0
    share of elements that are dropped in one of two calls with different generators: 0.0
    share of zeros in mask: 0.5
    whether the share of zeros varies from mask to mask (1: yes, 0: no): 0.0
    """
    masks = {name: array == 0 for name, array in attempt.arrays.items() if name.startswith("mask")}
    features: Features = {}
    for feature, one, two in (
        (REPEATED, "mask", "mask again"),
        (OTHER_SEED, "mask", "mask other"),
        (NEXT_CALL, "mask first", "mask next"),
    ):
        if one in masks and two in masks and masks[one].shape == masks[two].shape:
            features[feature] = np.asarray(np.mean(masks[one] != masks[two]))
    if "mask" in masks:
        features[SHARE] = np.asarray(np.mean(masks["mask"]))
    shares = {
        Fraction(int(dropped.sum()), dropped.size) for dropped in masks.values() if dropped.size
    }
    if shares:
        features[VARIES] = np.array(float(len(shares) > 1))
    return features


def _spread(mask: np.ndarray, shape: tuple[int, ...]) -> np.ndarray | None:
    """Return a mask as the product with x spreads it, or None if they do not fit."""
    try:
        return np.broadcast_to(mask, shape)
    except ValueError:
        return None


def _floats(attempt: Attempt, name: str) -> np.ndarray | None:
    array = attempt.arrays.get(name)
    return None if array is None else array.astype(np.float64)
