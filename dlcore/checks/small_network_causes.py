"""What a tutor would suspect when a network of ps5_modern_cnn does not do what it should.

Each function returns the short name of a mistake, or an empty text; what is said about it stands
with the exercise.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

Layout = Mapping[str, Any]
Row = Mapping[str, Any]

_WITH_WEIGHTS = ("Affine", "Convolution")
_ACTIVATIONS = ("ReLU", "LeakyReLU", "GELU", "Sigmoid", "Tanh")
_SATURATING = ("Sigmoid", "Tanh")
# A maximum is no linear function, so it separates two layers as an activation does.
_BENDING = (*_ACTIVATIONS, "MaxPool", "GlobalMaxPool")
_HARMLESS_AT_THE_END = ("Identity", "Flatten", "GlobalAveragePool", "GlobalMaxPool", "AveragePool")


def cause(at: str, text: str, layout: Layout) -> str:
    """Return the name of the mistake that explains a finding.

    Parameters
    ----------
    at : str
        Where it was found: "problem", "fits", "draws", "budget" or "target".
    text : str
        What was found.
    layout : mapping
        The network, where there is one.
    """
    rows = layout.get("layers", [])
    if at == "draws" and _starts_equal(rows):
        return "equal-start"  # and so nothing is drawn
    if at in _BY_TEXT:
        return next((name for part, name in _BY_TEXT[at] if part in text), "")
    if at == "budget":
        return _of_the_budget(rows)
    return next((name for name, holds in _OF_THE_ACCURACY if holds(rows)), "")


# The texts are our own: those of `layout`, of dlcore's layers, and of `small_network`.
_BY_TEXT = {
    "problem": (
        ("expected a Sequential, got list", "no-sequential"),
        ("expected a Sequential, got tuple", "no-sequential"),
    ),
    "fits": (
        ("Softmax", "softmax-layer"),
        ("softmax", "softmax-layer"),
        ("put Flatten() before it", "no-flatten"),
        ("use Affine(", "wrong-features"),
        ("channels, got", "wrong-channels"),
        ("to be at most", "shrunk-away"),
        ("comes out, expected", "not-ten-scores"),
    ),
    "draws": (
        ("different seeds", "own-seed"),
        ("the same seed", "global-random"),
    ),
}


def _of_the_budget(rows: Sequence[Row]) -> str:
    return "too-many-filters" if _has(rows, "Convolution") else "wide-affine"


def _has(rows: Sequence[Row], *kinds: str) -> bool:
    return any(row["kind"] in kinds for row in rows)


def _weighted(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row["kind"] in _WITH_WEIGHTS]


def _scale(row: Row) -> float:
    """Standard deviation of the initial weights, in that of He's initialisation."""
    settings = row["settings"]
    if row["kind"] == "Affine":
        fan_in = settings["in_features"]
    else:
        fan_in = settings["in_channels"] * math.prod(settings["filter_size"])
    return float(row["start"]["W"][1] / math.sqrt(2 / fan_in))


def _starts_equal(rows: Sequence[Row]) -> bool:
    return any(row["start"]["W"][1] == 0 for row in _weighted(rows))


def _starts_small(rows: Sequence[Row]) -> bool:
    return math.prod(_scale(row) for row in _weighted(rows)) < 0.1 ** len(_weighted(rows))


def _starts_large(rows: Sequence[Row]) -> bool:
    return any(_scale(row) > 4 for row in _weighted(rows))


def _behind_the_scores(rows: Sequence[Row]) -> list[str]:
    """Return the kinds of the layers behind the last one with weights."""
    kinds = [row["kind"] for row in rows]
    last = max((n for n, kind in enumerate(kinds) if kind in _WITH_WEIGHTS), default=len(kinds))
    return [kind for kind in kinds[last + 1 :] if kind not in _HARMLESS_AT_THE_END]


def _scores_bent(rows: Sequence[Row]) -> bool:
    return any(kind in _ACTIVATIONS for kind in _behind_the_scores(rows))


def _no_convolution(rows: Sequence[Row]) -> bool:
    return not _has(rows, "Convolution")


def _nothing_bends(rows: Sequence[Row]) -> bool:
    return len(_weighted(rows)) > 1 and not _has(rows, *_BENDING)


def _saturates(rows: Sequence[Row]) -> bool:
    return _has(rows, *_SATURATING) and not _has(rows, "BatchNorm")


def _few_channels(rows: Sequence[Row]) -> bool:
    """Whether some convolution passes on fewer maps than there are classes."""
    return any(row["kind"] == "Convolution" and row["settings"]["out_channels"] < 8 for row in rows)


def _pools_at_once(rows: Sequence[Row]) -> bool:
    """Whether maps are pooled before any convolution, or all of them after the first."""
    kinds = [row["kind"] for row in rows]
    pools = ("MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool")
    first_pool = next((n for n, kind in enumerate(kinds) if kind in pools), len(kinds))
    seen_before = kinds[:first_pool].count("Convolution")
    is_global = first_pool < len(kinds) and kinds[first_pool].startswith("Global")
    return seen_before < (2 if is_global else 1) and first_pool < len(kinds)


_OF_THE_ACCURACY = (
    ("equal-start", _starts_equal),
    ("large-start", _starts_large),
    ("small-start", _starts_small),
    ("scores-bent", _scores_bent),
    ("no-convolution", _no_convolution),
    ("no-activation", _nothing_bends),
    ("saturating", _saturates),
    ("pools-at-once", _pools_at_once),
    ("few-filters", _few_channels),
)
