"""Initial values of weights.

An initialiser is any callable ``init(fan_in, fan_out, rng) -> array (fan_in, fan_out)``, where
fan_in is the number of inputs of a unit and fan_out the number of units. Your own function with
this signature plugs into every layer. A convolution asks for fan_in = C·FH·FW and fan_out = FN,
because it is an affine map on the rows of ``im2col``.

Book: chapter 1, section on initial values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dlcore._validation import Array, check_int, check_positive, check_rng

__all__ = ["Initializer", "he_normal", "normal", "xavier_normal", "zeros"]

Initializer = Callable[[int, int, Any], Array]


def zeros(
    fan_in: int,
    fan_out: int,
    rng: np.random.Generator | None = None,  # noqa: ARG001 (the signature of every initialiser)
) -> Array:
    """All weights 0. Right for biases; for weights it keeps all units of a layer identical.

    >>> zeros(1, 2)
    array([[0., 0.]])
    """
    return np.zeros(_shape(fan_in, fan_out, "zeros"))


def normal(std: float) -> Initializer:
    """Return an initialiser that draws from N(0, std²), whatever the layer's size.

    >>> init = normal(0.01)
    >>> init(3, 2, np.random.default_rng(0)).shape
    (3, 2)
    """
    std = check_positive(std, "std", where="normal")

    def draw(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
        return _draw(std, fan_in, fan_out, rng, f"normal({std:g})")

    draw.__name__ = draw.__qualname__ = f"normal({std:g})"
    return draw


def xavier_normal(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    """Xavier initialisation in its fan-in form, N(0, 1 / fan_in), for sigmoid and tanh.

    Differs from: Glorot and Bengio use the variance 2 / (fan_in + fan_out); the two agree when
    fan_in = fan_out.

    Source: Glorot & Bengio 2010, "Understanding the difficulty of training deep feedforward
    neural networks".

    >>> xavier_normal(784, 40, np.random.default_rng(0)).shape
    (784, 40)
    """
    return _draw(_fan_in_std(1, fan_in, "xavier_normal"), fan_in, fan_out, rng, "xavier_normal")


def he_normal(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    """He initialisation, N(0, 2 / fan_in), for the ReLU family.

    Source: He et al. 2015, "Delving deep into rectifiers", arXiv 1502.01852.

    >>> he_normal(784, 40, np.random.default_rng(0)).shape
    (784, 40)
    """
    return _draw(_fan_in_std(2, fan_in, "he_normal"), fan_in, fan_out, rng, "he_normal")


def _fan_in_std(gain: float, fan_in: int, where: str) -> float:
    return float(np.sqrt(gain / check_int(fan_in, "fan_in", where=where, minimum=1)))


def _shape(fan_in: int, fan_out: int, where: str) -> tuple[int, int]:
    return (
        check_int(fan_in, "fan_in", where=where, minimum=1),
        check_int(fan_out, "fan_out", where=where, minimum=1),
    )


def _draw(std: float, fan_in: int, fan_out: int, rng: np.random.Generator, where: str) -> Array:
    return check_rng(rng, where=where).normal(0.0, std, size=_shape(fan_in, fan_out, where))
