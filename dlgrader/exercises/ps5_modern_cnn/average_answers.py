"""Wrong and other right answers to the exercises on global average pooling."""

from __future__ import annotations

from dlgrader.declarations import Alternative, Mistake

_ALL = ("mean", "each", "kinds", "untouched")


def _instead(name: str, says: str, new: str, loses: tuple[str, ...] = _ALL) -> Mistake:
    """Return a mistake in the one line of the model solution."""
    return Mistake(name, says, edits=(("x.mean(axis=(2, 3))", new),), loses=loses)


FORWARD_MISTAKES = (
    _instead(
        "sum",
        "the values of a map are added up, but not divided by their number",
        "x.sum(axis=(2, 3))",
    ),
    _instead(
        "one-axis",
        "the mean runs along the width only, so the height is still there",
        "x.mean(axis=3)",
    ),
    _instead(
        "channel-axis",
        "the mean runs over the wrong axes: axis 1 is the channel, height and width come after it",
        "x.mean(axis=(1, 2))",
    ),
    _instead("one-number", "all maps of the batch are averaged into one number", "x.mean()"),
    _instead(
        "axes-kept",
        "the axes of height and width are kept with length 1, but the result has two axes",
        "x.mean(axis=(2, 3), keepdims=True)",
    ),
    _instead(
        "height-squared",
        "the sum is divided by the height squared, as if every map were square",
        "x.sum(axis=(2, 3)) / x.shape[2] ** 2",
    ),
    _instead(
        "maximum", "that is the largest value of each map, not its mean", "x.max(axis=(2, 3))"
    ),
    _instead(
        "over-the-batch",
        "the mean runs over the images of the batch, too; every image has its own",
        "x.mean(axis=(0, 2, 3))",
    ),
    _instead(
        "positive-only",
        "negative values are replaced by 0; a mean counts all values as they are",
        "np.maximum(x, 0).mean(axis=(2, 3))",
    ),
    _instead(
        "zeros-not-counted",
        "the sum is divided by the number of values that are not 0; zeros count, too",
        "x.sum(axis=(2, 3)) / np.maximum(np.count_nonzero(x, axis=(2, 3)), 1)",
        ("mean",),
    ),
    _instead(
        "channels-mixed",
        "the reshape mixes the channels: in memory a map comes as a whole, one map after the other",
        "x.reshape(len(x), -1, x.shape[1]).mean(axis=1)",
        ("each",),
    ),
    _instead(
        "transposed",
        "rows and columns are exchanged: the first axis is the image, the second the channel",
        "x.mean(axis=(2, 3)).T",
        ("each",),
    ),
    _instead(
        "floor-division",
        "the division rounds down: // is for counting, a mean needs /",
        "x.sum(axis=(2, 3)) // (x.shape[2] * x.shape[3])",
    ),
    _instead(
        "median",
        "that is the median, the value in the middle, not the mean",
        "np.median(x, axis=(2, 3))",
    ),
    Mistake(
        "in-place",
        "x itself is divided: /= works in place and changes the caller's array",
        edits=(
            (
                "    return x.mean(axis=(2, 3))",
                "    x /= x.shape[2] * x.shape[3]\n    return x.sum(axis=(2, 3))",
            ),
        ),
        loses=("untouched",),
    ),
)

FORWARD_ALTERNATIVES = (
    Alternative(
        "einsum", edits=(("x.mean(axis=(2, 3))", "np.einsum('nchw->nc', x) / x[0, 0].size"),)
    ),
    Alternative(
        "loops, a list",
        source="""
            def global_average_pool(x):
                N, C, H, W = x.shape
                result = []
                for n in range(N):
                    row = []
                    for c in range(C):
                        total = 0.0
                        for i in range(H):
                            for j in range(W):
                                total += float(x[n, c, i, j])
                        row.append(total / (H * W))
                    result.append(row)
                return result
        """,
    ),
    Alternative(
        "two means",
        edits=(("x.mean(axis=(2, 3))", "x.mean(axis=-1).mean(axis=-1)"),),
    ),
    Alternative(
        "float32",
        edits=(("x.mean(axis=(2, 3))", "x.astype(np.float32).reshape(*x.shape[:2], -1).mean(2)"),),
    ),
    Alternative(
        "a matrix product",
        edits=(
            (
                "    return x.mean(axis=(2, 3))",
                "    pixels = x.shape[2] * x.shape[3]\n"
                "    rows = x.reshape(x.shape[0], x.shape[1], pixels)\n"
                "    return rows @ np.full(pixels, 1 / pixels)",
            ),
        ),
    ),
)

_BOTH = ("share", "each", "untouched")
_SPREAD = "np.broadcast_to(share[:, :, np.newaxis, np.newaxis], x.shape).copy()"


def _share(name: str, says: str, new: str, loses: tuple[str, ...] = _BOTH) -> Mistake:
    return Mistake(name, says, edits=(("dout / (H * W)", new),), loses=loses)


def _spread(name: str, says: str, new: str, loses: tuple[str, ...] = _BOTH) -> Mistake:
    return Mistake(name, says, edits=((_SPREAD, new),), loses=loses)


BACKWARD_MISTAKES = (
    _share(
        "not-divided",
        "every pixel receives the whole gradient; a pixel is only one part of the mean",
        "dout",
    ),
    _share(
        "height-squared",
        "the gradient is divided by the height squared, as if every map were square",
        "dout / H**2",
    ),
    _share(
        "divided-by-batch",
        "the gradient is divided by the number of images as well; the loss has done that already",
        "dout / (len(x) * H * W)",
        ("each",),
    ),
    _share(
        "divided-by-channels",
        "the gradient is divided by the number of channels as well; each map has a mean of its own",
        "dout / (x.shape[1] * H * W)",
        ("each",),
    ),
    _share(
        "divided-by-all",
        "the gradient is divided by the number of all values in x, not by those of one map",
        "dout / x.size",
        ("each",),
    ),
    _share(
        "multiplied",
        "the gradient is multiplied by the number of pixels, where it has to be divided",
        "dout * (H * W)",
    ),
    _share(
        "in-place",
        "dout itself is divided: /= works in place and changes the caller's array",
        "dout\n    share /= H * W",
        ("untouched",),
    ),
    _spread(
        "not-spread",
        "each map has one share, but not yet every pixel: dx has the shape of x",
        "share[:, :, np.newaxis, np.newaxis]",
    ),
    _spread(
        "times-x",
        "the share is multiplied by x; the derivative of a mean does not depend on the values",
        f"x * {_SPREAD}",
    ),
    _spread(
        "where-positive",
        "only pixels with a positive value receive a share; that is the ReLU's rule",
        f"(x > 0) * {_SPREAD}",
    ),
    _spread(
        "to-the-maximum",
        "the largest pixel receives everything; that is max pooling",
        "(x == x.max(axis=(2, 3), keepdims=True)) * dout[:, :, np.newaxis, np.newaxis]",
    ),
    _spread(
        "wrong-order",
        "the shares are in the wrong order: in memory a map comes as a whole, then the next one",
        "np.tile(share.reshape(-1), H * W).reshape(x.shape)",
        ("each",),
    ),
    _spread(
        "exchanged",
        "images and channels are exchanged in dout: its first axis is the image",
        "np.repeat(share.T.reshape(-1), H * W).reshape(x.shape)",
        ("each",),
    ),
    _spread(
        "summed-over-batch",
        "all images receive the sum of their gradients; every image has its own",
        "np.broadcast_to(share.sum(axis=0)[:, np.newaxis, np.newaxis], x.shape).copy()",
        ("each",),
    ),
    Mistake(
        "into-x",
        "the gradient is written into x; it needs an array of its own",
        edits=(
            (f"return {_SPREAD}", "x[...] = share[:, :, np.newaxis, np.newaxis]\n    return x"),
        ),
        loses=("untouched",),
    ),
)

BACKWARD_ALTERNATIVES = (
    Alternative(
        "loops",
        source="""
            def global_average_pool_backward(dout, x):
                N, C, H, W = x.shape
                dx = np.zeros(x.shape)
                for n in range(N):
                    for c in range(C):
                        for i in range(H):
                            for j in range(W):
                                dx[n, c, i, j] = dout[n, c] / (H * W)
                return dx
        """,
    ),
    Alternative("a read-only view", edits=((_SPREAD, _SPREAD.removesuffix(".copy()")),)),
    Alternative(
        "ones",
        edits=((_SPREAD, "np.ones_like(x) * share[:, :, None, None]"),),
    ),
    Alternative(
        "repeat, float32",
        edits=((_SPREAD, "np.repeat(share, H * W).reshape(x.shape).astype(np.float32)"),),
    ),
    Alternative(
        "an outer product, a list",
        edits=((_SPREAD, "np.einsum('nc,hw->nchw', dout, np.full((H, W), 1 / (H * W))).tolist()"),),
    ),
)
