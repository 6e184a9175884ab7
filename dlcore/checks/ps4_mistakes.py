"""Usual wrong answers to the exercises of ps4_convolution, each with what a tutor would say.

Every function takes all arguments of its task (see `ps4.TASKS`), even those it wrongly ignores.
"""

# ruff: noqa: ARG005 (an ignored argument is the mistake)

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dlcore import convolution as right
from dlcore.checks.reporting import Mistake

Array = np.ndarray[Any, Any]
PADDING_IGNORED = "the padding is ignored"
STRIDE_IGNORED = "the stride is ignored: windows start at every pixel"
ONE_SIDE_START = "all the padding is put before the first row and column, none after the last"
ONE_SIDE_END = "all the padding is put after the last row and column, none before the first"
OVERWRITTEN = "where windows overlap, the last one overwrites the others: add with +="
TIES = "all of several equal maxima receive the full gradient; together they must receive it once"
ONCE = "the padding is added at one side only, so the padded image is too small"


# -- output size ---------------------------------------------------------------------------------

OUTPUT_SIZE = (
    Mistake(
        "the + 1 is missing: it counts the window at the very start",
        lambda n, f, s, p: (n + 2 * p - f) // s,
    ),
    Mistake(
        "the padding is counted once, but it is added at both ends",
        lambda n, f, s, p: (n + p - f) // s + 1,
    ),
    Mistake("the padding is ignored", lambda n, f, s, p: (n - f) // s + 1),
    Mistake("the stride is ignored", lambda n, f, s, p: n + 2 * p - f + 1),
    Mistake(
        "the division is rounded up, but a window that does not fit is not counted: round down",
        lambda n, f, s, p: math.ceil((n + 2 * p - f) / s) + 1,
    ),
    Mistake("the division is not rounded down: use //", lambda n, f, s, p: (n + 2 * p - f) / s + 1),
    Mistake(
        "the division is rounded to the nearest number: round down",
        lambda n, f, s, p: round((n + 2 * p - f) / s) + 1,
    ),
    Mistake(
        "the + 1 stands inside the division, but it comes after it",
        lambda n, f, s, p: (n + 2 * p - f + 1) // s,
    ),
)


# -- im2col --------------------------------------------------------------------------------------


def _windows(x: Array, fh: int, fw: int, stride: int, pad: int, **mode: Any) -> Array:
    """All windows, axes (N, C, out_y, out_x, filter row, filter column)."""
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), **mode)
    view = np.lib.stride_tricks.sliding_window_view(padded, (fh, fw), axis=(2, 3))
    return view[:, :, ::stride, ::stride]


def _right_by_one(x: Array, fh: int, fw: int, stride: int, pad: int) -> Array:
    """As many windows as there should be, but next to each other from left to right."""
    out_w = right.conv_output_size(x.shape[3], fw, stride, pad)
    return _windows(x, fh, fw, 1, pad)[:, :, ::stride, :out_w]


def _rows(windows: Array, order: tuple[int, ...]) -> Array:
    """Lay the axes out in another order; the first three make the rows."""
    laid_out = windows.transpose(order)
    return laid_out.reshape(math.prod(laid_out.shape[:3]), -1)


def _reordered(*order: int) -> Any:
    return lambda x, fh, fw, s, p: _rows(_windows(x, fh, fw, s, p), order)


def _shifted(x: Array, before: int, after: int) -> Array:
    return np.pad(x, ((0, 0), (0, 0), (before, after), (before, after)))


IM2COL = (
    Mistake(
        "the columns run over filter row and filter column first, then the channel; "
        "the channel comes first",
        _reordered(0, 2, 3, 4, 5, 1),
    ),
    Mistake(
        "in the columns the filter column runs before the filter row: windows are transposed",
        _reordered(0, 2, 3, 1, 5, 4),
    ),
    Mistake(
        "the rows run over the output positions first, then the images; the image comes first",
        _reordered(2, 3, 0, 1, 4, 5),
    ),
    Mistake("in the rows out_x runs before out_y", _reordered(0, 3, 2, 1, 4, 5)),
    Mistake(
        "the array was reshaped without a transpose, so values of different windows mix",
        lambda x, fh, fw, s, p: (
            _windows(x, fh, fw, s, p)
            .transpose(0, 1, 4, 5, 2, 3)
            .reshape(right.im2col(x, fh, fw, s, p).shape)
        ),
    ),
    Mistake(
        "rows and columns of the result are exchanged",
        lambda x, fh, fw, s, p: right.im2col(x, fh, fw, s, p).T,
    ),
    Mistake(ONE_SIDE_START, lambda x, fh, fw, s, p: right.im2col(_shifted(x, 2 * p, 0), fh, fw, s)),
    Mistake(ONE_SIDE_END, lambda x, fh, fw, s, p: right.im2col(_shifted(x, 0, 2 * p), fh, fw, s)),
    Mistake(ONCE, lambda x, fh, fw, s, p: right.im2col(_shifted(x, 0, p), fh, fw, s)),
    Mistake(PADDING_IGNORED, lambda x, fh, fw, s, p: right.im2col(x, fh, fw, s)),
    Mistake(STRIDE_IGNORED, lambda x, fh, fw, s, p: right.im2col(x, fh, fw, 1, p)),
    Mistake(
        "the stride is used downwards only: windows move to the right by one pixel",
        lambda x, fh, fw, s, p: _rows(_right_by_one(x, fh, fw, s, p), (0, 2, 3, 1, 4, 5)),
    ),
    Mistake(
        "the border is repeated instead of filled with zeros",
        lambda x, fh, fw, s, p: _rows(_windows(x, fh, fw, s, p, mode="edge"), (0, 2, 3, 1, 4, 5)),
    ),
    Mistake(
        "filter height and filter width are exchanged",
        lambda x, fh, fw, s, p: right.im2col(x, fw, fh, s, p),
    ),
)


# -- col2im --------------------------------------------------------------------------------------


def _scatter(
    col: Array, shape: tuple[int, ...], fh: int, fw: int, stride: int, pad: int, combine: str
) -> Array:
    """Put windows back into the padded image by a loop: "add", "last" or "mean"."""
    n, c, h, w = shape
    out_h = right.conv_output_size(h, fh, stride, pad)
    out_w = right.conv_output_size(w, fw, stride, pad)
    windows = col.reshape(n, out_h, out_w, c, fh, fw)
    padded = np.zeros((n, c, h + 2 * pad, w + 2 * pad))
    count = np.zeros_like(padded)
    for oy in range(out_h):
        for ox in range(out_w):
            place = np.s_[:, :, oy * stride : oy * stride + fh, ox * stride : ox * stride + fw]
            if combine == "last":
                padded[place] = windows[:, oy, ox]
            else:
                padded[place] += windows[:, oy, ox]
            count[place] += 1
    return padded / np.maximum(count, 1) if combine == "mean" else padded


def _cut(padded: Array, shape: tuple[int, ...], start: int) -> Array:
    return padded[:, :, start : start + shape[2], start : start + shape[3]]


def _relaid(
    col: Array, shape: tuple[int, int, int, int], fh: int, fw: int, s: int, p: int, *, how: str
) -> Array:
    n, c, h, w = shape
    out_h, out_w = right.conv_output_size(h, fh, s, p), right.conv_output_size(w, fw, s, p)
    if how == "channel last":
        col = col.reshape(-1, fh, fw, c).transpose(0, 3, 1, 2)
    elif how == "positions first":
        col = col.reshape(out_h, out_w, n, -1).transpose(2, 0, 1, 3)
    else:
        col = col.reshape(-1, c, fw, fh).transpose(0, 1, 3, 2)
    return right.col2im(col.reshape(n * out_h * out_w, c * fh * fw), shape, fh, fw, s, p)


COL2IM = (
    Mistake(
        OVERWRITTEN,
        lambda col, sh, fh, fw, s, p: _cut(_scatter(col, sh, fh, fw, s, p, "last"), sh, p),
    ),
    Mistake(
        "where windows overlap, the mean is taken: the sum is wanted, without a division",
        lambda col, sh, fh, fw, s, p: _cut(_scatter(col, sh, fh, fw, s, p, "mean"), sh, p),
    ),
    Mistake(
        "the padding is left on: cut it off at all four sides",
        lambda col, sh, fh, fw, s, p: _scatter(col, sh, fh, fw, s, p, "add"),
    ),
    Mistake(
        "the slice pad:-pad is empty for pad = 0: cut with pad : pad + H and pad : pad + W",
        lambda col, sh, fh, fw, s, p: _scatter(col, sh, fh, fw, s, p, "add")[:, :, p:-p, p:-p],
    ),
    Mistake(
        "the padding is cut off at the end only",
        lambda col, sh, fh, fw, s, p: _cut(_scatter(col, sh, fh, fw, s, p, "add"), sh, 0),
    ),
    Mistake(
        "the padding is cut off at the start only",
        lambda col, sh, fh, fw, s, p: _cut(_scatter(col, sh, fh, fw, s, p, "add"), sh, 2 * p),
    ),
    Mistake(
        "the columns are read as filter row, filter column, channel; the channel comes first",
        lambda *args: _relaid(*args, how="channel last"),
    ),
    Mistake(
        "the rows are read as positions first, then images; the image comes first",
        lambda *args: _relaid(*args, how="positions first"),
    ),
    Mistake(
        "in the columns the filter column is read before the filter row",
        lambda *args: _relaid(*args, how="transposed"),
    ),
)


# -- convolution ---------------------------------------------------------------------------------


def _conv(x: Array, W: Array, b: Array, s: int, p: int) -> Array:
    return right.conv_forward(x, W, b, s, p)[0]


def _conv_not_transposed(x: Array, W: Array, b: Array, s: int, p: int) -> Array:
    out = _conv(x, W, b, s, p)
    return out.transpose(0, 2, 3, 1).reshape(out.shape)


CONV_FORWARD = (
    Mistake(
        "the filter is flipped; convolution in deep learning is cross-correlation",
        lambda x, W, b, s, p: _conv(x, W[:, :, ::-1, ::-1], b, s, p),
    ),
    Mistake("the bias is not added", lambda x, W, b, s, p: _conv(x, W, 0 * b, s, p)),
    Mistake("the bias is subtracted", lambda x, W, b, s, p: _conv(x, W, -b, s, p)),
    Mistake(
        "the bias is added once for every channel of x",
        lambda x, W, b, s, p: _conv(x, W, b * x.shape[1], s, p),
    ),
    Mistake(
        "all filters get the first bias; each has its own",
        lambda x, W, b, s, p: _conv(x, W, np.full_like(b, b[0]), s, p),
    ),
    Mistake(
        "rows and columns of the output are exchanged",
        lambda x, W, b, s, p: _conv(x, W, b, s, p).swapaxes(2, 3),
    ),
    Mistake(
        "the product (N·out_h·out_w, FN) is reshaped straight to (N, FN, out_h, out_w); "
        "reshape to (N, out_h, out_w, FN), then transpose",
        _conv_not_transposed,
    ),
    Mistake(
        "the filters' axis is still the last one: transpose to (N, FN, out_h, out_w)",
        lambda x, W, b, s, p: _conv(x, W, b, s, p).transpose(0, 2, 3, 1),
    ),
    Mistake(
        "every window is averaged: the sum is wanted",
        lambda x, W, b, s, p: _conv(x, W / W[0].size, b, s, p),
    ),
    Mistake(
        "only the first channel of x is used",
        lambda x, W, b, s, p: _conv(x[:, :1], W[:, :1], b, s, p),
    ),
    Mistake(
        "filter rows and filter columns are exchanged",
        lambda x, W, b, s, p: _conv(x, W.swapaxes(2, 3), b, s, p),
    ),
    Mistake(ONE_SIDE_START, lambda x, W, b, s, p: _conv(_shifted(x, 2 * p, 0), W, b, s, 0)),
    Mistake(ONE_SIDE_END, lambda x, W, b, s, p: _conv(_shifted(x, 0, 2 * p), W, b, s, 0)),
    Mistake(ONCE, lambda x, W, b, s, p: _conv(_shifted(x, 0, p), W, b, s, 0)),
    Mistake(PADDING_IGNORED, lambda x, W, b, s, p: _conv(x, W, b, s, 0)),
    Mistake(STRIDE_IGNORED, lambda x, W, b, s, p: _conv(x, W, b, 1, p)),
)


def _gradients(x: Array, W: Array, b: Array, s: int, p: int, dout: Array) -> tuple[Array, ...]:
    return right.conv_backward(dout, right.conv_forward(x, W, b, s, p)[1])


def _scaled(factor_dW: Any, factor_db: Any) -> Any:
    def wrong(x: Array, W: Array, b: Array, s: int, p: int, dout: Array) -> tuple[Array, ...]:
        dx, dW, db = _gradients(x, W, b, s, p, dout)
        return dx, dW * factor_dW(dout), db * factor_db(dout)

    return wrong


def _per_value(dout: Array) -> float:
    return dout.shape[1] / dout.size


def _dx_by(combine: str) -> Any:
    def wrong(x: Array, W: Array, b: Array, s: int, p: int, dout: Array) -> tuple[Array, ...]:
        _, dW, db = _gradients(x, W, b, s, p, dout)
        rows = dout.transpose(0, 2, 3, 1).reshape(-1, W.shape[0]) @ W.reshape(W.shape[0], -1)
        padded = _scatter(rows, x.shape, W.shape[2], W.shape[3], s, p, combine.split()[0])
        return (padded if "uncut" in combine else _cut(padded, x.shape, p)), dW, db

    return wrong


def _dout_not_transposed(
    x: Array, W: Array, b: Array, s: int, p: int, dout: Array
) -> tuple[Array, ...]:
    n, fn, oh, ow = dout.shape
    mixed = dout.reshape(n, oh, ow, fn).transpose(0, 3, 1, 2)
    return _gradients(x, W, b, s, p, mixed)


def _flipped(x: Array, W: Array, b: Array, s: int, p: int, dout: Array) -> tuple[Array, ...]:
    dx = _gradients(x, W[:, :, ::-1, ::-1], b, s, p, dout)[0]
    _, dW, db = _gradients(x, W, b, s, p, dout)
    return dx, dW[:, :, ::-1, ::-1], db


CONV_BACKWARD = (
    Mistake(
        "the gradient is divided by the number of images: the loss has done that already; sum",
        _scaled(lambda dout: 1 / len(dout), lambda dout: 1 / len(dout)),
    ),
    Mistake(
        "the mean over images and positions is taken: the sum is wanted",
        _scaled(_per_value, _per_value),
    ),
    Mistake(
        "dout is reshaped to (N·out_h·out_w, FN) without a transpose first, so filters mix",
        _dout_not_transposed,
    ),
    Mistake(
        "the gradient is summed over all filters; each filter has its own",
        lambda *args: (*_gradients(*args)[:2], np.full(args[1].shape[0], args[5].sum())),
    ),
    Mistake("the filter is flipped", _flipped),
    Mistake(OVERWRITTEN, _dx_by("last")),
    Mistake("the padding is left on: cut it off at all four sides", _dx_by("add uncut")),
    Mistake(
        "the matrix is not transposed back: its rows must be the filters",
        lambda *args: tuple(
            g.reshape(g.shape[0], -1).T if i == 1 else g for i, g in enumerate(_gradients(*args))
        ),
    ),
    Mistake(
        "the matrix has the filters as its columns: transpose it before it gets the shape of W",
        lambda *args: tuple(
            g.reshape(g.shape[0], -1).T.reshape(g.shape) if i == 1 else g
            for i, g in enumerate(_gradients(*args))
        ),
    ),
    Mistake("the sign is wrong", lambda *args: tuple(-g for g in _gradients(*args))),
)


# -- pooling -------------------------------------------------------------------------------------


def _pool_windows(x: Array, pool: int, stride: int) -> Array:
    return _windows(x, pool, pool, stride, 0)


MAX_POOL_FORWARD = (
    Mistake(
        "the mean of each window is taken: the maximum is wanted",
        lambda x, pool, s: _pool_windows(x, pool, s).mean(axis=(-2, -1)),
    ),
    Mistake(
        "the minimum of each window is taken",
        lambda x, pool, s: _pool_windows(x, pool, s).min(axis=(-2, -1)),
    ),
    Mistake(
        "the maximum starts from 0 or the windows are padded with zeros, "
        "so negative maxima are lost",
        lambda x, pool, s: np.maximum(_pool_windows(x, pool, s).max(axis=(-2, -1)), 0),
    ),
    Mistake(
        "absolute values are compared: the largest value is wanted, with its sign",
        lambda x, pool, s: np.abs(_pool_windows(x, pool, s)).max(axis=(-2, -1)),
    ),
    Mistake(
        "the stride is ignored: windows are moved by their own size",
        lambda x, pool, s: right.max_pool_forward(x, pool, pool)[0],
    ),
    Mistake(
        "the stride is ignored: windows start at every pixel",
        lambda x, pool, s: right.max_pool_forward(x, pool, 1)[0],
    ),
    Mistake(
        "the maximum is taken over the channels, too; every channel is pooled on its own",
        lambda x, pool, s: np.broadcast_to(
            _pool_windows(x, pool, s).max(axis=(1, -2, -1), keepdims=True)[..., 0, 0],
            _pool_windows(x, pool, s).shape[:4],
        ),
    ),
)


def _spread(x: Array, pool: int, s: int, dout: Array, *, how: str) -> Array:
    """Hand gradients back wrongly: "all", "mean", "tie", "mirrored", or by overwriting."""
    dx = np.zeros(x.shape)
    for oy in range(dout.shape[2]):
        for ox in range(dout.shape[3]):
            place = np.s_[:, :, oy * s : oy * s + pool, ox * s : ox * s + pool]
            window, g = x[place], dout[:, :, oy : oy + 1, ox : ox + 1]
            winner = window == window.max(axis=(2, 3), keepdims=True)
            if how == "all":
                dx[place] += g
            elif how == "mean":
                dx[place] += g / pool**2
            elif how == "tie":
                dx[place] += g * winner
            elif how == "mirrored":
                dx[place] += g * winner.swapaxes(2, 3)
            else:
                dx[place] = np.where(winner, g, dx[place] if how == "keep" else 0)
    return dx


MAX_POOL_BACKWARD = (
    Mistake(
        "every place of a window receives the gradient: only the maximum does",
        lambda *args: _spread(*args, how="all"),
    ),
    Mistake(
        "the gradient is spread evenly over the window, as for a mean: "
        "only the maximum receives it",
        lambda *args: _spread(*args, how="mean"),
    ),
    Mistake(
        "row and column of the maximum within its window are exchanged",
        lambda *args: _spread(*args, how="mirrored"),
    ),
    Mistake(TIES, lambda *args: _spread(*args, how="tie")),
    Mistake(OVERWRITTEN, lambda *args: _spread(*args, how="keep")),
    Mistake(OVERWRITTEN, lambda *args: _spread(*args, how="overwrite")),
)
