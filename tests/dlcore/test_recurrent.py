"""The plain recurrent layer: by hand, gradients of the hidden states, growth through time."""

import numpy as np
import pytest
from layer_cases import rng

from dlcore.gradient_check import check_layer, numerical_gradient, relative_error
from dlcore.initializers import normal
from dlcore.layers import RNN


def test_by_hand():
    layer = RNN(1, 1, activation="relu", init=[[2.0]], recurrent_init=[[3.0]], dtype=np.float64)
    layer.params["b"][:] = -1
    # a: 2·1 − 1 = 1; 2·0 + 3·1 − 1 = 2; 2·(−3) + 3·2 − 1 = −1.
    np.testing.assert_array_equal(layer.forward([[[1.0], [0], [-3]]])[0, :, 0], [1, 2, 0])
    dx = layer.backward([[[1.0], [10], [100]]])
    # ∂L/∂h: the last step is cut off by the ReLU; 10; 1 + 3·10.
    np.testing.assert_array_equal(layer.dh[0, :, 0], [31, 10, 100])
    np.testing.assert_array_equal(dx[0, :, 0], [62, 20, 0])
    np.testing.assert_array_equal(layer.grads["W_x"], [[31 * 1 + 10 * 0]])
    np.testing.assert_array_equal(layer.grads["W_h"], [[10 * 1]])
    np.testing.assert_array_equal(layer.grads["b"], [41])


def test_dh_is_the_gradient_with_respect_to_each_hidden_state():
    layer = RNN(2, 3, rng=rng(), dtype=np.float64)
    x, dy = rng().normal(size=(2, 4, 2)), rng().normal(size=(2, 4, 3))
    h = layer.forward(x)
    layer.backward(dy)

    def loss_from(start):
        """The loss as a function of the hidden state at one step, the later ones following."""

        def loss(state):
            total = float((state * dy[:, start]).sum())
            for t in range(start + 1, 4):
                a = x[:, t] @ layer.params["W_x"] + state @ layer.params["W_h"]
                state = np.tanh(a + layer.params["b"])
                total += float((state * dy[:, t]).sum())
            return total

        return loss

    for t in range(4):
        numerical = numerical_gradient(loss_from(t), h[:, t].copy())
        assert relative_error(layer.dh[:, t], numerical) < 1e-8, t


@pytest.mark.parametrize("factor", [0.5, 1, 2])
def test_gradients_through_time_grow_by_the_factor_of_the_recurrent_weights(factor):
    layer = RNN(
        2,
        5,
        activation="identity",
        recurrent_init=lambda n, m, _: factor * np.eye(n, m),
        rng=rng(),
        dtype=np.float64,
    )
    steps = 20
    dy = np.zeros((3, steps, 5))
    dy[:, -1] = 1
    layer.forward(rng().normal(size=(3, steps, 2)))
    layer.backward(dy)
    norms = np.linalg.norm(layer.dh, axis=(0, 2))
    np.testing.assert_allclose(norms[:-1] / norms[1:], factor)


def test_gradients_with_relu():
    layer = RNN(3, 4, activation="relu", init=normal(1), rng=rng(), dtype=np.float64)
    errors = check_layer(layer, rng().normal(size=(3, 6, 3)), rng())
    assert max(errors.values()) < 1e-6, errors


def test_the_caller_may_change_the_hidden_states():
    layer = RNN(2, 3, rng=rng())
    x = rng().normal(size=(2, 4, 2))
    dy = np.ones((2, 4, 3))
    layer.forward(x)
    expected = layer.backward(dy)
    layer.forward(x)[...] = 0
    np.testing.assert_array_equal(layer.backward(dy), expected)


def test_costs_by_hand():
    layer = RNN(3, 4, rng=rng())
    assert layer.output_shape((7, 3)) == (7, 4)
    assert layer.num_params == 3 * 4 + 4 * 4 + 4
    assert layer.multiply_adds((7, 3)) == 7 * (3 * 4 + 4 * 4)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: RNN(2, 3, activation="sigmoid", rng=rng()),
            ValueError,
            r"RNN: expected activation .*\['identity', 'relu', 'tanh'\], got 'sigmoid'",
        ),
        (lambda: RNN(2, 3), TypeError, "RNN: expected rng"),
        (
            lambda: RNN(2, 3, recurrent_init=np.eye(2), rng=rng()),
            ValueError,
            r"RNN: expected the array init of shape \(3, 3\), got \(2, 2\)",
        ),
        (
            lambda: RNN(2, 3, rng=rng()).forward(np.ones((4, 2))),
            ValueError,
            r"RNN: expected x of shape \(N, T, 2\), got \(4, 2\)",
        ),
        (
            lambda: RNN(2, 3, rng=rng()).output_shape((2,)),
            ValueError,
            r"RNN: expected input_shape \(T, 2\), got \(2,\)",
        ),
    ],
)
def test_messages(call, error, message):
    with pytest.raises(error, match=message):
        call()
