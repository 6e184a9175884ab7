"""Layers on images (N, C, H, W): convolution and pooling."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from dlcore import _fast_convolution, _fast_pooling, pooling
from dlcore._geometry import geometry
from dlcore._validation import (
    Array,
    as_float,
    check_batch,
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
        Functions to use in place of the library's, with the arguments of ``conv_forward`` and
        ``conv_backward``: these two, for example, or your own.

    Shapes
    ------
    x : (N, C, H, W); y : (N, FN, OH, OW) with OH, OW from ``conv_output_size``
    params : W (FN, C, FH, FW), b (FN,)

    Without `conv` the results are those of ``conv_forward`` and ``conv_backward`` up to rounding,
    computed faster and in a memory that does not grow with the batch; y and dx then lie in memory
    with the channel as last axis.

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
        self._is_library = conv is None
        library = (_fast_convolution.forward, _fast_convolution.backward)
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
        x = check_batch(check_images(x, where="Convolution"), where="Convolution")
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
        self._set_grads(dW, db)
        return returned(dx, x_shape, self.dtype, "dx", self._conv_backward)

    def fill_grads(self, dy: ArrayLike) -> None:
        if not self._is_library:
            super().fill_grads(dy)
            return
        cache, _, y_shape = self._recall()
        dy = self._gradient(dy, y_shape, self.dtype)
        self._set_grads(*_fast_convolution.parameter_gradients(dy, cache))

    def _set_grads(self, dW: ArrayLike, db: ArrayLike) -> None:
        for key, gradient in ("W", dW), ("b", db):
            shape = self.params[key].shape
            self.grads[key] = returned(gradient, shape, self.dtype, f"d{key}", self._conv_backward)

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


class _Pool(Layer):
    """What the layers with a pooling window share: its sizes."""

    default_name = "pool"

    def __init__(self, size: int, stride: int | None) -> None:
        super().__init__()
        where = type(self).__name__
        self.size = check_int(size, "size", where=where, minimum=1)
        if stride is None:
            stride = self.size
        self.stride = check_int(stride, "stride", where=where, minimum=1)

    def output_shape(self, input_shape: Shape) -> Shape:
        where = type(self).__name__
        C, H, W = check_shape_tuple(input_shape, 3, "input_shape", where=where)
        *_, OH, OW = geometry(
            where, (H, W), (self.size, self.size), self.stride, 0, ("size", "size")
        )
        return C, OH, OW

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.size}, stride={self.stride})"


class MaxPool(_Pool):
    """Maximum of every size × size window, channel by channel.

    Parameters
    ----------
    size : int
    stride : int, optional
        Equal to size when not given; any other value is allowed too.
    pool : pair (forward, backward), optional
        Functions to use in place of the library's, with the arguments of ``max_pool_forward`` and
        ``max_pool_backward``: these two, for example, or your own.

    Shapes
    ------
    x : (N, C, H, W); y : (N, C, OH, OW)

    Backward: the pixel that was the maximum of its window receives the gradient, of equal ones the
    first, row by row.

    >>> MaxPool(2).forward([[[[1.0, 2.0], [4.0, 3.0]]]])
    array([[[[4.]]]])
    """

    def __init__(
        self, size: int, *, stride: int | None = None, pool: FunctionPair | None = None
    ) -> None:
        super().__init__(size, stride)
        library = (_fast_pooling.forward, _fast_pooling.backward)
        self._pool_forward, self._pool_backward = function_pair(
            pool, library, "pool", where="MaxPool"
        )

    def forward(self, x: ArrayLike, *, train: bool = False) -> Array:
        x = _images(x, "MaxPool")
        y_shape = (len(x), *self.output_shape(x.shape[1:]))
        y, cache = self._pool_forward(x, self.size, self.stride)
        self._cache = cache, x.shape, y_shape, x.dtype
        return returned(y, y_shape, x.dtype, "out", self._pool_forward)

    def backward(self, dy: ArrayLike) -> Array:
        cache, x_shape, y_shape, dtype = self._recall()
        dx = self._pool_backward(self._gradient(dy, y_shape, dtype), cache)
        return returned(dx, x_shape, dtype, "dx", self._pool_backward)


class AveragePool(_Pool):
    """Mean of every size × size window, channel by channel.

    Parameters
    ----------
    size : int
    stride : int, optional
        Equal to size when not given; any other value is allowed too.

    Shapes
    ------
    x : (N, C, H, W); y : (N, C, OH, OW)

    >>> AveragePool(2).forward([[[[1.0, 2.0], [4.0, 3.0]]]])
    array([[[[2.5]]]])
    """

    def __init__(self, size: int, *, stride: int | None = None) -> None:
        super().__init__(size, stride)

    def forward(self, x: ArrayLike, *, train: bool = False) -> Array:
        x = _images(x, "AveragePool")
        self.output_shape(x.shape[1:])  # says what is wrong in the layer's own words
        y, cache = pooling.average_pool_forward(x, self.size, self.stride)
        self._cache = cache, y.shape, x.dtype
        return y

    def backward(self, dy: ArrayLike) -> Array:
        cache, y_shape, dtype = self._recall()
        return pooling.average_pool_backward(self._gradient(dy, y_shape, dtype), cache)


class _GlobalPool(Layer):
    """A function that makes one number of each map."""

    default_name = "global_pool"
    _function: Callable[[ArrayLike], Array]
    _derivative: Callable[[ArrayLike, ArrayLike], Array]

    def forward(self, x: ArrayLike, *, train: bool = False) -> Array:
        x = _images(x, type(self).__name__)
        self._cache = x
        return type(self)._function(x)

    def backward(self, dy: ArrayLike) -> Array:
        x = self._recall()
        return type(self)._derivative(self._gradient(dy, x.shape[:2], x.dtype), x)

    def output_shape(self, input_shape: Shape) -> Shape:
        return check_shape_tuple(input_shape, 3, "input_shape", where=type(self).__name__)[:1]


class GlobalAveragePool(_GlobalPool):
    """Mean of each map: (N, C, H, W) becomes (N, C), whatever the size of the maps.

    Source: Lin, Chen & Yan 2014, "Network in network", arXiv 1312.4400, section 3.2.

    >>> GlobalAveragePool().forward([[[[1.0, 2.0], [4.0, 3.0]]]])
    array([[2.5]])
    """

    _function = staticmethod(pooling.global_average_pool)
    _derivative = staticmethod(pooling.global_average_pool_backward)


class GlobalMaxPool(_GlobalPool):
    """Maximum of each map: (N, C, H, W) becomes (N, C), whatever the size of the maps.

    >>> GlobalMaxPool().forward([[[[1.0, 2.0], [4.0, 3.0]]]])
    array([[4.]])
    """

    _function = staticmethod(pooling.global_max_pool)
    _derivative = staticmethod(pooling.global_max_pool_backward)


def _images(x: ArrayLike, where: str) -> Array:
    """Return x as a batch of images in float."""
    return check_batch(
        check_images(as_float(x, where=where, integers=np.float32), where=where), where=where
    )
