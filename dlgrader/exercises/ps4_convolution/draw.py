"""Arguments for the cases of ps4_convolution: random ones, and readable ones."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Generator = np.random.Generator


def distinct(rng: Generator, *size: int) -> Array:
    """Return different numbers of both signs, so that no maximum is tied."""
    count = math.prod(size)
    return (rng.permutation(count) - count / 2).reshape(size) / 4


def images(rng: Generator, *size: int) -> Array:
    """Return normally distributed numbers."""
    return rng.standard_normal(size)


def turned(array: Array) -> Array:
    """Return the same numbers, laid out in memory the other way round (Fortran order)."""
    return np.asfortranarray(array)


def counting(*size: int) -> Array:
    """Return 1, 2, 3, …: values in which every mix-up shows."""
    return np.arange(1.0, math.prod(size) + 1).reshape(size)


def mixed(*size: int) -> Array:
    """Return distinct small numbers of both signs, in no simple order."""
    count = math.prod(size)
    return (np.random.default_rng(count).permutation(count) - count // 2).reshape(size) / 2.0
