"""Activations as layers; the functions themselves are in ``dlcore.functional``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from dlcore import functional
from dlcore._validation import Array, as_float
from dlcore.layers.base import Layer


class _Activation(Layer):
    """A function applied to each element; ``backward`` multiplies by its derivative."""

    _function: Callable[[ArrayLike], Array]
    _derivative: Callable[[ArrayLike], Array]

    def forward(self, x: ArrayLike, *, train: bool = False) -> Array:
        x = as_float(x, where=type(self).__name__, integers=np.float32)
        self._cache = x
        return np.asarray(type(self)._function(x))

    def backward(self, dy: ArrayLike) -> Array:
        x = self._recall()
        return np.asarray(self._gradient(dy, x.shape, x.dtype) * type(self)._derivative(x))


class Sigmoid(_Activation):
    """σ(x) = 1 / (1 + exp(−x)), element by element.

    >>> Sigmoid().forward([0])
    array([0.5], dtype=float32)
    """

    default_name = "sigmoid"
    _function = staticmethod(functional.sigmoid)
    _derivative = staticmethod(functional.sigmoid_grad)


class Tanh(_Activation):
    """Hyperbolic tangent, element by element.

    >>> Tanh().forward([0])
    array([0.], dtype=float32)
    """

    default_name = "tanh"
    _function = staticmethod(functional.tanh)
    _derivative = staticmethod(functional.tanh_grad)


class ReLU(_Activation):
    """max(x, 0), element by element; the derivative at 0 is taken as 0.

    >>> ReLU().forward([-1, 0, 2])
    array([0., 0., 2.], dtype=float32)
    """

    default_name = "relu"
    _function = staticmethod(functional.relu)
    _derivative = staticmethod(functional.relu_grad)


class Identity(_Activation):
    """The input itself, as a copy.

    >>> Identity().forward([1.5])
    array([1.5])
    """

    default_name = "identity"
    _function = staticmethod(functional.identity)
    _derivative = staticmethod(functional.identity_grad)
