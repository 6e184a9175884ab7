"""Average and global pooling of batches of images; ``dlcore.convolution`` has max pooling.

Notation as there: N, C, H, W for images, channels, height, width; OH, OW for the output.

Book: chapter 4 (pooling), chapter 5 (global pooling). The names of the global functions and their
arguments are those of assignment ps5_modern_cnn.
"""

from __future__ import annotations

from functools import reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from dlcore._geometry import geometry
from dlcore._validation import Array, as_float, check_images, check_shape

__all__ = [
    "average_pool_backward",
    "average_pool_forward",
    "global_average_pool",
    "global_average_pool_backward",
    "global_max_pool",
    "global_max_pool_backward",
]


class AveragePoolCache(NamedTuple):
    """What ``average_pool_backward`` needs to know of a forward pass."""

    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    pool: int
    stride: int


def average_pool_forward(x: ArrayLike, pool: int, stride: int) -> tuple[Array, AveragePoolCache]:
    """Mean of every pool × pool window, channel by channel.

    Windows are not padded, so rows and columns at the far edges that fill no window are left out.

    Shapes
    ------
    x : (N, C, H, W); integers are computed as float64
    returns : out (N, C, OH, OW), and a cache for ``average_pool_backward``

    Raises
    ------
    ValueError
        If x does not have four axes, a number is out of range, or the window does not fit.
    TypeError
        If pool or stride is not an integer.

    >>> out, _ = average_pool_forward([[[[1, 2, 0, 5], [4, 3, 6, 0]]]], pool=2, stride=2)
    >>> out
    array([[[[2.5 , 2.75]]]])
    """
    where = "average_pool_forward"
    x = check_images(as_float(x, where=where), where=where)
    pool, _, stride, _, OH, OW = geometry(
        where, x.shape[2:], (pool, pool), stride, 0, ("pool", "pool")
    )
    # First along the rows, then along the columns: 2·pool sums instead of pool².
    row_sums = reduce(np.add, [x[..., j : j + stride * OW : stride] for j in range(pool)])
    sums = reduce(np.add, [row_sums[:, :, i : i + stride * OH : stride] for i in range(pool)])
    out = np.asarray(sums / x.dtype.type(pool * pool))
    return out, AveragePoolCache(x.shape, out.shape, pool, stride)


def average_pool_backward(dout: ArrayLike, cache: AveragePoolCache) -> Array:
    """Share each gradient equally among the pixels of its window.

    A pixel of several overlapping windows receives the sum of its shares, one of none receives 0.

    Shapes
    ------
    dout : (N, C, OH, OW)
    returns : dx (N, C, H, W)

    Raises
    ------
    ValueError
        If dout does not have the shape of the output.

    >>> _, cache = average_pool_forward([[[[1, 2, 0, 5], [4, 3, 6, 0]]]], 2, 2)
    >>> average_pool_backward([[[[4.0, 8.0]]]], cache)
    array([[[[1., 1., 2., 2.],
             [1., 1., 2., 2.]]]])
    """
    input_shape, output_shape, pool, stride = cache
    where = "average_pool_backward"
    dout = as_float(dout, "dout", where=where)
    check_shape(dout, output_shape, "dout", where=where, remedy="the shape of forward's output")
    OH, OW = output_shape[2:]
    share = dout / dout.dtype.type(pool * pool)
    dx = np.zeros_like(share, shape=input_shape)
    for i in range(pool):
        for j in range(pool):
            dx[:, :, i : i + stride * OH : stride, j : j + stride * OW : stride] += share
    return dx


def global_average_pool(x: ArrayLike) -> Array:
    """Mean of each map: one number for each channel.

    Shapes
    ------
    x : (N, C, H, W)
    returns : (N, C)

    Raises
    ------
    ValueError
        If x does not have four axes, or its maps have no pixels.

    Source: Lin, Chen & Yan 2014, "Network in network", arXiv 1312.4400, section 3.2.

    >>> global_average_pool([[[[1, 2], [3, 6]], [[0, 0], [0, 1]]]])
    array([[3.  , 0.25]])
    """
    return np.asarray(_maps(x, "global_average_pool").mean(axis=(2, 3)))


def global_average_pool_backward(dout: ArrayLike, x: ArrayLike) -> Array:
    """Share the gradient of each mean equally among the H·W pixels of its map.

    Shapes
    ------
    dout : (N, C)
    x : (N, C, H, W), the input of the forward pass
    returns : dx (N, C, H, W)

    Raises
    ------
    ValueError
        If the shapes do not fit.

    >>> global_average_pool_backward([[4.0]], np.zeros((1, 1, 2, 2)))
    array([[[[1., 1.],
             [1., 1.]]]])
    """
    where = "global_average_pool_backward"
    x = _maps(x, where)
    dout = _check_dout(dout, x, where)
    dx = np.empty_like(x, dtype=dout.dtype)
    dx[...] = (dout / dout.dtype.type(x.shape[2] * x.shape[3]))[:, :, np.newaxis, np.newaxis]
    return dx


def global_max_pool(x: ArrayLike) -> Array:
    """Largest value of each map: one number for each channel.

    Shapes
    ------
    x : (N, C, H, W)
    returns : (N, C)

    Raises
    ------
    ValueError
        If x does not have four axes, or its maps have no pixels.

    >>> global_max_pool([[[[1, 2], [3, 6]], [[0, 0], [0, 1]]]])
    array([[6., 1.]])
    """
    return np.asarray(_maps(x, "global_max_pool").max(axis=(2, 3)))


def global_max_pool_backward(dout: ArrayLike, x: ArrayLike) -> Array:
    """Hand each gradient to the pixel that was the maximum of its map; all others receive 0.

    Of equal maxima the first, row by row, receives the gradient.

    Shapes
    ------
    dout : (N, C)
    x : (N, C, H, W), the input of the forward pass
    returns : dx (N, C, H, W)

    Raises
    ------
    ValueError
        If the shapes do not fit.

    >>> global_max_pool_backward([[5.0]], [[[[1, 2], [3, 3]]]])
    array([[[[0., 0.],
             [5., 0.]]]])
    """
    where = "global_max_pool_backward"
    x = _maps(x, where)
    dout = _check_dout(dout, x, where)
    N, C, H, W = x.shape
    rows, columns = np.divmod(x.reshape(N, C, H * W).argmax(axis=2), W)
    dx = np.zeros_like(x, dtype=dout.dtype)
    dx[np.arange(N)[:, np.newaxis], np.arange(C), rows, columns] = dout
    return dx


def _maps(x: ArrayLike, where: str) -> Array:
    """Return x as float images (N, C, H, W) whose maps have pixels."""
    x = check_images(as_float(x, where=where), where=where)
    if x.shape[2] * x.shape[3] == 0:
        raise ValueError(f"{where}: expected maps with at least one pixel, got shape {x.shape}")
    return x


def _check_dout(dout: ArrayLike, x: Array, where: str) -> Array:
    dout = as_float(dout, "dout", where=where)
    check_shape(dout, x.shape[:2], "dout", where=where, remedy="one gradient for each map of x")
    return dout
