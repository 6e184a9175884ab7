"""Usual wrong answers to ``conv_forward``, and other right ones."""

from __future__ import annotations

from dlgrader.declarations import Alternative, Mistake

_SHAPE = "N, _, height, width = x.shape"
_NO = "(0, 0)"
_COLUMNS = "im2col(x, FH, FW, stride, pad)"
_MATRIX = "col @ W.reshape(FN, -1).T"
_LAID_OUT = "out.reshape(N, out_h, out_w, FN).transpose(0, 3, 1, 2)"

MISTAKES = (
    Mistake(
        "filter-flipped",
        "the filter is flipped; convolution in deep learning is cross-correlation",
        edits=((_MATRIX, "col @ W[:, :, ::-1, ::-1].reshape(FN, -1).T"),),
        loses=("window",),
    ),
    Mistake(
        "filter-transposed",
        "filter rows and filter columns are exchanged",
        edits=((_MATRIX, "col @ W.swapaxes(2, 3).reshape(FN, -1).T"),),
        loses=("window",),
    ),
    Mistake(
        "windows-averaged",
        "every window is averaged: the sum is wanted",
        edits=((_MATRIX, "col @ W.reshape(FN, -1).T / W[0].size"),),
        loses=("window",),
    ),
    Mistake(
        "no-bias",
        "the bias is not added",
        edits=((".T + b", ".T"),),
        loses=("bias",),
    ),
    Mistake(
        "bias-subtracted",
        "the bias is subtracted",
        edits=((".T + b", ".T - b"),),
        loses=("bias",),
    ),
    Mistake(
        "bias-once-per-channel",
        "the bias is added once for every channel of x",
        edits=((".T + b", ".T + b * x.shape[1]"),),
        loses=("bias",),
    ),
    Mistake(
        "bias-once-per-product",
        "the bias is added to every product; it is added once, to their sum",
        edits=((".T + b", ".T + b * W[0].size"),),
        loses=("bias",),
    ),
    Mistake(
        "first-bias-for-all",
        "all filters get the first bias; each has its own",
        edits=((".T + b", ".T + b[0]"),),
        loses=("bias",),
    ),
    Mistake(
        "map-transposed",
        "rows and columns of the output are exchanged",
        edits=((_LAID_OUT, "out.reshape(N, out_h, out_w, FN).transpose(0, 3, 2, 1)"),),
        loses=("window",),
    ),
    Mistake(
        "reshaped-at-once",
        "the product (N·out_h·out_w, FN) is reshaped straight to (N, FN, out_h, out_w); "
        "the filters are its last axis, so a transpose is needed, too",
        edits=((_LAID_OUT, "out.reshape(N, FN, out_h, out_w)"),),
        loses=("filters",),
    ),
    Mistake(
        "filters-last",
        "the filters' axis is still the last one: transpose to (N, FN, out_h, out_w)",
        edits=((_LAID_OUT, "out.reshape(N, out_h, out_w, FN)"),),
        loses=("filters",),
    ),
    Mistake(
        "filter-matrix-not-transposed",
        "the filters are reshaped straight to a matrix with one filter in each column, which mixes "
        "them: reshape to rows, then transpose",
        edits=((_MATRIX, "col @ W.reshape(-1, FN)"),),
        loses=("filters",),
    ),
    Mistake(
        "filters-channel-last",
        "the filters are flattened with the channel last, but in the columns it comes first",
        edits=((_MATRIX, "col @ W.transpose(0, 2, 3, 1).reshape(FN, -1).T"),),
        loses=("channels",),
    ),
    Mistake(
        "first-channel-only",
        "only the first channel of x is used",
        edits=(
            (_COLUMNS, "im2col(x[:, :1], FH, FW, stride, pad)"),
            (_MATRIX, "col @ W[:, :1].reshape(FN, -1).T"),
        ),
        loses=("channels",),
    ),
    Mistake(
        "padding-before-only",
        "all the padding is put before the first row and column, none after the last",
        edits=(
            (
                _COLUMNS,
                f"im2col(np.pad(x, ({_NO}, {_NO}, (2 * pad, 0), (2 * pad, 0))), FH, FW, stride)",
            ),
        ),
        loses=("padding",),
    ),
    Mistake(
        "padding-after-only",
        "all the padding is put after the last row and column, none before the first",
        edits=(
            (
                _COLUMNS,
                f"im2col(np.pad(x, ({_NO}, {_NO}, (0, 2 * pad), (0, 2 * pad))), FH, FW, stride)",
            ),
        ),
        loses=("padding",),
    ),
    Mistake(
        "padding-once",
        "the padding is added at one side only, so the padded image is too small",
        edits=(
            (
                _SHAPE,
                f"x = np.pad(x, ((0, 0), (0, 0), (0, pad), (0, pad)))\n    pad = 0\n    {_SHAPE}",
            ),
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
        "stride-ignored",
        "the stride is ignored: windows start at every pixel",
        edits=((_SHAPE, f"{_SHAPE}\n    stride = 1"),),
        loses=("stride",),
    ),
    Mistake(
        "no-cache",
        "only out is returned: the pair (out, cache) is wanted",
        edits=(("return out, (col, W, x.shape, stride, pad)", "return out"),),
        loses=("window",),
    ),
    Mistake(
        "shape-assigned",
        "W.shape is assigned to, and that changes the array of the caller, too",
        edits=((f"out = {_MATRIX}", "W.shape = (FN, -1)\n    out = col @ W.T"),),
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
        "einsum on sliding windows",
        source="""
            def conv_forward(x, W, b, stride=1, pad=0):
                padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
                view = np.lib.stride_tricks.sliding_window_view(padded, W.shape[2:], axis=(2, 3))
                view = view[:, :, ::stride, ::stride]
                out = np.einsum("nchwij,fcij->nfhw", view, W) + b[:, np.newaxis, np.newaxis]
                return out, {"x": x.copy(), "W": W.copy(), "stride": stride, "pad": pad}
        """,
    ),
    Alternative(
        "plain loops",
        source="""
            def conv_forward(x, W, b, stride=1, pad=0):
                N, C, H, Wd = x.shape
                FN, C, FH, FW = W.shape
                out_h = conv_output_size(H, FH, stride, pad)
                out_w = conv_output_size(Wd, FW, stride, pad)
                padded = np.zeros((N, C, H + 2 * pad, Wd + 2 * pad))
                padded[:, :, pad : pad + H, pad : pad + Wd] = x
                out = np.zeros((N, FN, out_h, out_w))
                for n in range(N):
                    for f in range(FN):
                        for y in range(out_h):
                            for x_ in range(out_w):
                                top, left = y * stride, x_ * stride
                                window = padded[n, :, top : top + FH, left : left + FW]
                                out[n, f, y, x_] = np.sum(window * W[f]) + b[f]
                return out, {"padded": padded, "W": W, "stride": stride, "pad": pad}
        """,
    ),
    Alternative(
        "a filter entry at a time, in float32",
        source="""
            class Cache:
                def __init__(self, **items):
                    self.__dict__.update(items)

            def conv_forward(x, W, b, stride=1, pad=0):
                x, W, b = (np.asarray(a, dtype=np.float32) for a in (x, W, b))
                N, C, H, Wd = x.shape
                FN, _, FH, FW = W.shape
                out_h = (H + 2 * pad - FH) // stride + 1
                out_w = (Wd + 2 * pad - FW) // stride + 1
                padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
                out = np.zeros((FN, N, out_h, out_w), dtype=np.float32) + b.reshape(-1, 1, 1, 1)
                for i in range(FH):
                    for j in range(FW):
                        part = padded[:, :, i:, j:][:, :, ::stride, ::stride][:, :, :out_h, :out_w]
                        out += np.tensordot(W[:, :, i, j], part, axes=(1, 1))
                return out.transpose(1, 0, 2, 3), Cache(x=x, W=W, stride=stride, pad=pad)
        """,
    ),
    Alternative(
        "im2col, one image after the other, as a list",
        source="""
            def conv_forward(x, W, b, stride=1, pad=0):
                FN, C, FH, FW = W.shape
                out_h = (x.shape[2] + 2 * pad - FH) // stride + 1
                matrix = np.reshape(W, (FN, C * FH * FW))
                maps = []
                for image in x:
                    rows = im2col(image[None], FH, FW, stride=stride, pad=pad)
                    maps.append(((matrix @ rows.T).T + b).T.reshape(FN, out_h, -1))
                return [np.array(maps), [x, W, b, stride, pad]]
        """,
    ),
)
