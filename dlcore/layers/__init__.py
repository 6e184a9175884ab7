"""Layers: a forward pass that remembers what its backward pass needs.

Every layer has ``forward(x, *, train=False)`` and ``backward(dy)``, and two dicts with the same
keys, ``params`` and ``grads``. No layer writes into x or dy. The arrays in ``params`` stay the
same objects for the layer's life, so that an optimiser can update them in place. A layer may keep
a reference to x until ``backward``: change neither x nor the parameters between the two.

Layers with parameters compute in their own dtype, float32 unless told otherwise. Layers without
keep the dtype of a float input and turn integers into float32.

Book: chapter 0 (affine layer, activations), chapter 4 (convolution, pooling).
"""

from dlcore.layers.activations import Identity, ReLU, Sigmoid, Tanh
from dlcore.layers.affine import Affine, Flatten
from dlcore.layers.base import Layer
from dlcore.layers.spatial import Convolution, MaxPool

__all__ = [
    "Affine",
    "Convolution",
    "Flatten",
    "Identity",
    "Layer",
    "MaxPool",
    "ReLU",
    "Sigmoid",
    "Tanh",
]
