"""L1 and L2: by hand, gradients against differences, and what they leave alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlcore.gradient_check import numerical_gradient, relative_error
from dlcore.optimizers import SGD, AdamW
from dlcore.regularizers import (
    L1,
    L2,
    is_weight,
    l1_gradient,
    l1_penalty,
    l2_penalty,
    weight_decay_gradient,
)

WEIGHTS = [np.array([[1.0, -2.0], [0.0, 4.0]]), np.array([-3.0])]
each_penalty = pytest.mark.parametrize(
    ("penalty", "gradient"),
    [(l1_penalty, l1_gradient), (l2_penalty, weight_decay_gradient)],
    ids=["L1", "L2"],
)


def test_by_hand():
    assert l1_penalty(WEIGHTS, lam=0.1) == pytest.approx(1.0, rel=1e-15)
    assert l2_penalty(WEIGHTS, lam=0.1) == pytest.approx(1.5, rel=1e-15)
    np.testing.assert_allclose(l1_gradient(WEIGHTS[0], lam=0.1), [[0.1, -0.1], [0, 0.1]])
    np.testing.assert_allclose(
        weight_decay_gradient(WEIGHTS[0], weight_decay_lambda=0.1), [[0.1, -0.2], [0, 0.4]]
    )


@each_penalty
def test_no_weights_and_no_strength_give_zero(penalty, gradient):
    assert penalty([], 0.5) == 0
    assert penalty([np.zeros((0, 3))], 0.5) == 0
    assert penalty(WEIGHTS, 0) == 0
    assert not gradient(WEIGHTS[0], 0).any()
    assert isinstance(penalty(WEIGHTS, np.float32(0.5)), float)


@each_penalty
@given(seed=st.integers(0, 2**32 - 1), lam=st.floats(1e-3, 10), size=st.integers(1, 6))
def test_gradient_is_that_of_the_penalty(penalty, gradient, seed, lam, size):
    rng = np.random.default_rng(seed)
    W = rng.uniform(0.1, 2, size) * rng.choice([-1, 1], size)  # away from the kink at 0
    before = W.copy()
    numerical = numerical_gradient(lambda w: penalty([np.ones(2), w], lam), W)
    assert relative_error(gradient(W, lam), numerical) < 1e-7
    np.testing.assert_array_equal(W, before)


@pytest.mark.parametrize(
    ("make", "penalty", "gradient"),
    [
        (L1, l1_penalty, l1_gradient),
        (L2, l2_penalty, weight_decay_gradient),
    ],
)
def test_objects_say_what_the_functions_say(make, penalty, gradient):
    regularizer = make(0.3)
    assert regularizer.penalty(WEIGHTS) == penalty(WEIGHTS, 0.3)
    np.testing.assert_array_equal(regularizer.gradient(WEIGHTS[0]), gradient(WEIGHTS[0], 0.3))
    assert repr(regularizer) == f"{make.__name__}(0.3)"


@each_penalty
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gradient_keeps_shape_and_dtype(penalty, gradient, dtype):
    W = np.ones((2, 3, 1, 1), dtype=dtype)
    result = gradient(W, np.float64(0.1))
    assert (result.dtype, result.shape) == (dtype, W.shape)
    assert not np.shares_memory(result, W)
    assert gradient(np.ones(2, int), 0.5).dtype == np.float64
    assert type(penalty([W], 0.1)) is float


@each_penalty
def test_any_iterable_of_arrays_will_do(penalty, gradient):
    by_name = {"W1": WEIGHTS[0], "W2": WEIGHTS[1]}
    assert penalty(by_name.values(), 0.2) == penalty(WEIGHTS, 0.2)
    assert penalty(iter(WEIGHTS), 0.2) == penalty(WEIGHTS, 0.2)


def test_with_sgd_penalty_and_decoupled_decay_are_the_same_but_for_the_step():
    W = np.array([1.0, -2.0])
    SGD(lr=0.1).update({"W": W}, {"W": L2(0.5).gradient(W)})
    decayed = np.array([1.0, -2.0])
    AdamW(lr=0.1, weight_decay=0.5).update({"W": decayed}, {"W": np.zeros(2)})
    np.testing.assert_allclose(W, decayed, rtol=1e-15)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("W", True),
        ("W1", True),
        ("affine1.W", True),
        ("block.rnn1.W_x", True),
        ("b", False),
        ("affine1.b", False),
        ("norm1.gamma", False),
        ("Widen.b", False),
        ("affine1.w", False),
    ],
)
def test_is_weight(name, expected):
    assert is_weight(name) is expected


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: l1_penalty([], -1),
            ValueError,
            "l1_penalty: expected lam .*at least 0, got -1; 0",
        ),
        (lambda: l2_penalty([], np.nan), ValueError, "l2_penalty: expected lam .*got nan"),
        (lambda: l1_gradient([1.0], "x"), TypeError, "l1_gradient: expected lam .*got 'x'"),
        (
            lambda: weight_decay_gradient([1.0], np.inf),
            ValueError,
            "weight_decay_gradient: expected weight_decay_lambda .*finite.*got inf",
        ),
        (lambda: L1(-0.1), ValueError, "L1: expected lam"),
        (lambda: L2(True), TypeError, "L2: expected lam .*got True"),
        (lambda: l1_penalty(["x"], 1), TypeError, "l1_penalty: expected weights to hold real"),
        (lambda: l1_gradient("x", 1), TypeError, "l1_gradient: expected W to hold real numbers"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
