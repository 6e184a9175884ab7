"""Random arguments for the hidden cases of ps4_convolution."""

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
