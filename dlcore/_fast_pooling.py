"""What the layer MaxPool computes with: ``max_pool_forward`` and ``max_pool_backward`` made fast.

The maximum of a window is the maximum of its rows' maxima, so pooling is done along one axis, then
along the other: 2·pool steps instead of pool². Arrays keep their order in memory.
"""

from __future__ import annotations

from functools import reduce
from typing import NamedTuple

import numpy as np

from dlcore._validation import Array

__all__ = ["backward", "forward"]


class Cache(NamedTuple):
    """What the backward pass needs to know of a forward pass."""

    x: Array
    row_maxima: Array
    out: Array
    pool: int
    stride: int


def forward(x: Array, pool: int, stride: int) -> tuple[Array, Cache]:
    """Maximum of every pool × pool window of x (N, C, H, W); out (N, C, OH, OW) and a cache."""
    row_maxima = reduce(np.maximum, _parts(x, 3, pool, stride))
    out = reduce(np.maximum, _parts(row_maxima, 2, pool, stride))
    if pool == 1:  # nothing was computed: out would be a view of x
        out = out.copy(order="K")
    return out, Cache(x, row_maxima, out, pool, stride)


def backward(dout: Array, cache: Cache) -> Array:
    """Gradient of x: of equal maxima in a window the first, row by row, receives it."""
    x, row_maxima, out, pool, stride = cache
    drow_maxima = _hand_back(dout, out, row_maxima, 2, pool, stride)
    return _hand_back(drow_maxima, row_maxima, x, 3, pool, stride)


def _hand_back(dy: Array, y: Array, x: Array, axis: int, pool: int, stride: int) -> Array:
    """Gradient of x from that of its maxima y along one axis.

    Each part of x takes the gradient where it holds the maximum; the rest goes to the next part.
    """
    overlap = stride < pool
    every_pixel_once = stride == pool and y.shape[axis] * pool == x.shape[axis]
    dx = np.empty_like(x, dtype=dy.dtype) if every_pixel_once else np.zeros_like(x, dtype=dy.dtype)
    parts, dparts = (_parts(a, axis, pool, stride) for a in (x, dx))
    rest = dy
    for k in range(pool - 1):
        is_maximum = parts[k] == y
        if overlap:
            taken = rest * is_maximum
            dparts[k] += taken
            rest = rest - taken
        else:  # the next part of dx has room for the rest meanwhile
            np.multiply(rest, ~is_maximum, out=dparts[k + 1])
            np.multiply(rest, is_maximum, out=dparts[k])
            rest = dparts[k + 1]
    if overlap:
        dparts[-1] += rest
    elif pool == 1:
        dparts[0][...] = dy
    return dx


def _parts(x: Array, axis: int, pool: int, stride: int) -> list[Array]:
    """Views of x, one for each position in the windows along an axis."""
    size = (x.shape[axis] - pool) // stride + 1
    before = (slice(None),) * axis
    return [x[*before, j : j + stride * size : stride] for j in range(pool)]
