"""Saving and loading what an optimiser remembers."""

import io

import numpy as np
import pytest
from test_optimizers import each_dtype, each_optimizer, update

from dlcore.optimizers import SGD, Adam, Eve, Momentum, Nadam


def problem(dtype=np.float64):
    rng = np.random.default_rng(1)
    params = {"affine1.W": rng.normal(size=(3, 2)), "b/ias": rng.normal(size=2)}
    params = {key: p.astype(dtype) for key, p in params.items()}
    grads = [{key: rng.normal(size=p.shape) for key, p in params.items()} for _ in range(12)]
    return params, grads, rng.uniform(0.5, 2, size=12)


def after(optimizer, steps=3):
    params, grads, losses = problem()
    for g, f in zip(grads[:steps], losses[:steps], strict=True):
        update(optimizer, params, g, f)
    return optimizer


def stored(state):
    """The state as it comes back from a file."""
    file = io.BytesIO()
    np.savez(file, **state)
    file.seek(0)
    with np.load(file, allow_pickle=False) as loaded:
        return dict(loaded)


@each_optimizer
@each_dtype
@pytest.mark.parametrize("interrupted_after", [0, 1, 7])
def test_goes_on_as_if_never_interrupted(make, dtype, interrupted_after):
    whole, grads, losses = problem(dtype)
    parts, _, _ = problem(dtype)
    unbroken, current = make(lr=0.1), make(lr=0.1)
    for step, (g, f) in enumerate(zip(grads, losses, strict=True)):
        if step == interrupted_after:
            state = stored(current.state_dict())
            current = make(lr=0.1)
            current.load_state_dict(state)
        update(unbroken, whole, g, f)
        update(current, parts, g, f)
    for key in whole:
        np.testing.assert_array_equal(whole[key], parts[key])
    np.testing.assert_equal(current.state_dict(), unbroken.state_dict())


@each_optimizer
def test_an_optimiser_in_use_can_go_back(make):
    params, grads, losses = problem()
    optimizer = make()
    update(optimizer, params, grads[0], losses[0])
    state, saved = optimizer.state_dict(), {key: p.copy() for key, p in params.items()}
    update(optimizer, params, grads[1], losses[1])
    first = {key: p.copy() for key, p in params.items()}
    optimizer.load_state_dict(state)
    update(optimizer, saved, grads[1], losses[1])
    np.testing.assert_equal(saved, first)


def test_the_state_is_a_copy():
    optimizer = after(Adam())
    state = optimizer.state_dict()
    other = Adam()
    other.load_state_dict(state)
    for value in state.values():
        if isinstance(value, np.ndarray):
            value[...] = np.nan
    np.testing.assert_equal(other.state_dict(), optimizer.state_dict())
    assert np.isfinite(optimizer.state_dict()["affine1.W/m"]).all()


def test_names():
    assert SGD().state_dict() == {"class": "SGD", "t": 0}
    assert list(after(Nadam()).state_dict()) == [
        "class",
        "t",
        "mu_product",
        "affine1.W/m",
        "affine1.W/v",
        "b/ias/m",
        "b/ias/v",
    ]
    assert list(after(Eve()).state_dict())[:4] == ["class", "t", "d", "f_hat"]


def without(state, name):
    return {key: value for key, value in state.items() if key != name}


STATE = after(Adam()).state_dict()
REFUSED = [
    ({}, KeyError, "expected an entry 'class', got .*; pass what state_dict"),
    (without(STATE, "t"), KeyError, "expected an entry 't'"),
    (STATE | {"t": 1.5}, TypeError, "expected t to be an integer"),
    (STATE | {"t": -1}, ValueError, "expected t to be an integer of at least 0"),
    (
        after(Momentum()).state_dict(),
        ValueError,
        "expected the state of Adam, got that of Momentum; load it into an optimiser of that class",
    ),
    (
        without(STATE, "b/ias/v"),
        KeyError,
        r"for each parameter the arrays \['m', 'v'\], got \['m'\] for 'b/ias'",
    ),
    (STATE | {"affine1.W/h": np.ones((3, 2))}, KeyError, r"got \['m', 'v', 'h'\] for 'affine1\.W'"),
    (STATE | {"m": np.ones(2)}, KeyError, r"got \['m'\] for ''"),
]


@pytest.mark.parametrize(("state", "error", "message"), REFUSED)
@pytest.mark.parametrize("steps", [0, 2])
def test_what_is_not_a_state_is_refused(state, error, message, steps):
    optimizer = after(Adam(), steps)
    before = optimizer.state_dict()
    with pytest.raises(error, match=rf"Adam\.load_state_dict: .*{message}"):
        optimizer.load_state_dict(state)
    np.testing.assert_equal(optimizer.state_dict(), before)


OTHER_NETWORKS = [
    (
        without(without(STATE, "b/ias/m"), "b/ias/v"),
        KeyError,
        r"arrays \['affine1\.W/m', 'affine1\.W/v', 'b/ias/m', 'b/ias/v'\], got \['affine1\.W/m', ",
    ),
    (
        STATE | {"b/ias/m": np.ones(3)},
        ValueError,
        r"'b/ias/m' of the state to be float64 of shape \(2,\), got float64 of shape \(3,\); load",
    ),
    (STATE | {"b/ias/m": np.ones(2, np.float32)}, ValueError, "to be float64 .*, got float32"),
]


@pytest.mark.parametrize(("state", "error", "message"), OTHER_NETWORKS)
def test_the_state_of_another_network_is_refused(state, error, message):
    used = after(Adam())
    with pytest.raises(error, match=rf"Adam\.load_state_dict: .*{message}"):
        used.load_state_dict(state)
    np.testing.assert_equal(used.state_dict(), STATE)

    fresh = Adam()  # knows the parameters only when they come
    fresh.load_state_dict(state)
    params, grads, _ = problem()
    start = {key: p.copy() for key, p in params.items()}
    with pytest.raises(error, match=rf"Adam\.update: .*{message}"):
        fresh.update(params, grads[0])
    np.testing.assert_equal(params, start)
    assert fresh.t == 3
