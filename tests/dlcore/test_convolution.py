"""im2col, col2im, convolution and pooling: by hand, against plain loops, by their properties."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dlcore.convolution import (
    col2im,
    conv_backward,
    conv_forward,
    conv_output_size,
    im2col,
    max_pool_backward,
    max_pool_forward,
)
from dlcore.gradient_check import numerical_gradient, relative_error


@st.composite
def geometries(draw):
    """Random (N, C, H, W), filter (h, w), stride and padding that fit."""
    shape = tuple(draw(st.integers(1, high)) for high in (3, 3, 7, 7))
    stride, pad = draw(st.integers(1, 6)), draw(st.integers(0, 6))
    FH, FW = (draw(st.integers(1, min(5, size + 2 * pad))) for size in shape[2:])
    return shape, FH, FW, stride, pad


seeds = st.integers(0, 2**32 - 1)


def windows_by_loop(x, FH, FW, stride, pad):
    """All windows in order, cut out one at a time."""
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    N, _, H, W = padded.shape
    for n in range(N):
        for top in range(0, H - FH + 1, stride):
            for left in range(0, W - FW + 1, stride):
                yield padded[n, :, top : top + FH, left : left + FW]


def conv_by_loop(x, W, b, stride, pad):
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    FN, _, FH, FW = W.shape
    tops = range(0, padded.shape[2] - FH + 1, stride)
    lefts = range(0, padded.shape[3] - FW + 1, stride)
    out = np.zeros((len(x), FN, len(tops), len(lefts)))
    for n in range(len(x)):
        for f in range(FN):
            for oy, top in enumerate(tops):
                for ox, left in enumerate(lefts):
                    window = padded[n, :, top : top + FH, left : left + FW]
                    out[n, f, oy, ox] = (window * W[f]).sum() + b[f]
    return out


# --- output size -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((6, 2, 1, 1), 7),  # the report's exercise
        ((6, 2, 1, 0), 5),
        ((5, 3, 2, 1), 3),
        ((28, 5), 24),
        ((227, 11, 4), 55),
        ((224, 11, 4), 54),  # 54.25, rounded down
        ((7, 7), 1),
        ((1, 1, 9), 1),
        ((1, 3, 1, 1), 1),
        ((1, 1, 1, 3), 7),
    ],
)
def test_output_size_by_hand(arguments, expected):
    assert conv_output_size(*arguments) == expected


@given(st.integers(1, 60), st.integers(1, 12), st.integers(1, 9), st.integers(0, 9))
def test_output_size_counts_the_positions(size, filter_size, stride, pad):
    padded = size + 2 * pad
    assume(filter_size <= padded)
    positions = range(0, padded - filter_size + 1, stride)
    assert conv_output_size(size, filter_size, stride, pad) == len(positions)


def test_output_size_takes_numpy_integers_without_overflow():
    size = conv_output_size(np.uint8(250), np.int8(3), np.int16(1), np.uint8(10))
    assert size == 268
    assert type(size) is int


# --- im2col, col2im --------------------------------------------------------------------------


def test_im2col_by_hand_order_of_rows_and_columns():
    x = np.arange(2 * 2 * 2 * 3).reshape(2, 2, 2, 3)
    expected = [
        [0, 1, 3, 4, 6, 7, 9, 10],
        [1, 2, 4, 5, 7, 8, 10, 11],
        [12, 13, 15, 16, 18, 19, 21, 22],
        [13, 14, 16, 17, 19, 20, 22, 23],
    ]
    np.testing.assert_array_equal(im2col(x, 2, 2), expected)


def test_im2col_pads_all_four_sides_with_zeros():
    col = im2col(np.array([[[[5]]]]), 3, 3, pad=1)
    np.testing.assert_array_equal(col, [[0, 0, 0, 0, 5, 0, 0, 0, 0]])


@given(geometries(), seeds)
def test_im2col_equals_a_loop(geometry, seed):
    shape, FH, FW, stride, pad = geometry
    x = np.random.default_rng(seed).normal(size=shape)
    expected = [w.ravel() for w in windows_by_loop(x, FH, FW, stride, pad)]
    np.testing.assert_array_equal(im2col(x, FH, FW, stride, pad), expected)


@given(geometries(), seeds)
def test_col2im_is_the_adjoint_of_im2col(geometry, seed):
    shape, FH, FW, stride, pad = geometry
    rng = np.random.default_rng(seed)
    x = rng.normal(size=shape)
    col = im2col(x, FH, FW, stride, pad)
    c = rng.normal(size=col.shape)
    left = (col * c).sum()
    right = (x * col2im(c, shape, FH, FW, stride, pad)).sum()
    np.testing.assert_allclose(left, right, rtol=1e-10, atol=1e-10)


@given(geometries())
def test_col2im_of_im2col_counts_the_windows_of_each_pixel(geometry):
    shape, FH, FW, stride, pad = geometry
    ones = np.ones(shape)
    counts = col2im(im2col(ones, FH, FW, stride, pad), shape, FH, FW, stride, pad)
    H, W = shape[2] + 2 * pad, shape[3] + 2 * pad
    expected = np.zeros((H, W))
    for top in range(0, H - FH + 1, stride):
        for left in range(0, W - FW + 1, stride):
            expected[top : top + FH, left : left + FW] += 1
    expected = expected[pad : H - pad, pad : W - pad]
    np.testing.assert_array_equal(counts, np.broadcast_to(expected, shape))


def test_pixels_that_no_window_reaches_get_zero():
    x = np.ones((1, 1, 4, 5))
    dx = col2im(im2col(x, 1, 1, stride=3), x.shape, 1, 1, stride=3)
    expected = np.zeros((4, 5))
    expected[[0, 0, 3, 3], [0, 3, 0, 3]] = 1
    np.testing.assert_array_equal(dx[0, 0], expected)


def test_small_numpy_integers_do_not_wrap_around():
    x = np.arange(300.0).reshape(1, 1, 1, 300)
    col = im2col(x, np.uint8(1), np.uint8(2), stride=np.uint8(2), pad=np.uint8(0))
    np.testing.assert_array_equal(col, x.reshape(150, 2))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_im2col_and_col2im_keep_the_dtype_and_their_arguments(dtype):
    x = np.arange(18, dtype=dtype).reshape(1, 2, 3, 3)
    before = x.copy()
    col = im2col(x, 2, 2, pad=1)
    col_before = col.copy()
    dx = col2im(col, x.shape, 2, 2, pad=1)
    assert col.dtype == dx.dtype == dtype
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(col, col_before)


def test_im2col_of_a_1x1_filter_is_not_a_view():
    x = np.zeros((1, 1, 2, 2))
    im2col(x, 1, 1)[:] = 7
    assert not x.any()


# --- convolution -----------------------------------------------------------------------------


def test_convolution_by_hand():
    x = np.array([[[[1.0, 2, 0], [0, 1, 3], [4, 0, 1]], [[1, 0, 0], [0, 1, 0], [0, 0, 1]]]])
    W = np.array([[[[1.0, 0], [0, -1]], [[2, 0], [0, 0]]]])
    out, _ = conv_forward(x, W, np.array([10.0]))
    # Top left: 1·1 − 1·1 + 2·1 + 10. The filter is not flipped.
    np.testing.assert_array_equal(out, [[[[12, 9], [10, 12]]]])


@given(geometries(), seeds)
def test_convolution_equals_a_loop(geometry, seed):
    shape, FH, FW, stride, pad = geometry
    rng = np.random.default_rng(seed)
    x = rng.normal(size=shape)
    W, b = rng.normal(size=(2, shape[1], FH, FW)), rng.normal(size=2)
    out, _ = conv_forward(x, W, b, stride, pad)
    np.testing.assert_allclose(out, conv_by_loop(x, W, b, stride, pad), rtol=1e-10, atol=1e-10)
    assert out.shape[2:] == (
        conv_output_size(shape[2], FH, stride, pad),
        conv_output_size(shape[3], FW, stride, pad),
    )


@pytest.mark.parametrize(
    ("shape", "filter_shape", "stride", "pad"),
    [
        ((2, 2, 5, 4), (3, 2, 3, 2), 1, 0),
        ((2, 1, 5, 6), (2, 1, 2, 3), 2, 1),
        ((1, 2, 4, 4), (2, 2, 2, 2), 3, 0),  # stride larger than the filter
        ((1, 1, 3, 3), (1, 1, 2, 2), 1, 3),  # padding larger than the filter
    ],
)
def test_convolution_gradients(shape, filter_shape, stride, pad):
    rng = np.random.default_rng(1)
    variables = {
        "x": rng.normal(size=shape),
        "W": rng.normal(size=filter_shape),
        "b": rng.normal(size=filter_shape[0]),
    }
    out, cache = conv_forward(**variables, stride=stride, pad=pad)
    dout = rng.normal(size=out.shape)
    analytic = dict(zip(variables, conv_backward(dout, cache), strict=True))

    def loss(_):
        return float((conv_forward(**variables, stride=stride, pad=pad)[0] * dout).sum())

    for name, variable in variables.items():
        error = relative_error(analytic[name], numerical_gradient(loss, variable))
        assert error < 1e-8, name


def test_convolution_cache_is_self_contained():
    rng = np.random.default_rng(2)
    x, W, b = rng.normal(size=(2, 1, 4, 4)), rng.normal(size=(3, 1, 1, 1)), np.zeros(3)
    out, cache = conv_forward(x, W, b)
    dout = rng.normal(size=out.shape)
    first = conv_backward(dout, cache)
    conv_forward(rng.normal(size=(1, 1, 5, 5)), W, b)
    x[:], W[:] = 0, 0
    for before, after in zip(first, conv_backward(dout, cache), strict=True):
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_convolution_keeps_dtype_and_arguments(dtype):
    rng = np.random.default_rng(3)
    arrays = [rng.normal(size=s).astype(dtype) for s in ((2, 2, 4, 4), (3, 2, 2, 2), (3,))]
    copies = [a.copy() for a in arrays]
    out, cache = conv_forward(*arrays, pad=1)
    dout = np.ones_like(out)
    gradients = conv_backward(dout, cache)
    assert {a.dtype for a in (out, *gradients)} == {np.dtype(dtype)}
    assert [g.shape for g in gradients] == [a.shape for a in arrays]
    for array, copy in zip(arrays, copies, strict=True):
        np.testing.assert_array_equal(array, copy)
    assert (dout == 1).all()


def test_integer_images_take_the_dtype_of_the_filter():
    out, cache = conv_forward(
        np.ones((1, 1, 3, 3), dtype=np.uint8),
        np.full((1, 1, 2, 2), 100, dtype=np.float32),
        np.zeros(1, dtype=np.float32),
    )
    assert out.dtype == np.float32
    assert (out == 400).all()  # 400 would not fit in the uint8 of the image
    assert conv_backward(np.ones(out.shape, dtype=int), cache)[0].dtype == np.float32


# --- pooling ---------------------------------------------------------------------------------


def test_pooling_by_hand():
    x = np.array([[[[1, 2, 0, 5, 9], [4, 3, 6, 0, 9], [7, 8, 9, 9, 9]]]])
    out, cache = max_pool_forward(x, 2, 2)
    np.testing.assert_array_equal(out, [[[[4, 6]]]])  # last row and column fill no window
    dx = max_pool_backward(np.array([[[[10, 20]]]]), cache)
    np.testing.assert_array_equal(dx[0, 0], [[0, 0, 0, 0, 0], [10, 0, 20, 0, 0], [0] * 5])


def test_of_equal_maxima_the_first_gets_the_gradient():
    _, cache = max_pool_forward(np.zeros((1, 1, 2, 2)), 2, 2)
    dx = max_pool_backward(np.ones((1, 1, 1, 1)), cache)
    np.testing.assert_array_equal(dx[0, 0], [[1, 0], [0, 0]])


def test_overlapping_windows_add_their_gradients():
    x = np.array([[[[0.0, 5, 0]]]]).repeat(2, axis=2)
    x[0, 0, 1] = -1
    out, cache = max_pool_forward(x, 2, 1)
    np.testing.assert_array_equal(out, [[[[5, 5]]]])
    dx = max_pool_backward(np.array([[[[2.0, 3.0]]]]), cache)
    np.testing.assert_array_equal(dx[0, 0], [[0, 5, 0], [0, 0, 0]])


def test_gaps_between_windows_get_zero():
    x = np.arange(25.0).reshape(1, 1, 5, 5)
    out, cache = max_pool_forward(x, 1, 4)
    np.testing.assert_array_equal(out[0, 0], [[0, 4], [20, 24]])
    dx = max_pool_backward(np.ones_like(out), cache)
    assert dx.sum() == 4
    assert dx[0, 0, [0, 0, 4, 4], [0, 4, 0, 4]].all()


@given(geometries(), seeds)
def test_pooling_equals_a_loop(geometry, seed):
    shape, pool, _, stride, _ = geometry
    assume(pool <= min(shape[2:]))
    x = np.random.default_rng(seed).permutation(np.arange(np.prod(shape) * 1.0)).reshape(shape)
    out, cache = max_pool_forward(x, pool, stride)
    dout = np.random.default_rng(seed).normal(size=out.shape)
    expected = np.zeros(shape)
    for n, c, oy, ox in np.ndindex(out.shape):
        rows = slice(oy * stride, oy * stride + pool)
        columns = slice(ox * stride, ox * stride + pool)
        window = x[n, c, rows, columns]
        assert out[n, c, oy, ox] == window.max()
        expected[n, c, rows, columns] += dout[n, c, oy, ox] * (window == window.max())
    np.testing.assert_allclose(max_pool_backward(dout, cache), expected, atol=1e-12)


def test_windows_of_more_than_256_pixels_remember_their_winner():
    x = np.zeros((1, 1, 20, 20))
    x[0, 0, 19, 18] = 1
    out, cache = max_pool_forward(x, 20, 1)
    dx = max_pool_backward(np.ones_like(out), cache)
    assert np.argwhere(dx[0, 0]).tolist() == [[19, 18]]


def test_pooling_passes_nan_on():
    x = np.ones((1, 1, 2, 2))
    x[0, 0, 1, 0] = np.nan
    assert np.isnan(max_pool_forward(x, 2, 2)[0]).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_pooling_keeps_dtype_and_arguments_and_cache(dtype):
    x = np.random.default_rng(4).integers(0, 9, (2, 3, 5, 5)).astype(dtype)
    before = x.copy()
    out, cache = max_pool_forward(x, 2, 2)
    dout = np.ones_like(out)
    dx = max_pool_backward(dout, cache)
    assert out.dtype == dx.dtype == dtype
    np.testing.assert_array_equal(x, before)
    x[:] = 0
    max_pool_forward(x, 3, 1)
    np.testing.assert_array_equal(max_pool_backward(dout, cache), dx)
    assert (dout == 1).all()
