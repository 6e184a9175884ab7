"""Activations as layers; the functions themselves are in ``dlcore.functional``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from dlcore import functional
from dlcore._validation import Array, as_float, check_batch, check_fraction
from dlcore.layers.base import Layer


class _Activation(Layer):
    """A function applied to each element; ``backward`` multiplies by its derivative."""

    _function: Callable[..., Array]
    _derivative: Callable[..., Array]
    _settings: tuple[float, ...] = ()  # passed on to both functions

    def forward(self, x: ArrayLike, *, train: bool = False) -> Array:
        x = self._batch(x)
        self._cache = x
        return np.asarray(type(self)._function(x, *self._settings))

    def backward(self, dy: ArrayLike) -> Array:
        x = self._recall()
        slope = type(self)._derivative(x, *self._settings)
        return np.asarray(self._gradient(dy, x.shape, x.dtype) * slope)

    def _batch(self, x: ArrayLike) -> Array:
        where = type(self).__name__
        return check_batch(as_float(x, where=where, integers=np.float32), where=where)


class Sigmoid(_Activation):
    """σ(x) = 1 / (1 + exp(−x)), element by element.

    Backward: dx = dy · σ(x) · (1 − σ(x)).

    Shapes
    ------
    x and y : any shape, the first axis is the batch

    >>> Sigmoid().forward([0])
    array([0.5], dtype=float32)
    """

    default_name = "sigmoid"
    _function = staticmethod(functional.sigmoid)
    _derivative = staticmethod(functional.sigmoid_grad)


class Tanh(_Activation):
    """Hyperbolic tangent, element by element.

    Backward: dx = dy · (1 − tanh(x)²).

    Shapes
    ------
    x and y : any shape, the first axis is the batch

    >>> Tanh().forward([0])
    array([0.], dtype=float32)
    """

    default_name = "tanh"
    _function = staticmethod(functional.tanh)
    _derivative = staticmethod(functional.tanh_grad)


class ReLU(_Activation):
    """max(x, 0), element by element; the derivative at 0 is taken as 0.

    Backward: dx = dy where x > 0, else 0.

    Shapes
    ------
    x and y : any shape, the first axis is the batch

    >>> ReLU().forward([-1, 0, 2])
    array([0., 0., 2.], dtype=float32)
    """

    # Backward needs to know where x > 0 alone, so that x, four times as large, can be freed.

    default_name = "relu"
    _function = staticmethod(functional.relu)

    def forward(self, x: ArrayLike, *, train: bool = False) -> Array:
        x = self._batch(x)
        self._cache = x > 0, x.dtype
        return np.asarray(type(self)._function(x))

    def backward(self, dy: ArrayLike) -> Array:
        positive, dtype = self._recall()
        return np.asarray(self._gradient(dy, positive.shape, dtype) * positive)


class LeakyReLU(_Activation):
    """x where x > 0, else slope · x, element by element; the derivative at 0 is the slope.

    Backward: dx = dy where x > 0, else slope · dy.

    Parameters
    ----------
    slope : float
        0 <= slope < 1.

    Shapes
    ------
    x and y : any shape, the first axis is the batch

    Raises
    ------
    ValueError
        If slope is outside the range.

    >>> LeakyReLU(0.5).forward([-1, 0, 2])
    array([-0.5,  0. ,  2. ], dtype=float32)
    """

    default_name = "leakyrelu"
    _function = staticmethod(functional.leaky_relu)
    _derivative = staticmethod(functional.leaky_relu_grad)

    def __init__(self, slope: float = 0.01) -> None:
        super().__init__()
        self.slope = check_fraction(slope, "slope", where="LeakyReLU")
        self._settings = (self.slope,)

    def __repr__(self) -> str:
        return f"LeakyReLU({self.slope:g})"


class GELU(_Activation):
    """x · Φ(x), element by element: exact and slow, see :func:`dlcore.functional.gelu`.

    Backward: dx = dy · (Φ(x) + x · φ(x)), with the normal density φ.

    Shapes
    ------
    x and y : any shape, the first axis is the batch

    >>> GELU().forward([-1.0, 0.0, 1.0]).round(4)
    array([-0.1587,  0.    ,  0.8413])
    """

    default_name = "gelu"
    _function = staticmethod(functional.gelu)
    _derivative = staticmethod(functional.gelu_grad)


class Identity(_Activation):
    """The input itself, as a copy; dx = dy.

    Shapes
    ------
    x and y : any shape, the first axis is the batch

    >>> Identity().forward([1.5])
    array([1.5])
    """

    default_name = "identity"
    _function = staticmethod(functional.identity)
    _derivative = staticmethod(functional.identity_grad)
