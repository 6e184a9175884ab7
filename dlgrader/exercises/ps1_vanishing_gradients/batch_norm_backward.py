"""``batch_norm_backward``."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlgrader.cases import public, values
from dlgrader.declarations import CodeExercise, Property, Section, Trial
from dlgrader.exercises.ps1_vanishing_gradients.batch_norm_backward_answers import (
    ALTERNATIVES,
    MISTAKES,
)
from dlgrader.exercises.ps1_vanishing_gradients.batches import (
    AGAIN,
    BACKWARD,
    REFERENCE,
    REPEATED,
    ones_and_zeros,
    scale_and_shift,
    spread,
    upstream,
)
from dlgrader.exercises.ps1_vanishing_gradients.common import Generator


def _plain(
    rng: Generator, N: int, D: int, *, mean: bool = True, along: bool = True, **options: Any
) -> tuple[Any, ...]:
    """Return arguments with gamma = 1; `mean` and `along` say which parts dout has."""
    x = spread(rng, N, D, scale=2.0)
    dout = upstream(rng, x, mean=mean, along=along, eps=options.get("eps", 1e-5))
    return x, *ones_and_zeros(D), dout, options


def _scaled(
    rng: Generator, N: int, D: int, *, mean: bool = True, along: bool = True, **options: Any
) -> tuple[Any, ...]:
    x, _, _, dout, _ = _plain(rng, N, D, mean=mean, along=along, **options)
    return x, *scale_and_shift(rng, D), dout, options


def _narrow(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the arguments with arrays of float32."""
    return tuple(a.astype(np.float32) if isinstance(a, np.ndarray) else a for a in args)


def _dx(args: tuple[Any, ...]) -> Trial:
    return values(BACKWARD, *args, names=("dx",))


def _dgamma(args: tuple[Any, ...]) -> Trial:
    return values(BACKWARD, *args, names=("dgamma",))


def _dbeta(args: tuple[Any, ...]) -> Trial:
    return values(BACKWARD, *args, names=("dbeta",))


PROPERTIES = (
    Property(
        "dbeta",
        "dbeta, of shape (D,)",
        1.5,
        lambda rng: [
            _dbeta(_plain(rng, 5, 3)),
            _dbeta(_scaled(rng, 4, 4)),
            _dbeta(_scaled(rng, 6, 1)),
            _dbeta(_narrow(_scaled(rng, 3, 4))),
        ],
    ),
    Property(
        "dgamma",
        "dgamma, of shape (D,)",
        1.5,
        lambda rng: [
            _dgamma(_plain(rng, 5, 3)),
            _dgamma(_scaled(rng, 4, 4)),
            _dgamma(_scaled(rng, 6, 1, eps=2.0)),
            _dgamma(_narrow(_scaled(rng, 3, 4))),
        ],
    ),
    Property(
        "direct",
        "dx: the direct way, division by the deviation",
        1.5,
        lambda rng: [
            _dx(_plain(rng, 5, 3, mean=False, along=False)),
            _dx(_plain(rng, 6, 2, mean=False, along=False)),
        ],
    ),
    Property(
        "mean",
        "dx: the way through the mean of the batch",
        1.5,
        lambda rng: [
            _dx(_plain(rng, 5, 3, along=False)),
            _dx(_plain(rng, 4, 4, along=False)),
        ],
    ),
    Property(
        "variance",
        "dx: the way through the variance of the batch",
        2.0,
        lambda rng: [
            _dx(_plain(rng, 5, 3, mean=False)),
            _dx(_plain(rng, 4, 4)),
            _dx(_plain(rng, 7, 1)),
        ],
    ),
    Property(
        "gamma",
        "dx with gamma, and with arrays of several kinds",
        1.0,
        lambda rng: [
            _dx(_scaled(rng, 5, 3, mean=False, along=False)),
            _dx(_scaled(rng, 4, 4)),
            _dx(_scaled(rng, 3, 5)),
            _dx(_narrow(_scaled(rng, 6, 2))),
            _dx(tuple(np.asfortranarray(a) if np.ndim(a) == 2 else a for a in _scaled(rng, 4, 3))),
        ],
    ),
    Property(
        "eps",
        "dx with an eps that is not small",
        1.0,
        lambda rng: [
            values(BACKWARD, *_plain(rng, 5, 3, eps=2.0), names=("dx",)),
            values(BACKWARD, *_plain(rng, 4, 2, eps=0.5), names=("dx",)),
        ],
    ),
    Property(
        "again",
        "a cache that still serves after another call of either function",
        1.0,
        lambda rng: [
            values(AGAIN, *_scaled(rng, 4, 3), names=("dbeta", "dbeta again")),
            values(REPEATED, *_scaled(rng, 5, 2)),
        ],
    ),
    Property(
        "small",
        "a batch of one",
        0.5,
        lambda rng: [
            values(BACKWARD, *_scaled(rng, 1, 3)),
            values(BACKWARD, *_plain(rng, 1, 2)),
        ],
    ),
    Property(
        "untouched",
        "dout stays as it was",
        0.5,
        lambda rng: [public(BACKWARD, *_scaled(rng, 4, 3), names=("dbeta",))],
    ),
)

_BY_HAND: tuple[Any, ...] = (
    np.array([[1.0], [7.0], [7.0], [9.0]]),
    np.array([1.5]),
    np.array([2.0]),
    np.array([[1.0], [0.0], [0.0], [0.0]]),
    {},
)
_PAIR = np.array([[1.0, 4.0], [3.0, 5.0], [2.0, 10.0]])
_GAMMA, _BETA = np.array([2.0, 0.5]), np.array([1.0, -1.0])
_DOUT = np.array([[1.0, -2.0], [0.5, 1.0], [-3.0, 0.0]])

PUBLIC = (
    public(BACKWARD, *_BY_HAND),
    public(BACKWARD, _PAIR, np.ones(2), np.zeros(2), _DOUT, {}),
    public(BACKWARD, _PAIR, _GAMMA, _BETA, _DOUT, {"eps": 0.5}),
    public(BACKWARD, np.array([[3.0, -8.0]]), _GAMMA, _BETA, np.array([[2.0, -1.0]]), {}),
    public(
        REPEATED,
        np.array([[0.0, 1.0], [2.0, 5.0], [4.0, 0.0], [7.0, 2.0]]),
        _GAMMA,
        _BETA,
        np.array([[1.0, 0.0], [-1.0, 2.0], [0.5, 1.0], [3.0, -2.0]]),
        {},
    ),
)

BATCH_NORM_BACKWARD = CodeExercise(
    name="batch_norm_backward",
    title="Batch normalisation, backwards: `batch_norm_backward`",
    signature="batch_norm_backward(dout, cache)",
    minutes=40,
    section=Section("1.2", "Backward", "ch1/batch_normalization"),
    functions=("batch_norm_forward", "batch_norm_backward"),
    reference=REFERENCE,
    public=PUBLIC,
    properties=PROPERTIES,
    mistakes=MISTAKES,
    alternatives=ALTERNATIVES,
)
