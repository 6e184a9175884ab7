"""Losses: by hand, gradients, extreme scores, bad input."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlcore.functional import cross_entropy, mean_squared_error, softmax
from dlcore.gradient_check import numerical_gradient, relative_error
from dlcore.losses import MeanSquaredError, SoftmaxCrossEntropy

each_loss = pytest.mark.parametrize("make", [SoftmaxCrossEntropy, MeanSquaredError])


def test_by_hand():
    loss = SoftmaxCrossEntropy()
    scores = [[0.0, math.log(3)], [math.log(7), 0.0]]
    # Probabilities (1/4, 3/4) and (7/8, 1/8); labels 1 and 1.
    expected = (math.log(4 / 3) + math.log(8)) / 2
    assert loss.forward(scores, [1, 1]) == pytest.approx(expected, rel=1e-15)
    np.testing.assert_allclose(loss.backward(), [[1 / 8, -1 / 8], [7 / 16, -7 / 16]], rtol=1e-14)


@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(1, 5))
def test_gradient_and_agreement_with_the_two_steps(seed, N, K):
    rng = np.random.default_rng(seed)
    scores, t = rng.normal(size=(N, K)), rng.integers(0, K, N)
    loss = SoftmaxCrossEntropy()
    value = loss.forward(scores, t)
    assert value == pytest.approx(cross_entropy(softmax(scores), t), rel=1e-12, abs=1e-15)
    assert value == loss.forward(scores, np.eye(K)[t])
    numerical = numerical_gradient(lambda s: SoftmaxCrossEntropy().forward(s, t), scores)
    assert relative_error(loss.backward(), numerical) < 1e-6 or np.abs(numerical).max() < 1e-9


def test_scores_far_apart_give_the_exact_loss():
    loss = SoftmaxCrossEntropy()
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        assert loss.forward([[0.0, 1e4]], [0]) == 1e4
        assert loss.forward([[-1e4, 1e4]], [1]) == 0
    np.testing.assert_array_equal(loss.backward(), [[0, 0]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept_and_scores_are_not_modified(dtype):
    loss = SoftmaxCrossEntropy()
    scores = np.arange(6, dtype=dtype).reshape(2, 3)
    before, t = scores.copy(), np.array([0, 2], dtype=np.uint8)
    assert isinstance(loss.forward(scores, t), float)
    assert loss.backward().dtype == dtype
    np.testing.assert_array_equal(scores, before)
    np.testing.assert_array_equal(loss.backward(), loss.backward())


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_scores_that_are_not_finite(bad):
    with pytest.raises(FloatingPointError, match=r"scores, got 1 of 4 NaN.*learning rate"):
        SoftmaxCrossEntropy().forward([[0.0, bad], [1.0, 2.0]], [0, 1])


@each_loss
def test_backward_before_forward(make):
    with pytest.raises(RuntimeError, match=f"{make.__name__}.backward: call forward first"):
        make().backward()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("make", "t"), [(SoftmaxCrossEntropy, [2]), (MeanSquaredError, [[1.0, 0.0, -1.0]])]
)
def test_the_upstream_factor_scales_the_gradient(make, t, dtype):
    loss = make()
    loss.forward(np.array([[0.5, -1, 2]], dtype=dtype), t)
    gradient = loss.backward()
    np.testing.assert_array_equal(loss.backward(1), gradient)
    for factor in (-3, np.float64(-3)):
        scaled = loss.backward(factor)
        assert scaled.dtype == dtype
        np.testing.assert_allclose(scaled, -3 * gradient, rtol=1e-6)


@each_loss
@pytest.mark.parametrize("shape", [(0, 3), (3, 0)])
def test_an_empty_batch_is_refused(make, shape):
    t = [] if make is SoftmaxCrossEntropy else np.zeros(shape)
    with pytest.raises(ValueError, match=rf"{make.__name__}: expected .*got .*\({shape[0]}, "):
        make().forward(np.zeros(shape), t)


def test_mean_squared_error_by_hand():
    loss = MeanSquaredError()
    assert loss.forward([[1, 2], [3, 4]], [[1, 0], [3, 1]]) == (4 + 9) / 4
    np.testing.assert_array_equal(loss.backward(), [[0, 1], [0, 1.5]])


@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(1, 5))
def test_gradient_of_the_mean_squared_error(seed, N, D):
    rng = np.random.default_rng(seed)
    y, t = rng.normal(size=(2, N, D))
    loss = MeanSquaredError()
    assert loss.forward(y, t) == mean_squared_error(y, t)
    numerical = numerical_gradient(lambda v: MeanSquaredError().forward(v, t), y)
    assert relative_error(loss.backward(), numerical) < 1e-6


def test_mean_squared_error_does_not_broadcast():
    with pytest.raises(ValueError, match=r"MeanSquaredError: expected t of shape \(2, 1\), got"):
        MeanSquaredError().forward([[1.0], [2.0]], [1.0, 2.0])


def test_mean_squared_error_keeps_the_dtype_of_the_predictions():
    loss = MeanSquaredError()
    y = np.array([1, 2], dtype=np.float32)
    loss.forward(y, [0.0, 0.0])
    assert loss.backward().dtype == np.float32
    np.testing.assert_array_equal(y, [1, 2])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_predictions_or_targets_that_are_not_finite(bad):
    with pytest.raises(FloatingPointError, match=r"MeanSquaredError: expected finite y, got 1 of"):
        MeanSquaredError().forward([1.0, bad], [0.0, 0.0])
    with pytest.raises(FloatingPointError, match=r"MeanSquaredError: expected finite t, got 1 of"):
        MeanSquaredError().forward([0.0, 0.0], [1.0, bad])
