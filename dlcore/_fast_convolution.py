"""What the layer Convolution computes with: ``conv_forward`` and ``conv_backward`` made fast.

The products are those of chapter 4, and so are the results, up to rounding. Three things differ:

- The channel is the last axis in memory, so that the pixels of a window that stand side by side
  are copied in one go. Arrays still are (N, C, H, W): only their strides tell.
- The rows of ``im2col`` are made a block at a time, small enough to stay in the processor's cache
  until the product has used them. Memory does not grow with the batch, and threads share the
  blocks.
- ``col2im`` is not needed for stride 1: the gradient of x is a convolution too, of dy with the
  filters turned by 180 degrees, and the windows of dy made for it also give the gradient of W.

Notation as in ``dlcore.convolution``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import numpy as np

from dlcore._threads import share_out
from dlcore._validation import Array

__all__ = ["backward", "forward", "parameter_gradients"]

# Size of a block of im2col's rows. From 0.5 to 4 MiB there is little difference.
BLOCK_BYTES = 2**20


class Cache(NamedTuple):
    """What the backward pass needs to know of a forward pass."""

    x: Array
    W: Array
    stride: int
    pad: int


class Block(NamedTuple):
    """Some images and, of their output, some rows: all of them, unless one image is large."""

    images: slice
    rows: slice


def forward(x: Array, W: Array, b: Array, stride: int, pad: int) -> tuple[Array, Cache]:
    """Convolve x (N, C, H, W) with W (FN, C, FH, FW); out (N, FN, OH, OW) and a cache."""
    FN, _, FH, FW = W.shape
    windows = _Windows(_channels_last(x), (FH, FW), stride, (pad, pad), ones=True)
    filters = np.concatenate([_filter_columns(W), b[np.newaxis]])
    out = np.empty((*windows.shape, FN), dtype=x.dtype)

    def work(blocks: Sequence[Block]) -> None:
        rows_of = windows.maker()
        for block in blocks:
            np.matmul(rows_of(block), filters, out=out[block].reshape(-1, FN))

    share_out(work, windows.blocks())
    return _channels_second(out), Cache(x, W, stride, pad)


def parameter_gradients(dout: Array, cache: Cache) -> tuple[Array, Array]:
    """Gradients dW and db alone, which is all that the first layer of a network has to give."""
    x, W, stride, pad = cache
    FN, C, FH, FW = W.shape
    windows = _Windows(_channels_last(x), (FH, FW), stride, (pad, pad), ones=True)
    dy = _channels_last(dout)

    def work(blocks: Sequence[Block]) -> Array:
        rows_of = windows.maker()
        return _add_up([rows_of(block).T @ dy[block].reshape(-1, FN) for block in blocks])

    dfilters = _add_up(share_out(work, windows.blocks()))
    return dfilters[:-1].reshape(FH, FW, C, FN).transpose(3, 2, 0, 1), dfilters[-1]


def backward(dout: Array, cache: Cache) -> tuple[Array, Array, Array]:
    """Gradients dx, dW and db from the gradient of the output."""
    if cache.stride == 1:
        return _backward_by_correlation(dout, cache)
    return _input_gradient_by_col2im(dout, cache), *parameter_gradients(dout, cache)


def _backward_by_correlation(dout: Array, cache: Cache) -> tuple[Array, Array, Array]:
    """For stride 1: pixel (h, w) of x meets dy at (h + pad − i, w + pad − j) through W[i, j]."""
    x, W, _, pad = cache
    FN, C, FH, FW = W.shape
    images, dy = _channels_last(x), _channels_last(dout)
    windows = _Windows(dy, (FH, FW), 1, (FH - 1 - pad, FW - 1 - pad))
    turned = _filter_columns(W[:, :, ::-1, ::-1].swapaxes(0, 1))
    dx = np.empty(images.shape, dtype=x.dtype)

    def work(blocks: Sequence[Block]) -> Array:
        rows_of = windows.maker()
        dW = np.zeros((C, FH * FW * FN), dtype=W.dtype)
        for block in blocks:
            rows = rows_of(block)
            np.matmul(rows, turned, out=dx[block].reshape(-1, C))
            dW += images[block].reshape(-1, C).T @ rows
        return dW

    dW = _add_up(share_out(work, windows.blocks()))
    dW = dW.reshape(C, FH, FW, FN)[:, ::-1, ::-1].transpose(3, 0, 1, 2)
    return _channels_second(dx), dW, _bias_gradient(dy)


def _input_gradient_by_col2im(dout: Array, cache: Cache) -> Array:
    """For any stride: add each window's gradient to the pixels that it covers."""
    x, W, stride, pad = cache
    FN, C, FH, FW = W.shape
    N, _, H, width = x.shape
    dy = _channels_last(dout)
    _, OH, OW, _ = dy.shape
    filters = _filter_columns(W).T
    dx = np.empty((N, H, width, C), dtype=x.dtype)

    def work(blocks: Sequence[slice]) -> None:
        for images in blocks:
            D = dy[images]
            dwindows = (D.reshape(-1, FN) @ filters).reshape(len(D), OH, OW, FH, FW, C)
            padded = np.zeros((len(D), H + 2 * pad, width + 2 * pad, C), dtype=x.dtype)
            for i in range(FH):
                for j in range(FW):
                    rows = slice(i, i + stride * OH, stride)
                    columns = slice(j, j + stride * OW, stride)
                    padded[:, rows, columns] += dwindows[:, :, :, i, j]
            dx[images] = padded[:, pad : pad + H, pad : pad + width]

    share_out(work, _image_slices(N, OH * OW * W[0].nbytes))
    return _channels_second(dx)


class _Windows:
    """Windows of images (N, H, W, C) as rows of a matrix, a block at a time.

    A negative padding takes pixels away. With `ones` every row ends in a 1: the bias then is one
    more row of the filters, and its gradient one more row of theirs.
    """

    def __init__(
        self,
        images: Array,
        filter_size: tuple[int, int],
        stride: int,
        pads: tuple[int, int],
        *,
        ones: bool = False,
    ) -> None:
        crop_h, crop_w = (max(-pad, 0) for pad in pads)
        _, H, W, C = images.shape
        self.images = images[:, crop_h : H - crop_h, crop_w : W - crop_w]
        self.pads = tuple(max(pad, 0) for pad in pads)
        self.filter_size, self.stride = filter_size, stride
        N, *sizes, _ = self.images.shape
        padded = [size + 2 * pad for size, pad in zip(sizes, self.pads, strict=True)]
        OH, OW = ((p - f) // stride + 1 for p, f in zip(padded, filter_size, strict=True))
        self.padded_size = tuple(padded)
        self.shape = N, OH, OW  # number of windows along each axis
        self.pixels = math.prod(filter_size) * C
        self.ones = int(ones)

    def blocks(self) -> list[Block]:
        """Blocks that together hold every window once."""
        N, OH, OW = self.shape
        row_bytes = OW * (self.pixels + self.ones) * self.images.itemsize
        images = _image_slices(N, OH * row_bytes)
        rows = _slices(OH, max(1, BLOCK_BYTES // row_bytes) if len(images) == N else OH)
        return [Block(i, r) for i in images for r in rows]

    def maker(self) -> Callable[[Block], Array]:
        """Return a function that makes the rows of a block, in buffers of its own.

        The rows (windows, FH·FW·C + ones) are valid until the next call.
        """
        first = self.blocks()[0]
        count = len(range(len(self.images))[first.images])
        (pad_h, pad_w), (FH, FW), C = self.pads, self.filter_size, self.images.shape[3]
        padded = np.zeros((count, *self.padded_size, C), dtype=self.images.dtype)
        inside = padded[:, pad_h : self.padded_size[0] - pad_h, pad_w : self.padded_size[1] - pad_w]
        windows = np.lib.stride_tricks.sliding_window_view(padded, (FH, FW), axis=(1, 2))
        windows = windows[:, :: self.stride, :: self.stride].transpose(0, 1, 2, 4, 5, 3)
        # With one channel a window's pixels are too few in a row: copy along the image instead,
        # into rows that lie in memory as columns.
        order: Literal["C", "F"] = "C" if C > 1 else "F"
        shape = math.prod(windows[:, first.rows].shape[:3]), self.pixels + self.ones
        rows = np.ones(shape, dtype=padded.dtype, order=order)

        def rows_of(block: Block) -> Array:
            images = self.images[block.images]
            inside[: len(images)] = images
            wanted = windows[: len(images), block.rows]
            made = rows[: math.prod(wanted.shape[:3])]
            made[:, : self.pixels].reshape(wanted.shape)[...] = wanted
            return made

        return rows_of


def _image_slices(N: int, image_bytes: int) -> list[slice]:
    """Slices of the images so that a block of each takes about BLOCK_BYTES, at least one image."""
    return _slices(N, max(1, BLOCK_BYTES // image_bytes))


def _slices(count: int, size: int) -> list[slice]:
    return [slice(start, min(start + size, count)) for start in range(0, count, size)]


def _filter_columns(W: Array) -> Array:
    """Filters (FN, C, FH, FW) as the columns of a matrix (FH·FW·C, FN)."""
    return np.ascontiguousarray(W.transpose(2, 3, 1, 0)).reshape(-1, len(W))


def _channels_last(x: Array) -> Array:
    return x.transpose(0, 2, 3, 1)


def _channels_second(x: Array) -> Array:
    return x.transpose(0, 3, 1, 2)


def _bias_gradient(dy: Array) -> Array:
    """Sums over images and pixels; those over pixels as products, which are faster."""
    N, OH, OW, FN = dy.shape
    return np.asarray((np.ones(OH * OW, dy.dtype) @ dy.reshape(N, OH * OW, FN)).sum(axis=0))


def _add_up(parts: Sequence[Array]) -> Array:
    return sum(parts[1:], start=parts[0])
