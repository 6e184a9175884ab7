"""Random arguments for the hidden cases of ps5_modern_cnn.

Maps are never square: where they are, one of `dlcore`'s pooling layers does the same.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Generator = np.random.Generator


def images(rng: Generator, *size: int) -> Array:
    """Return normally distributed numbers."""
    return rng.standard_normal(size)


def distinct(rng: Generator, *size: int) -> Array:
    """Return different numbers of both signs, so that no maximum is tied."""
    count = math.prod(size)
    return (rng.permutation(count) - count / 2).reshape(size) / 4


def mixed(*size: int) -> Array:
    """Return different small numbers of both signs, mixed, but always in the same order."""
    count = math.prod(size)
    step = next(step for step in (7, 5, 11, 13) if math.gcd(step, count) == 1)
    return ((np.arange(count) * step + 3) % count - count // 3).reshape(size).astype(float)


def counting(*size: int) -> Array:
    """Return 1, 2, 3, …: values in which every mix-up shows."""
    return np.arange(1.0, math.prod(size) + 1).reshape(size)


def gradients(rng: Generator, *size: int) -> Array:
    """Return different numbers away from 0, of both signs."""
    return (1 + rng.random(size)) * rng.choice([-1.0, 1.0], size)
