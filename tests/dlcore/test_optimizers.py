"""Optimisers: first steps by hand, the contract that all of them share, and descent."""

import math

import numpy as np
import pytest

from dlcore import optimizers
from dlcore.optimizers import SGD, Adam, Optimizer

ALL = [getattr(optimizers, name) for name in optimizers.__all__ if name != "Optimizer"]
each_optimizer = pytest.mark.parametrize("make", ALL, ids=lambda cls: cls.__name__)


def test_sgd_by_hand():
    w = np.array([1.0, -2.0])
    optimizer = SGD(lr=0.1)
    optimizer.update({"w": w}, {"w": np.array([3.0, 0.0])})
    np.testing.assert_allclose(w, [0.7, -2.0], rtol=1e-15)
    assert optimizer.t == 1


def test_adam_by_hand():
    w = np.array([1.0])
    optimizer = Adam(lr=0.1, beta1=0.5, beta2=0.75, eps=1e-12)
    optimizer.update({"w": w}, {"w": np.array([2.0])})
    # m = 1, v = 1; corrected m = 2, v = 4: a step of lr · 2 / 2.
    assert w[0] == pytest.approx(0.9, rel=1e-11)
    optimizer.update({"w": w}, {"w": np.array([-4.0])})
    # m = −1.5, v = 4.75; corrected m = −2, v = 4.75 / 0.4375.
    assert w[0] == pytest.approx(0.9 + 0.1 * 2 / math.sqrt(4.75 / 0.4375), rel=1e-11)


def test_the_first_adam_step_has_the_size_of_the_learning_rate_whatever_the_gradient():
    for g in (1e-3, 1.0, 1e5):
        w = np.zeros(1)
        Adam(lr=0.01).update({"w": w}, {"w": np.array([g])})
        assert w[0] == pytest.approx(-0.01, rel=1e-4)


@each_optimizer
def test_updates_in_place_and_leaves_the_gradients(make):
    w, g = np.ones((2, 3)), np.full((2, 3), 0.5)
    params = {"w": w}
    optimizer = make()
    for _ in range(3):
        optimizer.update(params, {"w": g})
    assert params["w"] is w
    assert (w < 1).all()
    assert (g == 0.5).all()
    assert optimizer.t == 3


@each_optimizer
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_parameters_and_state_keep_their_dtype(make, dtype):
    w = np.ones(3, dtype=dtype)
    optimizer = make(lr=np.float64(0.1))
    optimizer.update({"w": w}, {"w": np.ones(3)})
    assert w.dtype == dtype
    assert all(a.dtype == dtype for s in optimizer._states.values() for a in s.values())


@each_optimizer
def test_each_key_has_its_own_state_in_any_order_of_keys(make):
    rng = np.random.default_rng(0)
    sequence = [{"a": rng.normal(size=2), "b": rng.normal(size=(2, 2))} for _ in range(5)]
    together = {"a": np.ones(2), "b": np.ones((2, 2))}
    alone = {"a": np.ones(2), "b": np.ones((2, 2))}
    optimizer, separate = make(), {"a": make(), "b": make()}
    for grads in sequence:
        optimizer.update(together, {"b": grads["b"], "a": grads["a"]})
        for key in alone:
            separate[key].update({key: alone[key]}, {key: grads[key]})
    for key in alone:
        np.testing.assert_array_equal(together[key], alone[key])


@each_optimizer
def test_the_caller_may_reuse_its_gradient_buffers(make):
    fresh, reused = {"w": np.ones(2)}, {"w": np.ones(2)}
    first, second = make(), make()
    buffer = np.empty(2)
    for g in ([1.0, -1.0], [0.5, 2.0], [3.0, 0.0]):
        first.update(fresh, {"w": np.array(g)})
        buffer[:] = g
        second.update(reused, {"w": buffer})
        buffer[:] = np.nan
    np.testing.assert_array_equal(fresh["w"], reused["w"])


@each_optimizer
def test_a_gradient_of_zero_changes_nothing(make):
    w = np.array([1.0, -1.0])
    optimizer = make()
    for _ in range(3):
        optimizer.update({"w": w}, {"w": np.zeros(2)})
    np.testing.assert_array_equal(w, [1, -1])


@each_optimizer
def test_finds_the_minimum_of_a_quadratic(make):
    target = np.array([0.3, -0.2])
    w = np.zeros(2)
    optimizer = make(lr=0.01)
    for _ in range(2000):
        optimizer.update({"w": w}, {"w": w - target})
    np.testing.assert_allclose(w, target, atol=1e-6)


@each_optimizer
def test_the_learning_rate_may_be_changed_between_updates(make):
    w = np.zeros(1)
    optimizer = make(lr=1.0)
    optimizer.lr = 1e-6
    optimizer.update({"w": w}, {"w": np.ones(1)})
    assert 0 < abs(w[0]) < 1e-5


def test_a_rule_of_your_own_needs_one_method():
    class SignDescent(Optimizer):
        def update_one(self, p, g, s):
            p -= self.lr * np.sign(g)

    w = np.array([1.0, 1.0])
    SignDescent(0.25).update({"w": w}, {"w": np.array([5.0, -0.1])})
    np.testing.assert_array_equal(w, [0.75, 1.25])


def test_base_class_says_what_is_missing():
    with pytest.raises(NotImplementedError, match="Optimizer does not define update_one"):
        Optimizer(0.1).update({"w": np.ones(1)}, {"w": np.ones(1)})


@pytest.mark.parametrize("make", [SGD, Adam])
def test_nothing_is_changed_when_an_update_is_refused(make):
    params = {"a": np.ones(2), "b": np.ones(2)}
    optimizer = make()
    with pytest.raises(ValueError, match=r"grads\['b'\] of shape \(2,\), got \(3,\)"):
        optimizer.update(params, {"a": np.ones(2), "b": np.ones(3)})
    assert (params["a"] == 1).all()
    assert optimizer.t == 0
