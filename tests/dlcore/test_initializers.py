"""Initialisers: shape, variance, determinism."""

import numpy as np
import pytest

from dlcore.initializers import he_normal, normal, xavier_normal, zeros

DRAWN = {"normal(0.05)": (normal(0.05), lambda _: 0.05**2)}
DRAWN["xavier_normal"] = (xavier_normal, lambda fan_in: 1 / fan_in)
DRAWN["he_normal"] = (he_normal, lambda fan_in: 2 / fan_in)
each_drawn = pytest.mark.parametrize(("init", "variance"), DRAWN.values(), ids=DRAWN)


@each_drawn
@pytest.mark.parametrize(("fan_in", "fan_out"), [(400, 1000), (1000, 400)])
def test_mean_variance_and_shape_of_a_normal_distribution(init, variance, fan_in, fan_out):
    W = init(fan_in, fan_out, np.random.default_rng(0))
    std = np.sqrt(variance(fan_in))
    assert W.shape == (fan_in, fan_out)
    # 400,000 draws: five standard errors of mean, variance and the share beyond one σ.
    assert abs(W.mean()) < 5 * std / np.sqrt(W.size)
    assert abs(W.var() / std**2 - 1) < 5 * np.sqrt(2 / W.size)
    share = (np.abs(W) > std).mean()
    assert abs(share - 0.31731) < 5 * np.sqrt(0.31731 * 0.68269 / W.size)


@each_drawn
def test_depends_on_rng_alone(init, variance):
    np.random.seed(1)  # noqa: NPY002 (must have no effect)
    first = init(3, 2, np.random.default_rng(5))
    np.random.seed(2)  # noqa: NPY002
    np.testing.assert_array_equal(first, init(3, 2, np.random.default_rng(5)))
    generator = np.random.default_rng(5)
    init(3, 2, generator)
    assert (init(3, 2, generator) != first).all()


def test_zeros():
    np.testing.assert_array_equal(zeros(2, 3), np.zeros((2, 3)))


def test_normal_names_itself():
    assert normal(0.01).__name__ == "normal(0.01)"
