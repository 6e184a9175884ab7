"""The tasks of batch normalisation, their reference, and random batches for the hidden cases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from dlcore.checks.plans import After, Call, Result, Shared
from dlcore.layers import BatchNorm
from dlgrader.declarations import Task
from dlgrader.exercises.ps1_vanishing_gradients.common import Array, Generator, shown

_FORWARD, _BACKWARD = "batch_norm_forward", "batch_norm_backward"
_UPDATED = ((_FORWARD, 3), (_FORWARD, 4))

Options = Mapping[str, Any]


def _forward(
    x: Array,
    gamma: Array,
    beta: Array,
    running_mean: Array,
    running_var: Array,
    *,
    momentum: float = 0.9,
    eps: float = 1e-5,
    train: bool = True,
) -> tuple[Array, BatchNorm]:
    layer = BatchNorm(x.shape[1], momentum=momentum, eps=eps, dtype=np.float64)
    layer.params["gamma"][:], layer.params["beta"][:] = gamma, beta
    layer.buffers["running_mean"][:] = running_mean
    layer.buffers["running_var"][:] = running_var
    out = layer.forward(x, train=train)
    running_mean[:] = layer.buffers["running_mean"]
    running_var[:] = layer.buffers["running_var"]
    return out, layer


def _backward(dout: Array, cache: BatchNorm) -> tuple[Array, Array, Array]:
    dx = cache.backward(dout)
    return dx, cache.grads["gamma"].copy(), cache.grads["beta"].copy()


REFERENCE = {_FORWARD: _forward, _BACKWARD: _backward}


def _about(x: Array, gamma: Array, beta: Array, options: Options) -> str:
    settings = "".join(f", {name} = {value}" for name, value in options.items())
    return f"{shown('x', x)}, {shown('gamma', gamma)}, {shown('beta', beta)}{settings}"


FORWARD = Task(
    name=_FORWARD,
    arguments=("x", "gamma", "beta", "running_mean", "running_var", "options"),
    plan=lambda x, gamma, beta, mean, var, options: (
        Call(_FORWARD, (x, gamma, beta, mean, var), options),
    ),
    results={
        "out": Result(0, 0),
        "running_mean": After(0, 3),
        "running_var": After(0, 4),
    },
    may_change=_UPDATED,
    describe=lambda x, gamma, beta, mean, var, options: (
        f"{_about(x, gamma, beta, options)}\n"
        f"before: {shown('running_mean', mean)}, {shown('running_var', var)}"
    ),
)
"""One call; the running arrays are looked at afterwards."""


def _several_batches(
    batches: tuple[Array, ...], gamma: Array, beta: Array, mean: Array, var: Array, options: Options
) -> tuple[Call, ...]:
    calls = []
    for number, x in enumerate(batches):
        running = (
            (Shared("mean", mean), Shared("var", var))
            if number == 0
            else (Shared("mean"), Shared("var"))
        )
        calls.append(Call(_FORWARD, (x, gamma, beta, *running), options))
    return tuple(calls)


STEPS = Task(
    name=_FORWARD,
    arguments=("batches", "gamma", "beta", "running_mean", "running_var", "options"),
    plan=_several_batches,
    results=lambda batches, *_: {
        "running_mean": After(len(batches) - 1, 3),
        "running_var": After(len(batches) - 1, 4),
    },
    may_change=_UPDATED,
    describe=lambda batches, *rest: (
        f"{len(batches)} batches after each other, of shape {batches[0].shape}"
        + "".join(f", {name} = {value}" for name, value in rest[-1].items())
    ),
)
"""The same running arrays in several calls."""


def _forward_call(x: Array, gamma: Array, beta: Array, options: Options) -> Call:
    running = np.zeros(x.shape[1]), np.ones(x.shape[1])
    return Call(_FORWARD, (x, gamma, beta, *running), options)


BACKWARD = Task(
    name=_BACKWARD,
    arguments=("x", "gamma", "beta", "dout", "options"),
    plan=lambda x, gamma, beta, dout, options: (
        _forward_call(x, gamma, beta, options),
        Call(_BACKWARD, (dout, Result(0, 1))),
    ),
    results={"dx": Result(1, 0), "dgamma": Result(1, 1), "dbeta": Result(1, 2)},
    may_change=_UPDATED,
    describe=lambda x, gamma, beta, dout, options: (
        f"{_about(x, gamma, beta, options)}\n{shown('dout', dout)}"
    ),
)
"""Forwards, then backwards with the learner's own cache."""


def _again(x: Array, gamma: Array, beta: Array, dout: Array, options: Options) -> tuple[Call, ...]:
    return (
        _forward_call(x, gamma, beta, options),
        Call(_BACKWARD, (dout, Result(0, 1))),
        _forward_call(x[::-1] * 2 + 1, gamma + 1, beta, options),
        Call(_BACKWARD, (dout + 1, Result(2, 1))),
        Call(_BACKWARD, (dout, Result(0, 1))),
    )


_AGAIN_RESULTS = {
    **{name: Result(1, item) for item, name in enumerate(("dx", "dgamma", "dbeta"))},
    **{f"{name} again": Result(4, item) for item, name in enumerate(("dx", "dgamma", "dbeta"))},
}


def _about_again(x: Array, gamma: Array, beta: Array, dout: Array, options: Options) -> str:
    return (
        f"{_about(x, gamma, beta, options)}\n{shown('dout', dout)}\n"
        "backward is called twice with one cache, with another forward and backward in between"
    )


AGAIN = Task(
    name=_BACKWARD,
    arguments=("x", "gamma", "beta", "dout", "options"),
    plan=_again,
    results=_AGAIN_RESULTS,
    may_change=_UPDATED,
    describe=_about_again,
)
"""Backwards twice with the same cache, and another forward and backward in between."""

REPEATED = Task(
    name=_BACKWARD,
    arguments=("x", "gamma", "beta", "dout", "options"),
    plan=_again,
    results=_AGAIN_RESULTS,
    view="repeated",
    may_change=_UPDATED,
    describe=lambda *args: (
        f"{_about_again(*args)}; what stands here as “again” is the difference between the two "
        "results, which has to be 0"
    ),
)
"""The same, but only the difference between the two results is compared."""


def spread(rng: Generator, N: int, D: int, scale: float = 100.0) -> Array:
    """Return a batch in which no column's values are close together, unless `scale` is small.

    With 100 it makes no difference where, and whether, 1e-5 is added to the variance.
    """
    steps = np.linspace(-1.5, 1.5, N) if N > 1 else np.ones(1)
    columns = [rng.permutation(steps) for _ in range(D)]
    noise = rng.uniform(-0.2, 0.2, (N, D))
    return (np.stack(columns, axis=1) + noise) * scale + rng.uniform(-2, 2, D) * min(scale, 1.0)


def ones_and_zeros(D: int) -> tuple[Array, Array]:
    """Return gamma and beta that change nothing."""
    return np.ones(D), np.zeros(D)


def scale_and_shift(rng: Generator, D: int) -> tuple[Array, Array]:
    """Return random gamma, of both signs and never near 0 or 1, and beta."""
    sign = rng.choice([-1.0, 1.0], D)
    return sign * rng.uniform(1.2, 3.0, D), rng.uniform(0.5, 3.0, D)


def running(rng: Generator, D: int, size: float) -> tuple[Array, Array]:
    """Return running averages in the middle of a training, of inputs of this size."""
    return rng.uniform(-2, 2, D) * size, rng.uniform(2, 6, D) * size**2


def upstream(rng: Generator, x: Array, *, mean: bool, along: bool, eps: float = 1e-5) -> Array:
    """Return a gradient of the output, without or with its parts along 1 and along x̂.

    For the part that is left, batch normalisation is a division by the deviation and nothing else.
    """
    x_hat = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps)
    dout: Array = 10.0 * rng.standard_normal(x.shape)
    if not mean:
        dout = np.subtract(dout, dout.mean(axis=0))
    if not along:
        centred = dout - dout.mean(axis=0)
        dout = np.subtract(dout, x_hat * (centred * x_hat).sum(axis=0) / (x_hat**2).sum(axis=0))
    return dout
