"""Gradient checks of every public layer on inputs of random shape."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from layer_cases import batch_norm, spread

import dlcore
from dlcore.gradient_check import check_layer
from dlcore.layers import (
    GELU,
    RNN,
    Affine,
    AveragePool,
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

few = st.integers(1, 4)
some = st.integers(1, 6)
options = {"dtype": np.float64}


def any_shape(draw):
    return tuple(draw(st.lists(few, min_size=1, max_size=4)))


def images(draw, at_least=1):
    height, width = draw(some), draw(some)
    assume(min(height, width) >= at_least)
    return draw(few), draw(few), height, width


def affine(draw, rng):
    D = draw(some)
    return Affine(D, draw(some), rng=rng, **options), (draw(few), D)


def batch_normalisation(draw, rng):
    C = draw(few)
    shape = (draw(few), C) if draw(st.booleans()) else (draw(few), C, draw(few), draw(few))
    # A large ε keeps the gradient from vanishing when a feature has two values only.
    return batch_norm(C, eps=0.1, affine=draw(st.booleans()), **options), shape


def convolution(draw, rng):
    C, FN, FH, FW, stride = (draw(st.integers(1, 3)) for _ in range(5))
    pad, height, width = draw(st.integers(0, 3)), draw(some), draw(some)
    assume(height + 2 * pad >= FH)
    assume(width + 2 * pad >= FW)
    layer = Convolution(C, FN, (FH, FW), stride=stride, pad=pad, rng=rng, **options)
    return layer, (draw(st.integers(1, 3)), C, height, width)


def pooling(kind):
    def case(draw, rng):
        size = draw(st.integers(1, 3))
        return kind(size, stride=draw(st.integers(1, 3))), images(draw, at_least=size)

    return case


def rnn(draw, rng):
    D = draw(few)
    activation = draw(st.sampled_from(["tanh", "identity"]))
    layer = RNN(D, draw(few), activation=activation, rng=rng, **options)
    return layer, (draw(few), draw(some), D)


# Name of the class: (draw from hypothesis, Generator) -> (layer, shape of its input).
LAYERS = {
    "Affine": affine,
    "AveragePool": pooling(AveragePool),
    "BatchNorm": batch_normalisation,
    "Convolution": convolution,
    "Dropout": lambda draw, rng: (Dropout(draw(st.floats(0, 0.9)), rng=rng), any_shape(draw)),
    "Flatten": lambda draw, rng: (Flatten(), images(draw)),
    "GELU": lambda draw, rng: (GELU(), any_shape(draw)),
    "GlobalAveragePool": lambda draw, rng: (GlobalAveragePool(), images(draw)),
    "GlobalMaxPool": lambda draw, rng: (GlobalMaxPool(), images(draw)),
    "Identity": lambda draw, rng: (Identity(), any_shape(draw)),
    "LeakyReLU": lambda draw, rng: (LeakyReLU(draw(st.floats(0, 0.9))), any_shape(draw)),
    "MaxPool": pooling(MaxPool),
    "RNN": rnn,
    "ReLU": lambda draw, rng: (ReLU(), any_shape(draw)),
    "Sigmoid": lambda draw, rng: (Sigmoid(), any_shape(draw)),
    "Tanh": lambda draw, rng: (Tanh(), any_shape(draw)),
}


def test_every_public_layer_is_here():
    assert LAYERS.keys() == set(dlcore.layers.__all__) - {"Layer"}


@pytest.mark.parametrize("name", LAYERS)
@settings(max_examples=25)
@given(data=st.data(), seed=st.integers(0, 2**32 - 1))
def test_gradients(name, data, seed):
    rng = np.random.default_rng(seed)
    layer, shape = LAYERS[name](data.draw, rng)
    # Shuffled distinct values keep off kinks and ties; the scale suits batch normalisation.
    errors = check_layer(layer, spread(shape), rng)
    assert errors.keys() == {"x", *layer.params}
    assert max(errors.values()) < 1e-6, (layer, shape, errors)
