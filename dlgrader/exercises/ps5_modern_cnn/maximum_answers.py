"""Wrong and other right answers to the exercises on global max pooling."""

from __future__ import annotations

from dlgrader.declarations import Alternative, Mistake

_ALL = ("maximum", "negative", "each", "untouched")


def _instead(name: str, says: str, new: str, loses: tuple[str, ...] = _ALL) -> Mistake:
    """Return a mistake in the one line of the model solution."""
    return Mistake(name, says, edits=(("x.max(axis=(2, 3))", new),), loses=loses)


FORWARD_MISTAKES = (
    _instead("mean", "that is the mean of each map, not its largest value", "x.mean(axis=(2, 3))"),
    _instead("minimum", "that is the smallest value of each map", "x.min(axis=(2, 3))"),
    _instead(
        "from-zero",
        "the search starts at 0, so a map with negative values only gives 0",
        "x.max(axis=(2, 3), initial=0)",
        ("negative",),
    ),
    _instead(
        "absolute",
        "the largest absolute value is taken; −9 is smaller than 4",
        "np.abs(x).max(axis=(2, 3))",
        ("negative",),
    ),
    _instead(
        "axes-kept",
        "the axes of height and width are kept with length 1, but the result has two axes",
        "x.max(axis=(2, 3), keepdims=True)",
    ),
    _instead(
        "one-number", "the maximum runs over the whole batch; every map has its own", "x.max()"
    ),
    _instead(
        "one-axis",
        "the maximum runs along the width only, so the height is still there",
        "x.max(axis=3)",
    ),
    _instead(
        "channel-axis",
        "the maximum runs over the wrong axes: axis 1 is the channel, height and width follow it",
        "x.max(axis=(1, 2))",
    ),
    _instead(
        "over-the-batch",
        "the maximum runs over the images of the batch, too; every image has its own",
        "x.max(axis=(0, 2, 3))",
    ),
    _instead(
        "position",
        "that is the position of the largest value (argmax), not the value",
        "x.reshape(x.shape[0], x.shape[1], -1).argmax(axis=2)",
    ),
    _instead(
        "first-window",
        "only the window of 2 × 2 at the top left is looked at; global means the whole map",
        "x[:, :, :2, :2].max(axis=(2, 3))",
        ("each",),
    ),
    _instead(
        "channels-mixed",
        "the reshape mixes the channels: in memory a map comes as a whole, one map after the other",
        "x.reshape(len(x), -1, x.shape[1]).max(axis=1)",
        ("each",),
    ),
    _instead(
        "transposed",
        "rows and columns are exchanged: the first axis is the image, the second the channel",
        "x.max(axis=(2, 3)).T",
        ("each",),
    ),
    _instead(
        "largest-row",
        "rows of pixels are added up before the maximum is taken; the maximum is a single pixel",
        "x.sum(axis=3).max(axis=2)",
    ),
    Mistake(
        "sorted-in-place",
        "the values are sorted in place: a reshape looks at the same memory, so x is rearranged",
        edits=(
            (
                "    return x.max(axis=(2, 3))",
                "    rows = x.reshape(x.shape[0], x.shape[1], -1)\n"
                "    rows.sort(axis=2)\n"
                "    return rows[:, :, -1]",
            ),
        ),
        loses=("untouched",),
    ),
)

FORWARD_ALTERNATIVES = (
    Alternative(
        "two maxima", edits=(("x.max(axis=(2, 3))", "np.amax(np.amax(x, axis=3), axis=2)"),)
    ),
    Alternative(
        "loops",
        source="""
            def largest(numbers):
                best = None
                for number in numbers:
                    if best is None or number > best:
                        best = number
                return best


            def global_max_pool(x):
                return [[largest(channel.ravel()) for channel in image] for image in x]
        """,
    ),
    Alternative(
        "sorted copy",
        edits=(
            (
                "x.max(axis=(2, 3))",
                "np.sort(x.reshape(x.shape[0], x.shape[1], -1), axis=2)[:, :, -1]",
            ),
        ),
    ),
    Alternative(
        "argmax, float32",
        source="""
            def global_max_pool(x):
                N, C, H, W = x.shape
                rows = x.astype(np.float32).reshape(N, C, H * W)
                winner = rows.argmax(axis=2)[:, :, None]
                return np.take_along_axis(rows, winner, axis=2)[:, :, 0]
        """,
    ),
)

_BOTH = ("winner", "negative", "each", "untouched")
_WINNER = "rows.argmax(axis=1)"
_WRITTEN = "dx[np.arange(N * C), winner] = dout.reshape(-1)"
_WHOLE = "\n    ".join(
    (
        "rows = x.reshape(N * C, H * W)",
        "winner = rows.argmax(axis=1)",
        "dx = np.zeros((N * C, H * W), dtype=dout.dtype)",
        _WRITTEN,
        "return dx.reshape(x.shape)",
    )
)
_SPREAD = "dout[:, :, np.newaxis, np.newaxis]"


def _winner(name: str, says: str, new: str, loses: tuple[str, ...] = _BOTH) -> Mistake:
    return Mistake(name, says, edits=((_WINNER, new),), loses=loses)


def _written(name: str, says: str, new: str, loses: tuple[str, ...] = _BOTH) -> Mistake:
    return Mistake(name, says, edits=((_WRITTEN, new),), loses=loses)


def _whole(name: str, says: str, new: str, loses: tuple[str, ...] = _BOTH) -> Mistake:
    return Mistake(name, says, edits=((_WHOLE, new),), loses=loses)


BACKWARD_MISTAKES = (
    _whole(
        "all-equal-maxima",
        "every pixel that equals the maximum receives the whole gradient; they share it",
        f"return (x == x.max(axis=(2, 3), keepdims=True)) * {_SPREAD}",
        ("ties",),
    ),
    _whole(
        "like-the-mean",
        "every pixel receives a share; that is average pooling",
        f"return np.ones(x.shape) * {_SPREAD} / (H * W)",
    ),
    _whole(
        "to-all",
        "every pixel of the map receives the gradient, not its maximum alone",
        f"return np.ones(x.shape) * {_SPREAD}",
    ),
    _whole(
        "largest-of-all",
        "the maximum is searched in the whole batch; every map has its own",
        f"return (x == x.max()) * {_SPREAD}",
        ("each",),
    ),
    _whole(
        "each-row",
        "every row of pixels has a winner; the maximum runs over height and width together",
        f"return (x == x.max(axis=3, keepdims=True)) * {_SPREAD}",
    ),
    _winner("smallest", "the smallest pixel receives the gradient", "rows.argmin(axis=1)"),
    _winner(
        "absolute",
        "the pixel with the largest absolute value receives the gradient; −9 is smaller than 4",
        "np.abs(rows).argmax(axis=1)",
        ("negative",),
    ),
    _winner(
        "shared-winner",
        "all images use the winners of the first image",
        "np.tile(x[0].reshape(C, H * W).argmax(axis=1), N)",
        ("each",),
    ),
    _winner(
        "height-and-width-exchanged",
        "height and width are exchanged when the position in the map is worked out",
        "x.transpose(0, 1, 3, 2).reshape(N * C, H * W).argmax(axis=1)",
        ("winner", "each"),
    ),
    _written(
        "ones",
        "the winner receives 1, the derivative of the maximum alone; times dout is missing",
        "dx[np.arange(N * C), winner] = 1",
    ),
    _written(
        "times-x",
        "the gradient is multiplied by the largest value; the derivative of the maximum is 1",
        "dx[np.arange(N * C), winner] = dout.reshape(-1) * rows.max(axis=1)",
    ),
    _written(
        "divided",
        "the gradient is divided by the number of pixels; that belongs to the mean",
        "dx[np.arange(N * C), winner] = dout.reshape(-1) / (H * W)",
    ),
    _written(
        "only-positive",
        "a maximum below 0 receives nothing; that is the ReLU's rule",
        "dx[np.arange(N * C), winner] = dout.reshape(-1) * (rows.max(axis=1) > 0)",
        ("negative",),
    ),
    _written(
        "exchanged",
        "images and channels are exchanged in dout: its first axis is the image",
        "dx[np.arange(N * C), winner] = dout.T.reshape(-1)",
        ("each",),
    ),
    _written(
        "broadcast-index",
        "the index picks all pairs of map and winner: the winners' columns are filled in every map",
        "dx[:, winner] = dout.reshape(-1)",
        ("each",),
    ),
    Mistake(
        "rows-returned",
        "dx is still a row of pixels for each map; it has the shape of x",
        edits=(("return dx.reshape(x.shape)", "return dx"),),
        loses=_BOTH,
    ),
    Mistake(
        "into-x",
        "the gradient is written into x; it needs an array of its own",
        edits=(("dx = np.zeros((N * C, H * W), dtype=dout.dtype)", "dx = rows\n    dx[...] = 0"),),
        loses=("untouched",),
    ),
)

BACKWARD_ALTERNATIVES = (
    Alternative(
        "shared among equals",
        edits=(
            (
                _WHOLE,
                "largest = x == x.max(axis=(2, 3), keepdims=True)\n"
                f"    return largest / largest.sum(axis=(2, 3), keepdims=True) * {_SPREAD}",
            ),
        ),
    ),
    Alternative(
        "loops, the last of equals",
        source="""
            def global_max_pool_backward(dout, x):
                N, C, H, W = x.shape
                dx = np.zeros(x.shape)
                for n in range(N):
                    for c in range(C):
                        best_i, best_j = 0, 0
                        for i in range(H):
                            for j in range(W):
                                if x[n, c, i, j] >= x[n, c, best_i, best_j]:
                                    best_i, best_j = i, j
                        dx[n, c, best_i, best_j] = dout[n, c]
                return dx
        """,
    ),
    Alternative(
        "put_along_axis",
        edits=(
            (
                _WHOLE,
                "dx = np.zeros((N, C, H * W))\n"
                "    winner = x.reshape(N, C, -1).argmax(axis=2)[:, :, None]\n"
                "    np.put_along_axis(dx, winner, dout[:, :, None], axis=2)\n"
                "    return dx.reshape(N, C, H, W)",
            ),
        ),
    ),
    Alternative(
        "unravelled",
        edits=(
            (
                _WHOLE,
                "n, c = np.indices((N, C))\n"
                "    i, j = np.unravel_index(x.reshape(N, C, -1).argmax(axis=2), (H, W))\n"
                "    dx = np.zeros_like(x)\n"
                "    dx[n, c, i, j] += dout\n"
                "    return dx",
            ),
        ),
    ),
    Alternative(
        "one-hot rows, a list",
        edits=(
            (
                _WHOLE,
                "winner = x.reshape(N, C, -1).argmax(axis=2)\n"
                "    rows = np.eye(H * W)[winner] * dout[:, :, None]\n"
                "    return rows.reshape(x.shape).tolist()",
            ),
        ),
    ),
)
