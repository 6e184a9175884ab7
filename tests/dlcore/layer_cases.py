"""Every public layer with an input that fits, for the tests of what all layers have in common."""

import numpy as np
import pytest

from dlcore.layers import (
    GELU,
    RNN,
    Affine,
    AveragePool,
    BatchNorm,
    Convolution,
    Dropout,
    Flatten,
    GlobalAveragePool,
    GlobalMaxPool,
    Identity,
    LeakyReLU,
    MaxPool,
    ReLU,
    Sigmoid,
    Tanh,
)


def rng():
    return np.random.default_rng(0)


def batch_norm(features, **settings):
    """A BatchNorm whose γ, β and running averages differ from feature to feature."""
    layer = BatchNorm(features, **settings)
    for arrays in (layer.params, layer.buffers):
        for p in arrays.values():
            p += np.linspace(0.5, 1.5, features, dtype=p.dtype)
    return layer


# Name: (layer of the dtype asked for, shape of its input).
CASES = {
    "affine": (lambda dtype: Affine(4, 3, rng=rng(), dtype=dtype), (5, 4)),
    "batch norm": (lambda dtype: batch_norm(4, dtype=dtype), (5, 4)),
    "batch norm of maps": (lambda dtype: batch_norm(2, dtype=dtype), (3, 2, 2, 4)),
    "batch norm without γ and β": (lambda dtype: BatchNorm(4, affine=False, dtype=dtype), (5, 4)),
    "convolution": (lambda dtype: Convolution(2, 3, 3, rng=rng(), dtype=dtype), (2, 2, 5, 4)),
    "convolution, non-square, stride, pad": (
        lambda dtype: Convolution(2, 3, (2, 3), stride=2, pad=1, rng=rng(), dtype=dtype),
        (2, 2, 4, 6),
    ),
    "dropout": (lambda _: Dropout(0.4, rng=rng()), (5, 4)),
    "max pool": (lambda _: MaxPool(2), (2, 3, 4, 5)),
    "max pool, overlapping": (lambda _: MaxPool(3, stride=1), (2, 3, 5, 4)),
    "max pool with gaps": (lambda _: MaxPool(1, stride=2), (2, 3, 5, 4)),
    "average pool": (lambda _: AveragePool(2), (2, 3, 4, 5)),
    "average pool, overlapping": (lambda _: AveragePool(3, stride=2), (2, 3, 5, 7)),
    "average pool with gaps": (lambda _: AveragePool(1, stride=2), (2, 3, 5, 4)),
    "global average pool": (lambda _: GlobalAveragePool(), (2, 3, 4, 5)),
    "global max pool": (lambda _: GlobalMaxPool(), (2, 3, 4, 5)),
    "flatten": (lambda _: Flatten(), (3, 2, 2, 3)),
    "rnn": (lambda dtype: RNN(2, 3, rng=rng(), dtype=dtype), (4, 5, 2)),
    "rnn, relu": (lambda dtype: RNN(2, 3, activation="relu", rng=rng(), dtype=dtype), (4, 3, 2)),
    "rnn, one step": (lambda dtype: RNN(2, 3, rng=rng(), dtype=dtype), (4, 1, 2)),
    "sigmoid": (lambda _: Sigmoid(), (3, 4)),
    "tanh": (lambda _: Tanh(), (3, 4)),
    "relu": (lambda _: ReLU(), (2, 3, 4, 4)),
    "leaky relu": (lambda _: LeakyReLU(0.1), (2, 3, 4, 4)),
    "gelu": (lambda _: GELU(), (3, 4)),
    "identity": (lambda _: Identity(), (3, 4)),
}
each_case = pytest.mark.parametrize(("make", "shape"), CASES.values(), ids=CASES)
ACTIVATIONS = ["sigmoid", "tanh", "relu", "leaky relu", "gelu", "identity"]


def spread(shape):
    """Values at least 0.01 apart from each other and from 0: no kink and no tie within h."""
    values = (np.arange(np.prod(shape)) + 0.5) * 0.02
    return rng().permutation(values - values.mean() + 0.003).reshape(shape)
