"""Layers: a forward pass that remembers what its backward pass needs.

Every layer has ``forward(x, *, train=False)`` and ``backward(dy)``, and two dicts with the same
keys, ``params`` and ``grads``. No layer writes into x or dy. The arrays in ``params`` stay the
same objects for the layer's life, so that an optimiser can update them in place. A layer may keep
a reference to x until ``backward``: change neither x nor the parameters between the two.

Layers with parameters compute in their own dtype, float32 unless told otherwise. Layers without
keep the dtype of a float input and turn integers into float32.

Layers with a state that is not trained, such as running averages, keep it in ``buffers``; layers
that draw random numbers in training keep their generator in ``rng``. Every layer refuses an empty
batch and input that is NaN or infinite.

Book: chapter 0 (affine layer, activations), chapter 1 (activations, batch normalisation, recurrent
layer), chapter 4 (convolution, pooling).
"""

from dlcore.layers.activations import GELU, Identity, LeakyReLU, ReLU, Sigmoid, Tanh
from dlcore.layers.affine import Affine, Flatten
from dlcore.layers.base import Layer
from dlcore.layers.dropout import Dropout
from dlcore.layers.normalization import BatchNorm
from dlcore.layers.recurrent import RNN
from dlcore.layers.spatial import (
    AveragePool,
    Convolution,
    GlobalAveragePool,
    GlobalMaxPool,
    MaxPool,
)

__all__ = [
    "GELU",
    "RNN",
    "Affine",
    "AveragePool",
    "BatchNorm",
    "Convolution",
    "Dropout",
    "Flatten",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "Identity",
    "Layer",
    "LeakyReLU",
    "MaxPool",
    "ReLU",
    "Sigmoid",
    "Tanh",
]
