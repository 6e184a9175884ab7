"""Layers: by hand, gradient checks, dtypes, shapes, and functions plugged in."""

import numpy as np
import pytest

import dlcore
from dlcore.gradient_check import check_layer
from dlcore.layers import (
    Affine,
    Convolution,
    Flatten,
    Identity,
    Layer,
    MaxPool,
    ReLU,
    Sigmoid,
    Tanh,
)


def rng():
    return np.random.default_rng(0)


# Name: (layer of the dtype asked for, shape of its input).
CASES = {
    "affine": (lambda dtype: Affine(4, 3, rng=rng(), dtype=dtype), (5, 4)),
    "convolution": (lambda dtype: Convolution(2, 3, 3, rng=rng(), dtype=dtype), (2, 2, 5, 4)),
    "convolution, non-square, stride, pad": (
        lambda dtype: Convolution(2, 3, (2, 3), stride=2, pad=1, rng=rng(), dtype=dtype),
        (2, 2, 4, 6),
    ),
    "max pool": (lambda _: MaxPool(2), (2, 3, 4, 5)),
    "max pool, overlapping": (lambda _: MaxPool(3, stride=1), (2, 3, 5, 4)),
    "max pool with gaps": (lambda _: MaxPool(1, stride=2), (2, 3, 5, 4)),
    "flatten": (lambda _: Flatten(), (3, 2, 2, 3)),
    "sigmoid": (lambda _: Sigmoid(), (3, 4)),
    "tanh": (lambda _: Tanh(), (3, 4)),
    "relu": (lambda _: ReLU(), (2, 3, 4, 4)),
    "identity": (lambda _: Identity(), (3, 4)),
}
each_case = pytest.mark.parametrize(("make", "shape"), CASES.values(), ids=CASES)


def spread(shape):
    """Values at least 0.01 apart from each other and from 0: no kink and no tie within h."""
    values = (np.arange(np.prod(shape)) + 0.5) * 0.02
    return rng().permutation(values - values.mean() + 0.003).reshape(shape)


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
    assert y.dtype == (np.float32 if layer.params else np.float64)


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
