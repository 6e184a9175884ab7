"""Batch normalisation: by hand, running statistics, both modes, accuracy."""

import numpy as np
import pytest
from layer_cases import batch_norm, rng

from dlcore.gradient_check import numerical_gradient, relative_error
from dlcore.layers import BatchNorm


def test_by_hand():
    layer = BatchNorm(1, eps=3.0, dtype=np.float64)
    layer.params["gamma"][:] = 10
    layer.params["beta"][:] = 5
    # Mean 4, variance 1, and 1 + ε has the root 2.
    np.testing.assert_allclose(layer.forward([[3.0], [5.0]], train=True), [[0], [10]])
    np.testing.assert_allclose(layer.backward([[1.0], [2.0]])[:, 0], [-1.875, 1.875])
    np.testing.assert_allclose(layer.grads["gamma"], [0.5])
    np.testing.assert_allclose(layer.grads["beta"], [3])


def test_running_statistics_by_hand():
    layer = BatchNorm(1, momentum=0.75, dtype=np.float64)
    running = dict(layer.buffers)
    layer.forward([[3.0], [5.0]], train=True)
    assert layer.buffers["running_mean"] == 0.25 * 4
    assert layer.buffers["running_var"] == 0.75 + 0.25 * 1  # biased: divided by 2, not by 1
    layer.forward([[0.0], [8.0]], train=True)
    assert layer.buffers["running_mean"] == 0.75 * 1 + 0.25 * 4
    assert layer.buffers["running_var"] == 0.75 * 1 + 0.25 * 16
    assert all(layer.buffers[key] is array for key, array in running.items())


def test_inference_uses_the_running_statistics_and_leaves_them():
    layer = BatchNorm(2, eps=3.0, dtype=np.float64)
    layer.buffers["running_mean"][:] = [1, -1]
    layer.buffers["running_var"][:] = [1, 13]
    np.testing.assert_allclose(layer.forward([[3.0, 7.0]]), [[1, 2]])
    np.testing.assert_array_equal(layer.buffers["running_mean"], [1, -1])
    np.testing.assert_array_equal(layer.buffers["running_var"], [1, 13])


@pytest.mark.parametrize("shape", [(4, 3), (2, 3, 2, 4)])
def test_maps_are_normalised_per_channel(shape):
    layer = BatchNorm(3, eps=1e-12, dtype=np.float64)
    y = layer.forward(rng().normal(5, 3, size=shape), train=True)
    axes = (0, *range(2, len(shape)))
    np.testing.assert_allclose(y.mean(axis=axes), 0, atol=1e-14)
    np.testing.assert_allclose(y.var(axis=axes), 1, rtol=1e-10)


@pytest.mark.parametrize("shape", [(4, 3), (2, 3, 2, 4)])
@pytest.mark.parametrize("affine", [True, False])
def test_gradients_after_an_inference_pass(shape, affine):
    layer = batch_norm(3, affine=affine, dtype=np.float64)
    x = rng().normal(size=shape)
    dy = rng().normal(size=shape)
    layer.forward(x)
    analytic = {"x": layer.backward(dy), **layer.grads}
    for key, variable in {"x": x, **layer.params}.items():
        numerical = numerical_gradient(lambda _: float((layer.forward(x) * dy).sum()), variable)
        assert relative_error(analytic[key], numerical) < 1e-8, key


@pytest.mark.parametrize("shape", [(1, 3), (1, 3, 1, 1)])
def test_a_single_value_per_feature_gives_beta_and_no_gradient(shape):
    layer = batch_norm(3, dtype=np.float64)
    y = layer.forward(rng().normal(size=shape), train=True)
    np.testing.assert_array_equal(y.ravel(), layer.params["beta"])
    np.testing.assert_array_equal(layer.backward(np.ones(shape)), np.zeros(shape))


def test_a_constant_feature_stays_finite():
    layer = BatchNorm(2)
    y = layer.forward(np.full((5, 2), 1e4, dtype=np.float32), train=True)
    np.testing.assert_array_equal(y, np.zeros((5, 2)))
    assert np.isfinite(layer.backward(np.ones((5, 2)))).all()


def test_without_affine_there_is_nothing_to_train():
    layer = BatchNorm(3, affine=False)
    assert layer.params == layer.grads == {}
    assert layer.buffers.keys() == {"running_mean", "running_var"}


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize(("mean", "tolerance"), [(0, 1e-6), (100, 1e-5)])
def test_large_maps_in_float32_agree_with_float64(channels_last, mean, tolerance):
    x = rng().normal(mean, 1, size=(100, 28, 28, 16)).astype(np.float32)
    x = x.transpose(0, 3, 1, 2)
    if not channels_last:
        x = np.ascontiguousarray(x)
    dy = rng().normal(size=x.shape).astype(np.float32)
    single, double = BatchNorm(16), BatchNorm(16, dtype=np.float64)
    y = single.forward(x, train=True)
    assert y.dtype == np.float32
    assert relative_error(y, double.forward(x, train=True)) < tolerance
    assert relative_error(single.backward(dy), double.backward(dy)) < tolerance
    for key, state in double.buffers.items():
        assert relative_error(single.buffers[key], state) < 1e-6


@pytest.mark.parametrize("momentum", [1, -0.1, np.nan])
def test_momentum_out_of_range(momentum):
    with pytest.raises(ValueError, match=r"BatchNorm: expected momentum .*0 <= momentum < 1, got"):
        BatchNorm(3, momentum=momentum)


def test_settings_of_the_wrong_kind():
    with pytest.raises(ValueError, match=r"BatchNorm: expected features .*at least 1, got 0"):
        BatchNorm(0)
    with pytest.raises(ValueError, match=r"BatchNorm: expected eps .*positive number, got 0"):
        BatchNorm(2, eps=0)
    with pytest.raises(TypeError, match=r"BatchNorm: expected dtype .*float type, got int"):
        BatchNorm(2, dtype=int)
    with pytest.raises(TypeError, match=r"BatchNorm: expected momentum .*got '0\.9'"):
        BatchNorm(2, momentum="0.9")


@pytest.mark.parametrize("shape", [(3,), (5, 4), (5, 4, 2, 2), (5, 3, 2), (5, 2, 2, 3)])
def test_input_of_another_shape(shape):
    with pytest.raises(ValueError, match=r"BatchNorm: expected x of shape \(N, 3\) or \(N, 3, H"):
        BatchNorm(3).forward(np.zeros(shape))


@pytest.mark.parametrize("shape", [(4,), (3, 2), (4, 2, 2), ()])
def test_input_shape_that_does_not_fit(shape):
    with pytest.raises(ValueError, match=r"BatchNorm: expected input_shape \(3,\) or \(3, H, W\)"):
        BatchNorm(3).output_shape(shape)
