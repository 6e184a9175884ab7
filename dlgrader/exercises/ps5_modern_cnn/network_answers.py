"""Wrong and other right answers to the exercise on a network of one's own.

What is recognised is the kind of mistake, in whatever network it stands: see
`dlcore.checks.small_network_causes`.
"""

from __future__ import annotations

from dlgrader.declarations import Alternative, Mistake

_FIRST = "Convolution(1, 32, 3, pad=1, rng=rng)"
_LAST = "Affine(32 * 8 * 8, 10, rng=rng)"
_BODY = f"""{_FIRST},
            ReLU(),
            Flatten(),
            {_LAST},
"""

_ACCURACY = ("target",)
_BOTH = ("first target", "target")
_FITS = ("fits", "draws", "budget", "first target", "target")


def _layers(*layers: str) -> tuple[tuple[str, str], ...]:
    """Return the edit that puts other layers into the network."""
    return ((_BODY, "".join(f"{layer},\n            " for layer in layers).rstrip(" ")),)


def _edited(name: str, says: str, *edits: tuple[str, str], loses: tuple[str, ...]) -> Mistake:
    return Mistake(name, says, edits=edits, loses=loses)


def _other(name: str, says: str, *layers: str, loses: tuple[str, ...]) -> Mistake:
    return Mistake(name, says, edits=_layers(*layers), loses=loses)


def _started(name: str, says: str, deviation: float) -> Mistake:
    """Return a mistake in which all layers of a deeper network start with this deviation."""
    init = f"init=normal({deviation}), rng=rng"
    layers = _layers(
        *(f"Convolution(1, 8, 3, pad=1, {init})", "ReLU()", "MaxPool(2)"),
        *(f"Convolution(8, 16, 3, pad=1, {init})", "ReLU()"),
        *(f"Convolution(16, 16, 3, pad=1, {init})", "ReLU()", "Flatten()"),
        f"Affine(16 * 4 * 4, 10, {init})",
    )
    imported = "from dlcore import normal\n\n\ndef build_network(rng):"
    return Mistake(name, says, edits=(*layers, ("def build_network(rng):", imported)), loses=_BOTH)


MISTAKES = (
    Mistake(
        "no-sequential",
        "a list of layers is returned; a Sequential makes a network of it",
        edits=(("return Sequential(\n        [", "return (\n        ["),),
        loses=_FITS,
    ),
    _edited(
        "no-flatten",
        "maps go into an affine layer; it takes one row of numbers for each image",
        ("            Flatten(),\n", ""),
        loses=_FITS,
    ),
    _edited(
        "wrong-features",
        "the affine layer is made for another number of values than come in; work out the sizes",
        (_LAST, "Affine(32 * 6 * 6, 10, rng=rng)"),
        loses=_FITS,
    ),
    _edited(
        "wrong-channels",
        "a convolution is made for another number of channels than come in",
        (_FIRST, "Convolution(3, 32, 3, pad=1, rng=rng)"),
        loses=_FITS,
    ),
    _other(
        "shrunk-away",
        "the maps have become smaller than the window; padding keeps their size, pooling halves it",
        *("Convolution(1, 16, 5, rng=rng)", "ReLU()", "MaxPool(2)"),
        *("Convolution(16, 24, 3, rng=rng)", "ReLU()", "Flatten()", "Affine(24, 10, rng=rng)"),
        loses=_FITS,
    ),
    _edited(
        "not-ten-scores",
        "the last layer does not give one score for each of the ten digits",
        (_LAST, "Affine(32 * 8 * 8, 1, rng=rng)"),
        loses=_FITS,
    ),
    Mistake(
        "softmax-layer",
        "there is a softmax behind the scores; the loss contains it already",
        edits=(
            (
                "def build_network(rng):",
                "class Softmax(ReLU):\n"
                "    def forward(self, x, *, train=False):\n"
                "        e = np.exp(x - x.max(axis=1, keepdims=True))\n"
                "        return e / e.sum(axis=1, keepdims=True)\n\n\n"
                "def build_network(rng):",
            ),
            (_LAST, f"{_LAST},\n            Softmax()"),
        ),
        loses=_FITS,
    ),
    _edited(
        "own-seed",
        "the function makes a Generator of its own, so that it gives the same weights every time",
        ("    return Sequential(", "    rng = np.random.default_rng(0)\n    return Sequential("),
        loses=("draws",),
    ),
    _edited(
        "global-random",
        "the weights come from somewhere else than the argument rng",
        ("    return Sequential(", "    rng = np.random.default_rng()\n    return Sequential("),
        loses=("draws",),
    ),
    _other(
        "too-many-filters",
        "many filters on large maps are expensive: a pooling in front of a convolution saves work",
        *("Convolution(1, 32, 3, pad=1, rng=rng)", "ReLU()"),
        *("Convolution(32, 32, 3, pad=1, rng=rng)", "ReLU()", "MaxPool(2)"),
        *("Flatten()", "Affine(32 * 4 * 4, 10, rng=rng)"),
        loses=("budget",),
    ),
    _other(
        "wide-affine",
        "wide affine layers use the budget up: each of their weights is one multiply-add",
        *("Flatten()", "Affine(64, 300, rng=rng)", "ReLU()", "Affine(300, 300, rng=rng)"),
        *("ReLU()", "Affine(300, 10, rng=rng)"),
        loses=("budget",),
    ),
    _edited(
        "equal-start",
        "all weights of a layer start equal, so that all its units stay equal",
        (_FIRST, "Convolution(1, 32, 3, pad=1, init=zeros)"),
        (_LAST, "Affine(32 * 8 * 8, 10, init=zeros)"),
        ("def build_network(rng):", "from dlcore import zeros\n\n\ndef build_network(rng):"),
        loses=_BOTH,
    ),
    _started(
        "large-start",
        "the initial weights are too large for the number of values that come in",
        1,
    ),
    _started(
        "small-start",
        "the initial weights are too small: the signal fades from layer to layer",
        0.01,
    ),
    _edited(
        "scores-bent",
        "an activation follows on the scores; they may be any numbers, also negative ones",
        (_LAST, f"{_LAST},\n            ReLU()"),
        loses=_BOTH,
    ),
    _other(
        "no-convolution",
        "there is no convolution, so the network does not know which pixels are neighbours",
        *("Flatten()", "Affine(64, 100, rng=rng)", "ReLU()", "Affine(100, 10, rng=rng)"),
        loses=_ACCURACY,
    ),
    _other(
        "no-activation",
        "nothing bends between the layers with weights, so all of them together are one linear map",
        *("Convolution(1, 16, 3, stride=2, pad=1, rng=rng)", "Flatten()"),
        "Affine(16 * 4 * 4, 10, rng=rng)",
        loses=_BOTH,
    ),
    Mistake(
        "saturating",
        "sigmoids let little of the gradient through, and it vanishes from layer to layer",
        edits=(
            *_layers(
                *("Convolution(1, 16, 3, pad=1, rng=rng)", "Sigmoid()", "MaxPool(2)"),
                *("Convolution(16, 24, 3, pad=1, rng=rng)", "Sigmoid()", "Flatten()"),
                "Affine(24 * 4 * 4, 10, rng=rng)",
            ),
            ("def build_network(rng):", "from dlcore import Sigmoid\n\n\ndef build_network(rng):"),
        ),
        loses=_BOTH,
    ),
    _other(
        "pools-at-once",
        "the maps are pooled before convolutions have seen what is in them",
        *("MaxPool(4)", "Convolution(1, 32, 3, pad=1, rng=rng)", "ReLU()", "Flatten()"),
        "Affine(32 * 2 * 2, 10, rng=rng)",
        loses=_BOTH,
    ),
    _other(
        "few-filters",
        "a convolution has very few filters, and what it does not find is lost behind it",
        *("Convolution(1, 2, 3, pad=1, rng=rng)", "ReLU()", "MaxPool(2)"),
        *("Convolution(2, 4, 3, pad=1, rng=rng)", "ReLU()", "Flatten()"),
        "Affine(4 * 4 * 4, 10, rng=rng)",
        loses=_BOTH,
    ),
)

ALTERNATIVES = (
    Alternative(
        "two convolutions",
        edits=_layers(
            *("Convolution(1, 16, 3, pad=1, rng=rng)", "ReLU()", "MaxPool(2)"),
            *("Convolution(16, 32, 3, pad=1, rng=rng)", "ReLU()", "Flatten()"),
            *("Dropout(0.3, rng=rng)", "Affine(32 * 4 * 4, 10, rng=rng)"),
        ),
    ),
    Alternative(
        "batch normalisation",
        edits=_layers(
            *("Convolution(1, 40, 3, pad=1, rng=rng)", "BatchNorm(40)", "ReLU()", "Flatten()"),
            *("Dropout(0.2, rng=rng)", "Affine(40 * 8 * 8, 10, rng=rng)"),
        ),
    ),
    Alternative(
        "a generator, named layers",
        source="""
            import dlcore


            def block(channels, filters, rng):
                yield dlcore.Convolution(channels, filters, 3, pad=1, rng=rng)
                yield dlcore.LeakyReLU(0.01)


            def build_network(rng):
                layers = list(block(1, 48, rng))
                layers += [("flat", dlcore.Flatten())]
                layers.append(("scores", dlcore.Affine(48 * 64, 10, rng=rng)))
                return dlcore.Sequential(layers)
        """,
    ),
    Alternative(
        "a ready network, float64",
        source="""
            from dlcore import SimpleConvNet, he_normal


            def build_network(rng):
                return SimpleConvNet(
                    (1, 8, 8), filters=32, filter_size=3, pad=1, hidden=64, init=he_normal,
                    rng=rng, dtype=np.float64,
                )
        """,
    ),
)
