"""Optimisers: first steps by hand, the contract that all of them share, descent."""

import inspect
import math
import tracemalloc
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlcore import optimizers
from dlcore.optimizers import (
    SGD,
    SMORMS3,
    AdaGrad,
    Adam,
    AdaMax,
    AdamW,
    Eve,
    Momentum,
    Nadam,
    Nesterov,
    Optimizer,
    RMSProp,
    RMSpropGraves,
    base,
)
from dlcore.regularizers import is_weight

ALL = [
    getattr(optimizers, name)
    for name in optimizers.__all__
    if name not in ("Optimizer", "clip_by_norm")
]
each_optimizer = pytest.mark.parametrize("make", ALL, ids=lambda cls: cls.__name__)
each_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=lambda d: d.__name__)


def update(optimizer, params, grads, loss=1.0):
    """One update of any optimiser; the loss goes to those that ask for it."""
    if "loss" in inspect.signature(optimizer.update).parameters:
        optimizer.update(params, grads, loss)
    else:
        optimizer.update(params, grads)


def follow(optimizer, gradients, losses=None):
    """The number w after each gradient, from w = 1."""
    w, path = np.array([1.0]), []
    for n, g in enumerate(gradients):
        update(optimizer, {"w": w}, {"w": np.array([float(g)])}, losses[n] if losses else 1.0)
        path.append(w[0])
    return path


# By hand: (optimiser, gradients, w after each of them from w = 1).
BY_HAND = [
    (SGD(0.1), [3, -1], [0.7, 0.8]),
    # v = −0.2, then −0.1 − 0.1.
    (Momentum(0.1, momentum=0.5), [2, 1], [0.8, 0.6]),
    # v = −0.2: a step of −0.1 − 0.2; v = −0.2: −0.1 − 0.1.
    (Nesterov(0.1, momentum=0.5), [2, 1], [0.7, 0.5]),
    # h = 9, then 25.
    (AdaGrad(0.1), [3, 4], [0.9, 0.82]),
    # h = 1, then 0.75 + 3.25.
    (RMSProp(0.1, decay=0.75), [2, math.sqrt(13)], [0.8, 0.8 - 0.1 * math.sqrt(13) / 2]),
    # n = 8, ḡ = 2: a variance of 4, plus 5; n = 4 + 0, ḡ = 1: 3 + 5, and half the last step.
    (
        RMSpropGraves(0.3, rho=0.5, momentum=0.5, eps=5),
        [4, 0],
        [1 - 0.3 * 4 / 3, 1 - 0.3 * 4 / 3 - 0.2],
    ),
    # r = 1/2, m = 1, v = 2, z = 1/2 > η: a step of 2 η / √2; the memory is 3/2.
    # r = 2/5, m = 3/5 + 4/5, v = 6/5 + 8/5, z = 1.96 / 2.8 = 0.7.
    (SMORMS3(0.1), [2, 2], [1 - 0.2 / math.sqrt(2), 1 - 0.2 / math.sqrt(2) - 0.2 / math.sqrt(2.8)]),
    # m = 1, v = 1, corrected 2 and 4; m = −1.5, v = 4.75, corrected −2 and 4.75 / 0.4375.
    (
        Adam(0.1, beta1=0.5, beta2=0.75, eps=1e-15),
        [2, -4],
        [0.9, 0.9 + 0.1 * 2 / math.sqrt(4.75 / 0.4375)],
    ),
    # Decay by 1 − 0.1 · 0.5 first.
    (
        AdamW(0.1, beta1=0.5, beta2=0.75, eps=1e-15, weight_decay=0.5),
        [2, -4],
        [0.85, 0.85 * 0.95 + 0.1 * 2 / math.sqrt(4.75 / 0.4375)],
    ),
    # m = 1, u = 2; m = 1 and u = max(1.5, 1), corrected m = 4/3.
    (AdaMax(0.1, beta1=0.5, beta2=0.75, eps=1e-15), [2, 1], [0.9, 0.9 - 0.1 * 4 / 3 / 1.5]),
]


@pytest.mark.parametrize(
    ("optimizer", "gradients", "expected"), BY_HAND, ids=lambda x: type(x).__name__
)
def test_by_hand(optimizer, gradients, expected):
    np.testing.assert_allclose(follow(optimizer, gradients), expected, rtol=1e-7)
    assert optimizer.t == 2


def test_nadam_by_hand():
    optimizer = Nadam(lr=0.1, beta1=0.5, beta2=0.75, eps=1e-15)
    mu_1, mu_2 = (0.5 * (1 - 0.5 * 0.96 ** (t / 250)) for t in (1, 2))
    # m = 1 and g = 2; the factor of g is (1 − μ₁) / (1 − μ₁) at t = 1; √v̂ = 2.
    m_hat = mu_2 / (1 - mu_1 * mu_2) + 2
    assert follow(optimizer, [2])[0] == pytest.approx(1 - 0.1 * m_hat / 2, rel=1e-12)
    assert optimizer.mu_product == mu_1


def test_eve_by_hand():
    optimizer = Eve(lr=0.1, beta3=0.5, k=0.1, K=10)
    w = {"w": np.zeros(1)}
    expected = [
        (2.0, 2.0, 1.0),
        (2.0, 2.2, 0.5 + 0.5 * 0.1),  # no change counts as a rise, by k at least
        (99.0, 2.2 * 11, 0.5 * 0.55 + 0.5 * 10),  # a rise by K at most
        (1e-9, 2.2, 0.5 * 5.275 + 0.5 * 10),  # a fall by K at most
        (2.199, 2.0, 0.5 * 7.6375 + 0.5 * 0.1),  # a fall by k at least
        (3.0, 3.0, 0.5 * 3.86875 + 0.5 * 0.5),  # within the limits f̂ is the loss
    ]
    for loss, f_hat, d in expected:
        optimizer.update(w, {"w": np.ones(1)}, loss)
        assert optimizer.f_hat == pytest.approx(f_hat, rel=1e-12)
        assert optimizer.d == pytest.approx(d, rel=1e-12)


def test_eve_with_a_loss_that_makes_d_one_is_adam():
    # With β₃ = 0 and f twice f̂ every time, r = d = 1.
    eve, adam = Eve(lr=0.1, beta3=0.0), Adam(lr=0.1)
    gradients = [3, -1, 0.5]
    assert follow(eve, gradients, [1.0, 2.0, 4.0]) == pytest.approx(follow(adam, gradients))


@pytest.mark.parametrize("make", [Adam, AdaMax, AdamW], ids=lambda cls: cls.__name__)
def test_the_first_step_has_the_size_of_the_learning_rate_whatever_the_gradient(make):
    for g in (1e-3, 1.0, 1e5):
        w = np.zeros(1)
        make(lr=0.01).update({"w": w}, {"w": np.array([g])})
        assert w[0] == pytest.approx(-0.01, rel=1e-4)


@pytest.mark.parametrize("make", [Momentum, Nesterov], ids=lambda cls: cls.__name__)
def test_without_momentum_it_is_sgd(make):
    gradients = [3, -1, 0.5]
    assert follow(make(lr=0.1, momentum=0), gradients) == pytest.approx(
        follow(SGD(lr=0.1), gradients), rel=1e-15
    )


def test_adam_w_decays_the_keys_it_is_told_to():
    params = {key: np.ones(2) for key in ("affine1.W", "affine1.b", "norm1.gamma")}
    zero = {key: np.zeros(2) for key in params}
    AdamW(lr=0.1, weight_decay=0.5, decayed=is_weight).update(params, zero)
    assert {key: p[0] for key, p in params.items()} == {
        "affine1.W": 0.95,
        "affine1.b": 1,
        "norm1.gamma": 1,
    }


def test_adam_w_without_decay_is_adam():
    gradients = [3, -1, 0.5]
    assert follow(AdamW(0.1, weight_decay=0), gradients) == follow(Adam(0.1), gradients)


def test_graves_variance_survives_rounding():
    # Of a constant gradient the variance is 0; in float32, n − ḡ² is then below −ε for every fifth.
    g = np.linspace(1e5, 1e6, 100, dtype=np.float32)
    w, optimizer = np.zeros_like(g), RMSpropGraves()
    with np.errstate(invalid="raise"):
        for _ in range(1000):
            optimizer.update({"w": w}, {"w": g})
    assert (optimizer._states["w"]["n"] - optimizer._states["w"]["g_bar"] ** 2).min() < -1
    assert np.isfinite(w).all()


@each_optimizer
def test_updates_in_place_and_leaves_the_gradients(make):
    w, g = np.ones((2, 3)), np.full((2, 3), 0.5)
    params = {"w": w}
    optimizer = make()
    for _ in range(3):
        update(optimizer, params, {"w": g})
    assert params["w"] is w
    assert (w < 1).all()
    assert (g == 0.5).all()
    assert optimizer.t == 3


@each_optimizer
@each_dtype
def test_parameters_and_state_keep_their_dtype(make, dtype):
    w = np.ones(3, dtype=dtype)
    optimizer = make(lr=np.float64(0.1))
    update(optimizer, {"w": w}, {"w": np.ones(3)})
    assert w.dtype == dtype
    assert all(a.dtype == dtype for a in optimizer.state_dict().values() if hasattr(a, "dtype"))


@each_optimizer
def test_each_key_has_its_own_state_in_any_order_of_keys(make):
    rng = np.random.default_rng(0)
    sequence = [{"a": rng.normal(size=2), "b": rng.normal(size=(2, 2))} for _ in range(5)]
    together = {"a": np.ones(2), "b": np.ones((2, 2))}
    alone = {"a": np.ones(2), "b": np.ones((2, 2))}
    optimizer, separate = make(), {"a": make(), "b": make()}
    for grads in sequence:
        update(optimizer, together, {"b": grads["b"], "a": grads["a"]})
        for key in alone:
            update(separate[key], {key: alone[key]}, {key: grads[key]})
    for key in alone:
        np.testing.assert_array_equal(together[key], alone[key])


@each_optimizer
def test_the_caller_may_reuse_its_gradient_buffers(make):
    fresh, reused = {"w": np.ones(2)}, {"w": np.ones(2)}
    first, second = make(), make()
    buffer = np.empty(2)
    for g in ([1.0, -1.0], [0.5, 2.0], [3.0, 0.0]):
        update(first, fresh, {"w": np.array(g)})
        buffer[:] = g
        update(second, reused, {"w": buffer})
        buffer[:] = np.nan
    np.testing.assert_array_equal(fresh["w"], reused["w"])


@each_optimizer
@given(
    shape=st.sampled_from([(), (1,), (3,), (2, 3), (0,), (2, 1, 2)]),
    dtype=st.sampled_from([np.float32, np.float64]),
    seed=st.integers(0, 2**32 - 1),
    steps=st.integers(1, 20),
    scale=st.sampled_from([1e-6, 1.0, 1e6]),
)
def test_gradients_of_zero_leave_parameters_as_they_are(make, shape, dtype, seed, steps, scale):
    # Weight decay is the one thing that moves parameters without a gradient.
    settings_ = {"weight_decay": 0} if make is AdamW else {}
    start = np.asarray(np.random.default_rng(seed).normal(size=shape) * scale, dtype=dtype)
    w, optimizer = start.copy(), make(**settings_)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(steps):
            update(optimizer, {"w": w}, {"w": np.zeros(shape, dtype=dtype)})
    np.testing.assert_array_equal(w, start)


@each_optimizer
@each_dtype
def test_gradients_that_become_zero_leave_parameters_finite(make, dtype):
    w = np.ones(3, dtype=dtype)
    optimizer = make()
    with np.errstate(invalid="raise", divide="raise", over="raise"):
        for step in range(1200):
            g = np.array([1, -1e-3, 1e3] if step < 5 else [0, 0, 0], dtype=dtype)
            update(optimizer, {"w": w}, {"w": g})
    assert np.isfinite(w).all()


LEARNING_RATE = {AdaGrad: 0.1, RMSpropGraves: 1e-3}


@each_optimizer
def test_finds_the_minimum_of_a_quadratic(make):
    target = np.array([0.3, -0.2])
    w = np.zeros(2)
    optimizer = make(lr=LEARNING_RATE.get(make, 0.01))
    for _ in range(2000):
        loss = 0.5 * np.sum((w - target) ** 2) + 1
        update(optimizer, {"w": w}, {"w": w - target}, loss)
    # AdamW's decay moves the minimum.
    np.testing.assert_allclose(w, target, atol=0.02 if make is AdamW else 1e-6)


@each_optimizer
def test_the_learning_rate_may_be_changed_between_updates(make):
    w = np.zeros(1)
    optimizer = make(lr=1.0)
    optimizer.lr = 1e-6
    update(optimizer, {"w": w}, {"w": np.ones(1)})
    assert 0 < abs(w[0]) < 1e-5


@each_optimizer
@given(
    shape=st.lists(st.integers(1, 5), min_size=1, max_size=3),
    block=st.integers(1, 20),
    transposed=st.booleans(),
)
def test_blocks_change_nothing(make, shape, block, transposed):
    rng = np.random.default_rng(0)
    start = rng.normal(size=shape).astype(np.float32)
    whole, blocked = start.copy(), start.copy()
    if transposed:  # a view that is not contiguous
        whole, blocked = whole.T, blocked.T
    one, two = make(), make()
    with pytest.MonkeyPatch.context() as patch:
        for _ in range(3):
            g = rng.normal(size=whole.shape).astype(np.float32)
            patch.setattr(base, "BLOCK", 10**9)
            update(one, {"w": whole}, {"w": g})
            patch.setattr(base, "BLOCK", block)
            update(two, {"w": blocked}, {"w": g})
    np.testing.assert_array_equal(whole, blocked)


def test_a_large_parameter_needs_little_memory():
    w, g = np.ones((2000, 1000), np.float32), np.ones((2000, 1000), np.float32)
    optimizer = Adam()
    optimizer.update({"w": w}, {"w": g})
    tracemalloc.start()
    try:
        optimizer.update({"w": w}, {"w": g})
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < w.nbytes / 3  # the check for NaN takes a quarter, the blocks little


def test_a_rule_with_a_norm_sees_the_whole_parameter():
    class UnitStep(Optimizer):
        def update_one(self, p, g, s):
            p -= self.lr * g / np.linalg.norm(g)

    w = np.zeros((base.BLOCK, 2))
    UnitStep(0.5).update({"w": w}, {"w": np.ones(w.shape)})
    assert np.linalg.norm(w) == pytest.approx(0.5, rel=1e-12)


def test_base_class_says_what_is_missing():
    with pytest.raises(NotImplementedError, match="Optimizer does not define update_one"):
        Optimizer(0.1).update({"w": np.ones(1)}, {"w": np.ones(1)})
