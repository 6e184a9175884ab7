"""Usual wrong answers to ``im2col``, and other right ones."""

from __future__ import annotations

from dlgrader.declarations import Alternative, Mistake

_ROWS = "return windows.reshape("
_PAD = "((0, 0), (0, 0), (pad, pad), (pad, pad))"
_OUT_H, _OUT_W = (
    "conv_output_size(H, filter_h, stride, pad)",
    "conv_output_size(W, filter_w, stride, pad)",
)
_SHAPE = "N, C, H, W = x.shape"

MISTAKES = (
    Mistake(
        "channel-last",
        "the columns run over filter row and filter column first, then the channel; "
        "the channel comes first",
        edits=((_ROWS, "return windows.transpose(0, 1, 2, 4, 5, 3).reshape("),),
        loses=("columns",),
    ),
    Mistake(
        "windows-transposed",
        "in the columns the filter column runs before the filter row: windows are transposed",
        edits=((_ROWS, "return windows.transpose(0, 1, 2, 3, 5, 4).reshape("),),
        loses=("columns",),
    ),
    Mistake(
        "positions-before-images",
        "the rows run over the output positions first, then the images; the image comes first",
        edits=((_ROWS, "return windows.transpose(1, 2, 0, 3, 4, 5).reshape("),),
        loses=("rows",),
    ),
    Mistake(
        "out-x-before-out-y",
        "in the rows out_x runs before out_y",
        edits=((_ROWS, "return windows.transpose(0, 2, 1, 3, 4, 5).reshape("),),
        loses=("rows",),
    ),
    Mistake(
        "reshaped-without-transpose",
        "the array was reshaped without a transpose, so values of different windows mix",
        edits=((_ROWS, "return windows.transpose(0, 3, 4, 5, 1, 2).reshape("),),
        loses=("rows",),
    ),
    Mistake(
        "rows-and-columns-exchanged",
        "rows and columns of the result are exchanged",
        edits=(("N * out_h * out_w, C * filter_h * filter_w)", "N * out_h * out_w, -1).T"),),
        loses=("shape",),
    ),
    Mistake(
        "one-matrix-per-image",
        "the result has one matrix for each image; the rows of all images belong into one matrix",
        edits=(
            (
                "N * out_h * out_w, C * filter_h * filter_w)",
                "N, out_h * out_w, C * filter_h * filter_w)",
            ),
        ),
        loses=("shape",),
    ),
    Mistake(
        "padding-before-only",
        "all the padding is put before the first row and column, none after the last",
        edits=((_PAD, "((0, 0), (0, 0), (2 * pad, 0), (2 * pad, 0))"),),
        loses=("padding",),
    ),
    Mistake(
        "padding-after-only",
        "all the padding is put after the last row and column, none before the first",
        edits=((_PAD, "((0, 0), (0, 0), (0, 2 * pad), (0, 2 * pad))"),),
        loses=("padding",),
    ),
    Mistake(
        "padding-once",
        "the padding is added at one side only, so the padded image is too small",
        edits=(
            (_PAD, "((0, 0), (0, 0), (0, pad), (0, pad))"),
            (_OUT_H, "conv_output_size(H + pad, filter_h, stride)"),
            (_OUT_W, "conv_output_size(W + pad, filter_w, stride)"),
        ),
        loses=("padding",),
    ),
    Mistake(
        "padding-ignored",
        "the padding is ignored",
        edits=((_SHAPE, f"{_SHAPE}\n    pad = 0"),),
        loses=("padding",),
    ),
    Mistake(
        "border-repeated",
        "the border is repeated instead of filled with zeros",
        edits=((f"np.pad(x, {_PAD})", f'np.pad(x, {_PAD}, mode="edge")'),),
        loses=("padding",),
    ),
    Mistake(
        "padding-times-stride",
        "the windows start stride times pad pixels outside, but the padding does not grow with "
        "the stride",
        edits=(
            (
                _PAD,
                "((0, 0), (0, 0), (pad * stride, pad * stride), (pad * stride, pad * stride))",
            ),
        ),
        loses=("together",),
    ),
    Mistake(
        "stride-ignored",
        "the stride is ignored: windows start at every pixel",
        edits=((_SHAPE, f"{_SHAPE}\n    stride = 1"),),
        loses=("stride",),
    ),
    Mistake(
        "stride-downwards-only",
        "the stride is used downwards only: windows move to the right by one pixel",
        edits=(("j : j + stride * out_w : stride]", "j : j + out_w]"),),
        loses=("stride",),
    ),
    Mistake(
        "filter-sides-exchanged",
        "filter height and filter width are exchanged",
        edits=((_SHAPE, f"{_SHAPE}\n    filter_h, filter_w = filter_w, filter_h"),),
        loses=("shape",),
    ),
    Mistake(
        "last-window-missing",
        "the last row and column of windows are missing: the + 1 of the output size",
        edits=(
            (_OUT_H, f"{_OUT_H} - 1"),
            (_OUT_W, f"{_OUT_W} - 1"),
        ),
        loses=("shape",),
    ),
    Mistake(
        "shape-assigned",
        "x.shape is assigned to, and that changes the array of the caller, too",
        edits=((_SHAPE, f"{_SHAPE}\n    x.shape = (N * C, H, W)\n    x = x.reshape(N, C, H, W)"),),
        loses=("untouched",),
    ),
    Mistake(
        "no-defaults",
        "stride and pad have no defaults in the def line",
        edits=(("stride=1, pad=0", "stride, pad"),),
        loses=("defaults",),
    ),
)

ALTERNATIVES = (
    Alternative(
        "loops over everything",
        source="""
            def im2col(x, filter_h, filter_w, stride=1, pad=0):
                N, C, H, W = x.shape
                out_h = (H + 2 * pad - filter_h) // stride + 1
                out_w = (W + 2 * pad - filter_w) // stride + 1
                col = np.zeros((N * out_h * out_w, C * filter_h * filter_w))
                for n, y, left in np.ndindex(N, out_h, out_w):
                    for k, (c, i, j) in enumerate(np.ndindex(C, filter_h, filter_w)):
                        row, column = y * stride + i - pad, left * stride + j - pad
                        if 0 <= row < H and 0 <= column < W:
                            col[(n * out_h + y) * out_w + left, k] = x[n, c, row, column]
                return col
        """,
    ),
    Alternative(
        "sliding windows",
        source="""
            from numpy.lib.stride_tricks import sliding_window_view

            def im2col(x, filter_h, filter_w, stride=1, pad=0):
                padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
                view = sliding_window_view(padded, (filter_h, filter_w), axis=(2, 3))
                view = view[:, :, ::stride, ::stride].transpose(0, 2, 3, 1, 4, 5)
                return view.reshape(-1, x.shape[1] * filter_h * filter_w)
        """,
    ),
    Alternative(
        "strides by hand, in float32",
        source="""
            def im2col(x, filter_h, filter_w, stride=1, pad=0):
                N, C, H, W = x.shape
                padded = np.zeros((N, C, H + 2 * pad, W + 2 * pad), dtype=np.float32)
                padded[:, :, pad : pad + H, pad : pad + W] = x
                out_h = (H + 2 * pad - filter_h) // stride + 1
                out_w = (W + 2 * pad - filter_w) // stride + 1
                n, c, h, w = padded.strides
                view = np.lib.stride_tricks.as_strided(
                    padded,
                    (N, out_h, out_w, C, filter_h, filter_w),
                    (n, h * stride, w * stride, c, h, w),
                    writeable=False,
                )
                return view.reshape(N * out_h * out_w, -1)
        """,
    ),
    Alternative(
        "a window at a time, as lists",
        source="""
            def _window(image, top, left, height, width):
                return image[:, top : top + height, left : left + width].ravel().tolist()

            def im2col(x, filter_h, filter_w, stride=1, pad=0):
                print("im2col of", x.shape)
                padded = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)], mode="constant")
                height, width = padded.shape[2:]
                return [
                    _window(image, top, left, filter_h, filter_w)
                    for image in padded
                    for top in range(0, height - filter_h + 1, stride)
                    for left in range(0, width - filter_w + 1, stride)
                ]
        """,
    ),
    Alternative(
        "an index for every pixel",
        source="""
            def im2col(x, filter_h, filter_w, stride=1, pad=0):
                N, C, H, W = x.shape
                padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
                y = np.arange(0, H + 2 * pad - filter_h + 1, stride)
                z = np.arange(0, W + 2 * pad - filter_w + 1, stride)
                rows = y[:, None, None, None] + np.arange(filter_h)[:, None]
                columns = z[:, None, None] + np.arange(filter_w)
                picked = np.moveaxis(padded[:, :, rows, columns], 1, 3)
                return picked.reshape(N * len(y) * len(z), C * filter_h * filter_w)
        """,
    ),
)
