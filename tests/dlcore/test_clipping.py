"""Clipping by the norm of all gradients together."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlcore.optimizers import clip_by_norm


def total(grads):
    return math.sqrt(sum(float(np.sum(np.asarray(g, np.float64) ** 2)) for g in grads.values()))


def test_by_hand():
    grads = {"W": np.array([[2.0, 0.0], [1.0, 0.0]]), "b": np.array([2.0])}
    clipped, norm = clip_by_norm(grads, 1.5)
    assert norm == 3
    np.testing.assert_allclose(clipped["W"], [[1, 0], [0.5, 0]], rtol=1e-15)
    np.testing.assert_allclose(clipped["b"], [1], rtol=1e-15)
    assert grads["b"][0] == 2


@given(
    seed=st.integers(0, 2**32 - 1),
    sizes=st.lists(st.integers(0, 5), max_size=4),
    dtype=st.sampled_from([np.float32, np.float64]),
    exponent=st.integers(-30, 30),
    max_norm=st.floats(1e-3, 1e3),
)
def test_the_norm_is_at_most_the_largest_allowed(seed, sizes, dtype, exponent, max_norm):
    rng = np.random.default_rng(seed)
    grads = {
        str(n): (rng.normal(size=size) * 10.0**exponent).astype(dtype)
        for n, size in enumerate(sizes)
    }
    before = {key: g.copy() for key, g in grads.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clipped, norm = clip_by_norm(grads, max_norm)
    near = 1e-5 if dtype == np.float32 else 1e-12
    assert norm == pytest.approx(total(grads), rel=near)
    assert total(clipped) == pytest.approx(min(norm, max_norm), rel=near)
    assert clipped.keys() == grads.keys()
    for key, g in grads.items():
        np.testing.assert_array_equal(g, before[key])
        assert clipped[key].dtype == dtype
        assert clipped[key].shape == g.shape
        if norm <= max_norm:
            assert clipped[key] is g


def test_nothing_to_clip():
    assert clip_by_norm({}, 1) == ({}, 0.0)
    assert clip_by_norm({"w": np.zeros(2)}, 1)[1] == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_names_the_gradient_that_is_not_finite(bad):
    with pytest.raises(FloatingPointError, match=r"clip_by_norm: expected finite grads\['b'\]"):
        clip_by_norm({"W": np.ones(2), "b": np.array([1, bad])}, 1)


def test_arguments_out_of_range():
    with pytest.raises(ValueError, match=r"clip_by_norm: expected max_norm .*positive.*got 0"):
        clip_by_norm({}, 0)
    with pytest.raises(TypeError, match=r"grads\['w'\] to hold real numbers"):
        clip_by_norm({"w": np.array(["x"])}, 1)
