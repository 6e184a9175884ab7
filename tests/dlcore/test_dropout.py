"""Dropout: the mask, its rate, its generator."""

import numpy as np
import pytest

from dlcore.layers import Dropout


def dropped(rate, shape, seed=0, dtype=np.float64):
    """Output for ones in training, and the layer."""
    layer = Dropout(rate, rng=np.random.default_rng(seed))
    return layer.forward(np.ones(shape, dtype=dtype), train=True), layer


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_the_expectation_is_kept(rate, dtype):
    y, _ = dropped(rate, (1000, 400), dtype=dtype)
    kept = dtype(1 / (1 - rate))
    assert set(np.unique(y)) == {0, kept}
    # 400,000 elements: five standard errors of the share, false alarm 6e-7.
    share = np.count_nonzero(y) / y.size
    assert abs(share - (1 - rate)) < 5 * np.sqrt(rate * (1 - rate) / y.size)


def test_elements_are_dropped_independently():
    y, _ = dropped(0.5, (2000, 4, 3, 3))
    kept = (y > 0).reshape(len(y), -1)
    # 36 elements of an image, 2,000 images: correlations of all 630 pairs within five standard
    # errors, false alarm 4e-4 for other seeds.
    correlations = np.corrcoef(kept.T)[np.triu_indices(36, 1)]
    assert np.abs(correlations).max() < 5 / np.sqrt(len(y))


def test_backward_uses_the_mask_of_the_forward_pass_twice():
    y, layer = dropped(0.3, (4, 5))
    dy = np.random.default_rng(1).normal(size=y.shape)
    for _ in range(2):
        np.testing.assert_array_equal(layer.backward(dy), dy * y)


def test_every_pass_draws_a_new_mask_and_the_seed_decides():
    y, layer = dropped(0.5, (10, 10))
    again = layer.forward(np.ones((10, 10)), train=True)
    assert (again != y).any()
    same, other = dropped(0.5, (10, 10))[0], dropped(0.5, (10, 10), seed=1)[0]
    np.testing.assert_array_equal(same, y)
    assert (other != y).any()


def test_the_mask_does_not_depend_on_the_memory_order():
    x = np.arange(24.0).reshape(2, 3, 4)
    make = [Dropout(0.5, rng=np.random.default_rng(0)) for _ in range(2)]
    np.testing.assert_array_equal(
        make[0].forward(x, train=True), make[1].forward(np.asfortranarray(x), train=True)
    )


def test_inference_is_the_identity_and_draws_nothing():
    layer = Dropout(0.5, rng=np.random.default_rng(0))
    state = layer.rng.bit_generator.state
    x = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(layer.forward(x), x)
    np.testing.assert_array_equal(layer.backward(-x), -x)
    assert layer.rng.bit_generator.state == state


def test_rate_zero_keeps_everything():
    y, layer = dropped(0, (3, 4))
    np.testing.assert_array_equal(y, np.ones((3, 4)))
    np.testing.assert_array_equal(layer.backward(2 * y), 2 * y)


@pytest.mark.parametrize("rate", [-0.1, 1, 1.5, np.nan, np.inf])
def test_rate_out_of_range(rate):
    with pytest.raises(ValueError, match=r"Dropout: expected rate .* 0 <= rate < 1, got"):
        Dropout(rate, rng=np.random.default_rng(0))


def test_rate_that_is_no_number():
    with pytest.raises(TypeError, match=r"Dropout: expected rate .* 0 <= rate < 1, got True"):
        Dropout(True, rng=np.random.default_rng(0))


@pytest.mark.parametrize("generator", [None, 0, np.random])
def test_it_refuses_to_be_built_without_a_generator(generator):
    with pytest.raises(TypeError, match=r"Dropout: expected rng to be a np\.random\.Generator"):
        Dropout(0.5, rng=generator)
    with pytest.raises(TypeError):
        Dropout(0.5)
