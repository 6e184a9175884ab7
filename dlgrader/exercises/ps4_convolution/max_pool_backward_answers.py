"""Usual wrong answers to ``max_pool_backward``, and other right ones."""

from __future__ import annotations

from dlgrader.declarations import Alternative, Mistake

_PUT = "rows[np.arange(dout.size), winner] = dout.reshape(-1)"
_BACK = "col2im(rows, (N * C, 1, H, W), pool, pool, stride)"

# A forward pass that keeps x, and a backward pass that goes through the windows.
_WINDOWS = """
    def max_pool_forward(x, pool, stride):
        N, C, H, W = x.shape
        rows = im2col(x.reshape(N * C, 1, H, W), pool, pool, stride)
        out_h = conv_output_size(H, pool, stride)
        return rows.max(axis=1).reshape(N, C, out_h, -1), (x, pool, stride)

    def max_pool_backward(dout, cache):
        x, pool, stride = cache
        dx = np.zeros(x.shape)
        for y in range(dout.shape[2]):
            for left in range(dout.shape[3]):
                top, start = y * stride, left * stride
                window = x[:, :, top : top + pool, start : start + pool]
                g = dout[:, :, y : y + 1, left : left + 1]
                winner = window == window.max(axis=(2, 3), keepdims=True)
                {line}
        return dx
"""
_PLACE = "dx[:, :, top : top + pool, start : start + pool]"

_GLOBAL = """
    def max_pool_forward(x, pool, stride):
        global winner_of_last_call
        N, C, H, W = x.shape
        out_h = conv_output_size(H, pool, stride)
        rows = im2col(x.reshape(N * C, 1, H, W), pool, pool, stride)
        winner_of_last_call = rows.argmax(axis=1)
        return rows.max(axis=1).reshape(N, C, out_h, -1), (x.shape, pool, stride)

    def max_pool_backward(dout, cache):
        (N, C, H, W), pool, stride = cache
        rows = np.zeros((dout.size, pool * pool))
        rows[np.arange(dout.size), winner_of_last_call] = dout.reshape(-1)
        return col2im(rows, (N * C, 1, H, W), pool, pool, stride).reshape(N, C, H, W)
"""

_USED_UP = """
    def max_pool_forward(x, pool, stride):
        N, C, H, W = x.shape
        out_h = conv_output_size(H, pool, stride)
        rows = im2col(x.reshape(N * C, 1, H, W), pool, pool, stride)
        cache = {"winner": rows.argmax(axis=1), "sizes": (x.shape, pool, stride)}
        return rows.max(axis=1).reshape(N, C, out_h, -1), cache

    def max_pool_backward(dout, cache):
        (N, C, H, W), pool, stride = cache.pop("sizes")
        rows = np.zeros((dout.size, pool * pool))
        rows[np.arange(dout.size), cache.pop("winner")] = dout.reshape(-1)
        return col2im(rows, (N * C, 1, H, W), pool, pool, stride).reshape(N, C, H, W)
"""

_ADDED_UP = """
    def max_pool_forward(x, pool, stride):
        N, C, H, W = x.shape
        out_h = conv_output_size(H, pool, stride)
        rows = im2col(x.reshape(N * C, 1, H, W), pool, pool, stride)
        cache = (rows.argmax(axis=1), np.zeros(rows.shape), x.shape, pool, stride)
        return rows.max(axis=1).reshape(N, C, out_h, -1), cache

    def max_pool_backward(dout, cache):
        winner, rows, (N, C, H, W), pool, stride = cache
        rows[np.arange(dout.size), winner] += dout.reshape(-1)
        return col2im(rows, (N * C, 1, H, W), pool, pool, stride).reshape(N, C, H, W)
"""

MISTAKES = (
    Mistake(
        "every-place",
        "every place of a window receives the gradient: only the maximum does",
        edits=((_PUT, "rows[:] = dout.reshape(-1, 1)"),),
        loses=("side",),
    ),
    Mistake(
        "spread-evenly",
        "the gradient is spread evenly over the window, as for a mean: "
        "only the maximum receives it",
        edits=((_PUT, "rows[:] = dout.reshape(-1, 1) / pool**2"),),
        loses=("side",),
    ),
    Mistake(
        "one-instead-of-the-gradient",
        "the maximum receives a 1, not the gradient of its window",
        edits=((_PUT, "rows[np.arange(dout.size), winner] = 1"),),
        loses=("side",),
    ),
    Mistake(
        "place-transposed",
        "row and column of the maximum within its window are exchanged",
        edits=((_PUT, _PUT.replace("winner]", "winner % pool * pool + winner // pool]")),),
        loses=("side",),
    ),
    Mistake(
        "first-place",
        "the gradient always goes to the first pixel of the window, not to the maximum",
        edits=((_PUT, "rows[:, 0] = dout.reshape(-1)"),),
        loses=("side",),
    ),
    Mistake(
        "channels-last",
        "dout is read with the channel last, so gradients come to the wrong channel",
        edits=((_PUT, _PUT.replace("dout.reshape", "dout.transpose(0, 2, 3, 1).reshape")),),
        loses=("side",),
    ),
    Mistake(
        "ties-all",
        "all of several equal maxima receive the full gradient; together they must receive it once",
        source=_WINDOWS.format(line=f"{_PLACE} += g * winner"),
        loses=("ties",),
    ),
    Mistake(
        "times-the-maximum",
        "the gradient is multiplied by the maximum; its derivative is 1",
        source=_WINDOWS.format(
            line=f"{_PLACE} += g * winner * window / winner.sum((2, 3), keepdims=True)"
        ),
        loses=("side",),
    ),
    Mistake(
        "later-window-wins",
        "a pixel that is the maximum of several windows keeps only the gradient of the last; add "
        "with +=",
        source=_WINDOWS.format(
            line=f"{_PLACE} = np.where(winner, g / winner.sum((2, 3), keepdims=True), {_PLACE})"
        ),
        loses=("overlap",),
    ),
    Mistake(
        "windows-overwrite",
        "where windows overlap, the last one overwrites the others, even with zeros: add with +=",
        source=_WINDOWS.format(line=f"{_PLACE} = g * winner / winner.sum((2, 3), keepdims=True)"),
        loses=("overlap",),
    ),
    Mistake(
        "window-as-stride",
        "the windows are put back side by side, whatever the stride",
        edits=((_BACK, "col2im(rows, (N * C, 1, 99, 99), pool, pool, pool)[:, :, :H, :W]"),),
        loses=("overlap", "gaps"),
    ),
    Mistake(
        "sign",
        "the sign is wrong: the gradient is handed on as it is",
        edits=((f"return {_BACK}", f"return -{_BACK}"),),
        loses=("side",),
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
        "added-up-in-the-cache",
        "gradients are added to an array of the cache, which still holds those of the last call",
        source=_ADDED_UP,
        loses=("cache",),
    ),
    Mistake(
        "shape-assigned",
        "dout.shape is assigned to, and that changes the array of the caller, too",
        edits=((_PUT, f"dout.shape = (-1,)\n    {_PUT}"),),
        loses=("untouched",),
    ),
)

ALTERNATIVES = (
    Alternative(
        "a share for each of several equal maxima",
        source=_WINDOWS.format(line=f"{_PLACE} += g * winner / winner.sum((2, 3), keepdims=True)"),
    ),
    Alternative(
        "plain loops, the last maximum wins",
        source="""
            def max_pool_forward(x, pool, stride):
                N, C, H, W = x.shape
                out_h, out_w = 1 + (H - pool) // stride, 1 + (W - pool) // stride
                out, places = np.zeros((N, C, out_h, out_w)), {}
                for n, c, y, left in np.ndindex(out.shape):
                    best = None
                    for i in range(y * stride, y * stride + pool):
                        for j in range(left * stride, left * stride + pool):
                            if best is None or x[n, c, i, j] >= best:
                                best = x[n, c, i, j]
                                places[n, c, y, left] = (n, c, i, j)
                    out[n, c, y, left] = best
                return out, {"places": places, "shape": x.shape}

            def max_pool_backward(dout, cache):
                dx = np.zeros(cache["shape"])
                for place, pixel in cache["places"].items():
                    dx[pixel] += dout[place]
                return dx
        """,
    ),
    Alternative(
        "add.at with the model's cache, in float32",
        source="""
            def max_pool_backward(dout, cache):
                winner, shape, pool, stride = cache
                n, c, y, left = np.indices(dout.shape)
                i, j = np.divmod(winner.reshape(dout.shape), pool)
                dx = np.zeros(shape, dtype="float32")
                np.add.at(dx, (n, c, y * stride + i, left * stride + j), dout.astype("float32"))
                return dx
        """,
    ),
    Alternative(
        "a place in the window at a time, each maximum used once",
        source="""
            import copy

            def max_pool_forward(x, pool, stride):
                view = np.lib.stride_tricks.sliding_window_view(x, (pool, pool), axis=(2, 3))
                out = view[:, :, ::stride, ::stride].max(axis=(4, 5))
                return out, [copy.copy(x), out, pool, stride]

            def max_pool_backward(dout, cache):
                x, out, pool, stride = cache
                dx, left_over = np.zeros_like(x, dtype=float), np.array(dout, dtype=float)
                out_h, out_w = out.shape[2:]
                for i in range(pool):
                    for j in range(pool):
                        rows = slice(i, i + stride * (out_h - 1) + 1, stride)
                        columns = slice(j, j + stride * (out_w - 1) + 1, stride)
                        here = np.where(x[:, :, rows, columns] == out, left_over, 0)
                        dx[:, :, rows, columns] += here
                        left_over = left_over - here
                return dx
        """,
    ),
)
