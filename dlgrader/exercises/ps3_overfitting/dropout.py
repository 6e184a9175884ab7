"""``dropout_forward``."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlcore import layers
from dlcore.checks import masks
from dlgrader.cases import public, untouched, values
from dlgrader.declarations import CodeExercise, Property, Trial
from dlgrader.exercises.ps3_overfitting.draw import MASK, Array, Generator
from dlgrader.exercises.ps3_overfitting.dropout_answers import ALTERNATIVES, MISTAKES
from dlgrader.exercises.ps3_overfitting.masks import (
    COUNTS,
    DRAWN,
    DRAWS,
    EXACT,
    INFERENCE,
    INFERENCE_BY_NAME,
    SHARE,
    STATISTICS,
    TILED,
    VALUES,
    VALUES_BY_DEFAULT,
    VALUES_BY_NAME,
    drops,
    seed,
    statistics_of,
)

_RIGHT_VALUES = (masks.MASK_SHAPE, masks.SMALLEST, masks.LARGEST)
_RIGHT_PRODUCT = (masks.OUT_SHAPE, masks.DISTANCE)


def _reference(x: Array, drop_rate: float, rng: Any, train: bool = True) -> tuple[Array, Array]:
    layer = layers.Dropout(drop_rate, rng=rng)
    out = layer.forward(x, train=train)
    return out, layer.backward(np.ones_like(out))


def _relu(rng: Generator, *shape: int) -> Array:
    """Return what comes out of a ReLU: many zeros."""
    return np.maximum(rng.standard_normal(shape), 0)


def _independent(x: Array, drop_rate: float, rng: Generator) -> Trial:
    return values(STATISTICS, x, drop_rate, seed(rng), names=statistics_of(x.ndim))


def _zero_rate(rng: Generator) -> list[Trial]:
    return [
        values(EXACT, rng.standard_normal((5, 4)), 0.0, seed(rng)),
        values(EXACT, rng.standard_normal((3, 7)), 0, seed(rng)),
        drops(rng),
    ]


_PUBLIC_X = np.array([[1.0, -2.0, 3.0, 0.5], [4.0, -1.0, 2.0, -3.0], [0.25, 5.0, -0.5, 1.5]])

DROPOUT_FORWARD = CodeExercise(
    name="dropout_forward",
    title="Dropout, forwards: `dropout_forward`",
    signature="dropout_forward(x, drop_rate, rng, train=True)",
    minutes=30,
    section=MASK,
    functions=("dropout_forward",),
    reference={"dropout_forward": _reference},
    public=(
        public(INFERENCE, _PUBLIC_X, 0.25, 1),
        public(EXACT, _PUBLIC_X, 0.0, 1),
        public(VALUES, np.tile(_PUBLIC_X, (4, 2)), 0.2, 2),
        public(TILED, np.maximum(_PUBLIC_X, 0), (40, 45), 0.3, 3, names=statistics_of(2)),
        public(TILED, _PUBLIC_X.reshape(1, 3, 2, 2), (20, 4, 4, 6), 0.4, 4, names=statistics_of(4)),
        public(COUNTS, 0.5, 5),
        public(DRAWS, (100, 200), 0.3, 6, names=DRAWN),
        public(VALUES_BY_DEFAULT, np.tile(_PUBLIC_X, (4, 2)), 0.5, 7),
        public(VALUES_BY_NAME, np.tile(_PUBLIC_X, (4, 2)), 0.5, 8),
    ),
    properties=(
        Property(
            "values",
            "the mask has the shape of x and holds 0 and 1 / (1 − drop_rate), nothing else",
            2.0,
            lambda rng: [
                values(VALUES, rng.standard_normal((40, 30)), p, seed(rng), names=_RIGHT_VALUES)
                for p in (0.5, 0.1, 0.8, np.float64(0.15))
            ],
        ),
        Property(
            "product",
            "out is x times the mask, element by element",
            2.0,
            lambda rng: [
                values(VALUES, rng.standard_normal((40, 30)), 0.3, seed(rng), names=_RIGHT_PRODUCT),
                values(VALUES, _relu(rng, 30, 20), 0.6, seed(rng), names=_RIGHT_PRODUCT),
                values(VALUES, 1e4 * rng.random((30, 20)), 0.2, seed(rng), names=_RIGHT_PRODUCT),
                drops(rng),
            ],
        ),
        Property(
            "share",
            "elements are dropped with the probability drop_rate",
            2.5,
            lambda rng: [
                values(SHARE, rng.standard_normal((100, 200)), p, seed(rng), names=[masks.SHARE])
                for p in (0.3, 0.1, 0.75)
            ],
        ),
        Property(
            "independent",
            "each element is dropped independently of the others and of x",
            2.0,
            lambda rng: [
                _independent(rng.standard_normal((100, 200)), 0.3, rng),
                _independent(_relu(rng, 200, 100), 0.6, rng),
                _independent(rng.standard_normal((5000, 4)), 0.5, rng),
                _independent(rng.standard_normal((20, 8, 10, 12)), 0.4, rng),
                values(COUNTS, 0.5, seed(rng)),
            ],
        ),
        Property(
            "rng",
            "all randomness comes from rng: equal generators give equal masks, others do not",
            2.0,
            lambda rng: [values(DRAWS, (120, 170), 0.4, seed(rng), names=DRAWN)],
        ),
        Property(
            "inference",
            "when not training, out is x and the mask is all ones",
            1.5,
            lambda rng: [
                values(INFERENCE, rng.standard_normal((5, 4)), 0.5, seed(rng)),
                values(INFERENCE, rng.standard_normal((2, 9)), 0.9, seed(rng)),
                drops(rng),
            ],
        ),
        Property("zero", "a drop_rate of 0 drops nothing", 0.5, _zero_rate),
        Property(
            "shapes",
            "any shape, memory order and float type",
            0.5,
            lambda rng: [
                values(VALUES, rng.standard_normal(500), 0.5, seed(rng)),
                values(VALUES, rng.standard_normal((6, 5, 4, 5)), 0.5, seed(rng)),
                values(VALUES, rng.standard_normal((20, 30)).T, 0.5, seed(rng)),
                values(VALUES, rng.standard_normal((20, 30)).astype(np.float32), 0.4, seed(rng)),
            ],
        ),
        Property(
            "keywords",
            "arguments by name, and training if train is left out",
            0.5,
            lambda rng: [
                values(VALUES_BY_NAME, rng.standard_normal((20, 30)), 0.5, seed(rng)),
                values(VALUES_BY_DEFAULT, rng.standard_normal((20, 30)), 0.5, seed(rng)),
                values(INFERENCE_BY_NAME, rng.standard_normal((3, 4)), 0.5, seed(rng)),
            ],
        ),
        Property(
            "untouched",
            "x stays as it was",
            0.5,
            lambda rng: [
                untouched(EXACT, 1 + rng.random((20, 30)), 0.5, seed(rng)),
                untouched(INFERENCE, 1 + rng.random((20, 30)), 0.5, seed(rng)),
                drops(rng),
            ],
        ),
    ),
    mistakes=MISTAKES,
    alternatives=ALTERNATIVES,
)
