"""Layers on images (N, C, H, W): convolution and max pooling."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from dlcore import convolution
from dlcore._geometry import geometry
from dlcore._validation import (
    Array,
    as_float,
    check_float_dtype,
    check_images,
    check_int,
    check_pair,
    check_shape_tuple,
)
from dlcore.initializers import Initializer, he_normal
from dlcore.layers.base import Layer, Shape
from dlcore.layers.plugins import (
    FunctionPair,
    draw,
    function_pair,
    parameters,
    ready_array,
    returned,
)


class Convolution(Layer):
    """Convolution of images with `out_channels` filters.

    Parameters
    ----------
    in_channels, out_channels : int
    filter_size : int or (height, width)
    stride, pad : int
    init : callable ``(fan_in, fan_out, rng) -> (fan_in, fan_out)``, or an array of W's shape
        Called with fan_in = C·FH·FW and fan_out = FN: a convolution is an affine map on the rows
        of ``im2col``. b starts at 0.
    rng : np.random.Generator
        Needed unless init is an array or ``zeros``.
    dtype : float dtype
    conv : pair (forward, backward), optional
        Functions to use in place of ``conv_forward`` and ``conv_backward``, for example your own.

    Shapes
    ------
    x : (N, C, H, W); y : (N, FN, OH, OW) with OH, OW from ``conv_output_size``
    params : W (FN, C, FH, FW), b (FN,)

    >>> layer = Convolution(1, 6, 5, rng=np.random.default_rng(0))
    >>> layer.output_shape((1, 32, 32)), layer.num_params, layer.multiply_adds((1, 32, 32))
    ((6, 28, 28), 156, 117600)
    """

    default_name = "conv"

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        filter_size: int | tuple[int, int],
        *,
        stride: int = 1,
        pad: int = 0,
        init: Initializer | Array = he_normal,
        rng: np.random.Generator | None = None,
        dtype: DTypeLike = np.float32,
        conv: FunctionPair | None = None,
    ) -> None:
        super().__init__()
        where = "Convolution"
        self.in_channels = check_int(in_channels, "in_channels", where=where, minimum=1)
        self.out_channels = check_int(out_channels, "out_channels", where=where, minimum=1)
        self.filter_size = check_pair(filter_size, "filter_size", where=where, minimum=1)
        self.stride = check_int(stride, "stride", where=where, minimum=1)
        self.pad = check_int(pad, "pad", where=where, minimum=0)
        self.dtype = check_float_dtype(dtype, where=where)
        library = (convolution.conv_forward, convolution.conv_backward)
        self._conv_forward, self._conv_backward = function_pair(conv, library, "conv", where=where)

        shape = (self.out_channels, self.in_channels, *self.filter_size)
        if callable(init):
            W = draw(init, math.prod(shape[1:]), self.out_channels, rng, where=where)
            W = W.T.reshape(shape)
        else:
            W = ready_array(init, shape, where=where)
        self.params = parameters(W, self.out_channels, self.dtype)
        self.grads = {key: np.zeros_like(p) for key, p in self.params.items()}

    def forward(self, x: ArrayLike, *, train: bool = False) -> Array:
        x = as_float(x, where="Convolution").astype(self.dtype, copy=False)
        x = check_images(x, where="Convolution")
        y_shape = (len(x), *self.output_shape(x.shape[1:]))
        y, cache = self._conv_forward(
            x, self.params["W"], self.params["b"], stride=self.stride, pad=self.pad
        )
        self._cache = cache, x.shape, y_shape
        return returned(y, y_shape, self.dtype, "out", self._conv_forward)

    def backward(self, dy: ArrayLike) -> Array:
        cache, x_shape, y_shape = self._recall()
        dy = self._gradient(dy, y_shape, self.dtype)
        dx, dW, db = self._conv_backward(dy, cache)
        for key, gradient in ("W", dW), ("b", db):
            shape = self.params[key].shape
            self.grads[key] = returned(gradient, shape, self.dtype, f"d{key}", self._conv_backward)
        return returned(dx, x_shape, self.dtype, "dx", self._conv_backward)

    def output_shape(self, input_shape: Shape) -> Shape:
        C, H, W = check_shape_tuple(input_shape, 3, "input_shape", where="Convolution")
        if self.in_channels != C:
            raise ValueError(
                f"Convolution: expected x with {self.in_channels} channels, got {C} "
                f"in shape (N, {C}, {H}, {W}); axis 1 is the channel"
            )
        *_, OH, OW = geometry(
            "Convolution",
            (H, W),
            self.filter_size,
            self.stride,
            self.pad,
            ("filter height", "filter width"),
        )
        return self.out_channels, OH, OW

    def multiply_adds(self, input_shape: Shape) -> int:
        return math.prod(self.output_shape(input_shape)) * math.prod(self.params["W"].shape[1:])

    def __repr__(self) -> str:
        return (
            f"Convolution({self.in_channels}, {self.out_channels}, {self.filter_size}, "
            f"stride={self.stride}, pad={self.pad})"
        )


class MaxPool(Layer):
    """Maximum of every size × size window, channel by channel.

    Parameters
    ----------
    size : int
    stride : int, optional
        Equal to size when not given; any other value is allowed too.
    pool : pair (forward, backward), optional
        Functions to use in place of ``max_pool_forward`` and ``max_pool_backward``.

    Shapes
    ------
    x : (N, C, H, W); y : (N, C, OH, OW)

    >>> MaxPool(2).forward([[[[1.0, 2.0], [4.0, 3.0]]]])
    array([[[[4.]]]])
    """

    default_name = "pool"

    def __init__(
        self, size: int, *, stride: int | None = None, pool: FunctionPair | None = None
    ) -> None:
        super().__init__()
        self.size = check_int(size, "size", where="MaxPool", minimum=1)
        if stride is None:
            stride = self.size
        self.stride = check_int(stride, "stride", where="MaxPool", minimum=1)
        library = (convolution.max_pool_forward, convolution.max_pool_backward)
        self._pool_forward, self._pool_backward = function_pair(
            pool, library, "pool", where="MaxPool"
        )

    def forward(self, x: ArrayLike, *, train: bool = False) -> Array:
        x = check_images(as_float(x, where="MaxPool", integers=np.float32), where="MaxPool")
        y_shape = (len(x), *self.output_shape(x.shape[1:]))
        y, cache = self._pool_forward(x, self.size, self.stride)
        self._cache = cache, x.shape, y_shape, x.dtype
        return returned(y, y_shape, x.dtype, "out", self._pool_forward)

    def backward(self, dy: ArrayLike) -> Array:
        cache, x_shape, y_shape, dtype = self._recall()
        dx = self._pool_backward(self._gradient(dy, y_shape, dtype), cache)
        return returned(dx, x_shape, dtype, "dx", self._pool_backward)

    def output_shape(self, input_shape: Shape) -> Shape:
        C, H, W = check_shape_tuple(input_shape, 3, "input_shape", where="MaxPool")
        *_, OH, OW = geometry(
            "MaxPool", (H, W), (self.size, self.size), self.stride, 0, ("size", "size")
        )
        return C, OH, OW

    def __repr__(self) -> str:
        return f"MaxPool({self.size}, stride={self.stride})"
