"""Layers: by hand, gradient checks, dtypes, shapes, and functions plugged in."""

import re
import warnings

import numpy as np
import pytest
from layer_cases import ACTIVATIONS, CASES, each_case, rng, spread

import dlcore
from dlcore.gradient_check import check_layer
from dlcore.layers import (
    RNN,
    Affine,
    BatchNorm,
    Convolution,
    Dropout,
    Layer,
    LeakyReLU,
    MaxPool,
    ReLU,
)


def test_every_public_layer_has_a_case():
    tested = {type(make(np.float32)).__name__ for make, _ in CASES.values()}
    assert tested == set(dlcore.layers.__all__) - {"Layer"}


@each_case
def test_gradients(make, shape):
    layer = make(np.float64)
    errors = check_layer(layer, spread(shape), np.random.default_rng(1))
    assert errors.keys() == {"x", *layer.params}
    assert max(errors.values()) < 1e-6, errors


@each_case
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept_and_nothing_is_modified(make, shape, dtype):
    layer = make(dtype)
    x = spread(shape).astype(dtype)
    x_before = x.copy()
    y = layer.forward(x, train=True)
    y_before = y.copy()
    dy = rng().normal(size=y.shape).astype(dtype)
    dy_before = dy.copy()
    dx = layer.backward(dy)
    assert {a.dtype for a in (y, dx, *layer.params.values(), *layer.grads.values())} == {
        np.dtype(dtype)
    }
    assert dx.shape == x.shape
    np.testing.assert_array_equal(x, x_before)
    np.testing.assert_array_equal(y, y_before)
    np.testing.assert_array_equal(dy, dy_before)


@each_case
def test_backward_works_twice_and_after_another_forward_uses_that_one(make, shape):
    layer = make(np.float64)
    x = spread(shape)
    dy = np.ones_like(layer.forward(x))
    first = layer.backward(dy).copy()
    grads = {key: g.copy() for key, g in layer.grads.items()}
    layer.forward(x[:1])
    layer.backward(dy[:1])
    layer.forward(x)
    for _ in range(2):
        np.testing.assert_array_equal(layer.backward(dy), first)
        for key, g in grads.items():
            np.testing.assert_array_equal(layer.grads[key], g)


@each_case
def test_output_shape_is_that_of_forward(make, shape):
    layer = make(np.float32)
    assert layer.output_shape(shape[1:]) == layer.forward(spread(shape)).shape[1:]


@each_case
def test_integers_are_computed_in_float32(make, shape):
    layer = make(np.float32)
    y = layer.forward(np.ones(shape, dtype=np.uint8))
    assert y.dtype == np.float32
    assert layer.backward(np.ones(y.shape, dtype=int)).dtype == np.float32


@each_case
def test_float64_input_to_a_float32_layer(make, shape):
    layer = make(np.float32)
    y = layer.forward(spread(shape))
    assert y.dtype == getattr(layer, "dtype", np.float64)


@each_case
def test_fill_grads_fills_what_backward_fills(make, shape):
    layer = make(np.float64)
    y = layer.forward(spread(shape), train=True)
    dy = rng().normal(size=y.shape)
    layer.backward(dy)
    expected = dict(layer.grads)
    layer.grads = {key: np.zeros_like(g) for key, g in expected.items()}
    layer.fill_grads(dy)
    assert layer.grads.keys() == expected.keys()
    for key, g in expected.items():
        np.testing.assert_allclose(layer.grads[key], g, rtol=1e-12)


@each_case
@pytest.mark.parametrize("train", [True, False])
def test_a_batch_of_one(make, shape, train):
    layer = make(np.float64)
    x = spread(shape)[:1]
    y = layer.forward(x, train=train)
    assert len(y) == 1
    dx = layer.backward(np.ones_like(y))
    assert dx.shape == x.shape
    assert np.isfinite(y).all()
    assert np.isfinite(dx).all()


@each_case
@pytest.mark.parametrize("train", [True, False])
def test_an_empty_batch_is_refused(make, shape, train):
    layer = make(np.float32)
    name = type(layer).__name__
    with pytest.raises(ValueError, match=rf"^{name}: .*\(0, .*empty batch"):
        layer.forward(np.zeros((0, *shape[1:])), train=train)


@each_case
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("train", [True, False])
def test_values_that_are_not_finite_are_refused(make, shape, bad, train):
    layer = make(np.float32)
    before = {key: state.copy() for key, state in layer.buffers.items()}
    x = spread(shape)
    x.flat[[1, -1]] = bad
    message = f"{type(layer).__name__}: expected finite x, got 2 of {x.size} NaN or infinite; lower"
    with pytest.raises(FloatingPointError, match=rf"^{re.escape(message)}.*learning rate"):
        layer.forward(x, train=train)
    for key, state in before.items():
        np.testing.assert_array_equal(layer.buffers[key], state)


@each_case
def test_memory_order_changes_no_value(make, shape):
    """Maps from a convolution lie channels-last in memory: a view, not a C-contiguous array."""
    plain, strided = make(np.float64), make(np.float64)
    x = spread(shape)
    y = plain.forward(x, train=True)
    dy = rng().normal(size=y.shape)
    dx = plain.backward(dy)
    x_view, dy_view = (np.ascontiguousarray(np.moveaxis(a, 1, -1)) for a in (x, dy))
    y_strided = strided.forward(np.moveaxis(x_view, -1, 1), train=True)
    np.testing.assert_allclose(y_strided, y, rtol=1e-13, atol=1e-15)
    for gradient in (dy, np.moveaxis(dy_view, -1, 1)):
        np.testing.assert_allclose(strided.backward(gradient), dx, rtol=1e-10, atol=1e-13)
        for key, g in plain.grads.items():
            np.testing.assert_allclose(strided.grads[key], g, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("name", [*ACTIVATIONS, "batch norm of maps"])
def test_the_memory_order_of_maps_is_kept(name):
    layer = CASES[name][0](np.float32)
    channels_last = rng().normal(size=(3, 4, 5, 2)).astype(np.float32)
    x = channels_last.transpose(0, 3, 1, 2)
    y = layer.forward(x, train=True)
    assert y.strides == x.strides
    assert layer.backward(y).strides == x.strides


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_activations_of_large_values_raise_no_warning(name, dtype):
    layer = CASES[name][0](dtype)
    x = np.array([[-1e4, -800, -90, -1, 0, 1, 90, 800, 1e4]], dtype=dtype)
    with (
        warnings.catch_warnings(),
        np.errstate(over="raise", invalid="raise", divide="raise"),
    ):
        warnings.simplefilter("error")
        y = layer.forward(x)
        dx = layer.backward(np.ones_like(x))
    for values in (y, dx):
        assert values.dtype == dtype
        assert np.isfinite(values).all()


@each_case
def test_parameters_are_the_same_arrays_for_life(make, shape):
    layer = make(np.float32)
    before = dict(layer.params)
    layer.backward(np.ones_like(layer.forward(spread(shape))))
    assert layer.grads.keys() == layer.params.keys() == before.keys()
    assert all(layer.params[key] is p for key, p in before.items())
    assert all(layer.grads[key].shape == p.shape for key, p in before.items())
    assert layer.num_params == sum(p.size for p in before.values())


def test_affine_by_hand():
    layer = Affine(2, 3, init=np.array([[1.0, 2, 3], [4, 5, 6]]), dtype=np.float64)
    layer.params["b"] += [10, 20, 30]
    np.testing.assert_array_equal(layer.forward([[1, -1]]), [[7, 17, 27]])
    np.testing.assert_array_equal(layer.backward([[1, 0, 2]]), [[7, 16]])
    np.testing.assert_array_equal(layer.grads["W"], [[1, 0, 2], [-1, 0, -2]])
    np.testing.assert_array_equal(layer.grads["b"], [1, 0, 2])


def test_affine_has_the_reports_names_for_its_arrays():
    layer = Affine(2, 3, rng=rng())
    layer.backward(layer.forward([[1, -1]]))
    assert layer.W is layer.params["W"]
    assert layer.b is layer.params["b"]
    assert layer.dW is layer.grads["W"]
    assert layer.db is layer.grads["b"]
    with pytest.raises(AttributeError):
        layer.W = np.zeros((2, 3))


def test_relu_by_hand():
    layer = ReLU()
    np.testing.assert_array_equal(layer.forward([-2.0, 0.0, 3.0]), [0, 0, 3])
    np.testing.assert_array_equal(layer.backward([5.0, 6.0, 7.0]), [0, 0, 7])


def test_leaky_relu_by_hand():
    layer = LeakyReLU(0.25)
    np.testing.assert_array_equal(layer.forward([-2.0, 0.0, 3.0]), [-0.5, 0, 3])
    np.testing.assert_array_equal(layer.backward([4.0, 8.0, 7.0]), [1, 2, 7])


def test_costs_by_hand():
    assert Affine(784, 10, rng=rng()).multiply_adds((784,)) == 7840
    conv = Convolution(3, 16, (3, 5), stride=2, pad=1, rng=rng())
    assert conv.output_shape((3, 9, 9)) == (16, 5, 4)
    assert conv.multiply_adds((3, 9, 9)) == 16 * 5 * 4 * 3 * 3 * 5
    assert conv.num_params == 16 * 3 * 3 * 5 + 16
    assert MaxPool(2).multiply_adds((3, 4, 4)) == 0


def test_a_convolution_asks_its_initialiser_for_an_affine_map_on_rows():
    calls = []

    def init(fan_in, fan_out, generator):
        calls.append((fan_in, fan_out, generator))
        return np.arange(fan_in * fan_out, dtype=float).reshape(fan_in, fan_out)

    generator = rng()
    W = Convolution(2, 4, (1, 3), init=init, rng=generator).params["W"]
    assert calls == [(6, 4, generator)]
    np.testing.assert_array_equal(W[1].ravel(), [1, 5, 9, 13, 17, 21])  # column 1: filter 1
    assert W.flags.c_contiguous


def test_a_ready_array_is_copied_and_needs_no_rng():
    W = np.ones((1, 1, 2, 2))
    layer = Convolution(1, 1, 2, init=W)
    layer.params["W"] += 1
    assert (W == 1).all()
    assert (Affine(2, 2, init=dlcore.zeros).params["W"] == 0).all()


def test_the_same_seed_gives_the_same_weights():
    first, second = (Affine(3, 3, rng=np.random.default_rng(7)).params["W"] for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_own_convolution_functions_plug_in():
    calls = []

    def forward(x, W, b, stride=1, pad=0):
        calls.append(("forward", stride, pad))
        out, cache = dlcore.conv_forward(x, W, b, stride, pad)
        return out.astype(np.float64), cache  # a learner's function may change the dtype

    def backward(dout, cache):
        calls.append("backward")
        return [g.astype(np.float64) for g in dlcore.conv_backward(dout, cache)]

    own = Convolution(1, 2, 3, stride=2, pad=1, rng=rng(), conv=(forward, backward))
    library = Convolution(1, 2, 3, stride=2, pad=1, rng=rng())
    x = spread((2, 1, 5, 5)).astype(np.float32)
    y = own.forward(x)
    np.testing.assert_array_equal(y, library.forward(x))
    np.testing.assert_array_equal(own.backward(y), library.backward(y))
    np.testing.assert_array_equal(own.grads["W"], library.grads["W"])
    assert y.dtype == own.grads["W"].dtype == np.float32
    assert calls == [("forward", 2, 1), "backward"]


def test_own_pooling_functions_plug_in():
    def forward(x, pool, stride):
        assert (pool, stride) == (2, 1)
        return dlcore.max_pool_forward(-x, pool, stride)

    def backward(dout, cache):
        return -dlcore.max_pool_backward(dout, cache)

    x = np.array([[[[1.0, 2], [3, 4]]]])
    layer = MaxPool(2, stride=1, pool=(forward, backward))
    assert layer.forward(x).item() == -1
    np.testing.assert_array_equal(layer.backward([[[[5.0]]]])[0, 0], [[-5, 0], [0, 0]])


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (Affine(2, 3, rng=rng()), "Affine(2, 3)"),
        (Convolution(1, 6, 5, rng=rng()), "Convolution(1, 6, (5, 5), stride=1, pad=0)"),
        (MaxPool(2), "MaxPool(2, stride=2)"),
        (ReLU(), "ReLU()"),
        (LeakyReLU(), "LeakyReLU(0.01)"),
        (BatchNorm(4), "BatchNorm(4)"),
        (Dropout(0.5, rng=rng()), "Dropout(0.5)"),
        (RNN(2, 3, rng=rng()), "RNN(2, 3, activation='tanh')"),
    ],
)
def test_repr(layer, text):
    assert repr(layer) == text


def test_base_class_says_what_is_missing():
    class Half(Layer):
        pass

    with pytest.raises(NotImplementedError, match="Half does not define forward"):
        Half().forward(np.ones(1))
    with pytest.raises(NotImplementedError, match="Half does not define backward"):
        Half().backward(np.ones(1))
