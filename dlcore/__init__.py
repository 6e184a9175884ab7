"""dlcore: the NumPy library of the course "Deep Learning, Checked".

Small enough to read in an evening, and tested against PyTorch. ``import dlcore`` brings in the
networks, which need nothing but NumPy. Import the rest where you use it: ``dlcore.datasets``,
``dlcore.training``, and the modules that draw.
"""

from dlcore.convolution import (
    col2im,
    conv_backward,
    conv_forward,
    conv_output_size,
    im2col,
    max_pool_backward,
    max_pool_forward,
)
from dlcore.functional import (
    cross_entropy,
    identity,
    identity_grad,
    one_hot,
    relu,
    relu_grad,
    sigmoid,
    sigmoid_grad,
    softmax,
    tanh,
    tanh_grad,
)
from dlcore.gradient_check import (
    check_layer,
    check_network,
    numerical_gradient,
    relative_error,
)
from dlcore.initializers import he_normal, normal, xavier_normal, zeros
from dlcore.layers import (
    Affine,
    Convolution,
    Flatten,
    Identity,
    Layer,
    MaxPool,
    ReLU,
    Sigmoid,
    Tanh,
)
from dlcore.losses import SoftmaxCrossEntropy
from dlcore.networks import Sequential, SimpleConvNet
from dlcore.optimizers import SGD, Adam, Optimizer

__version__ = "0.1.0"

__all__ = [
    "SGD",
    "Adam",
    "Affine",
    "Convolution",
    "Flatten",
    "Identity",
    "Layer",
    "MaxPool",
    "Optimizer",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "SimpleConvNet",
    "SoftmaxCrossEntropy",
    "Tanh",
    "check_layer",
    "check_network",
    "col2im",
    "conv_backward",
    "conv_forward",
    "conv_output_size",
    "cross_entropy",
    "he_normal",
    "identity",
    "identity_grad",
    "im2col",
    "max_pool_backward",
    "max_pool_forward",
    "normal",
    "numerical_gradient",
    "one_hot",
    "relative_error",
    "relu",
    "relu_grad",
    "sigmoid",
    "sigmoid_grad",
    "softmax",
    "tanh",
    "tanh_grad",
    "xavier_normal",
    "zeros",
]
