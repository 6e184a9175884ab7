"""Initial values of weights.

An initialiser is any callable ``init(fan_in, fan_out, rng) -> array (fan_in, fan_out)``, where
fan_in is the number of inputs of a unit and fan_out the number of units. Your own function with
this signature plugs into every layer. A convolution asks for fan_in = C·FH·FW and fan_out = FN,
because it is an affine map on the rows of ``im2col``. An initialiser that draws nothing gives rng
the default None; layers then ask for no Generator.

Book: chapter 1, section on initial values.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from dlcore._validation import Array, check_finite, check_int, check_positive, check_rng

__all__ = [
    "Initializer",
    "constant",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "normal",
    "orthogonal",
    "xavier_normal",
    "zeros",
]

#: A callable ``(fan_in, fan_out, rng) -> array (fan_in, fan_out)``: the library's or your own.
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


def constant(value: float) -> Initializer:
    """Return an initialiser that sets all weights to `value`.

    Raises
    ------
    TypeError
        If value is not a number.
    ValueError
        If value is NaN or infinite.

    >>> constant(0.5)(1, 2)
    array([[0.5, 0.5]])
    """
    value = check_finite(value, "value", where="constant")
    name = f"constant({value:g})"

    def fill(
        fan_in: int,
        fan_out: int,
        rng: np.random.Generator | None = None,  # noqa: ARG001 (the signature of every initialiser)
    ) -> Array:
        return np.full(_shape(fan_in, fan_out, name), value)

    return _named(fill, name)


def normal(std: float) -> Initializer:
    """Return an initialiser that draws from N(0, std²), whatever the layer's size.

    Raises
    ------
    TypeError, ValueError
        If std is not a positive number.

    >>> init = normal(0.01)
    >>> init(3, 2, np.random.default_rng(0)).shape
    (3, 2)
    """
    std = check_positive(std, "std", where="normal")
    name = f"normal({std:g})"

    def draw(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
        return _normal(std, _shape(fan_in, fan_out, name), rng, name)

    return _named(draw, name)


def xavier_normal(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    """Xavier initialisation in its fan-in form, N(0, 1 / fan_in), for sigmoid and tanh.

    Differs from: Glorot and Bengio use the variance 2 / (fan_in + fan_out), see `glorot_normal`;
    the two agree when fan_in = fan_out. PyTorch's ``xavier_normal_`` is their form.

    Source: Glorot & Bengio 2010, "Understanding the difficulty of training deep feedforward
    neural networks".

    >>> xavier_normal(784, 40, np.random.default_rng(0)).shape
    (784, 40)
    """
    shape = _shape(fan_in, fan_out, "xavier_normal")
    return _normal(math.sqrt(1 / fan_in), shape, rng, "xavier_normal")


def glorot_normal(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    """Glorot initialisation, N(0, 2 / (fan_in + fan_out)), for sigmoid and tanh.

    A compromise: 1 / fan_in would keep the variance of the activations from layer to layer,
    1 / fan_out that of the gradients.

    Source: Glorot & Bengio 2010, "Understanding the difficulty of training deep feedforward
    neural networks", equation 12.

    >>> glorot_normal(784, 40, np.random.default_rng(0)).shape
    (784, 40)
    """
    shape = _shape(fan_in, fan_out, "glorot_normal")
    return _normal(math.sqrt(2 / (fan_in + fan_out)), shape, rng, "glorot_normal")


def glorot_uniform(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    """Glorot initialisation, U(−a, a) with a = √(6 / (fan_in + fan_out)).

    The variance of U(−a, a) is a² / 3, here 2 / (fan_in + fan_out) as in `glorot_normal`.

    Source: Glorot & Bengio 2010, "Understanding the difficulty of training deep feedforward
    neural networks", equation 16.

    >>> glorot_uniform(784, 40, np.random.default_rng(0)).shape
    (784, 40)
    """
    shape = _shape(fan_in, fan_out, "glorot_uniform")
    return _uniform(math.sqrt(6 / (fan_in + fan_out)), shape, rng, "glorot_uniform")


def he_normal(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    """He initialisation, N(0, 2 / fan_in), for the ReLU family.

    Source: He et al. 2015, "Delving deep into rectifiers", arXiv 1502.01852.

    >>> he_normal(784, 40, np.random.default_rng(0)).shape
    (784, 40)
    """
    shape = _shape(fan_in, fan_out, "he_normal")
    return _normal(math.sqrt(2 / fan_in), shape, rng, "he_normal")


def he_uniform(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    """He initialisation, U(−a, a) with a = √(6 / fan_in): the variance of `he_normal`.

    Source: He et al. 2015, "Delving deep into rectifiers", arXiv 1502.01852.

    >>> he_uniform(784, 40, np.random.default_rng(0)).shape
    (784, 40)
    """
    shape = _shape(fan_in, fan_out, "he_uniform")
    return _uniform(math.sqrt(6 / fan_in), shape, rng, "he_uniform")


def orthogonal(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    """Random orthogonal matrix, uniform (Haar): for recurrent weights and deep linear networks.

    All singular values are 1, so that a product of many such matrices neither grows nor shrinks.
    If fan_in > fan_out the columns are orthonormal, WᵀW = I; if fan_in < fan_out the rows, WWᵀ = I.

    Drawn as Q of the QR decomposition of a matrix of N(0, 1), its columns multiplied by the signs
    of R's diagonal: without the signs Q would depend on the routine's convention and not be
    uniform.

    Source: Saxe et al. 2014, arXiv 1312.6120; for the signs Mezzadri 2007, "How to generate random
    matrices from the classical compact groups".

    >>> W = orthogonal(3, 2, np.random.default_rng(0))
    >>> np.allclose(W.T @ W, np.eye(2))
    True
    """
    shape = _shape(fan_in, fan_out, "orthogonal")
    gaussian = check_rng(rng, where="orthogonal").normal(size=(max(shape), min(shape)))
    Q, R = np.linalg.qr(gaussian)
    Q *= np.copysign(1, R.diagonal())
    return Q if fan_in >= fan_out else Q.T


def _shape(fan_in: int, fan_out: int, where: str) -> tuple[int, int]:
    return (
        check_int(fan_in, "fan_in", where=where, minimum=1),
        check_int(fan_out, "fan_out", where=where, minimum=1),
    )


def _normal(std: float, shape: tuple[int, int], rng: np.random.Generator, where: str) -> Array:
    return check_rng(rng, where=where).normal(0.0, std, size=shape)


def _uniform(limit: float, shape: tuple[int, int], rng: np.random.Generator, where: str) -> Array:
    return check_rng(rng, where=where).uniform(-limit, limit, size=shape)


def _named(init: Callable[..., Array], name: str) -> Initializer:
    """Give `init` the name that messages show."""
    init.__name__ = init.__qualname__ = name
    return init
