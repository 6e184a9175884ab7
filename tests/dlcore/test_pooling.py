"""Average and global pooling: by hand, and their gradients."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlcore.gradient_check import numerical_gradient, relative_error
from dlcore.pooling import (
    average_pool_backward,
    average_pool_forward,
    global_average_pool,
    global_average_pool_backward,
    global_max_pool,
    global_max_pool_backward,
)

images = st.tuples(*(st.integers(1, high) for high in (3, 3, 6, 6)))
seeds = st.integers(0, 2**32 - 1)


@given(images, st.integers(1, 4), st.integers(1, 5), seeds)
def test_average_pooling_equals_a_loop(shape, pool, stride, seed):
    pool = min(pool, *shape[2:])
    x = np.random.default_rng(seed).normal(size=shape)
    out, cache = average_pool_forward(x, pool, stride)
    for oy in range(out.shape[2]):
        for ox in range(out.shape[3]):
            top, left = oy * stride, ox * stride
            window = x[:, :, top : top + pool, left : left + pool]
            np.testing.assert_allclose(out[:, :, oy, ox], window.mean(axis=(2, 3)), atol=1e-12)
    dout = np.ones_like(out)
    assert average_pool_backward(dout, cache).sum() == pytest.approx(dout.sum())


@pytest.mark.parametrize(("pool", "stride"), [(2, 2), (3, 1), (2, 3)])
def test_average_pooling_gradient(pool, stride):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 2, 5, 4))
    out, cache = average_pool_forward(x, pool, stride)
    dout = rng.normal(size=out.shape)

    def loss(x):
        return float((average_pool_forward(x, pool, stride)[0] * dout).sum())

    assert relative_error(average_pool_backward(dout, cache), numerical_gradient(loss, x)) < 1e-8


@pytest.mark.parametrize(
    ("pool", "derivative"),
    [
        (global_average_pool, global_average_pool_backward),
        (global_max_pool, global_max_pool_backward),
    ],
)
@given(shape=images, seed=seeds)
def test_gradients_of_global_pooling(pool, derivative, shape, seed):
    rng = np.random.default_rng(seed)
    x = rng.permutation(np.arange(np.prod(shape), dtype=float)).reshape(shape)  # no ties
    dout = rng.normal(size=shape[:2])

    def loss(x):
        return float((pool(x) * dout).sum())

    assert relative_error(derivative(dout, x), numerical_gradient(loss, x, 1e-3)) < 1e-8


def test_global_pooling_keeps_dtype_and_arguments():
    x = np.arange(16, dtype=np.float32).reshape(1, 2, 2, 4)
    before = x.copy()
    for pool, derivative in (
        (global_average_pool, global_average_pool_backward),
        (global_max_pool, global_max_pool_backward),
    ):
        y = pool(x)
        dx = derivative(np.ones((1, 2), dtype=np.float32), x)
        assert y.dtype == dx.dtype == np.float32
        assert dx.shape == x.shape
    np.testing.assert_array_equal(x, before)


def test_of_equal_maxima_the_first_row_by_row_receives_the_gradient():
    x = np.array([[[[0.0, 2.0], [2.0, 2.0]]]])
    np.testing.assert_array_equal(global_max_pool_backward([[3.0]], x), [[[[0, 3], [0, 0]]]])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: global_average_pool(np.ones((2, 3))), r"global_average_pool.*4 axes"),
        (lambda: global_max_pool(np.ones((1, 1, 0, 2))), "at least one pixel"),
        (
            lambda: global_average_pool_backward(np.ones((2, 2)), np.ones((1, 2, 3, 3))),
            r"dout of shape \(1, 2\), got \(2, 2\)",
        ),
        (lambda: average_pool_forward(np.ones((1, 1, 2, 2)), 3, 1), "pool to be at most 2"),
        (
            lambda: average_pool_backward(
                np.ones((1, 1, 2, 2)), average_pool_forward(np.ones((1, 1, 2, 2)), 2, 2)[1]
            ),
            r"dout of shape \(1, 1, 1, 1\)",
        ),
    ],
)
def test_errors_name_the_remedy(call, message):
    with pytest.raises(ValueError, match=message):
        call()
