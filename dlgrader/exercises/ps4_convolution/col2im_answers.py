"""Usual wrong answers to ``col2im``, and other right ones."""

from __future__ import annotations

from dlgrader.declarations import Alternative, Mistake

_READ = "col.reshape(N, out_h, out_w, C, filter_h, filter_w).transpose(0, 3, 4, 5, 1, 2)"
_CUT = "return padded[:, :, pad : pad + H, pad : pad + W]"

_BY_WINDOWS = """
    def col2im(col, input_shape, filter_h, filter_w, stride=1, pad=0):
        N, C, H, W = input_shape
        out_h = conv_output_size(H, filter_h, stride, pad)
        out_w = conv_output_size(W, filter_w, stride, pad)
        windows = col.reshape(N, out_h, out_w, C, filter_h, filter_w)
        padded = np.zeros((N, C, H + 2 * pad, W + 2 * pad))
        for y in range(out_h):
            for x in range(out_w):
                top, left = y * stride, x * stride
                padded[:, :, top : top + filter_h, left : left + filter_w] = windows[:, y, x]
        return padded[:, :, pad : pad + H, pad : pad + W]
"""

_MEAN = """
    def col2im(col, input_shape, filter_h, filter_w, stride=1, pad=0):
        N, C, H, W = input_shape
        out_h = conv_output_size(H, filter_h, stride, pad)
        out_w = conv_output_size(W, filter_w, stride, pad)
        windows = col.reshape(N, out_h, out_w, C, filter_h, filter_w)
        padded = np.zeros((N, C, H + 2 * pad, W + 2 * pad))
        count = np.zeros(padded.shape)
        for y in range(out_h):
            for x in range(out_w):
                top, left = y * stride, x * stride
                padded[:, :, top : top + filter_h, left : left + filter_w] += windows[:, y, x]
                count[:, :, top : top + filter_h, left : left + filter_w] += 1
        return (padded / np.maximum(count, 1))[:, :, pad : pad + H, pad : pad + W]
"""

MISTAKES = (
    Mistake(
        "windows-overwrite",
        "where windows overlap, the last one overwrites the others: add with +=",
        source=_BY_WINDOWS,
        loses=("overlap",),
    ),
    Mistake(
        "entries-overwrite",
        "a pixel keeps only the value that was written last, where all are to be added: use +=",
        edits=(("padded[:, :, rows, columns] += ", "padded[:, :, rows, columns] = "),),
        loses=("overlap",),
    ),
    Mistake(
        "mean-of-windows",
        "where windows overlap, the mean is taken: the sum is wanted, without a division",
        source=_MEAN,
        loses=("overlap",),
    ),
    Mistake(
        "padding-left-on",
        "the padding is left on: cut it off at all four sides",
        edits=((_CUT, "return padded"),),
        loses=("padding",),
    ),
    Mistake(
        "empty-slice",
        "the slice pad:-pad is empty for pad = 0: count from the start, up to pad + H",
        edits=((_CUT, "return padded[:, :, pad:-pad, pad:-pad]"),),
        loses=("side", "overlap"),
    ),
    Mistake(
        "cut-at-the-end-only",
        "the padding is cut off at the end only",
        edits=((_CUT, "return padded[:, :, :H, :W]"),),
        loses=("padding",),
    ),
    Mistake(
        "cut-at-the-start-only",
        "the padding is cut off at the start only",
        edits=((_CUT, "return padded[:, :, 2 * pad :, 2 * pad :]"),),
        loses=("padding",),
    ),
    Mistake(
        "channel-last",
        "the columns are read as filter row, filter column, channel; the channel comes first",
        edits=(
            (
                _READ,
                "col.reshape(N, out_h, out_w, filter_h, filter_w, C).transpose(0, 5, 3, 4, 1, 2)",
            ),
        ),
        loses=("side",),
    ),
    Mistake(
        "positions-before-images",
        "the rows are read as positions first, then images; the image comes first",
        edits=(
            (
                _READ,
                "col.reshape(out_h, out_w, N, C, filter_h, filter_w).transpose(2, 3, 4, 5, 0, 1)",
            ),
        ),
        loses=("side",),
    ),
    Mistake(
        "windows-transposed",
        "in the columns the filter column is read before the filter row",
        edits=(
            (
                _READ,
                "col.reshape(N, out_h, out_w, C, filter_w, filter_h).transpose(0, 3, 5, 4, 1, 2)",
            ),
        ),
        loses=("side",),
    ),
    Mistake(
        "out-x-before-out-y",
        "in the rows out_x is read before out_y",
        edits=(
            (
                _READ,
                "col.reshape(N, out_w, out_h, C, filter_h, filter_w).transpose(0, 3, 4, 5, 2, 1)",
            ),
        ),
        loses=("side",),
    ),
    Mistake(
        "reshaped-without-transpose",
        "col is reshaped to (N, C, filter_h, filter_w, out_h, out_w) at once; its axes have "
        "another order: reshape, then transpose",
        edits=((_READ, "col.reshape(N, C, filter_h, filter_w, out_h, out_w)"),),
        loses=("side",),
    ),
    Mistake(
        "stride-ignored",
        "the stride is ignored: windows are put back at every pixel",
        edits=(
            ("slice(i, i + stride * out_h, stride)", "slice(i, i + out_h)"),
            ("slice(j, j + stride * out_w, stride)", "slice(j, j + out_w)"),
        ),
        loses=("side",),
    ),
    Mistake(
        "window-as-stride",
        "the windows are put side by side, whatever the stride",
        edits=(
            ("np.zeros((N, C, H + 2 * pad, W + 2 * pad)", "np.zeros((N, C, 99, 99)"),
            ("slice(i, i + stride * out_h, stride)", "slice(i, i + filter_h * out_h, filter_h)"),
            ("slice(j, j + stride * out_w, stride)", "slice(j, j + filter_w * out_w, filter_w)"),
        ),
        loses=("overlap",),
    ),
    Mistake(
        "shape-assigned",
        "col.shape is assigned to, and that changes the array of the caller, too",
        edits=(
            (
                "windows = col.reshape(N, out_h, out_w, C, filter_h, filter_w).transpose(",
                "col.shape = (N, out_h, out_w, C, filter_h, filter_w)\n"
                "    windows = col.transpose(",
            ),
        ),
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
        "numbered pixels and bincount",
        source="""
            def col2im(col, input_shape, filter_h, filter_w, stride=1, pad=0):
                numbers = np.arange(1, np.prod(input_shape) + 1).reshape(input_shape)
                where = im2col(numbers, filter_h, filter_w, stride, pad)
                flat = np.bincount(where.ravel(), col.ravel(), np.prod(input_shape) + 1)
                return flat[1:].reshape(input_shape)
        """,
    ),
    Alternative(
        "one entry after the other",
        source="""
            def col2im(col, input_shape, filter_h, filter_w, stride=1, pad=0):
                N, C, H, W = input_shape
                image = np.zeros(input_shape)
                out_w = (W + 2 * pad - filter_w) // stride + 1
                per_image = len(col) // N
                for r, row in enumerate(col.tolist()):
                    n, position = divmod(r, per_image)
                    y, x = divmod(position, out_w)
                    for k, value in enumerate(row):
                        c, place = divmod(k, filter_h * filter_w)
                        i, j = divmod(place, filter_w)
                        py, px = y * stride + i - pad, x * stride + j - pad
                        if 0 <= py < H and 0 <= px < W:
                            image[n, c, py, px] += value
                return image
        """,
    ),
    Alternative(
        "add.at, in float32",
        source="""
            def col2im(col, input_shape, filter_h, filter_w, stride=1, pad=0):
                N, C, H, W = input_shape
                out_h = (H + 2 * pad - filter_h) // stride + 1
                out_w = (W + 2 * pad - filter_w) // stride + 1
                sizes = (N, out_h, out_w, C, filter_h, filter_w)
                n, y, x, c, i, j = np.indices(sizes).reshape(6, -1)
                padded = np.zeros((N, C, H + 2 * pad, W + 2 * pad), np.float32)
                entries = np.asarray(col, dtype=np.float32).reshape(-1)
                np.add.at(padded, (n, c, y * stride + i, x * stride + j), entries)
                return padded[:, :, pad : pad + H, pad : pad + W]
        """,
    ),
    Alternative(
        "a window at a time, larger than the image",
        source="""
            import warnings

            def col2im(col, input_shape, filter_h, filter_w, stride=1, pad=0):
                warnings.warn("col2im is slow")
                N, C, H, W = input_shape
                large = np.zeros((N, C, H + 2 * pad + stride, W + 2 * pad + stride))
                positions = [
                    (n, top, left)
                    for n in range(N)
                    for top in range(0, H + 2 * pad - filter_h + 1, stride)
                    for left in range(0, W + 2 * pad - filter_w + 1, stride)
                ]
                for (n, top, left), row in zip(positions, col):
                    window = row.reshape(C, filter_h, filter_w)
                    large[n, :, top : top + filter_h, left : left + filter_w] += window
                return large[:, :, pad:, pad:][:, :, :H, :W].copy()
        """,
    ),
)
