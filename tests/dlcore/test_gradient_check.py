"""The gradient check itself: it must pass right gradients and fail wrong ones."""

import numpy as np
import pytest

from dlcore.functional import softmax
from dlcore.gradient_check import (
    check_layer,
    check_network,
    numerical_gradient,
    relative_error,
)
from dlcore.layers import (
    Affine,
    BatchNorm,
    Convolution,
    Dropout,
    Flatten,
    Layer,
    ReLU,
    Sigmoid,
    Tanh,
)
from dlcore.networks import MultiLayerNet, Sequential
from dlcore.regularizers import L2


def test_numerical_gradient_by_hand():
    x = np.array([[1.0, 2.0], [3.0, -1.0]])
    before = x.copy()
    gradient = numerical_gradient(lambda v: float((v[0] * v[1] ** 2).sum()), x)
    np.testing.assert_allclose(gradient, [[9, 1], [6, -4]], rtol=1e-9)
    np.testing.assert_array_equal(x, before)


def test_x_is_restored_when_f_raises():
    x = np.ones(2)

    def f(v):
        raise ArithmeticError("no value here")

    with pytest.raises(ArithmeticError, match="no value here"):
        numerical_gradient(f, x)
    assert (x == 1).all()


def test_numerical_gradient_of_an_array_that_is_not_contiguous():
    x = np.arange(6.0).reshape(2, 3).T
    np.testing.assert_allclose(
        numerical_gradient(lambda v: float((v**2).sum()), x), 2 * x, rtol=1e-8, atol=1e-8
    )


def test_relative_error_by_hand():
    assert relative_error([1.0, 3.0], [1.0, 2.0]) == pytest.approx(1 / 5)
    assert relative_error([0.0], [0.0]) == 0
    assert relative_error([1e-12], [0.0]) == pytest.approx(1e-4)  # the scale is at least 1e-8
    assert relative_error([], []) == 0
    assert np.isnan(relative_error([np.nan], [1.0]))
    assert not relative_error([1.0], [np.nan]) < 1e-6


class HalfGradient(Tanh):
    """A wrong layer: half the gradient of the input."""

    def backward(self, dy):
        return super().backward(dy) / 2


class MutatesDy(ReLU):
    """A wrong layer: scales the upstream gradient in place before using it."""

    def backward(self, dy):
        dy *= 2
        return super().backward(dy)


class ForgetsBias(Affine):
    """A wrong layer: the gradient of the bias is a mean, not a sum."""

    def backward(self, dy):
        dx = super().backward(dy)
        self.grads["b"] = self.grads["b"] / len(dy)
        return dx


@pytest.mark.parametrize("wrong", [HalfGradient(), MutatesDy()], ids=lambda w: type(w).__name__)
def test_a_wrong_input_gradient_is_found(wrong):
    x = np.linspace(-1, 1, 8).reshape(2, 4)
    right = type(wrong).__mro__[1]()
    assert check_layer(right, x, np.random.default_rng(0))["x"] < 1e-8
    assert check_layer(wrong, x, np.random.default_rng(0))["x"] > 0.1


def test_the_upstream_gradient_is_random_so_that_a_wrong_factor_is_found():
    class DoubledSoftmax(Layer):
        """Every gradient twice too large; with an upstream gradient of ones both are zero."""

        def forward(self, x, *, train=False):
            self.y = softmax(x)
            return self.y

        def backward(self, dy):
            return 2 * self.y * (dy - (dy * self.y).sum(axis=1, keepdims=True))

    x = np.linspace(-1, 1, 8).reshape(2, 4)
    assert check_layer(DoubledSoftmax(), x, np.random.default_rng(0))["x"] > 0.1


def test_a_wrong_parameter_gradient_is_found_by_name():
    layer = ForgetsBias(3, 2, rng=np.random.default_rng(0), dtype=np.float64)
    errors = check_layer(layer, np.ones((4, 3)), np.random.default_rng(1))
    assert errors["x"] < 1e-8
    assert errors["W"] < 1e-8
    assert errors["b"] > 0.1


def test_network_gradients_and_the_worst_by_name():
    rng = np.random.default_rng(3)

    def network(last):
        return Sequential(
            [
                Convolution(1, 2, 3, rng=rng, dtype=np.float64),
                Sigmoid(),
                Flatten(),
                last(8, 3, rng=rng, dtype=np.float64),
            ]
        )

    x, t = rng.normal(size=(5, 1, 4, 4)), [0, 1, 2, 1, 0]
    errors = check_network(network(Affine), x, t)
    assert errors.keys() == {"conv1.W", "conv1.b", "affine1.W", "affine1.b"}
    assert max(errors.values()) < 1e-6, errors
    errors = check_network(network(ForgetsBias), x, t)
    assert max(errors, key=errors.get) == "affine1.b"


def test_the_penalty_belongs_to_the_loss():
    rng = np.random.default_rng(0)
    layer = Affine(3, 2, rng=rng, dtype=np.float64)
    errors = check_network(Sequential([layer], regularizer=L2(10)), np.ones((4, 3)), [0, 1, 1, 0])
    assert max(errors.values()) < 1e-6, errors


def test_a_layer_that_draws_random_numbers_gets_the_same_in_each_pass():
    layer = Dropout(0.5, rng=np.random.default_rng(0))
    x = np.linspace(-1, 1, 30).reshape(5, 6)
    assert check_layer(layer, x, np.random.default_rng(1))["x"] < 1e-8
    # Also when the upstream gradient comes from the layer's own generator.
    assert check_layer(layer, x, layer.rng)["x"] < 1e-8


def test_a_network_with_dropout_and_batch_normalisation():
    rng = np.random.default_rng(3)
    affine = {"rng": rng, "dtype": np.float64}
    network = Sequential(
        [
            Affine(4, 5, **affine),
            BatchNorm(5, dtype=np.float64),
            Sigmoid(),
            Dropout(0.4, rng=rng),
            Affine(5, 5, **affine),
            Tanh(),
            Dropout(0.4, rng=rng),
            Affine(5, 3, **affine),
        ]
    )
    errors = check_network(network, rng.normal(size=(6, 4)), [0, 1, 2, 1, 0, 2])
    # The bias before a batch normalisation has no effect: its gradient is mere rounding.
    del errors["affine1.b"]
    assert max(errors.values()) < 1e-6, errors


def test_the_layer_is_left_as_it_was():
    layer = Affine(3, 2, rng=np.random.default_rng(0), dtype=np.float64)
    before = {key: p.copy() for key, p in layer.params.items()}
    x = np.ones((4, 3))
    check_layer(layer, x, np.random.default_rng(1))
    assert (x == 1).all()
    for key, p in before.items():
        np.testing.assert_array_equal(layer.params[key], p)


@pytest.mark.parametrize("seed", range(20))
def test_a_gradient_that_is_zero_raises_no_false_alarm(seed):
    rng = np.random.default_rng(seed)
    network = MultiLayerNet(4, [5, 5], 3, batch_norm=True, rng=rng, dtype=np.float64)
    errors = check_network(network, rng.normal(size=(6, 4)), rng.integers(0, 3, 6))
    assert max(errors.values()) < 1e-6, errors  # b1 and b2: batch normalisation takes them away


def test_a_small_gradient_that_is_wrong_is_found_out():
    class Doubled(Affine):
        def backward(self, dy):
            dx = super().backward(dy)
            self.grads["W"] *= 2
            return dx

    layer = Doubled(3, 2, init=np.ones((3, 2)), dtype=np.float64)
    errors = check_layer(layer, 1e-8 * np.ones((1, 3)), np.random.default_rng(0))
    assert errors["W"] > 1e-6
