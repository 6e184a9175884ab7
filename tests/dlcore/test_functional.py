"""Activations, softmax and cross entropy: values worked by hand, derivatives, dtypes."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from dlcore import functional
from dlcore.gradient_check import numerical_gradient, relative_error

PAIRS = {
    name: (getattr(functional, name), getattr(functional, f"{name}_grad"))
    for name in ("sigmoid", "tanh", "relu", "leaky_relu", "gelu", "step", "identity")
}
finite = st.floats(-1e4, 1e4, width=32)


@pytest.mark.parametrize(
    ("function", "x", "expected"),
    [
        (functional.sigmoid, 0, 0.5),
        (functional.sigmoid, math.log(3), 0.75),
        (functional.sigmoid, -math.log(3), 0.25),
        (functional.sigmoid_grad, 0, 0.25),
        (functional.sigmoid_grad, math.log(3), 0.1875),
        (functional.tanh, math.log(2), 0.6),
        (functional.tanh_grad, math.log(2), 0.64),
        (functional.relu, -2, 0),
        (functional.relu, 3, 3),
        (functional.relu_grad, -2, 0),
        (functional.relu_grad, 0, 0),
        (functional.relu_grad, 3, 1),
        (functional.leaky_relu, -2, -0.02),
        (functional.leaky_relu, 3, 3),
        (functional.leaky_relu_grad, -2, 0.01),
        (functional.leaky_relu_grad, 0, 0.01),
        (functional.leaky_relu_grad, 3, 1),
        (functional.gelu, 0, 0),
        (functional.gelu, 1, 0.8413447460685429),
        (functional.gelu, -1, -0.15865525393145705),
        (functional.gelu_grad, 0, 0.5),
        (functional.gelu_grad, 1, 0.8413447460685429 + 0.24197072451914337),
        (functional.step, -2, 0),
        (functional.step, 0, 0),
        (functional.step, 3, 1),
        (functional.step_grad, 3, 0),
        (functional.identity, -7, -7),
        (functional.identity_grad, -7, 1),
    ],
)
def test_values_by_hand(function, x, expected):
    assert function(x) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("name", PAIRS)
@given(x=arrays(np.float64, array_shapes(max_dims=3), elements=st.floats(-8, 8)))
def test_derivative_agrees_with_central_differences(name, x):
    x[np.abs(x) < 1e-3] = 1e-3  # away from the kink of the ReLU
    function, derivative = PAIRS[name]
    numerical = numerical_gradient(lambda v: float(function(v).sum()), x)
    assert np.abs(derivative(x) - numerical).max() < 1e-7


@pytest.mark.parametrize("name", PAIRS)
@given(x=arrays(np.float32, array_shapes(min_dims=0), elements=finite))
def test_float32_stays_float32_finite_and_unmodified(name, x):
    for function in PAIRS[name]:
        before = x.copy()
        y = function(x)
        assert y.dtype == np.float32
        assert y.shape == x.shape
        assert np.isfinite(y).all()
        np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("x", [3, [1, 2], np.int8(4), np.arange(3, dtype=np.uint8), 0.5])
def test_integers_and_python_numbers_become_float64(name, x):
    for function in PAIRS[name]:
        assert function(x).dtype == np.float64


@pytest.mark.parametrize("x", [-1e4, -800.0, 800.0, 1e4])
def test_tails_do_not_overflow(x):
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        assert functional.sigmoid(x) == float(x > 0)
        assert functional.sigmoid_grad(x) == 0
        assert functional.tanh(x) == math.copysign(1, x)
        assert functional.relu(x) == functional.gelu(x) == max(x, 0)
        assert functional.relu_grad(x) == functional.gelu_grad(x) == functional.step(x) == (x > 0)
        assert functional.leaky_relu(x) == (x if x > 0 else 0.01 * x)


def test_sigmoid_keeps_its_relative_accuracy_in_the_left_tail():
    assert functional.sigmoid(-40.0) == pytest.approx(math.exp(-40), rel=1e-14, abs=0)
    assert functional.sigmoid_grad(40.0) == pytest.approx(math.exp(-40), rel=1e-14, abs=0)


def test_gelu_keeps_its_relative_accuracy_in_the_left_tail():
    # Φ(−10) = 7.619853024160527e-24: 1 + erf(−10/√2) would be 0.
    assert functional.gelu(-10.0) == pytest.approx(-7.619853024160527e-23, rel=1e-13, abs=0)


@pytest.mark.parametrize("slope", [0, 0.2, 0.999])
def test_slope_of_the_leaky_relu(slope):
    np.testing.assert_allclose(functional.leaky_relu([-5.0, 5.0], slope), [-5 * slope, 5])
    np.testing.assert_array_equal(functional.leaky_relu_grad([-5.0, 5.0], slope), [slope, 1])


def test_identity_returns_a_copy():
    x = np.ones(3)
    functional.identity(x)[0] = 5
    assert x[0] == 1


def test_softmax_by_hand():
    y = functional.softmax([[math.log(1), math.log(2), math.log(5)]])
    np.testing.assert_allclose(y, [[0.125, 0.25, 0.625]], rtol=1e-15)


@given(
    x=arrays(np.float64, array_shapes(min_dims=1, max_dims=3), elements=finite),
    shift=st.floats(-1e3, 1e3),
)
def test_softmax_rows_sum_to_one_and_ignore_a_shift(x, shift):
    y = functional.softmax(x)
    assert (y >= 0).all()
    np.testing.assert_allclose(y.sum(axis=-1), 1, rtol=1e-12)
    np.testing.assert_allclose(functional.softmax(x + shift), y, rtol=1e-9, atol=1e-12)


def test_softmax_keeps_float32():
    assert functional.softmax(np.zeros((2, 3), dtype=np.float32)).dtype == np.float32


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_softmax_of_scores_far_apart(dtype):
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        y = functional.softmax(np.array([[-1e4, 0, 1e4], [1e4, 1e4, -1e4]], dtype=dtype))
    assert y.dtype == dtype
    np.testing.assert_array_equal(y, [[0, 0, 1], [0.5, 0.5, 0]])


def test_mean_squared_error_by_hand():
    loss = functional.mean_squared_error([[1, 2, 3], [4, 5, 6]], [[1, 2, 0], [4, 5, 3]])
    assert loss == pytest.approx((9 + 9) / 6)
    assert isinstance(loss, float)


def test_cross_entropy_by_hand():
    y = [[0.5, 0.25, 0.25], [0.125, 0.75, 0.125]]
    expected = (math.log(4) + math.log(8)) / 2
    assert functional.cross_entropy(y, [1, 2]) == pytest.approx(expected, rel=1e-15)
    one_hot = [[0, 1, 0], [0, 0, 1]]
    assert functional.cross_entropy(y, one_hot) == pytest.approx(expected, rel=1e-15)
    assert isinstance(functional.cross_entropy(y, [1, 2]), float)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cross_entropy_of_probability_zero_is_large_but_finite(dtype):
    loss = functional.cross_entropy(np.array([[1, 0]], dtype=dtype), [1])
    assert loss == pytest.approx(-math.log(np.finfo(dtype).tiny), rel=1e-6)


def test_one_hot():
    rows = functional.one_hot([2, 0], 3)
    np.testing.assert_array_equal(rows, [[0, 0, 1], [1, 0, 0]])
    assert rows.dtype == np.float32
    assert functional.one_hot([1], 2, dtype=np.int8).dtype == np.int8


def test_gradient_of_cross_entropy_after_softmax_is_y_minus_t():
    rng = np.random.default_rng(0)
    scores, t = rng.normal(size=(4, 3)), np.array([0, 2, 1, 1])
    analytic = (functional.softmax(scores) - functional.one_hot(t, 3, np.float64)) / 4
    numerical = numerical_gradient(
        lambda s: functional.cross_entropy(functional.softmax(s), t), scores
    )
    assert relative_error(analytic, numerical) < 1e-8
