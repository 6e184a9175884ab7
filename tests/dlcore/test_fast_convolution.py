"""What the layers Convolution and MaxPool compute with, against the functions of chapter 4."""

import numpy as np
import pytest
import threadpoolctl
from hypothesis import given
from hypothesis import strategies as st

from dlcore import _fast_convolution, _fast_pooling, _threads
from dlcore.convolution import conv_backward, conv_forward, max_pool_backward, max_pool_forward
from dlcore.layers import AveragePool, Convolution, MaxPool
from dlcore.networks import SimpleConvNet

seeds = st.integers(0, 2**32 - 1)
memory_orders = st.sampled_from([(0, 1, 2, 3), (0, 2, 3, 1), (1, 0, 2, 3), (3, 2, 1, 0)])


@st.composite
def geometries(draw):
    """Random (N, C, H, W), filter (h, w), stride and padding that fit."""
    shape = tuple(draw(st.integers(1, high)) for high in (4, 3, 8, 8))
    stride, pad = draw(st.integers(1, 5)), draw(st.integers(0, 5))
    FH, FW = (draw(st.integers(1, min(5, size + 2 * pad))) for size in shape[2:])
    return shape, FH, FW, stride, pad


def in_memory_order(x, order):
    """A copy of x whose axes lie in memory in another order, the last one closest together."""
    return np.ascontiguousarray(x.transpose(order)).transpose(np.argsort(order))


@given(geometries(), st.integers(1, 3), seeds, memory_orders, st.sampled_from([1, 300, 2**20]))
def test_convolution_equals_the_readable_one(geometry, FN, seed, order, block_bytes):
    shape, FH, FW, stride, pad = geometry
    rng = np.random.default_rng(seed)
    x = in_memory_order(rng.normal(size=shape), order)
    W, b = rng.normal(size=(FN, shape[1], FH, FW)), rng.normal(size=FN)
    before = _fast_convolution.BLOCK_BYTES
    _fast_convolution.BLOCK_BYTES = block_bytes  # bands of rows, single images, whole batches
    try:
        out, cache = _fast_convolution.forward(x, W, b, stride, pad)
        dout = in_memory_order(rng.normal(size=out.shape), order)
        gradients = _fast_convolution.backward(dout, cache)
        parameter_gradients = _fast_convolution.parameter_gradients(dout, cache)
    finally:
        _fast_convolution.BLOCK_BYTES = before
    expected, readable_cache = conv_forward(x, W, b, stride, pad)
    expected_gradients = conv_backward(dout, readable_cache)
    np.testing.assert_allclose(out, expected, rtol=1e-10, atol=1e-12)
    for got, wanted in zip(gradients, expected_gradients, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-10, atol=1e-12)
    for got, wanted in zip(parameter_gradients, expected_gradients[1:], strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-10, atol=1e-12)


@given(
    st.tuples(*(st.integers(1, high) for high in (3, 3, 7, 7))),
    st.integers(1, 4),
    st.integers(1, 5),
    seeds,
    memory_orders,
)
def test_max_pooling_equals_the_readable_one_with_ties_too(shape, pool, stride, seed, order):
    pool = min(pool, *shape[2:])
    rng = np.random.default_rng(seed)
    x = in_memory_order(rng.integers(0, 3, size=shape).astype(np.float64), order)
    out, cache = _fast_pooling.forward(x, pool, stride)
    expected, readable_cache = max_pool_forward(x, pool, stride)
    np.testing.assert_array_equal(out, expected)
    dout = rng.integers(-9, 9, size=out.shape).astype(np.float64)
    np.testing.assert_array_equal(
        _fast_pooling.backward(dout, cache), max_pool_backward(dout, readable_cache)
    )


def test_pooling_of_single_pixels_is_not_a_view():
    x = np.zeros((1, 1, 2, 2))
    out, _ = _fast_pooling.forward(x, 1, 1)
    assert not np.shares_memory(out, x)


def test_float32_sums_over_many_pixels_stay_exact_to_five_digits():
    rng = np.random.default_rng(0)
    x, dy = rng.random((200, 1, 28, 28)), rng.random((200, 4, 28, 28))
    gradients = {}
    for dtype in (np.float32, np.float64):
        layer = Convolution(1, 4, 3, pad=1, init=np.ones((4, 1, 3, 3)), dtype=dtype)
        layer.forward(x.astype(dtype))
        layer.backward(dy.astype(dtype))
        gradients[dtype] = layer.grads
    for key, exact in gradients[np.float64].items():
        np.testing.assert_allclose(gradients[np.float32][key], exact, rtol=1e-5)


def test_fill_grads_gives_the_gradients_of_backward():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(3, 2, 6, 5))
    own = Convolution(
        2, 4, 3, pad=1, rng=np.random.default_rng(2), conv=(conv_forward, conv_backward)
    )
    library = Convolution(2, 4, 3, pad=1, rng=np.random.default_rng(2))
    for layer in (own, library):
        dy = rng.normal(size=layer.forward(x).shape)
        layer.backward(dy)
        expected = {key: g.copy() for key, g in layer.grads.items()}
        layer.forward(x)
        layer.fill_grads(dy)
        for key, g in expected.items():
            np.testing.assert_allclose(layer.grads[key], g, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "layer", [Convolution(2, 3, 3, rng=np.random.default_rng(0)), MaxPool(2), AveragePool(2)]
)
def test_the_memory_order_of_the_channels_last_path_is_kept(layer):
    x = np.zeros((2, 6, 6, 2), dtype=np.float32).transpose(0, 3, 1, 2)
    y = layer.forward(x)
    dx = layer.backward(np.ones_like(y))
    for array in (y, dx):
        assert array.transpose(0, 2, 3, 1).flags.c_contiguous


def test_working_memory_does_not_grow_with_the_batch():
    rng = np.random.default_rng(0)
    layer = Convolution(16, 16, 3, pad=1, rng=rng)
    peaks = []
    with threadpoolctl.threadpool_limits(1):  # two threads have buffers each
        for count in (50, 200):
            x = rng.random((count, 16, 28, 28), dtype=np.float32)
            peaks.append(peak_memory(lambda x=x: layer.forward(x)) - x.nbytes)  # y is as large as x
    assert peaks[1] < 1.1 * peaks[0]
    assert peaks[1] < 5e6


def peak_memory(function):
    import tracemalloc

    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


# --- threads ---------------------------------------------------------------------------------


@pytest.fixture
def two_threads():
    """BLAS set to two threads, on any machine."""
    blas = _threads._blas()
    if blas is None or not blas.lib_controllers:
        pytest.skip("threadpoolctl finds no BLAS library whose threads it could set")
    with blas.limit(limits=2):
        if blas.lib_controllers[0].num_threads != 2:
            pytest.skip("this BLAS library has a single thread")
        yield blas


def test_work_is_shared_out_and_blas_limited_meanwhile(two_threads):
    import threading

    barrier = threading.Barrier(2, timeout=30)

    def work(items):
        barrier.wait()  # passes only if two shares are worked on side by side
        return items, two_threads.lib_controllers[0].num_threads

    assert _threads.share_out(work, [1, 2, 3, 4, 5]) == [([1, 3, 5], 1), ([2, 4], 1)]
    assert two_threads.lib_controllers[0].num_threads == 2


def test_work_in_a_share_is_not_shared_out_again(two_threads):
    def work(items):
        return _threads.share_out(list, items)

    assert _threads.share_out(work, [1, 2, 3, 4]) == [[[1, 3]], [[2, 4]]]
    assert _threads.share_out(list, [1, 2]) == [[1], [2]]


def test_predicting_in_two_threads_gives_what_one_gives(two_threads):
    rng = np.random.default_rng(0)
    network = SimpleConvNet((1, 8, 8), filters=4, filter_size=3, rng=rng)
    x, t = rng.random((50, 1, 8, 8)), rng.integers(0, 10, 50)
    together = network.scores(x, batch_size=7), network.accuracy(x, t, batch_size=7)
    with two_threads.limit(limits=1):
        alone = network.scores(x, batch_size=7), network.accuracy(x, t, batch_size=7)
    np.testing.assert_array_equal(together[0], alone[0])
    assert together[1] == alone[1]


def test_an_error_in_a_share_is_raised_and_the_limit_lifted(two_threads):
    def work(items):
        if 2 in items:
            raise ArithmeticError("share")

    with pytest.raises(ArithmeticError, match="share"):
        _threads.share_out(work, [1, 2])
    assert two_threads.lib_controllers[0].num_threads == 2


def test_results_are_the_same_in_every_run_with_two_threads(two_threads):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 4, 14, 14)).astype(np.float32)
    layer = Convolution(4, 8, 3, rng=rng)
    dy = rng.normal(size=layer.forward(x).shape).astype(np.float32)
    runs = []
    for _ in range(5):
        y = layer.forward(x)
        dx = layer.backward(dy)
        runs.append([y, dx, layer.grads["W"], layer.grads["b"]])
    for again in runs[1:]:
        for first, second in zip(runs[0], again, strict=True):
            np.testing.assert_array_equal(first, second)


def test_a_forked_process_can_convolve(two_threads):
    import multiprocessing

    x = np.ones((8, 16, 28, 28), dtype=np.float32)
    layer = Convolution(16, 16, 3, init=np.ones((16, 16, 3, 3)))
    layer.forward(x)  # the pool of threads exists now
    context = multiprocessing.get_context("fork")
    process = context.Process(target=layer.forward, args=(x,))
    process.start()
    process.join(30)
    assert process.exitcode == 0
