"""A network with all kinds of state, for the tests of saving and loading."""

import numpy as np

from dlcore.layers import Affine, BatchNorm, Convolution, Dropout, Flatten, MaxPool, ReLU
from dlcore.networks import Sequential


def network(seed=0, dtype=np.float32, hidden=4, rng=None):
    rng = rng or np.random.default_rng(seed)
    return Sequential(
        [
            Convolution(1, 2, 3, pad=1, rng=rng, dtype=dtype),
            BatchNorm(2, dtype=dtype),
            ReLU(),
            MaxPool(2),
            Flatten(),
            Affine(8, hidden, rng=rng, dtype=dtype),
            ("drop", Dropout(0.3, rng=rng)),
            Affine(hidden, 3, rng=rng, dtype=dtype),
        ]
    )


def data(n=30):
    rng = np.random.default_rng(7)
    return rng.random((n, 1, 4, 4), dtype=np.float32), rng.integers(0, 3, n)


def state(net):
    """Copies of all parameters and buffers by name."""
    return {name: a.copy() for name, a in {**net.params, **net.buffers}.items()}


def assert_same(first, second):
    assert first.keys() == second.keys()
    for name, array in first.items():
        assert array.dtype == second[name].dtype, name
        np.testing.assert_array_equal(array, second[name], err_msg=name)
