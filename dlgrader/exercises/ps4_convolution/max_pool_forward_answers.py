"""Usual wrong answers to ``max_pool_forward``, and other right ones."""

from __future__ import annotations

from dlgrader.declarations import Alternative, Mistake

_SHAPE = "N, C, H, W = x.shape"
_MAXIMUM = "rows[np.arange(len(rows)), winner]"
_RESHAPED = ".reshape(N, C, out_h, out_w)"

_NEGATIVE_INFINITY = """
    def max_pool_forward(x, pool, stride):
        N, C, H, W = x.shape
        out_h = conv_output_size(H, pool, stride)
        out_w = conv_output_size(W, pool, stride)
        out = np.zeros((N, C, out_h, out_w))
        for n, c, y, left in np.ndindex(out.shape):
            for i in range(pool):
                for j in range(pool):
                    value = x[n, c, y * stride + i, left * stride + j]
                    if value > out[n, c, y, left]:
                        out[n, c, y, left] = value
        return out, (x, pool, stride)
"""

_ROUNDED_UP = """
    def max_pool_forward(x, pool, stride):
        N, C, H, W = x.shape
        out_h, out_w = -(-(H - pool) // stride) + 1, -(-(W - pool) // stride) + 1
        out = np.zeros((N, C, out_h, out_w))
        for y in range(out_h):
            for left in range(out_w):
                top, start = y * stride, left * stride
                window = x[:, :, top : top + pool, start : start + pool]
                out[:, :, y, left] = window.max(axis=(2, 3))
        return out, (x, pool, stride)
"""

_ALL_CHANNELS = """
    def max_pool_forward(x, pool, stride):
        N, C, H, W = x.shape
        out_h = conv_output_size(H, pool, stride)
        out_w = conv_output_size(W, pool, stride)
        out = np.zeros((N, C, out_h, out_w))
        for n in range(N):
            for y in range(out_h):
                for left in range(out_w):
                    top, start = y * stride, left * stride
                    out[n, :, y, left] = x[n, :, top : top + pool, start : start + pool].max()
        return out, (x, pool, stride)
"""

_ERASED = """
    def max_pool_forward(x, pool, stride):
        N, C, H, W = x.shape
        out = np.zeros((N, C, conv_output_size(H, pool, stride), conv_output_size(W, pool, stride)))
        winner = np.zeros(out.shape, dtype=int)
        for n, c, y, left in np.ndindex(out.shape):
            window = x[n, c, y * stride : y * stride + pool, left * stride : left * stride + pool]
            winner[n, c, y, left] = window.argmax()
            out[n, c, y, left] = window.max()
        x[:] = 0  # from here on it holds the mask
        return out, (winner, x, pool, stride)
"""

MISTAKES = (
    Mistake(
        "mean",
        "the mean of each window is taken: the maximum is wanted",
        edits=((_MAXIMUM, "rows.mean(axis=1)"),),
        loses=("side",),
    ),
    Mistake(
        "minimum",
        "the minimum of each window is taken",
        edits=((_MAXIMUM, "rows.min(axis=1)"),),
        loses=("side",),
    ),
    Mistake(
        "position-returned",
        "the place of the maximum in its window is returned, not its value",
        edits=((_MAXIMUM, "winner"),),
        loses=("side",),
    ),
    Mistake(
        "starts-from-zero",
        "the maximum starts from 0 or the windows are padded with zeros, "
        "so negative maxima are lost",
        source=_NEGATIVE_INFINITY,
        loses=("negative",),
    ),
    Mistake(
        "absolute-values",
        "absolute values are compared: the largest value is wanted, with its sign",
        edits=((_MAXIMUM, "np.abs(rows).max(axis=1)"),),
        loses=("negative",),
    ),
    Mistake(
        "largest-size-with-sign",
        "the value farthest from 0 is taken: a small positive one is larger than any negative one",
        edits=(("rows.argmax(axis=1)", "np.abs(rows).argmax(axis=1)"),),
        loses=("negative",),
    ),
    Mistake(
        "window-as-stride",
        "the stride is ignored: windows are moved by their own size",
        edits=((_SHAPE, f"{_SHAPE}\n    stride = pool"),),
        loses=("stride",),
    ),
    Mistake(
        "stride-of-one",
        "the stride is ignored: windows start at every pixel",
        edits=((_SHAPE, f"{_SHAPE}\n    stride = 1"),),
        loses=("side", "stride"),
    ),
    Mistake(
        "stride-as-window",
        "the windows are as large as the stride; pool is their size",
        edits=((_SHAPE, f"{_SHAPE}\n    pool = stride"),),
        loses=("stride",),
    ),
    Mistake(
        "over-channels",
        "the maximum is taken over the channels, too; every channel is pooled on its own",
        source=_ALL_CHANNELS,
        loses=("maps",),
    ),
    Mistake(
        "windows-of-mixed-channels",
        "the rows that im2col makes hold the windows of all channels side by side; a maximum over "
        "parts of them needs the channels in the rows, not in the columns",
        edits=(
            (
                "im2col(x.reshape(N * C, 1, H, W), pool, pool, stride)",
                "im2col(x, pool, pool, stride).reshape(-1, pool * pool)",
            ),
        ),
        loses=("maps",),
    ),
    Mistake(
        "map-transposed",
        "rows and columns of the output are exchanged",
        edits=((_RESHAPED, f"{_RESHAPED}.swapaxes(2, 3)"),),
        loses=("side",),
    ),
    Mistake(
        "rounded-up",
        "a window that reaches beyond the image is counted, too; it is left out",
        source=_ROUNDED_UP,
        loses=("left-over",),
    ),
    Mistake(
        "no-cache",
        "only out is returned: the pair (out, cache) is wanted",
        edits=(("return out, (winner, x.shape, pool, stride)", "return out"),),
        loses=("side",),
    ),
    Mistake(
        "mask-in-x",
        "the mask for the backward pass is written into x itself",
        source=_ERASED,
        loses=("untouched",),
    ),
)

ALTERNATIVES = (
    Alternative(
        "sliding windows",
        source="""
            def max_pool_forward(x, pool, stride):
                view = np.lib.stride_tricks.sliding_window_view(x, (pool, pool), axis=(2, 3))
                return view[:, :, ::stride, ::stride].max(axis=(-2, -1)), (x.copy(), pool, stride)
        """,
    ),
    Alternative(
        "plain loops",
        source="""
            def max_pool_forward(x, pool, stride):
                N, C, H, W = x.shape
                out = np.empty((N, C, 1 + (H - pool) // stride, 1 + (W - pool) // stride))
                for n, c, y, left in np.ndindex(out.shape):
                    best = -np.inf
                    for i in range(y * stride, y * stride + pool):
                        for j in range(left * stride, left * stride + pool):
                            best = max(best, x[n, c, i, j])
                    out[n, c, y, left] = best
                return out, {"x": x, "pool": pool, "stride": stride}
        """,
    ),
    Alternative(
        "maximum over the places in the window, in float32",
        source="""
            def max_pool_forward(x, pool, stride):
                narrow = x.astype("float32")
                out_h, out_w = ((size - pool) // stride + 1 for size in x.shape[2:])
                out = np.full((*x.shape[:2], out_h, out_w), -np.inf, dtype=np.float32)
                for i in range(pool):
                    for j in range(pool):
                        part = narrow[:, :, i::stride, j::stride][:, :, :out_h, :out_w]
                        out = np.maximum(out, part)
                return (out, [x, out, pool, stride])
        """,
    ),
    Alternative(
        "lists of Python's own numbers",
        source="""
            def _pooled(image, pool, stride):
                tops = range(0, len(image) - pool + 1, stride)
                starts = range(0, len(image[0]) - pool + 1, stride)
                return [
                    [
                        max(max(row[left : left + pool]) for row in image[top : top + pool])
                        for left in starts
                    ]
                    for top in tops
                ]

            def max_pool_forward(x, pool, stride):
                images = x.tolist()
                out = [[_pooled(channel, pool, stride) for channel in image] for image in images]
                return out, (x, pool, stride)
        """,
    ),
)
