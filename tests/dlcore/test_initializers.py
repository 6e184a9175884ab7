"""Initialisers: shape, variance, distribution, determinism."""

import numpy as np
import pytest

from dlcore import initializers
from dlcore.initializers import (
    constant,
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
    normal,
    orthogonal,
    xavier_normal,
    zeros,
)
from dlcore.layers import Affine

# Name: (initialiser, variance from fan_in and fan_out).
NORMAL = {
    "normal(0.05)": (normal(0.05), lambda fan_in, fan_out: 0.05**2),
    "xavier_normal": (xavier_normal, lambda fan_in, fan_out: 1 / fan_in),
    "glorot_normal": (glorot_normal, lambda fan_in, fan_out: 2 / (fan_in + fan_out)),
    "he_normal": (he_normal, lambda fan_in, fan_out: 2 / fan_in),
}
UNIFORM = {
    "glorot_uniform": (glorot_uniform, lambda fan_in, fan_out: 2 / (fan_in + fan_out)),
    "he_uniform": (he_uniform, lambda fan_in, fan_out: 2 / fan_in),
}
DRAWN = {**NORMAL, **UNIFORM, "orthogonal": (orthogonal, lambda n, m: 1 / max(n, m))}
each_drawn = pytest.mark.parametrize(("init", "variance"), DRAWN.values(), ids=DRAWN)
each_size = pytest.mark.parametrize(("fan_in", "fan_out"), [(400, 1000), (1000, 400), (600, 600)])


def test_every_public_initializer_is_tested():
    tested = {name.split("(")[0] for name in DRAWN} | {"constant", "zeros"}
    assert tested == set(initializers.__all__) - {"Initializer"}


# In the three tests that follow each assertion holds for all but 6 of 10 million seeds: the limits
# are five standard errors of 360,000 draws or more.


@each_drawn
@each_size
def test_mean_and_shape(init, variance, fan_in, fan_out):
    W = init(fan_in, fan_out, np.random.default_rng(0))
    assert W.shape == (fan_in, fan_out)
    assert W.dtype == np.float64
    assert abs(W.mean()) < 5 * np.sqrt(variance(fan_in, fan_out) / W.size)


@pytest.mark.parametrize(("init", "variance"), NORMAL.values(), ids=NORMAL)
@each_size
def test_variance_and_distribution_of_the_normal_ones(init, variance, fan_in, fan_out):
    z = init(fan_in, fan_out, np.random.default_rng(0)) / np.sqrt(variance(fan_in, fan_out))
    assert abs(z.var() - 1) < 5 * np.sqrt(2 / z.size)  # the variance of z² is 2
    for limit, share in ((1, 0.317311), (2, 0.0455003), (3, 0.0026998)):
        error = np.sqrt(share * (1 - share) / z.size)
        assert abs((np.abs(z) > limit).mean() - share) < 5 * error


@pytest.mark.parametrize(("init", "variance"), UNIFORM.values(), ids=UNIFORM)
@each_size
def test_variance_and_distribution_of_the_uniform_ones(init, variance, fan_in, fan_out):
    limit = np.sqrt(3 * variance(fan_in, fan_out))
    u = init(fan_in, fan_out, np.random.default_rng(0)) / limit
    assert np.abs(u).max() < 1
    assert abs(3 * u.var() - 1) < 5 * np.sqrt(0.8 / u.size)  # the variance of 3u² is 4/5
    for bound in (-0.5, 0, 0.5):
        share = (1 + bound) / 2
        assert abs((u < bound).mean() - share) < 5 * np.sqrt(share * (1 - share) / u.size)


@pytest.mark.parametrize("shape", [(1, 1), (6, 6), (3, 7), (7, 3), (1, 5), (200, 100)])
def test_rows_or_columns_of_an_orthogonal_matrix_are_orthonormal(shape):
    W = orthogonal(*shape, np.random.default_rng(0))
    assert W.shape == shape
    small = W.T @ W if shape[0] >= shape[1] else W @ W.T
    np.testing.assert_allclose(small, np.eye(min(shape)), atol=1e-14)


def test_orthogonal_matrices_are_uniform():
    """The determinant and the diagonal show it: without signs the QR routine fixes both."""
    generator = np.random.default_rng(0)
    W = np.array([orthogonal(3, 3, generator) for _ in range(4000)])
    determinants = np.linalg.det(W)
    np.testing.assert_allclose(np.abs(determinants), 1)
    # Five standard errors: each entry has mean 0 and variance 1/3, the determinant's sign is fair.
    assert abs(determinants.mean()) < 5 / np.sqrt(len(W))
    assert np.abs(W.mean(axis=0)).max() < 5 * np.sqrt(1 / 3 / len(W))
    # For the Haar measure an entry of a 3 × 3 matrix is uniform on [−1, 1].
    shares = (np.abs(W) < 0.5).mean(axis=0)
    assert np.abs(shares - 0.5).max() < 5 * np.sqrt(0.25 / len(W))


@each_drawn
def test_depends_on_rng_alone(init, variance):
    np.random.seed(1)  # noqa: NPY002 (must have no effect)
    first = init(3, 2, np.random.default_rng(5))
    np.random.seed(2)  # noqa: NPY002
    np.testing.assert_array_equal(first, init(3, 2, np.random.default_rng(5)))
    generator = np.random.default_rng(5)
    init(3, 2, generator)
    assert (init(3, 2, generator) != first).all()


@each_drawn
def test_names_itself_in_messages(init, variance):
    name = init.__name__
    with pytest.raises(TypeError) as caught:
        init(3, 2, None)
    assert str(caught.value).startswith(f"{name}: expected rng to be a np.random.Generator")
    for fans, argument in (((0, 2), "fan_in"), ((2, 0), "fan_out")):
        with pytest.raises(ValueError, match=f"expected {argument} .*got 0") as caught:
            init(*fans, np.random.default_rng(0))
        assert str(caught.value).startswith(f"{name}: ")
    assert name in DRAWN


@pytest.mark.parametrize(("init", "value"), [(zeros, 0), (constant(-1.5), -1.5), (constant(0), 0)])
def test_those_that_draw_nothing_need_no_generator(init, value):
    np.testing.assert_array_equal(init(2, 3), np.full((2, 3), value))
    np.testing.assert_array_equal(Affine(2, 3, init=init).W, np.full((2, 3), value))
    with pytest.raises(ValueError, match=r"expected fan_in .*got 0"):
        init(0, 3)


def test_constant_names_itself():
    assert constant(0.5).__name__ == "constant(0.5)"


@pytest.mark.parametrize(
    ("value", "error"), [(np.nan, ValueError), (np.inf, ValueError), ("1", TypeError)]
)
def test_constant_that_is_no_finite_number(value, error):
    with pytest.raises(error, match="constant: expected value to be a finite number, got"):
        constant(value)
