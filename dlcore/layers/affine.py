"""The fully connected layer, and the flattening of images before it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from dlcore._validation import Array, as_float, check_batch, check_float_dtype, check_int
from dlcore.initializers import Initializer, he_normal
from dlcore.layers.base import Layer, Shape
from dlcore.layers.plugins import draw, parameters, ready_array


class Affine(Layer):
    """Fully connected layer, y = x W + b.

    Parameters
    ----------
    in_features, out_features : int
    init : callable ``(fan_in, fan_out, rng) -> (fan_in, fan_out)``, or an array of W's shape
        Initial W; b starts at 0.
    rng : np.random.Generator
        Needed unless init is an array or ``zeros``.
    dtype : float dtype

    Shapes
    ------
    x : (N, in_features); y : (N, out_features)
    params : W (in_features, out_features), b (out_features,)

    Backward: dW = xᵀ dy, db = Σ_n dy_n, dx = dy Wᵀ.

    The properties W, b, dW and db are other names for ``params["W"]``, ``params["b"]``,
    ``grads["W"]`` and ``grads["b"]``.

    >>> layer = Affine(2, 1, init=np.array([[1.0], [2.0]]))
    >>> layer.forward([[3.0, 4.0]])
    array([[11.]], dtype=float32)
    """

    default_name = "affine"

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        init: Initializer | Array = he_normal,
        rng: np.random.Generator | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__()
        self.in_features = check_int(in_features, "in_features", where="Affine", minimum=1)
        self.out_features = check_int(out_features, "out_features", where="Affine", minimum=1)
        self.dtype = check_float_dtype(dtype, where="Affine")
        shape = (self.in_features, self.out_features)
        if callable(init):
            W = draw(init, *shape, rng, where="Affine")
        else:
            W = ready_array(init, shape, where="Affine")
        self.params = parameters(W, self.out_features, self.dtype)
        self.grads = {key: np.zeros_like(p) for key, p in self.params.items()}

    @property
    def W(self) -> Array:
        """The weights, ``params["W"]``."""
        return self.params["W"]

    @property
    def b(self) -> Array:
        """The biases, ``params["b"]``."""
        return self.params["b"]

    @property
    def dW(self) -> Array:
        """Gradient of the weights, ``grads["W"]``."""
        return self.grads["W"]

    @property
    def db(self) -> Array:
        """Gradient of the biases, ``grads["b"]``."""
        return self.grads["b"]

    def forward(self, x: ArrayLike, *, train: bool = False) -> Array:
        x = as_float(x, where="Affine").astype(self.dtype, copy=False)
        if x.ndim != 2 or x.shape[1] != self.in_features:
            raise ValueError(
                f"Affine: expected x of shape (N, {self.in_features}), got {x.shape}; "
                f"{_affine_remedy(x.shape[1:], self.in_features)}"
            )
        self._cache = check_batch(x, where="Affine")
        return np.asarray(x @ self.params["W"] + self.params["b"])

    def backward(self, dy: ArrayLike) -> Array:
        x = self._recall()
        dy = self._gradient(dy, (len(x), self.out_features), self.dtype)
        self._set_grads(x, dy)
        return np.asarray(dy @ self.params["W"].T)

    def fill_grads(self, dy: ArrayLike) -> None:
        x = self._recall()
        self._set_grads(x, self._gradient(dy, (len(x), self.out_features), self.dtype))

    def _set_grads(self, x: Array, dy: Array) -> None:
        self.grads["W"] = x.T @ dy
        self.grads["b"] = dy.sum(axis=0)

    def output_shape(self, input_shape: Shape) -> Shape:
        if tuple(input_shape) != (self.in_features,):
            raise ValueError(
                f"Affine: expected input_shape ({self.in_features},), got {tuple(input_shape)}; "
                f"{_affine_remedy(tuple(input_shape), self.in_features)}"
            )
        return (self.out_features,)

    def multiply_adds(self, input_shape: Shape) -> int:
        self.output_shape(input_shape)
        return self.in_features * self.out_features

    def __repr__(self) -> str:
        return f"Affine({self.in_features}, {self.out_features})"


class Flatten(Layer):
    """Each image as one row: (N, C, H, W) becomes (N, C·H·W).

    >>> Flatten().forward(np.zeros((2, 3, 4, 4))).shape
    (2, 48)
    """

    default_name = "flatten"

    def forward(self, x: ArrayLike, *, train: bool = False) -> Array:
        x = as_float(x, where="Flatten", integers=np.float32)
        if x.ndim < 2:
            raise ValueError(
                f"Flatten: expected x with a batch axis and at least one more, got shape {x.shape}"
            )
        self._cache = check_batch(x, where="Flatten")
        return x.reshape(len(x), math.prod(x.shape[1:]))

    def backward(self, dy: ArrayLike) -> Array:
        x = self._recall()
        dy = self._gradient(dy, (len(x), math.prod(x.shape[1:])), x.dtype)
        dx = np.empty_like(x)  # in x's order in memory, in which the layers before it are fast
        dx[...] = dy.reshape(x.shape)
        return dx

    def output_shape(self, input_shape: Shape) -> Shape:
        return (math.prod(input_shape),)


def _affine_remedy(shape: Shape, in_features: int) -> str:
    if len(shape) > 1 and math.prod(shape) == in_features:
        return "put Flatten() before it"
    if len(shape) > 1:
        return f"put Flatten() before it and use Affine({math.prod(shape)}, ...)"
    if len(shape) == 1:
        return f"use Affine({shape[0]}, ...) or give inputs of {in_features} features"
    return "a single input is a batch of one: x[np.newaxis]"
