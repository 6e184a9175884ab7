"""``batch_norm_forward``."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlgrader.cases import public, values
from dlgrader.declarations import CodeExercise, Property, Section, Trial
from dlgrader.exercises.ps1_vanishing_gradients.batch_norm_forward_answers import (
    ALTERNATIVES,
    MISTAKES,
)
from dlgrader.exercises.ps1_vanishing_gradients.batches import (
    FORWARD,
    REFERENCE,
    STEPS,
    Options,
    ones_and_zeros,
    running,
    scale_and_shift,
    spread,
)
from dlgrader.exercises.ps1_vanishing_gradients.common import Array, Generator


def _plain(rng: Generator, x: Array, size: float = 100.0, **options: Any) -> tuple[Any, ...]:
    """Return arguments with gamma = 1 and beta = 0, and running averages of some size."""
    D = x.shape[1]
    return x, *ones_and_zeros(D), *running(rng, D, size), options


def _scaled(rng: Generator, x: Array, size: float = 100.0, **options: Any) -> tuple[Any, ...]:
    D = x.shape[1]
    return x, *scale_and_shift(rng, D), *running(rng, D, size), options


def _narrow(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the arguments with arrays of float32."""
    return tuple(a.astype(np.float32) if isinstance(a, np.ndarray) else a for a in args)


def _out(args: tuple[Any, ...]) -> Trial:
    return values(FORWARD, *args, names=("out",))


def _steps(rng: Generator, name: str, count: int, options: Options) -> Trial:
    batches = tuple(spread(rng, 4, 3, scale=3.0) for _ in range(count))
    args = batches, *ones_and_zeros(3), *running(rng, 3, 1.0), options
    return values(STEPS, *args, names=(name,))


def _follows(name: str) -> Any:
    """Return the trials in which one of the two running averages is looked at."""
    return lambda rng: [
        values(FORWARD, *_scaled(rng, spread(rng, 5, 2, 3.0), 1.0), names=(name,)),
        values(FORWARD, *_scaled(rng, spread(rng, 3, 4), momentum=0.5), names=(name,)),
        values(
            FORWARD,
            *_plain(rng, spread(rng, 4, 1, 3.0), 1.0, momentum=0.0, eps=0.25),
            names=(name,),
        ),
        _steps(rng, name, 3, {}),
        _steps(rng, name, 2, {"momentum": 0.25, "train": True}),
        values(FORWARD, *_narrow(_scaled(rng, spread(rng, 6, 2, 3.0), 1.0)), names=(name,)),
    ]


PROPERTIES = (
    Property(
        "normalise",
        "every column gets mean 0 and variance 1 over the batch",
        3.0,
        lambda rng: [
            _out(_plain(rng, spread(rng, 6, 3))),
            _out(_plain(rng, spread(rng, 3, 5))),
            _out(_plain(rng, spread(rng, 4, 4, scale=1_000.0))),
            _out(_plain(rng, spread(rng, 7, 1))),
            _out(_plain(rng, np.asfortranarray(spread(rng, 8, 2)))),
            _out(_plain(rng, spread(rng, 10, 6)[::2, ::3], train=True)),
            _out(_narrow(_plain(rng, spread(rng, 5, 3)))),
        ],
    ),
    Property(
        "scale",
        "gamma scales and beta shifts",
        2.0,
        lambda rng: [
            _out(_scaled(rng, spread(rng, 5, 3))),
            _out(_scaled(rng, spread(rng, 3, 4))),
            _out(_narrow(_scaled(rng, spread(rng, 6, 2)))),
        ],
    ),
    Property(
        "eps",
        "eps is added inside the root; 1e-5 if it is not given",
        1.5,
        lambda rng: [
            _out(_plain(rng, spread(rng, 5, 3, scale=1.0), eps=0.5)),
            _out(_plain(rng, spread(rng, 4, 2, scale=0.003))),
            _out(_plain(rng, spread(rng, 6, 3, 1.0) * np.array([1.0, 0.0, 1.0]) + 7.0)),
        ],
    ),
    Property(
        "running_mean",
        "training moves running_mean, in place, by the given momentum",
        1.5,
        _follows("running_mean"),
    ),
    Property(
        "running_var",
        "training moves running_var, in place, by the biased variance of the batch",
        1.0,
        _follows("running_var"),
    ),
    Property(
        "inference",
        "with train=False the running averages are used, and stay as they were",
        1.5,
        lambda rng: [
            values(FORWARD, *_plain(rng, spread(rng, 5, 3), train=False)),
            values(FORWARD, *_plain(rng, spread(rng, 1, 4), train=False)),
            values(FORWARD, *_narrow(_plain(rng, spread(rng, 3, 2), train=False))),
        ],
    ),
    Property(
        "inference_scaled",
        "with train=False, too, there are eps, gamma and beta",
        0.5,
        lambda rng: [
            _out(_scaled(rng, spread(rng, 4, 3), train=False)),
            _out(_plain(rng, spread(rng, 5, 2, 3.0), 1.0, eps=0.75, train=False)),
        ],
    ),
    Property(
        "small",
        "batches of one (the result is beta) and of two",
        0.5,
        lambda rng: [
            values(FORWARD, *_scaled(rng, spread(rng, 1, 3), momentum=0.5)),
            _out(_plain(rng, spread(rng, 2, 3))),
        ],
    ),
    Property(
        "untouched",
        "x, gamma and beta stay as they were",
        0.5,
        lambda rng: [public(FORWARD, *_plain(rng, spread(rng, 5, 2)), names=("out",))],
    ),
)

_BY_HAND = np.array([[1.0], [7.0], [7.0], [9.0]])
_PAIR = np.array([[1.0, 4.0], [3.0, 4.0], [2.0, 10.0]])
_GAMMA, _BETA = np.array([2.0, 0.5]), np.array([1.0, -1.0])


def _start(D: int) -> tuple[Array, Array]:
    return np.zeros(D), np.ones(D)


PUBLIC = (
    public(FORWARD, _BY_HAND, np.array([1.5]), np.array([2.0]), *_start(1), {}),
    public(FORWARD, _PAIR, _GAMMA, _BETA, np.array([1.0, 2.0]), np.array([4.0, 9.0]), {}),
    public(FORWARD, _PAIR, _GAMMA, _BETA, *_start(2), {"momentum": 0.5, "eps": 0.5}),
    public(
        FORWARD,
        np.array([[0.001, 5.0], [0.004, 5.0], [0.007, 5.0]]),
        np.ones(2),
        np.zeros(2),
        *_start(2),
        {},
    ),
    public(
        FORWARD,
        _PAIR,
        _GAMMA,
        _BETA,
        np.array([1.0, 2.0]),
        np.array([4.0, 9.0]),
        {"train": False},
    ),
    public(FORWARD, np.array([[3.0, -8.0]]), _GAMMA, _BETA, *_start(2), {}),
)

BATCH_NORM_FORWARD = CodeExercise(
    name="batch_norm_forward",
    title="Batch normalisation, forwards: `batch_norm_forward`",
    signature=(
        "batch_norm_forward(x, gamma, beta, running_mean, running_var, *, "
        "momentum=0.9, eps=1e-5, train=True)"
    ),
    minutes=35,
    section=Section("1.2", "Forward", "ch1/batch_normalization"),
    functions=("batch_norm_forward",),
    reference=REFERENCE,
    public=PUBLIC,
    properties=PROPERTIES,
    mistakes=MISTAKES,
    alternatives=ALTERNATIVES,
)
