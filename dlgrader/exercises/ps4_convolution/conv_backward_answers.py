"""Usual wrong answers to ``conv_backward``, and other right ones."""

from __future__ import annotations

from dlgrader.declarations import Alternative, Mistake

_D = "dout.transpose(0, 2, 3, 1).reshape(-1, FN)"
_DB, _DW = "D.sum(axis=0)", "(D.T @ col).reshape(W.shape)"
_DX = "col2im(D @ W.reshape(FN, -1), input_shape, FH, FW, stride, pad)"
_RETURN = "return dx, dW, db"

_OVERWRITTEN = """
    def conv_backward(dout, cache):
        col, W, (N, C, H, width), stride, pad = cache
        FN, _, FH, FW = W.shape
        D = dout.transpose(0, 2, 3, 1).reshape(-1, FN)
        db = D.sum(axis=0)
        dW = (D.T @ col).reshape(W.shape)
        windows = (D @ W.reshape(FN, -1)).reshape(N, *dout.shape[2:], C, FH, FW)
        padded = np.zeros((N, C, H + 2 * pad, width + 2 * pad))
        for y in range(dout.shape[2]):
            for x in range(dout.shape[3]):
                top, left = y * stride, x * stride
                padded[:, :, top : top + FH, left : left + FW] = windows[:, y, x]
        return padded[:, :, pad : pad + H, pad : pad + width], dW, db
"""

_GLOBAL = """
    last = {}

    def conv_forward(x, W, b, stride=1, pad=0):
        N, _, height, width = x.shape
        FN, _, FH, FW = W.shape
        out_h = conv_output_size(height, FH, stride, pad)
        last["col"] = im2col(x, FH, FW, stride, pad)
        last["W"], last["sizes"] = W, (x.shape, stride, pad)
        out = last["col"] @ W.reshape(FN, -1).T + b
        return out.reshape(N, out_h, -1, FN).transpose(0, 3, 1, 2), None

    def conv_backward(dout, cache):
        col, W = last["col"], last["W"]
        input_shape, stride, pad = last["sizes"]
        FN, _, FH, FW = W.shape
        D = dout.transpose(0, 2, 3, 1).reshape(-1, FN)
        dx = col2im(D @ W.reshape(FN, -1), input_shape, FH, FW, stride, pad)
        return dx, (D.T @ col).reshape(W.shape), D.sum(axis=0)
"""

_USED_UP = """
    def conv_forward(x, W, b, stride=1, pad=0):
        N, _, height, width = x.shape
        FN, _, FH, FW = W.shape
        out_h = conv_output_size(height, FH, stride, pad)
        col = im2col(x, FH, FW, stride, pad)
        out = col @ W.reshape(FN, -1).T + b
        out = out.reshape(N, out_h, -1, FN).transpose(0, 3, 1, 2)
        return out, [col, W, x.shape, stride, pad]

    def conv_backward(dout, cache):
        pad, stride, input_shape, W, col = (cache.pop() for _ in range(5))
        FN, _, FH, FW = W.shape
        D = dout.transpose(0, 2, 3, 1).reshape(-1, FN)
        dx = col2im(D @ W.reshape(FN, -1), input_shape, FH, FW, stride, pad)
        return dx, (D.T @ col).reshape(W.shape), D.sum(axis=0)
"""

MISTAKES = (
    Mistake(
        "divided-by-images",
        "the gradient is divided by the number of images: the loss has done that already; sum",
        edits=(
            (_DB, "D.sum(axis=0) / len(dout)"),
            (_DW, "(D.T @ col).reshape(W.shape) / len(dout)"),
        ),
        loses=("db", "dW"),
    ),
    Mistake(
        "mean-over-positions",
        "the mean over images and positions is taken: the sum is wanted",
        edits=((_DB, "D.mean(axis=0)"), (_DW, "(D.T @ col).reshape(W.shape) / len(D)")),
        loses=("db", "dW"),
    ),
    Mistake(
        "dout-not-transposed",
        "dout is reshaped to (N·out_h·out_w, FN) without a transpose first, so filters mix",
        edits=((_D, "dout.reshape(-1, FN)"),),
        loses=("db", "dW", "dx"),
    ),
    Mistake(
        "db-over-all-filters",
        "the gradient is summed over all filters; each filter has its own",
        edits=((_DB, "np.full(FN, D.sum())"),),
        loses=("db",),
    ),
    Mistake(
        "db-over-images-only",
        "the gradient of b is summed over the images only, not over the positions",
        edits=((_DB, "dout.sum(axis=0)"),),
        loses=("db",),
    ),
    Mistake(
        "db-keepdims",
        "db keeps an axis of length 1; it has one entry for each filter, like b",
        edits=((_DB, "D.sum(axis=0, keepdims=True)"),),
        loses=("db",),
    ),
    Mistake(
        "dW-not-reshaped",
        "the gradient of W is still a matrix with one row for each filter; give it the shape of W",
        edits=((_DW, "D.T @ col"),),
        loses=("dW",),
    ),
    Mistake(
        "dW-transposed",
        "the gradient of W is still a matrix, with a filter in each column, where the rows must be",
        edits=((_DW, "col.T @ D"),),
        loses=("dW",),
    ),
    Mistake(
        "dW-filters-in-columns",
        "the matrix has the filters as its columns: transpose it before it gets the shape of W",
        edits=((_DW, "(col.T @ D).reshape(W.shape)"),),
        loses=("dW",),
    ),
    Mistake(
        "filter-flipped",
        "the filter is flipped for the gradient of x; here the matrix of the forward pass is used",
        edits=((_DX, _DX.replace("W.reshape", "W[:, :, ::-1, ::-1].reshape")),),
        loses=("dx",),
    ),
    Mistake(
        "windows-overwrite",
        "where windows overlap, the last one overwrites the others: add with +=",
        source=_OVERWRITTEN,
        loses=("dx",),
    ),
    Mistake(
        "padding-left-on",
        "the padding is left on: cut it off at all four sides",
        edits=(
            (
                _DX,
                "col2im(\n        D @ W.reshape(FN, -1),\n"
                "        (*input_shape[:2], input_shape[2] + 2 * pad, input_shape[3] + 2 * pad),\n"
                "        FH, FW, stride,\n    )",
            ),
        ),
        loses=("padding",),
    ),
    Mistake(
        "padding-forgotten",
        "the padding is not handed on to col2im",
        edits=((_DX, _DX.replace(", pad)", ")")),),
        loses=("padding",),
    ),
    Mistake(
        "stride-forgotten",
        "the stride is not handed on to col2im",
        edits=((_DX, _DX.replace("stride, pad", "1, pad")),),
        loses=("stride",),
    ),
    Mistake(
        "sign",
        "the sign is wrong: gradients are returned, not steps",
        edits=((_RETURN, "return -dx, -dW, -db"),),
        loses=("db", "dW", "dx"),
    ),
    Mistake(
        "other-order",
        "the gradients are returned in another order: dx, dW, db is wanted",
        edits=((_RETURN, "return dW, db, dx"),),
        loses=("db", "dW", "dx"),
    ),
    Mistake(
        "global-variable",
        "what the backward pass needs is kept in a global variable, so another forward pass "
        "replaces it",
        source=_GLOBAL,
        loses=("cache",),
    ),
    Mistake(
        "cache-used-up",
        "the backward pass takes its values out of the cache (pop), so they are gone afterwards",
        source=_USED_UP,
        loses=("cache",),
    ),
    Mistake(
        "weights-updated",
        "the backward pass changes W itself; the optimiser does that later",
        edits=((_RETURN, "W -= 0.1 * dW\n    return dx, dW, db"),),
        loses=("cache",),
    ),
    Mistake(
        "shape-assigned",
        "dout.shape is assigned to, and that changes the array of the caller, too",
        edits=(
            (
                f"D = {_D}",
                "dout.shape = (len(dout), FN, -1)\n    D = dout.transpose(0, 2, 1).reshape(-1, FN)",
            ),
        ),
        loses=("untouched",),
    ),
)

ALTERNATIVES = (
    Alternative(
        "windows, einsum and a dict",
        source="""
            def conv_forward(x, W, b, stride=1, pad=0):
                padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
                view = np.lib.stride_tricks.sliding_window_view(padded, W.shape[2:], axis=(2, 3))
                out = np.einsum("nchwij,fcij->nfhw", view[:, :, ::stride, ::stride], W)
                cache = {"x": x.copy(), "W": W.copy(), "stride": stride, "pad": pad}
                return out + b[:, np.newaxis, np.newaxis], cache

            def conv_backward(dout, cache):
                x, W, stride, pad = cache["x"], cache["W"], cache["stride"], cache["pad"]
                padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad))).astype(float)
                dpadded, dW = np.zeros_like(padded), np.zeros(W.shape)
                FH, FW = W.shape[2:]
                for y, left in np.ndindex(*dout.shape[2:]):
                    top, start = y * stride, left * stride
                    place = np.s_[:, :, top : top + FH, start : start + FW]
                    g = dout[:, :, y, left]
                    dW += np.einsum("nf,ncij->fcij", g, padded[place])
                    dpadded[place] += np.einsum("nf,fcij->ncij", g, W)
                H, Wd = x.shape[2:]
                return [dpadded[:, :, pad : pad + H, pad : pad + Wd], dW, dout.sum(axis=(0, 2, 3))]
        """,
    ),
    Alternative(
        "plain loops over every output value",
        source="""
            def conv_backward(dout, cache):
                col, W, (N, C, H, width), stride, pad = cache
                FN, _, FH, FW = W.shape
                dx = np.zeros((N, C, H + 2 * pad, width + 2 * pad))
                dW, db = np.zeros_like(W), np.zeros(FN)
                out_h, out_w = dout.shape[2:]
                for n, f, y, x in np.ndindex(dout.shape):
                    g = dout[n, f, y, x]
                    row = col[(n * out_h + y) * out_w + x]
                    db[f] += g
                    dW[f] += g * row.reshape(C, FH, FW)
                    dx[n, :, y * stride : y * stride + FH, x * stride : x * stride + FW] += g * W[f]
                return dx[:, :, pad : H + pad, pad : width + pad], dW, db
        """,
    ),
    Alternative(
        "in float32, with another order of the products",
        source="""
            def conv_backward(dout, cache):
                col, W, input_shape, stride, pad = cache
                dout, narrow = np.float32(dout), np.float32(W)
                FN, C, FH, FW = W.shape
                rows = np.moveaxis(dout, 1, -1).reshape(-1, FN)
                dcol = np.tensordot(rows, narrow, axes=(1, 0)).reshape(len(rows), -1)
                dW = np.transpose(np.float32(col).T @ rows).reshape(FN, C, FH, FW)
                db = np.einsum("nfhw->f", dout)
                return col2im(dcol, input_shape, FH, FW, stride=stride, pad=pad), dW, db
        """,
    ),
    Alternative(
        "dx as a correlation of the stretched gradient with the flipped filters",
        source="""
            def conv_backward(dout, cache):
                col, W, (N, C, H, width), stride, pad = cache
                FN, _, FH, FW = W.shape
                D = dout.transpose(1, 0, 2, 3).reshape(FN, -1)
                height, wide = H + 2 * pad, width + 2 * pad
                stretched = np.zeros((N, FN, height + FH - 1, wide + FW - 1))
                out_h, out_w = dout.shape[2:]
                rows = FH - 1 + stride * np.arange(out_h)
                columns = FW - 1 + stride * np.arange(out_w)
                stretched[:, :, rows[:, None], columns] = dout
                flipped = W[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
                full = im2col(stretched, FH, FW) @ flipped.reshape(C, -1).T
                dx = full.reshape(N, height, wide, C).transpose(0, 3, 1, 2)
                dx = dx[:, :, pad : pad + H, pad : pad + width]
                return dx, (D @ col).reshape(W.shape), D.sum(axis=1)
        """,
    ),
)
