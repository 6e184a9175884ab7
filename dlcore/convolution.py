"""Convolution and max pooling on batches of images, step by step.

``im2col`` lays out the window under the filter, at each of its positions, as one row of a matrix;
convolution then is one matrix product. ``col2im`` is its adjoint: it adds each entry back to the
pixel that it came from, which is what the backward pass needs.

As everywhere in deep learning, "convolution" means cross-correlation: the filter is not flipped.

Notation in this module
-----------------------
N, C, H, W : images in the batch, channels, height, width
FN, FH, FW : filters, filter height, filter width
OH, OW : height and width of the output

Book: chapter 4. The names and the order of the axes are those of assignment ps4_convolution.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from dlcore._geometry import geometry, window_positions
from dlcore._validation import (
    Array,
    as_float,
    as_real,
    check_images,
    check_int,
    check_shape,
    check_shape_tuple,
)

__all__ = [
    "col2im",
    "conv_backward",
    "conv_forward",
    "conv_output_size",
    "im2col",
    "max_pool_backward",
    "max_pool_forward",
]


class ConvCache(NamedTuple):
    """What ``conv_backward`` needs to know of a forward pass."""

    col: Array
    W: Array
    input_shape: tuple[int, ...]
    stride: int
    pad: int


class PoolCache(NamedTuple):
    """What ``max_pool_backward`` needs to know of a forward pass."""

    winner: Array
    input_shape: tuple[int, ...]
    pool: int
    stride: int


def conv_output_size(input_size: int, filter_size: int, stride: int = 1, pad: int = 0) -> int:
    """Number of filter positions along one axis, ⌊(input + 2·pad − filter) / stride⌋ + 1.

    Parameters
    ----------
    input_size, filter_size, stride : int, at least 1
    pad : int, at least 0
        Zeros added at each of the two ends.

    Raises
    ------
    ValueError
        If a number is out of range, or if the filter is larger than the padded input.
    TypeError
        If an argument is not an integer.

    >>> conv_output_size(6, 2, stride=1, pad=1)
    7
    >>> conv_output_size(28, 5)
    24
    """
    where = "conv_output_size"
    input_size = check_int(input_size, "input_size", where=where, minimum=1)
    stride = check_int(stride, "stride", where=where, minimum=1)
    pad = check_int(pad, "pad", where=where, minimum=0)
    return window_positions(where, "input", input_size, "filter_size", filter_size, stride, pad)[1]


def im2col(x: ArrayLike, filter_h: int, filter_w: int, stride: int = 1, pad: int = 0) -> Array:
    """Lay out every window of the images as a row.

    Shapes
    ------
    x : (N, C, H, W)
    returns : (N·OH·OW, C·FH·FW), dtype of x; rows run over image, output row, output column;
        columns over channel, filter row, filter column

    Raises
    ------
    ValueError
        If x does not have four axes, a number is out of range, or the filter does not fit.
    TypeError
        If a size is not an integer or x does not hold real numbers.

    >>> x = np.arange(9).reshape(1, 1, 3, 3)
    >>> im2col(x, 2, 2)
    array([[0, 1, 3, 4],
           [1, 2, 4, 5],
           [3, 4, 6, 7],
           [4, 5, 7, 8]])
    """
    x = check_images(x, where="im2col")
    N, C, H, W = x.shape
    FH, FW, stride, pad, OH, OW = geometry("im2col", (H, W), (filter_h, filter_w), stride, pad)

    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    windows = np.empty((N, C, FH, FW, OH, OW), dtype=x.dtype)
    for i in range(FH):
        for j in range(FW):
            # The pixels that filter entry (i, j) meets, at all positions at once.
            rows = slice(i, i + stride * OH, stride)
            columns = slice(j, j + stride * OW, stride)
            windows[:, :, i, j] = padded[:, :, rows, columns]
    return windows.transpose(0, 4, 5, 1, 2, 3).reshape(N * OH * OW, C * FH * FW)


def col2im(
    col: ArrayLike,
    input_shape: tuple[int, int, int, int],
    filter_h: int,
    filter_w: int,
    stride: int = 1,
    pad: int = 0,
) -> Array:
    """Add every entry of the rows to the pixel that ``im2col`` took it from.

    This is the adjoint (the transpose, as a linear map) of ``im2col``, not its inverse: a pixel
    that lies in several windows receives the sum, one that lies in none receives 0.

    Shapes
    ------
    col : (N·OH·OW, C·FH·FW)
    input_shape : (N, C, H, W)
    returns : (N, C, H, W), dtype of col

    Raises
    ------
    ValueError
        If col does not have the shape that im2col makes, or a number is out of range.
    TypeError
        If a size is not an integer or col does not hold real numbers.

    >>> ones = np.ones((4, 4), dtype=int)
    >>> col2im(ones, (1, 1, 3, 3), 2, 2)
    array([[[[1, 2, 1],
             [2, 4, 2],
             [1, 2, 1]]]])
    """
    col = as_real(col, "col", where="col2im")
    N, C, H, W = check_shape_tuple(input_shape, 4, "input_shape", where="col2im")
    FH, FW, stride, pad, OH, OW = geometry("col2im", (H, W), (filter_h, filter_w), stride, pad)
    expected = (N * OH * OW, C * FH * FW)
    check_shape(col, expected, "col", where="col2im", remedy="(N·OH·OW, C·FH·FW), as im2col gives")

    windows = col.reshape(N, OH, OW, C, FH, FW).transpose(0, 3, 4, 5, 1, 2)
    padded = np.zeros((N, C, H + 2 * pad, W + 2 * pad), dtype=col.dtype)
    for i in range(FH):
        for j in range(FW):
            rows = slice(i, i + stride * OH, stride)
            columns = slice(j, j + stride * OW, stride)
            padded[:, :, rows, columns] += windows[:, :, i, j]
    return padded[:, :, pad : pad + H, pad : pad + W]


def conv_forward(
    x: ArrayLike, W: ArrayLike, b: ArrayLike, stride: int = 1, pad: int = 0
) -> tuple[Array, ConvCache]:
    """Convolve images with filters: one row of ``im2col`` times one filter is one output value.

    out[n, f, oy, ox] = b[f] + Σ_{c,i,j} W[f, c, i, j] · padded[n, c, oy·stride + i, ox·stride + j]

    Shapes
    ------
    x : (N, C, H, W); integers are computed in the dtype of W
    W : (FN, C, FH, FW)
    b : (FN,)
    returns : out (N, FN, OH, OW), and a cache for ``conv_backward``

    Raises
    ------
    ValueError
        If the shapes do not fit together, a number is out of range, or the filter does not fit.
    TypeError
        If stride or pad is not an integer.

    >>> x = np.arange(9.0).reshape(1, 1, 3, 3)
    >>> out, _ = conv_forward(x, np.ones((1, 1, 2, 2)), np.zeros(1))
    >>> out
    array([[[[ 8., 12.],
             [20., 24.]]]])
    """
    W = as_float(W, "W", where="conv_forward")
    b = as_float(b, "b", where="conv_forward", integers=W.dtype)
    x = check_images(as_float(x, where="conv_forward", integers=W.dtype), where="conv_forward")
    if W.ndim != 4:
        raise ValueError(
            f"conv_forward: expected W with 4 axes (FN, C, FH, FW), got shape {W.shape}"
        )
    N, C, height, width = x.shape
    FN, WC, FH, FW = W.shape
    if WC != C:
        raise ValueError(
            f"conv_forward: expected W of shape (FN, {C}, FH, FW) for x with {C} channels, "
            f"got {W.shape}; axis 1 of both is the channel"
        )
    check_shape(b, (FN,), "b", where="conv_forward", remedy="one bias for each filter")
    FH, FW, stride, pad, OH, OW = geometry(
        "conv_forward", (height, width), (FH, FW), stride, pad, ("filter height", "filter width")
    )

    col = im2col(x, FH, FW, stride, pad)
    out = col @ W.reshape(FN, -1).T + b
    # The cache holds a copy of W: an optimiser may change the layer's own before backward.
    cache = ConvCache(col, W.copy(), x.shape, stride, pad)
    return out.reshape(N, OH, OW, FN).transpose(0, 3, 1, 2), cache


def conv_backward(dout: ArrayLike, cache: ConvCache) -> tuple[Array, Array, Array]:
    """Gradients of a convolution from the gradient of its output.

    With D = dout as a matrix (N·OH·OW, FN) and w = W as a matrix (FN, C·FH·FW):
    dw = Dᵀ · col, db = the column sums of D, dcol = D · w, and dx = col2im(dcol).

    Shapes
    ------
    dout : (N, FN, OH, OW)
    returns : dx (N, C, H, W), dW (FN, C, FH, FW), db (FN,)

    Raises
    ------
    ValueError
        If dout does not have the shape of the output.

    >>> out, cache = conv_forward(np.ones((1, 1, 3, 3)), np.ones((1, 1, 2, 2)), np.zeros(1))
    >>> dx, dW, db = conv_backward(np.ones_like(out), cache)
    >>> dx
    array([[[[1., 2., 1.],
             [2., 4., 2.],
             [1., 2., 1.]]]])
    """
    col, W, input_shape, stride, pad = cache
    FN, _, FH, FW = W.shape
    N, C, height, width = input_shape
    *_, OH, OW = geometry("conv_backward", (height, width), (FH, FW), stride, pad)
    dout = as_float(dout, "dout", where="conv_backward", integers=W.dtype)
    check_shape(dout, (N, FN, OH, OW), "dout", where="conv_backward", remedy=_DOUT_REMEDY)

    D = dout.transpose(0, 2, 3, 1).reshape(-1, FN)
    db = D.sum(axis=0)
    dW = (D.T @ col).reshape(W.shape)
    dx = col2im(D @ W.reshape(FN, -1), (N, C, height, width), FH, FW, stride, pad)
    return dx, dW, db


def max_pool_forward(x: ArrayLike, pool: int, stride: int) -> tuple[Array, PoolCache]:
    """Largest value of every pool × pool window, channel by channel.

    Windows are not padded, so rows and columns at the far edges that fill no window are left out.

    Shapes
    ------
    x : (N, C, H, W)
    returns : out (N, C, OH, OW), dtype of x, and a cache for ``max_pool_backward``

    Raises
    ------
    ValueError
        If x does not have four axes, a number is out of range, or the window does not fit.
    TypeError
        If pool or stride is not an integer.

    >>> x = np.array([[[[1, 2, 0, 5], [4, 3, 6, 0]]]])
    >>> out, _ = max_pool_forward(x, pool=2, stride=2)
    >>> out
    array([[[[4, 6]]]])
    """
    x = check_images(x, where="max_pool_forward")
    pool, _, stride, _, OH, OW = geometry(
        "max_pool_forward", x.shape[2:], (pool, pool), stride, 0, ("pool", "pool")
    )

    first, *others = _pool_views(x, pool, stride, OH, OW)
    out = first.copy()
    winner = np.zeros(out.shape, dtype=np.min_scalar_type(pool * pool))  # position in the window
    for position, view in enumerate(others, start=1):
        # On a tie nothing changes, so the first maximum wins. Multiplying and taking maxima is
        # several times faster here than assigning where a mask is true.
        is_larger = view > out
        np.maximum(winner, is_larger * winner.dtype.type(position), out=winner)
        np.maximum(out, view, out=out)
    return out, PoolCache(winner, x.shape, pool, stride)


def max_pool_backward(dout: ArrayLike, cache: PoolCache) -> Array:
    """Hand each gradient to the pixel that was the maximum of its window.

    A pixel that won several overlapping windows receives their sum; all other pixels receive 0.
    Of equal maxima the first, row by row, receives the gradient.

    Shapes
    ------
    dout : (N, C, OH, OW)
    returns : dx (N, C, H, W), dtype of dout

    Raises
    ------
    ValueError
        If dout does not have the shape of the output.

    >>> out, cache = max_pool_forward(np.array([[[[1, 2, 0, 5], [4, 3, 6, 0]]]]), 2, 2)
    >>> max_pool_backward(np.array([[[[10, 20]]]]), cache)
    array([[[[ 0,  0,  0,  0],
             [10,  0, 20,  0]]]])
    """
    winner, input_shape, pool, stride = cache
    dout = as_real(dout, "dout", where="max_pool_backward")
    check_shape(dout, winner.shape, "dout", where="max_pool_backward", remedy=_DOUT_REMEDY)

    dx = np.zeros(input_shape, dtype=dout.dtype)
    for position, view in enumerate(_pool_views(dx, pool, stride, *winner.shape[2:])):
        view += dout * (winner == position)
    return dx


_DOUT_REMEDY = "the gradient has the shape of the output of forward"


def _pool_views(x: Array, pool: int, stride: int, OH: int, OW: int) -> list[Array]:
    """Views of x, one for each position in the window, row by row."""
    return [
        x[:, :, i : i + stride * OH : stride, j : j + stride * OW : stride]
        for i in range(pool)
        for j in range(pool)
    ]
